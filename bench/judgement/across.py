"""One change under every workload that has it, and whether it stands out under any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.core.direction import isolated
from bench.core.marks import State
from bench.judgement.model import CellJudgement, WorkloadJudgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One change under each workload that has it.

    Attributes:
        first: names and settings of the change.
        cells: workload -> its cell.
    """

    first: CellJudgement
    cells: Mapping[str, CellJudgement]

    @property
    def stands_out(self) -> bool:
        """Whether anything of it is worse or better, or does not hold."""
        return any(
            cell.state is State.FAILS or any(each.side.stands_out for each in cell.changes.values())
            for cell in self.cells.values()
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it does not hold, each led by its workload where there are several."""
        return tuple(
            f"{isolated(workload)}: {cell.reasons[0]}" if len(self.cells) > 1 else cell.reasons[0]
            for workload, cell in self.cells.items()
            if cell.state is State.FAILS and cell.reasons
        )

    def under(self, workload: str) -> "Changed":
        """Return it under that workload alone; without a cell where it was not measured there."""
        cells = {name: cell for name, cell in self.cells.items() if name == workload}
        return replace(self, cells=cells)


def changed_by(workloads: Sequence[WorkloadJudgement]) -> list[Changed]:
    """Return every change of a run, in the order of its workloads and their cells."""
    found: dict[str, dict[str, CellJudgement]] = {}
    for workload in workloads:
        for cell in workload.cells:
            if not cell.is_baseline:
                found.setdefault(cell.name, {})[workload.figures.name] = cell
    return [Changed(first=next(iter(each.values())), cells=each) for each in found.values()]
