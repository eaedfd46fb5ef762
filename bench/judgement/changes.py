"""What a cell changes against the baseline by one metric: size, doubt and where it leads.

Whether the blocks tell the two apart is asked of the one decider (`bench.analysis.decision`); here
that is held against the margin and put into words.
"""

from collections.abc import Mapping

from bench.analysis.deciding import contends
from bench.analysis.decision import NOTHING_TOLD, Decision, Difference, Told
from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.analysis.metrics import MEASURES, Measure
from bench.analysis.paired import Reading, readings
from bench.core import text
from bench.judgement.model import MARGIN, Change, Side
from bench.spec.acking import misleads
from bench.spec.metrics import Better, Metric

_MORE_AND_LESS = {
    "ns": ("slower", "faster"),
    "µs/msg": ("dearer", "cheaper"),
    "bytes": ("dearer", "cheaper"),
}
"""Unit -> what more and less of it is called."""

NO_BLOCK = "no shared block"


def changes_of(
    workload: WorkloadFigures, cell: CellFigures, base: CellFigures
) -> Mapping[str, Change]:
    """Return what a cell changes against the baseline, by the key of every metric decided on."""
    return {
        measure.metric.key: _change(measure, workload.decisions[measure.metric.key], cell, base)
        for measure in MEASURES
        if measure.metric.key in workload.decisions
    }


def direction(metric: Metric, *, more: bool) -> str:
    """Return what more, or less, of a metric is called: `slower`."""
    return _MORE_AND_LESS.get(metric.unit, ("more", "less"))[0 if more else 1]


def _change(measure: Measure, decision: Decision, cell: CellFigures, base: CellFigures) -> Change:
    metric, found = measure.metric, decision.between(cell.cell.id, base.cell.id)
    blocks = _by_block(decision, readings(measure, cell), readings(measure, base), base.cell.id)
    side = _believed(_side(metric, found, tuple(blocks.values())), metric, cell, base)
    return Change(
        metric=metric,
        told=found.told,
        by_block=blocks,
        relative=found.relative,
        change=found.change,
        low=found.low,
        high=found.high,
        at_least=found.at_least,
        side=side,
        decided=found.told is not Told.NOTHING and side is not Side.UNTOLD,
        written=found.written(metric),
        doubt=_doubt(metric, found, tuple(blocks.values()), side),
    )


def _by_block(
    decision: Decision,
    after: Mapping[int, Reading],
    before: Mapping[int, Reading],
    base_id: str,
) -> Mapping[int, float]:
    if base_id not in decision.ids:
        return {}
    mean = float(decision.means[decision.ids.index(base_id)])

    def between(new: float, old: float) -> float:
        if decision.logarithmic:
            return new / old - 1
        return (new - old) / mean if mean > 0 else new - old

    shared = sorted(after.keys() & before.keys())
    return {block: between(after[block].value, before[block].value) for block in shared}


def _side(metric: Metric, found: Difference, blocks: tuple[float, ...]) -> Side:
    if found.change is None or metric.better is Better.NEITHER:
        return Side.UNTOLD
    if found.told is Told.NOTHING:
        return _hinted(metric, found, blocks)
    if found.told in (Told.MORE, Told.LESS):
        beyond = not found.relative or abs(found.change) > MARGIN
        if beyond:
            return _leading(metric, more=found.told is Told.MORE)
    return Side.SAME if _within(found) else Side.UNTOLD


def _hinted(metric: Metric, found: Difference, blocks: tuple[float, ...]) -> Side:
    """Return where too few blocks for an interval point: beyond the margin, and every one of them.

    A value that is too low points upwards alone.
    """
    if found.change is None or not found.relative or abs(found.change) <= MARGIN:
        return Side.UNTOLD
    cell_too_low, base_too_low = found.at_least
    if all(each > 0 for each in blocks) and not base_too_low:
        return _leading(metric, more=True)
    if all(each < 0 for each in blocks) and not cell_too_low:
        return _leading(metric, more=False)
    return Side.UNTOLD


def _leading(metric: Metric, *, more: bool) -> Side:
    return Side.WORSE if more is (metric.better is Better.LOWER) else Side.BETTER


def _within(found: Difference) -> bool:
    if not found.relative or found.low is None or found.high is None:
        return False
    return found.low >= -MARGIN and found.high <= MARGIN


def _believed(side: Side, metric: Metric, cell: CellFigures, base: CellFigures) -> Side:
    """Return a side without praise that the cell does not deserve.

    Of a cell that lost messages or falls behind, say, or by a figure that an earlier ack flatters.
    """
    deserved = contends(cell) and not misleads(metric, [cell.cell.settings, base.cell.settings])
    return side if deserved or side is Side.WORSE else Side.UNTOLD


def _doubt(metric: Metric, found: Difference, blocks: tuple[float, ...], side: Side) -> str:
    if not blocks or found is NOTHING_TOLD:
        return NO_BLOCK
    if found.told is Told.NOTHING:
        return _counted(metric, blocks)
    interval = found.interval(metric)
    return f"≈ same, {interval}" if side is Side.SAME else interval


def _counted(metric: Metric, blocks: tuple[float, ...]) -> str:
    more = sum(each > 0 for each in blocks)
    less = sum(each < 0 for each in blocks)
    if not more and not less:
        return f"same in {text.plural(len(blocks), 'block')}"
    return f"{max(more, less)} of {len(blocks)} {direction(metric, more=more >= less)}"
