"""How much of a comparison could be measured, cell by cell (MEASUREMENT.md R12).

An invalid trial takes itself and its pairs out, and nothing else. What is missing is measured again
in a further block, with the baseline beside it. A cell with too many invalid trials is invalid by
itself, a workload when its baseline is or too many of its cells are (docs/adr/0018). Trials that
the hypervisor took from us stand apart: what made them invalid has nothing to do with what is
measured (docs/adr/0016).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.core import text
from bench.core.direction import isolated
from bench.record.schema import Level, TrialRecord

MAX_INVALID_SHARE = 0.20
"""With more invalid trials than this, what made them so has probably touched the others; and with
more invalid cells, the other cells."""

MAX_ROBBED_SHARE = 0.50
"""With more trials taken by the hypervisor than this, the host is none to measure on."""

_TAKEN = "cpu-steal"
"""The finding of a trial during which the hypervisor took cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """The trials of one cell, planned and repeated alike.

    Attributes:
        valid: may be concluded from.
        invalid: for a reason of their own.
        robbed: invalid because the hypervisor took cores.
    """

    valid: int
    invalid: int
    robbed: int = 0

    @property
    def reproach(self) -> str:
        """Why nothing should be concluded from the valid ones; empty when something may."""
        judged = self.valid + self.invalid
        if judged and not self.valid:
            return f"none of {judged} {_noun(judged)} is valid"
        if self.invalid > MAX_INVALID_SHARE * judged:
            return (
                f"{self.invalid} of {judged} {_noun(judged)} invalid; more than "
                f"{text.size_of(MAX_INVALID_SHARE)}, so the others cannot be trusted either"
            )
        measured = judged + self.robbed
        if self.robbed > MAX_ROBBED_SHARE * measured:
            return (
                f"the hypervisor took {self.robbed} of {measured} {_noun(measured)}; more than "
                f"{text.size_of(MAX_ROBBED_SHARE)}, so this host cannot be measured on now"
            )
        return ""

    def hopeless(self, more: int) -> bool:
        """Say whether the cell would be invalid even if so many more trials were all valid."""
        return bool(replace(self, valid=self.valid + more).reproach)


def trials_of(cell: CellFigures) -> Trials:
    """Return how many trials of a cell are valid, invalid and robbed; missing ones are none."""
    spoilt = [trial.record for trial in cell.trials if not trial.record.valid]
    robbed = sum(map(_was_robbed, spoilt))
    return Trials(valid=len(cell.trials) - len(spoilt), invalid=len(spoilt) - robbed, robbed=robbed)


def reproach_of(cell: CellFigures) -> str:
    """Return why nothing should be concluded from a cell's valid trials; empty when it may."""
    why = trials_of(cell).reproach
    return f"{isolated(str(cell.cell.variants[0]))}: {why}" if why else ""


def reproach_of_workload(workload: WorkloadFigures, named: str) -> str:
    """Return why nothing should be concluded from any cell of a workload; empty when it may.

    Args:
        workload: all its cells.
        named: the variant that the plan calls baseline; may be empty.
    """
    if why := reproach_of(baseline_of(workload, named)):
        return f"the baseline cannot be relied on ({why})"
    count, short = len(workload.cells), sum(bool(reproach_of(cell)) for cell in workload.cells)
    if short > MAX_INVALID_SHARE * count:
        return (
            f"{short} of {count} cells are invalid by themselves; more than "
            f"{text.size_of(MAX_INVALID_SHARE)}, so the others cannot be trusted either"
        )
    return ""


def baseline_of(workload: WorkloadFigures, named: str) -> CellFigures:
    """Return the cell that the others are compared with.

    The variant that the plan names; else the cell that most configs share, else the first.
    """
    for cell in workload.cells:
        if named and named in (str(name) for name in cell.cell.variants):
            return cell
    return max(workload.cells, key=lambda cell: len(cell.cell.variants))


def whole_blocks(cells: Sequence[CellFigures]) -> frozenset[int]:
    """Return the blocks in which every one of these cells has a valid trial."""
    valid = [{trial.record.block for trial in cell.trials if trial.record.valid} for cell in cells]
    return frozenset(set.intersection(*valid)) if valid else frozenset()


def to_repeat(workload: WorkloadFigures, named: str, wanted: int) -> Mapping[str, int]:
    """Return, by cell id, how many more trials make every pair with the baseline as wanted.

    A cell that would still be invalid with them is not tried again, nor anything of a workload
    that would be: repeating until it works would hide what cannot be measured. The baseline stands
    beside each further trial.

    Args:
        workload: all its cells.
        named: the variant that the plan calls baseline; may be empty.
        wanted: whole pairs of each cell with the baseline.
    """
    if reproach_of_workload(workload, named):
        return {}
    base = baseline_of(workload, named)
    lacking = {cell.cell.id: _lacking(base, cell, wanted) for cell in workload.cells}
    more = {cell_id: count for cell_id, count in lacking.items() if count > 0}
    beside = max(more.values(), default=0)
    if not beside or trials_of(base).hopeless(beside):
        return {}
    return {**more, base.cell.id: beside}


def _lacking(base: CellFigures, cell: CellFigures, wanted: int) -> int:
    """Return how many pairs to measure again; those that were not measured yet are none of them."""
    spoilt = {t.record.block for c in (base, cell) for t in c.trials if not t.record.valid}
    count = min(wanted - len(whole_blocks([base, cell])), len(spoilt))
    return 0 if trials_of(cell).hopeless(max(0, count)) else count


def _noun(count: int) -> str:
    return "trial" if count == 1 else "trials"


def _was_robbed(record: TrialRecord) -> bool:
    return any(f.level is Level.INVALID and f.code == _TAKEN for f in record.findings)
