"""The silhouette of a distribution: how often each time occurred, by its logarithm."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from bench.core import text
from bench.draw import svg
from bench.draw.axis import Axis, of_times
from bench.judgement.kinds import Times
from bench.stats.shape import Shape

BINS = 75
WIDTH, HEIGHT = 300, 30
_STEP = WIDTH // BINS
_FLOOR, _TALLEST = HEIGHT, HEIGHT - 3
_HATCH = "l7-10m-7 0 7-10m-7 0 7-10"
_SEEN = (0.5 / _TALLEST) ** 2
"""Share of the fullest bin below which a bin has no height that anybody sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the rows of a table share, so that the eye may compare them.

    Attributes:
        axis: of times.
        fullest: largest share of a row's messages in one bin; the tallest of all drawings.
    """

    axis: Axis
    fullest: float


def frame(rows: Sequence[Times], scale: text.Scale) -> Frame | None:
    """Return the frame that holds every row's shape and lines; None where nothing finished."""
    axis = of_times([end for row in rows for end in _ends_ns(row)], scale)
    if axis is None:
        return None
    fullest = max((float(_shares(row.shape, axis).max()) for row in rows), default=0.0)
    return Frame(axis=axis, fullest=fullest)


def _ends_ns(row: Times) -> Iterator[float]:
    fullest = int(row.shape.counts.max(initial=0))
    yield from row.shape.ends_ns(_SEEN * fullest) or ()
    yield from (ns for ns in (row.p50_ns, row.p99_ns, *(row.range_ns or ())) if ns)


def _shares(shape: Shape, axis: Axis) -> np.ndarray:
    """Return each bin's share of all messages, also of those that never finished."""
    return shape.gathered(axis.low, axis.high, BINS) / max(shape.total_count, 1)


def silhouette(row: Times, frame: Frame, label: str) -> Markup:
    """Return the drawing of a row; what never came is no part of it but a mark at the edge.

    Args:
        row: what is drawn.
        frame: of the table.
        label: of what these times are, for those who do not see it: `batch 1, end-to-end`.
    """
    parts = [
        *(svg.upright("grid", frame.axis.x(tick, WIDTH), 0, HEIGHT) for tick in _inner(frame)),
        *_area(row, frame),
        *_lines(row, frame.axis),
    ]
    return svg.drawing(
        "ds", (0, 0, WIDTH, HEIGHT), f"{label}: {spoken(row)}", parts, stretched=True
    )


def spoken(row: Times) -> str:
    """Say what the drawing shows: `p50 0.359 ms, p99 0.835 ms (0.740 to 0.939 ms)`."""
    said = [
        f"{name} {text.NA if ns is None else text.in_unit(ns, 'ns')}"
        for name, ns in (("p50", row.p50_ns), ("p99", row.p99_ns))
    ]
    if row.range_ns:
        low, high = (text.in_unit(ns, "ns") for ns in row.range_ns)
        said[-1] += f" ({low} to {high})"
    if row.shape.unfinished:
        said.append(f"{text.count(row.shape.unfinished)} never came")
    return ", ".join(said)


def _inner(frame: Frame) -> list[float]:
    axis = frame.axis
    return [tick.value for tick in axis.ticks if 0.005 < axis.share(tick.value) < 0.995]


def _area(row: Times, frame: Frame) -> Iterator[Markup]:
    shares = _shares(row.shape, frame.axis) / (frame.fullest or 1.0)
    heights = np.ceil(_TALLEST * np.sqrt(shares) - 0.5).astype(int)
    filled = np.flatnonzero(heights)
    if filled.size:
        first, last = int(filled[0]), int(filled[-1])
        middle = _STEP // 2
        points = [
            (first * _STEP, _FLOOR),
            *((n * _STEP + middle, _FLOOR - int(heights[n])) for n in range(first, last + 1)),
            ((last + 1) * _STEP, _FLOOR),
        ]
        yield svg.path("area", svg.course(points) + "z")
    if row.shape.unfinished:
        yield svg.path("never", f"M{WIDTH - 7} {HEIGHT}{_HATCH}M{WIDTH} 0V{HEIGHT}")


def _lines(row: Times, axis: Axis) -> Iterator[Markup]:
    if row.p50_ns is not None:
        yield svg.upright("p50", axis.x(row.p50_ns, WIDTH), 3, HEIGHT)
    if row.range_ns is not None and all(map(math.isfinite, row.range_ns)):
        left, right = (axis.x(end, WIDTH) for end in row.range_ns)
        yield svg.level("rng", left, right, 24)
    if row.p99_ns is not None:
        yield svg.upright("p99", axis.x(row.p99_ns, WIDTH), 14, HEIGHT)
