"""Whole and invalid blocks, and how many to repeat (MEASUREMENT.md R12)."""

from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures
from bench.analysis.validity import Blocks, blocks_of
from bench.record.schema import Finding, Level
from tests.gate.figures import run_of


def test_a_block_is_whole_when_all_its_cells_are_valid() -> None:
    """Block 1 lacks one, block 2 the other: three of five are left."""
    cells = run_of({"a": (None, 1.0, 1.0, 1.0, 1.0), "b": (1.0, None, 1.0, 1.0, 1.0)})

    assert blocks_of(cells.workloads[0].cells) == Blocks(whole=3, invalid=2)


def test_a_block_that_was_not_measured_yet_is_neither() -> None:
    """An interrupted run has nothing to be ashamed of."""
    cells = run_of({"a": (1.0, 1.0, 1.0), "b": (1.0, 1.0)})

    assert blocks_of(cells.workloads[0].cells) == Blocks(whole=2, invalid=0)


def test_a_block_that_the_hypervisor_took_stands_apart() -> None:
    """It says nothing about what was measured in it; a fault beside it in the block does."""
    robbed, faulty = ({1: "cpu-steal", 2: "cpu-steal"}, {2: "loop-stalled", 3: "loop-stalled"})
    cells = run_of({"a": (None, None, 1.0, 1.0), "b": (1.0, None, None, 1.0)}).workloads[0].cells
    marked = [with_reasons(cell, why) for cell, why in zip(cells, (robbed, faulty), strict=True)]

    assert blocks_of(marked) == Blocks(whole=1, invalid=2, robbed=1)


def with_reasons(cell: CellFigures, why: dict[int, str]) -> CellFigures:
    """The cell with these findings in its invalid trials, by block."""
    trials = []
    for trial in cell.trials:
        code = why.get(trial.record.block)
        record = trial.record
        if code is not None:
            finding = Finding(level=Level.INVALID, code=code, text="because")
            record = replace(record, findings=(finding,))
        trials.append(replace(trial, record=record))
    return replace(cell, trials=tuple(trials))


@pytest.mark.parametrize(
    ("blocks", "wanted", "repeated"),
    [
        (Blocks(whole=5, invalid=0), 5, 0),
        (Blocks(whole=4, invalid=1), 5, 1),  # one of six will have been invalid
        (Blocks(whole=3, invalid=2), 5, 0),  # two of seven would be: more than 20 %
        (Blocks(whole=8, invalid=2), 10, 2),  # two of twelve
        (Blocks(whole=7, invalid=3), 10, 0),  # three of thirteen
        (Blocks(whole=5, invalid=1), 5, 0),  # has been repeated
        (Blocks(whole=1, invalid=1), 2, 0),  # a quick look repeats nothing
        (Blocks(whole=3, invalid=0), 5, 0),  # missing ones are not invalid ones
        (Blocks(whole=2, invalid=0, robbed=3), 5, 3),  # three of eight will have been taken
        (Blocks(whole=2, invalid=0, robbed=5), 5, 3),  # five of ten: half
        (Blocks(whole=2, invalid=0, robbed=6), 5, 0),  # six of eleven: more than half
        (Blocks(whole=3, invalid=1, robbed=1), 5, 2),  # one of six invalid, one of seven taken
    ],
)
def test_as_many_blocks_are_repeated_as_can_still_be_trusted(
    blocks: Blocks, wanted: int, repeated: int
) -> None:
    """Repeating until it works would hide a machine that cannot be measured on."""
    assert blocks.to_repeat(wanted) == repeated


@pytest.mark.parametrize(
    ("blocks", "reproach"),
    [
        (Blocks(whole=4, invalid=1), ""),
        (Blocks(whole=3, invalid=1), "1 of 4 blocks invalid; more than 20 %"),
        (Blocks(whole=3, invalid=0, robbed=3), ""),
        (Blocks(whole=3, invalid=0, robbed=4), "the hypervisor took 4 of 7 blocks; more than 50 %"),
        (Blocks(whole=0, invalid=0), ""),
    ],
)
def test_too_many_spoilt_blocks_reproach_the_others(blocks: Blocks, reproach: str) -> None:
    """Beyond a fifth the cause has probably touched the others; beyond half the host is no host."""
    assert blocks.reproach.startswith(reproach)
    assert bool(blocks.reproach) is bool(reproach)
