"""What a cell changes against the baseline by one metric: size, doubt and where it leads.

Whether the blocks tell the two apart is asked of the one decider (`bench.analysis.decision`); here
that is held against the margin and put into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.analysis.deciding import contends
from bench.analysis.decision import Decision, Difference, Told
from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.analysis.validity import reproach_of
from bench.core import text
from bench.judgement.absent import missing_reason
from bench.judgement.model import MARGIN, Change, Side
from bench.spec.acking import misleads
from bench.spec.metrics import Better, Metric

_OF_TIME = ("slower", "faster")
"""What more and less of a time is called."""

NO_BLOCK = "no shared block"
INVALID = "too many invalid trials"
BOTH_TOO_LOW = "too many messages of both never came"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A cell and the baseline; whether the cell may stand before others by any figure."""

    cell: CellFigures
    base: CellFigures
    contends: bool


def changes_of(
    workload: WorkloadFigures, cell: CellFigures, base: CellFigures
) -> Mapping[str, Change]:
    """Return what a cell changes against the baseline, by the key of every metric decided on."""
    pair = _Pair(cell=cell, base=base, contends=contends(cell))
    return {key: _change(decision, pair) for key, decision in workload.decisions.items()}


def direction(metric: Metric, *, more: bool) -> str:
    """Return what more, or less, of a metric is called: `slower`, `more`."""
    return (_OF_TIME if metric.unit == "ns" else ("more", "less"))[0 if more else 1]


def verb(metric: Metric, of_time: str, of_others: str) -> str:
    """Return the verb before what `directed` says: a variant is slower, and takes more CPU."""
    return of_time if metric.unit == "ns" else of_others


def directed(metric: Metric, size: str, *, more: bool) -> str:
    """Write a size with its direction: `31 % faster`, `22 % more server CPU`."""
    thing = "" if metric.unit == "ns" else f" {metric.title.removesuffix(' per message')}"
    return f"{size} {direction(metric, more=more)}{thing}"


def _change(decision: Decision, pair: _Pair) -> Change:
    metric, found = decision.metric, decision.between(pair.cell.cell.id, pair.base.cell.id)
    blocks = tuple(found.by_block.values())
    side = _believed(_side(metric, found, blocks), metric, pair)
    return Change(
        metric=metric,
        told=found.told,
        by_block=found.by_block,
        relative=found.relative,
        change=found.change,
        low=found.low,
        high=found.high,
        at_least=found.at_least,
        side=side,
        decided=found.told is not Told.NOTHING and side is not Side.UNTOLD,
        written=found.written(metric),
        doubt=_doubt(metric, found, side) if blocks else _silent(metric, pair),
    )


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

    An end that is open may lie anywhere.
    """
    if found.change is None or not found.relative or abs(found.change) <= MARGIN:
        return Side.UNTOLD
    may_be_less, may_be_more = found.open_ends
    if all(each > 0 for each in blocks) and not may_be_less:
        return _leading(metric, more=True)
    if all(each < 0 for each in blocks) and not may_be_more:
        return _leading(metric, more=False)
    return Side.UNTOLD


def _leading(metric: Metric, *, more: bool) -> Side:
    return Side.WORSE if more is (metric.better is Better.LOWER) else Side.BETTER


def _within(found: Difference) -> bool:
    if not found.relative or found.low is None or found.high is None:
        return False
    return found.low >= -MARGIN and found.high <= MARGIN


def _believed(side: Side, metric: Metric, pair: _Pair) -> Side:
    """Return a side without praise that the cell does not deserve.

    Of a cell that lost messages or falls behind, say, or by a figure that an earlier ack flatters.
    """
    if side in (Side.WORSE, Side.UNTOLD):
        return side
    settings = [pair.cell.cell.settings, pair.base.cell.settings]
    return side if pair.contends and not misleads(metric, settings) else Side.UNTOLD


def _silent(metric: Metric, pair: _Pair) -> str:
    """Say why no block has both."""
    if reproach_of(pair.cell):
        return INVALID
    for whose, each in (("", pair.cell), ("baseline: ", pair.base)):
        if metric.key not in each.estimates:
            return whose + missing_reason(each, metric)
    return NO_BLOCK


def _doubt(metric: Metric, found: Difference, side: Side) -> str:
    if all(found.at_least):
        return BOTH_TOO_LOW
    if found.told is Told.NOTHING:
        return _counted(metric, tuple(found.by_block.values()))
    interval = found.interval(metric)
    return f"≈ same, {interval}" if side is Side.SAME else interval


def size_of(change: Change) -> str:
    """Write how large a change is, whichever way it goes: `25 %`, `at least 25 %`."""
    if change.change is None:
        return text.NA
    bound = "at least " if any(change.at_least) else ""
    if change.relative:
        return bound + text.size_of(change.change)
    return bound + change.metric.written_change(abs(change.change), relative=False).lstrip("+")


def _counted(metric: Metric, blocks: tuple[float, ...]) -> str:
    more = sum(each > 0 for each in blocks)
    less = sum(each < 0 for each in blocks)
    if not more and not less:
        return f"same in {text.plural(len(blocks), 'block')}"
    return f"{max(more, less)} of {len(blocks)} {direction(metric, more=more >= less)}"
