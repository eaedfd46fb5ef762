"""A run judged whole, on made-up figures whose truth is known (tests/report/factory.py)."""

import json

from bench.core.marks import State
from bench.judgement.judge import judge
from bench.judgement.model import Side
from bench.judgement.serial import as_json
from tests.report.factory import VARIANTS, run_figures

KEEPING_UP = VARIANTS[1:4]


def test_what_falls_behind_stands_above_all_else() -> None:
    """However fast others are: somebody must see it at first sight."""
    found = judge(run_figures())

    assert found.state is State.FAILS
    assert found.headline.startswith("batch-1 falls behind; ")
    assert found.boxes.keeps_up.state is State.FAILS


def test_the_largest_changes_are_the_headline_of_a_run_without_faults() -> None:
    """In words of their direction, the larger first, under the workload where it is so."""
    found = judge(run_figures(variants=KEEPING_UP, with_fault=False, workloads=["orders"]))

    assert found.state is None
    assert found.headline.startswith("batch-10 is ")
    assert "slower" in found.headline
    assert found.boxes.choose.word == "Keep the baseline"


def test_two_blocks_are_a_hint_and_nothing_is_decided_by_them() -> None:
    """Of two blocks equal settings agree half of the time."""
    found = judge(run_figures(variants=KEEPING_UP, with_fault=False, blocks=2))
    changes = [c for w in found.workloads for cell in w.cells for c in cell.changes.values()]

    assert found.headline.startswith(("Hint: ", "Two "))
    assert found.boxes.sure.word == "A hint, not a decision"
    assert not any(change.decided for change in changes)


def test_the_baseline_stands_first_and_changes_nothing() -> None:
    """Everything else is held against it."""
    for workload in judge(run_figures()).workloads:
        assert workload.baseline.is_baseline
        assert not workload.baseline.changes
        assert sum(cell.is_baseline for cell in workload.cells) == 1


def test_a_cell_that_falls_behind_is_never_called_better() -> None:
    """Whatever its CPU says: it handles fewer messages."""
    found = judge(run_figures())
    sides = {
        change.side
        for workload in found.workloads
        for cell in workload.cells
        if not cell.contends
        for change in cell.changes.values()
    }

    assert Side.BETTER not in sides
    assert Side.WORSE in sides


def test_a_judgement_is_plain_json() -> None:
    """No array of numpy, no enum object: any program can read it."""
    found = judge(run_figures())

    assert json.loads(json.dumps(as_json(found)))["headline"] == found.headline
