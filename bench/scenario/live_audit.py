"""Whether a consumer that reads live was left alone by what was done beside it."""

from collections.abc import Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S
from bench.engine.accounts import reordered
from bench.engine.lag import GRID_NS, Level
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import MessageTable, happened
from bench.stats.slope import BATCHES, theil_sen

CONFIDENCE = 0.90
MARGIN_SHARE = 0.01
"""A lag that moves by less than this share of the offered rate stands still (R14)."""

STILL_NS = GRID_NS
"""Nor is one that is what comes within a tenth of a second."""

SHORTEST = 3
"""In a span that is not so many times as long a lag that grows is too much like one that stands."""


def disturbed(
    table: MessageTable, records: Sequence[ConsumerRecord], span: tuple[int, int], *, acks: bool
) -> int:
    """Return by how many messages a live consumer was disturbed; UNKNOWN where nobody can tell.

    Those that it is not done with, those that came out of order, and by how many its lag grew.

    Args:
        table: what it saw of its flow.
        records: of its processes.
        span: begin and end of what was done beside it, ns from the trial's start.
        acks: it acknowledges.
    """
    done_ns = table.acked_ns if acks else table.handled_ns
    missing = int(np.count_nonzero(happened(table.stored_ns) & ~happened(done_ns)))
    surely = missing + sum(reordered(record) for record in records)
    grown = grown_msgs(table.stored_ns, done_ns, span)
    return surely + grown if grown >= 0 else surely or UNKNOWN


def grown_msgs(came_ns: IntArray, left_ns: IntArray, span: tuple[int, int]) -> int:
    """Return by how many messages a lag grew over a span.

    UNKNOWN where nothing came in it, and where it is too short to tell.

    Args:
        came_ns: of each message, ns from the trial's start or NOT_YET, shape (n,).
        left_ns: likewise, when it was done with.
        span: begin and end, likewise.
    """
    begin_ns, end_ns = span
    if end_ns - begin_ns < SHORTEST * STILL_NS:
        return UNKNOWN
    grid_ns = np.arange(begin_ns, end_ns, min(GRID_NS, (end_ns - begin_ns) // BATCHES))
    came, left = (np.sort(each[happened(each)]) for each in (came_ns, left_ns))
    offered = int(np.count_nonzero((came >= begin_ns) & (came < end_ns)))
    if not offered:
        return UNKNOWN
    lag = Level(came_ns=came, left_ns=left).at(grid_ns).astype(np.float64)
    slope = theil_sen(grid_ns / NS_PER_S, lag, confidence=CONFIDENCE)
    if slope is None:
        return UNKNOWN
    length_s = (end_ns - begin_ns) / NS_PER_S
    margin = offered * max(MARGIN_SHARE, STILL_NS / (end_ns - begin_ns))
    steadily = slope.value * length_s if slope.low * length_s > margin else 0.0
    grown = max(steadily, left_over(lag))
    return round(grown) if grown > margin else 0


def left_over(lag: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return by how much a lag is higher at its end than it began: who stops for good shows so.

    A burst that is over, or has just begun, is not left: the less of last sample and tenth counts.
    """
    tenth = max(1, lag.size // 10)
    return min(float(lag[-1]), float(np.mean(lag[-tenth:]))) - float(np.mean(lag[:tenth]))
