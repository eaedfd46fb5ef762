"""The mark of a change: each block, their mean and the interval, beside the line of no change."""

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bench.core import text
from bench.draw import svg
from bench.draw.axis import Axis
from bench.draw.limit import bar
from bench.judgement.model import MARGIN, Change, Side
from bench.stats.simultaneous import MIN_BLOCKS

WIDTH, HALF = 200, 11
"""Units; the bar lies at height 0."""

MOST_DOTS = 12
"""Above so many blocks their ○ would hide each other: the interval stands alone."""

STYLES = {Side.WORSE: "up", Side.BETTER: "dn", Side.SAME: "mx", Side.UNTOLD: "mx"}
"""Class of report.css that a side is coloured by."""

_RADIUS, _RADIUS_BESIDE = 3.6, 2.4
_BARB = 4


def mark(change: Change, axis: Axis) -> Markup:
    """Return the mark of a change on an axis that the rows share; empty where nothing is known.

    Empty as well for a difference in the metric's unit on an axis of shares.
    """
    known = [each for each in change.by_block.values() if math.isfinite(each)]
    if not known or change.relative is not axis.shares:
        return Markup()
    parts = [*_ground(axis, change), *_extent(change, known, axis), *_blocks(known, axis)]
    if change.change is not None and math.isfinite(change.change):
        parts.append(svg.upright("mean", axis.x(change.change, WIDTH), -7, 7))
    style = f"ch {STYLES[change.side]}"
    frame = (0, -HALF, WIDTH, 2 * HALF)
    return svg.drawing(style, frame, spoken(change), parts, stretched=False)


def spoken(change: Change) -> str:
    """Say what the mark shows: `×2.46; blocks ×4.48 and +35 %`."""
    if len(change.by_block) < MIN_BLOCKS:
        each = text.listed([_written(change, found) for found in change.by_block.values()])
        return f"{change.written}; {'block' if len(change.by_block) == 1 else 'blocks'} {each}"
    return f"{change.written}; 90 % interval {_interval(change)}; {len(change.by_block)} blocks"


def _interval(change: Change) -> str:
    if change.low is None or change.high is None:
        return text.ends(change.low, change.high, lambda end: _written(change, end))
    return change.metric.written_interval(change.low, change.high, relative=change.relative)


def _written(change: Change, amount: float) -> str:
    return change.metric.written_change(amount, relative=change.relative)


def _ground(axis: Axis, change: Change) -> Iterator[Markup]:
    if change.relative:
        left, right = axis.x(-MARGIN, WIDTH), axis.x(MARGIN, WIDTH)
        yield svg.box("band", (left, -HALF), (right, HALF))
    yield svg.upright("axis", axis.x(0, WIDTH), -HALF, HALF)


def _extent(change: Change, known: Sequence[float], axis: Axis) -> Iterator[Markup]:
    """Yield the bar of the interval, or what joins the blocks where there is none."""
    decided = change.low is not None or change.high is not None
    low = min(known) if change.low is None else change.low
    high = max(known) if change.high is None else change.high
    longer, shorter = open_ends(change)
    ends = (None if shorter else low, None if longer else high)
    yield from bar("iv" if decided else "join", ends, axis, WIDTH, _BARB)


def open_ends(change: Change) -> tuple[bool, bool]:
    """Return whether the change may be any larger, and any smaller, than what is drawn."""
    of_cell, of_baseline = change.at_least
    longer = of_cell or (change.high is None and change.low is not None)
    shorter = of_baseline or (change.low is None and change.high is not None)
    return longer, shorter


def _blocks(known: Sequence[float], axis: Axis) -> Iterator[Markup]:
    radius = _RADIUS if len(known) < MIN_BLOCKS else _RADIUS_BESIDE
    if len(known) <= MOST_DOTS:
        yield from (svg.dot(axis.x(each, WIDTH), 0, radius) for each in known)
