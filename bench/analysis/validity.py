"""How much of a comparison could be measured, by whole blocks (MEASUREMENT.md R12).

An invalid trial takes its block out for all cells that are compared: what is left of the block has
no partner. The block is repeated; where too many are invalid, the run is. Blocks that the
hypervisor took from us stand apart: what made them invalid has nothing to do with what is measured
(docs/adr/0016).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.analysis.figures import CellFigures
from bench.record.schema import Level, TrialRecord

MAX_INVALID_SHARE = 0.20
"""With more invalid blocks than this, what made them so has probably touched the others."""

MAX_ROBBED_SHARE = 0.50
"""With more blocks taken by the hypervisor than this, the host is none to measure on."""

_TAKEN = "cpu-steal"
"""The finding of a trial during which the hypervisor took cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The blocks of some cells of one workload.

    Attributes:
        whole: every cell has a valid trial.
        invalid: at least one cell has an invalid trial, for a reason of its own.
        robbed: likewise, and every such trial lost cores to the hypervisor.
    """

    whole: int
    invalid: int
    robbed: int = 0

    @property
    def reproach(self) -> str:
        """Why nothing should be concluded from the whole ones; empty when something may."""
        judged = self.whole + self.invalid
        if self.invalid > MAX_INVALID_SHARE * judged:
            return (
                f"{self.invalid} of {judged} {_noun(judged)} invalid; more than "
                f"{MAX_INVALID_SHARE * 100:.0f} %, so the others cannot be trusted either"
            )
        measured = judged + self.robbed
        if self.robbed > MAX_ROBBED_SHARE * measured:
            return (
                f"the hypervisor took {self.robbed} of {measured} {_noun(measured)}; more than "
                f"{MAX_ROBBED_SHARE * 100:.0f} %, so this host cannot be measured on now"
            )
        return ""

    def to_repeat(self, wanted: int) -> int:
        """Return how many blocks to add until `wanted` are whole.

        0 where that would still leave too many spoilt ones: the machine cannot be measured on.
        """
        lacking = min(wanted - self.whole, self.invalid + self.robbed)
        hoped_for = Blocks(
            whole=self.whole + max(0, lacking), invalid=self.invalid, robbed=self.robbed
        )
        return lacking if lacking > 0 and not hoped_for.reproach else 0


def blocks_of(cells: Sequence[CellFigures]) -> Blocks:
    """Return how many blocks of these cells are whole, invalid and robbed.

    A block that lacks a trial without having an invalid one was not measured yet: it is none of
    them.
    """
    valid = [{trial.record.block for trial in cell.trials if trial.record.valid} for cell in cells]
    spoilt = [trial.record for cell in cells for trial in cell.trials if not trial.record.valid]
    robbed = _blocks(record for record in spoilt if _was_robbed(record))
    invalid = _blocks(record for record in spoilt if not _was_robbed(record))
    whole = set.intersection(*valid) if valid else set()
    return Blocks(whole=len(whole), invalid=len(invalid), robbed=len(robbed - invalid))


def _noun(count: int) -> str:
    return "block" if count == 1 else "blocks"


def _blocks(records: Iterable[TrialRecord]) -> set[int]:
    return {record.block for record in records}


def _was_robbed(record: TrialRecord) -> bool:
    return any(f.level is Level.INVALID and f.code == _TAKEN for f in record.findings)
