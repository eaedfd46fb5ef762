"""What a table marks beside its figures: the best, how far others lie, ≈ where nobody can tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.deciding import contends, leader
from bench.analysis.decision import Decision, Told
from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.spec.acking import misleads
from bench.spec.metrics import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What the figures of one metric in one table are set against.

    Attributes:
        first: the cell with the best estimate.
        among: ids of the cells in the table that contend.
        decision: what the blocks tell of them.
    """

    first: CellFigures
    among: tuple[str, ...]
    decision: Decision

    @property
    def of_first(self) -> str:
        """What is said of the first: best of all, of some, or nothing."""
        ids = [each for each in self.among if each in self.decision.ids]
        if self.decision.surely_best(self.first.cell.id, ids):
            return "best"
        some = any(self.decision.worse(each, self.first.cell.id) for each in ids)
        return "≈ best" if some else ""

    def distance(self, cell: CellFigures) -> str:
        """Write how far a cell lies from the first; ≈ where the blocks do not tell."""
        found = self.decision.between(cell.cell.id, self.first.cell.id)
        if found.told is Told.NOTHING or found.change is None:
            return ""
        change = found.written(self.decision.metric) if found.relative else ""
        if found.told is Told.ALIKE:
            return f"≈ {change}".rstrip()
        return change or "told apart"


def column_marks(
    metric: Metric, workload: WorkloadFigures, cells: Sequence[CellFigures]
) -> Marks | None:
    """Return what these cells of a workload are set against by a metric; None without a first.

    None as well where the figure goes by acks that come at different moments.
    """
    if misleads(metric, [c.cell.settings for c in cells if metric.key in c.estimates]):
        return None
    first, decision = leader(metric, cells), workload.decisions.get(metric.key)
    if first is None or decision is None:
        return None
    among = tuple(cell.cell.id for cell in cells if contends(cell))
    return Marks(first=first, among=among, decision=decision)
