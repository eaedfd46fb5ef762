"""Plans of two sides, and blocks that come on top."""

from dataclasses import replace

import pytest

from bench.core.errors import UsageError
from bench.plan.model import Plan, VariantName
from bench.plan.names import cells_of, find_variant
from bench.plan.order import further
from bench.plan.sides import Contest, Side, sides_plan, with_slower_handler
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.analysis import runs

LOAD = runs.cell("x").workload


def side(role: str) -> Side:
    name = VariantName(config=role, variant="default")
    return Side(name=name, settings=Settings(), workloads={"load": LOAD, "more": LOAD})


def plan(blocks: int = 5, *, quick: bool = False) -> Plan:
    contest = Contest(
        label="gate", question="", baseline=side("baseline"), candidate=side("candidate")
    )
    return sides_plan(contest, blocks=blocks, seed=3, quick=quick)


def test_equal_sides_stay_two_cells() -> None:
    """A matrix would measure them once; here how much they differ is the question (ADR 7)."""
    cells = plan().cells

    assert [str(cell.variants[0]) for cell in cells] == [
        "baseline/default",
        "candidate/default",
    ] * 2
    assert len({cell.id for cell in cells}) == 4
    assert plan().baseline == "baseline/default"


def test_both_sides_of_a_block_see_the_same_load() -> None:
    """Paired trials have the same arrivals, sizes and handler times."""
    by_block: dict[tuple[int, str], set[int]] = {}
    for trial in plan().trials:
        workload = plan().cell(trial.cell_id).workload_name
        by_block.setdefault((trial.block, workload), set()).add(trial.seed)

    assert all(len(seeds) == 1 for seeds in by_block.values())


def test_a_look_shortens_both_sides() -> None:
    """Otherwise the longer window would be the steadier one."""
    windows = {cell.workload.phases.measure_ns for cell in plan(quick=True).cells}

    assert windows == {5 * 10**9}


def test_further_blocks_stand_after_all_others() -> None:
    """What was measured keeps its place and its name; new blocks have new numbers and seeds."""
    before = plan(blocks=2)
    cells = [cell for cell in before.cells if cell.workload_name == "load"]

    after = further(before, cells, blocks=3)

    assert after.trials[:8] == before.trials
    new = after.trials[8:]
    assert [trial.index for trial in new] == list(range(9, 15))
    assert [trial.block for trial in new] == [3, 3, 4, 4, 5, 5]
    assert {trial.cell_id for trial in new} == {cell.id for cell in cells}
    assert not {trial.seed for trial in new} & {trial.seed for trial in before.trials}
    assert len({trial.id for trial in after.trials}) == 14


def test_further_blocks_are_in_a_random_order_of_their_own() -> None:
    """A candidate that always came second would pay for what the host does by then."""
    firsts = {
        trial.cell_id
        for trial in further(plan(1), plan(1).cells[:2], blocks=20).trials[4:]
        if trial.index % 2 == 1
    }

    assert len(firsts) == 2


@pytest.mark.parametrize(
    ("time", "slower"),
    [("10ms", "12ms"), ({"p50": "5ms", "p99": "20ms"}, {"p50": "6ms", "p99": "24ms"})],
)
def test_a_planted_handler_is_slower_by_its_share(time: object, slower: object) -> None:
    """20 % on a constant, and on every quantile of a lognormal time."""
    planted = with_slower_handler(handled(time), 0.20)

    assert planted == handled(slower)


def handled(time: object) -> Stream:
    content = LOAD.model_dump(mode="json")
    return Stream.model_validate(content | {"consume": {"handler": {"time": time}}})


def test_nothing_can_be_planted_where_there_is_no_handler() -> None:
    """20 % of no time is no regression: the gate would pass and prove nothing."""
    with pytest.raises(UsageError, match="takes no time"):
        with_slower_handler(LOAD, 0.20)


def test_a_variant_is_found_by_either_name() -> None:
    """`batch-50` is what one remembers."""
    made = runs.plan([runs.cell("batch-10"), runs.cell("batch-50")], blocks=1)
    name = VariantName(config="pull-batch", variant="batch-50")

    assert find_variant(made, "pull-batch/batch-50") == name
    assert find_variant(made, "batch-50") == name
    assert list(cells_of(made, name)) == ["small-events"]


def test_a_variant_that_is_not_there_or_not_alone_is_told() -> None:
    """Comparing with the wrong one would go unnoticed."""
    twin = replace(runs.cell("b"), variants=(VariantName(config="other", variant="a"),))
    made = runs.plan([runs.cell("a"), twin], blocks=1)

    with pytest.raises(UsageError, match="pull-batch/a, other/a; write which"):
        find_variant(made, "a")
    with pytest.raises(UsageError, match="did you mean 'pull-batch/a'"):
        find_variant(made, "pul-batch/a")
