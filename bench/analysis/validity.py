"""How much of a comparison could be measured, by whole blocks (MEASUREMENT.md R12).

An invalid trial takes its block out for all cells that are compared: what is left of the block has
no partner. The block is repeated; where too many are invalid, the run is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.figures import CellFigures

MAX_INVALID_SHARE = 0.20
"""With more invalid blocks than this, what made them so has probably touched the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The blocks of some cells of one workload.

    Attributes:
        whole: every cell has a valid trial.
        invalid: at least one cell has an invalid trial.
    """

    whole: int
    invalid: int

    @property
    def too_many_invalid(self) -> bool:
        """Whether nothing should be concluded from the rest."""
        return self.invalid > MAX_INVALID_SHARE * (self.whole + self.invalid)

    def to_repeat(self, wanted: int) -> int:
        """Return how many blocks to add until `wanted` are whole.

        0 where that would still leave too many invalid ones: the machine cannot be measured on.
        """
        lacking = min(wanted - self.whole, self.invalid)
        if lacking <= 0 or self.invalid > MAX_INVALID_SHARE * (self.whole + self.invalid + lacking):
            return 0
        return lacking


def blocks_of(cells: Sequence[CellFigures]) -> Blocks:
    """Return how many blocks of these cells are whole and how many invalid.

    A block that lacks a trial without having an invalid one was not measured yet: it is neither.
    """
    valid = [{trial.record.block for trial in cell.trials if trial.record.valid} for cell in cells]
    invalid = {
        trial.record.block for cell in cells for trial in cell.trials if not trial.record.valid
    }
    whole = set.intersection(*valid) if valid else set()
    return Blocks(whole=len(whole), invalid=len(invalid))
