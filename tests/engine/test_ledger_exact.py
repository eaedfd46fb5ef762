"""The ledger of many made-up messages of which some go wrong, against a reference of its own."""

from pathlib import Path

import numpy as np
import pytest

from bench.plan.traffic import make_traffic
from bench.spec.filling import PUBLISH
from tests.truth import ledger as truth
from tests.truth.lives import Lives
from tests.truth.reference import Reference

MESSAGES = 200_000


def test_every_entry_of_a_trial_with_all_mishaps_is_exact(tmp_path: Path) -> None:
    """As `make ledger-truth` asks of ten million: each mishap there is, and no entry differs."""
    _, found, wanted = truth.compared(tmp_path, MESSAGES)

    assert not [*truth.differences(found, wanted)]
    never = {"letters_unsent"}
    assert {name for name, count in found.items() if not count} == never, "nothing was left out"


def test_one_event_that_is_not_written_down_is_seen(tmp_path: Path) -> None:
    """A delivery that the recorders never heard of: whoever compares must say so."""
    cell = truth.cell_of(2000)
    traffic = make_traffic(cell.workload.loads[PUBLISH], 1)
    lives = Lives(traffic.intended_ns, traffic.faults.index)
    outcome = truth.recorded(tmp_path, lives).outcome
    reference = Reference(traffic.faults.index.tolist())
    for number, block in enumerate(lives.blocks()):
        if number == 1:
            first, *others = block.came
            block.came[:] = [first.where(np.arange(1, first.ids.size)), *others]
        reference.take(block)

    ledger = truth.kept(cell, traffic, outcome).record.ledger

    assert ledger is not None
    differ = {each.split(":")[0] for each in truth.differences(ledger, reference.ledger())}
    assert {"deliveries", "received", "handled"} <= differ


@pytest.mark.parametrize(("last", "faults"), [(104, 0), (120, 1)])
def test_memory_that_grows_after_the_first_tenth_is_told(last: int, faults: int) -> None:
    """What is held then is held to the end, but for what an allocator keeps for itself."""
    assert len([*truth.grown((100, 100, last, 100))]) == faults
