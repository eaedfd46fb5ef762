"""Whole and invalid blocks, and how many to repeat (MEASUREMENT.md R12)."""

import pytest

from bench.analysis.validity import Blocks, blocks_of
from tests.gate.figures import run_of


def test_a_block_is_whole_when_all_its_cells_are_valid() -> None:
    """Block 1 lacks one, block 2 the other: three of five are left."""
    cells = run_of({"a": (None, 1.0, 1.0, 1.0, 1.0), "b": (1.0, None, 1.0, 1.0, 1.0)})

    assert blocks_of(cells.workloads[0].cells) == Blocks(whole=3, invalid=2)


def test_a_block_that_was_not_measured_yet_is_neither() -> None:
    """An interrupted run has nothing to be ashamed of."""
    cells = run_of({"a": (1.0, 1.0, 1.0), "b": (1.0, 1.0)})

    assert blocks_of(cells.workloads[0].cells) == Blocks(whole=2, invalid=0)


@pytest.mark.parametrize(
    ("whole", "invalid", "wanted", "repeated"),
    [
        (5, 0, 5, 0),
        (4, 1, 5, 1),  # one of six will have been invalid
        (3, 2, 5, 0),  # two of seven would be: more than 20 %
        (8, 2, 10, 2),  # two of twelve
        (7, 3, 10, 0),  # three of thirteen
        (5, 1, 5, 0),  # has been repeated
        (1, 1, 2, 0),  # a quick look repeats nothing
        (3, 0, 5, 0),  # missing ones are not invalid ones
    ],
)
def test_as_many_blocks_are_repeated_as_can_still_be_trusted(
    whole: int, invalid: int, wanted: int, repeated: int
) -> None:
    """Repeating until it works would hide a machine that cannot be measured on."""
    assert Blocks(whole=whole, invalid=invalid).to_repeat(wanted) == repeated


@pytest.mark.parametrize(("whole", "invalid", "too_many"), [(4, 1, False), (3, 1, True)])
def test_a_fifth_of_invalid_blocks_is_the_most(whole: int, invalid: int, too_many: bool) -> None:
    """Beyond it the cause has probably touched the others."""
    assert Blocks(whole=whole, invalid=invalid).too_many_invalid is too_many
