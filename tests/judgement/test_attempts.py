"""How often messages came: a line where any came again, of valid trials alone."""

from collections.abc import Mapping
from dataclasses import replace

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.judgement.attempts import attempts
from bench.judgement.cells import cells_of
from bench.record.schema import MOST_ATTEMPTS
from tests.analysis import runs
from tests.gate.figures import spoilt, trial_of, with_trials


def cell(
    name: str, *came: Mapping[int, int], invalid: int = 0, part: str = "consume"
) -> CellFigures:
    """A cell with a trial for each of these; the last so many are invalid."""
    made = runs.cell(name)
    trials = []
    for block, each in enumerate(came, start=1):
        sound = trial_of(made, block, 10.0)
        trial = replace(sound, record=replace(sound.record, attempts={part: each}))
        trials.append(spoilt(trial, "not-steady") if block > len(came) - invalid else trial)
    return with_trials(made, trials)


def lines(*cells: CellFigures) -> tuple[str, ...]:
    plan = runs.plan([each.cell for each in cells], blocks=2)
    workload = WorkloadFigures(name="w", cells=cells, decisions={})
    return attempts(cells_of(workload, cells[0], plan))


def test_where_all_came_once_nothing_is_told() -> None:
    assert lines(cell("one", {1: 100}), cell("two", {})) == ()


def test_shares_are_those_of_all_valid_trials() -> None:
    """An invalid trial may have been its doing."""
    retrying = cell("one", {1: 90, 2: 10}, {1: 90, 3: 10}, {5: 100}, invalid=1)

    assert lines(retrying, cell("two", {1: 100})) == (
        "deliveries of a message: one once 90.0 %, twice 5.00 %, 3 times 5.00 %; two once 100 %",
    )


def test_what_came_so_often_or_more_is_told_as_that() -> None:
    assert lines(cell("one", {MOST_ATTEMPTS: 3})) == (
        f"deliveries of a message: one {MOST_ATTEMPTS} times or more 100 %",
    )


def test_of_many_cells_those_with_the_most_and_the_fewest_stand_for_all() -> None:
    many = [cell(f"c{n}", {1: 100 - n, 2: n}) for n in range(1, 9)]

    (line,) = lines(*many)

    assert line.endswith("c8 once 92.0 %, twice 8.00 %; c1 once 99.0 %, twice 1.00 %")


def test_of_several_parts_each_has_its_line() -> None:
    both = (cell("one", {2: 1}), cell("two", {3: 1}, part="other"))

    assert [each.split(":")[0] for each in lines(*both)] == [
        "deliveries of a message (consume)",
        "deliveries of a message (other)",
    ]
