"""What is measured on top of a plan: invalid trials again, and suspects twice."""

from pathlib import Path

from bench.analysis.figures import RunFigures
from bench.broker.endpoint import Endpoint
from bench.cli.contest import with_repeats
from bench.record.store import RunStore
from bench.runner.matrix import Run
from bench.runner.target import RemoteTarget
from tests.gate.figures import Blocks, run_of
from tests.server.running import Collector

VALID = (10.0, 10.0, 10.0, 10.0, 10.0)
ONE_INVALID = (10.0, None, 10.0, 10.0, 10.0)
TWO_INVALID = (10.0, None, None, 10.0, 10.0)


def measured(**cells: Blocks) -> RunFigures:
    return run_of(cells, workloads=("a", "b"))


def more_blocks(figures: RunFigures, wanted: dict[str, int]) -> list[tuple[int, str]]:
    """Return block and cell of every trial that comes on top."""
    plan = with_repeats(figures.plan, figures, wanted)
    return [(trial.block, trial.cell_id) for trial in plan.trials[len(figures.plan.trials) :]]


def test_an_invalid_trial_is_repeated_beside_its_baseline() -> None:
    """What is left of the pair has no partner; the other workload is left alone."""
    figures = measured(old=VALID, new=ONE_INVALID)

    added = more_blocks(figures, {"a": 5})

    assert sorted(added) == [(6, "a--new"), (6, "a--old")]


def test_a_further_block_holds_only_what_lacks_a_trial_and_its_baseline() -> None:
    """One bad trial of thirteen cells must not cost the other twelve six hours more."""
    figures = measured(old=VALID, other=VALID, new=ONE_INVALID)

    plan = with_repeats(figures.plan, figures, {"a": 5})
    added = plan.trials[len(figures.plan.trials) :]

    assert sorted((trial.block, trial.cell_id) for trial in added) == [(6, "a--new"), (6, "a--old")]
    assert len({trial.id for trial in plan.trials}) == len(plan.trials)
    assert len({trial.seed for trial in added}) == 1  # both see the same load


def test_a_whole_plan_is_left_as_it_is() -> None:
    """The same object, so that the walk knows that it is over."""
    figures = measured(old=VALID, new=VALID)

    assert with_repeats(figures.plan, figures, {"a": 5, "b": 5}) is figures.plan


def test_a_machine_that_cannot_be_measured_on_is_not_tried_for_ever() -> None:
    """Two of five would leave more than 20 % invalid: the verdict is invalid, not later."""
    figures = measured(old=VALID, new=TWO_INVALID)

    assert more_blocks(figures, {"a": 5, "b": 5}) == []


def test_a_cell_may_have_a_server_of_its_own(tmp_path: Path) -> None:
    """The old nats-server on one side, the new one on the other."""
    figures = measured(old=VALID, new=VALID)
    one, other = (
        RemoteTarget(endpoint=Endpoint(url=url), parent=tmp_path)
        for url in ("nats://one:4222", "nats://other:4222")
    )
    run = Run(
        plan=figures.plan,
        store=RunStore(tmp_path),
        target=one,
        watcher=Collector(),
        targets={"a--new": other},
    )

    assert [run.target_of(cell) for cell in figures.plan.cells[:2]] == [one, other]
