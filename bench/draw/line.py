"""Lag over time: one line a block, in a box of one height for all rows of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from bench.analysis.figures import Array
from bench.draw import svg

WIDTH, HEIGHT = 90, 24
MOST_LINES = 6
"""Of more blocks only the highest and the lowest of each moment are drawn."""

_FLOOR = HEIGHT - 2
_MOST_POINTS = 84
_COLUMNS = (45, 30, 18, 15, 10)
"""Divisors of the width: each column is whole units wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What the rows of a table share.

    Attributes:
        length_s: of a trial, to its right edge, > 0.
        warmup_s: how much of it is warm-up.
        top: value at its upper edge, > 0; what is higher lies on the edge.
        marks: instants at which something was done to the system, s; a line each.
    """

    length_s: float
    warmup_s: float
    top: float
    marks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """A value over the time of one block.

    Attributes:
        t_s: instants from the trial's start, shape (n,), ascending.
        values: at those, shape (n,), NaN where it was not told.
    """

    t_s: Array
    values: Array


def line(courses: Sequence[Course], box: Box, label: str) -> Markup:
    """Return the blocks' courses in their box; a line breaks where nothing was told.

    A point is the largest value of its moment, so that thinning hides no peak.

    Args:
        courses: one a block.
        box: of the table.
        label: for those who do not see it: `peak 9 messages, keeps up`.
    """
    warm = svg.box("warm", (0, 0), (round(min(box.warmup_s / box.length_s, 1) * WIDTH), HEIGHT))
    floor = svg.level("axis", 0, WIDTH, HEIGHT - 1)
    places = sorted({round(min(at_s / box.length_s, 1) * WIDTH) for at_s in box.marks})
    marks = tuple(svg.upright("mk", place, 0, HEIGHT) for place in places)
    ways = "".join(way for row in _rows(courses, box) for way in _ways(row, box))
    drawn = (svg.path("ln", ways),) if ways else ()
    return svg.drawing(
        "lg", (0, 0, WIDTH, HEIGHT), label, (warm, floor, *marks, *drawn), stretched=True
    )


def _rows(courses: Sequence[Course], box: Box) -> list[Array]:
    """Return what is drawn: the value of each column, shape (columns,), NaN without one."""
    lines = min(len(courses), MOST_LINES) if len(courses) <= MOST_LINES else 2
    columns = next((n for n in _COLUMNS if n * lines <= _MOST_POINTS), _COLUMNS[-1])
    each = [_columns(course, box, columns) for course in courses]
    if len(each) <= MOST_LINES:
        return each
    together = np.array(each)
    known = ~np.isnan(together)
    untold = ~known.any(axis=0)
    highest = np.where(known, together, -np.inf).max(axis=0)
    lowest = np.where(known, together, np.inf).min(axis=0)
    return [np.where(untold, np.nan, found) for found in (highest, lowest)]


def _columns(course: Course, box: Box, columns: int) -> Array:
    known = ~np.isnan(course.values) & (course.t_s >= 0) & (course.t_s <= box.length_s)
    places = np.minimum(course.t_s[known] / box.length_s * columns, columns - 1).astype(int)
    values = np.full(columns, -np.inf)
    np.maximum.at(values, places, course.values[known])
    return np.where(np.isinf(values), np.nan, values)


def _ways(row: Array, box: Box) -> Iterator[str]:
    """Yield a way through each stretch of columns that has values."""
    step = WIDTH // row.size
    known = np.flatnonzero(~np.isnan(row))
    if known.size:
        for stretch in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
            yield svg.course([(int(n) * step + step // 2, _y(row[n], box)) for n in stretch])


def _y(value: float, box: Box) -> int:
    return round(_FLOOR - min(max(value / box.top, 0.0), 1.0) * _FLOOR)
