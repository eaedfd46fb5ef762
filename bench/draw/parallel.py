"""Parallel coordinates: a line for each thing across an axis for each of its values.

On a wide screen axes stand upright beside each other; on a phone they lie beneath each other, so
that their words have room.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.draw import svg

_WIDE, _HIGH = 800, 330
_TOP, _BOTTOM, _LEFT, _RIGHT = 50, 305, 4, 700
_NARROW, _STEP, _FIRST, _EDGE = 360, 74, 34, 14

_ROOM = 20
"""Letters of a title beside its neighbour's; longer ones stand a line higher in turns."""


@dataclass(frozen=True, slots=True)
class Axle:
    """An axis.

    Attributes:
        title: what its values are of.
        words: of its ticks, each with its place from 0 to 1.
    """

    title: str
    words: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A line.

    Attributes:
        style: its class of report.css.
        places: on each axis, from 0 to 1; None where it has no value, and there it breaks.
        said: what it is, for whoever points at it.
    """

    style: str
    places: tuple[float | None, ...]
    said: str


def parallel(axles: Sequence[Axle], courses: Sequence[Course], label: str) -> Markup:
    """Return the lines for a wide and for a narrow screen.

    Args:
        axles: from left to right, two or more.
        courses: the lowest first.
        label: for those who do not see them.
    """
    wide, narrow = _Upright(len(axles)), _Lying(len(axles))
    return Markup().join(
        svg.drawing(f"pc {style}", frame, label, _parts(axles, courses, layout), stretched=False)
        for style, frame, layout in (
            ("desk", (0, 0, _WIDE, _HIGH), wide),
            ("phone", (0, 0, _NARROW, narrow.height), narrow),
        )
    )


@dataclass(frozen=True, slots=True)
class _Upright:
    """Axes beside each other; larger values stand higher."""

    many: int

    def at(self, axis: int, place: float) -> svg.Point:
        across = _LEFT + axis * (_RIGHT - _LEFT) / (self.many - 1)
        return across, _BOTTOM - place * (_BOTTOM - _TOP)

    def axis(self, n: int, axle: Axle) -> Iterator[Markup]:
        x, _ = self.at(n, 0)
        yield svg.upright("frame", x, _TOP, _BOTTOM)
        anchor = "start" if n == 0 else "middle"
        crowded = len(axle.title) > _ROOM or self.many > 5
        yield svg.words(0 if n == 0 else x, 14 + 16 * (not crowded or n % 2), axle.title, anchor)
        for place, word in axle.words:
            yield svg.words(x + 6, self.at(n, place)[1] + 4, word)


@dataclass(frozen=True, slots=True)
class _Lying:
    """Axes beneath each other; larger values stand to the right."""

    many: int

    @property
    def height(self) -> int:
        return _FIRST + _STEP * (self.many - 1) + 30

    def at(self, axis: int, place: float) -> svg.Point:
        return _EDGE + place * (_NARROW - 2 * _EDGE), _FIRST + _STEP * axis

    def axis(self, n: int, axle: Axle) -> Iterator[Markup]:
        left, y = self.at(n, 0)
        yield svg.level("frame", left, _NARROW - _EDGE, y)
        yield svg.words(0, y - 12, axle.title)
        for place, word in axle.words:
            anchor = "start" if place < 0.06 else "end" if place > 0.94 else "middle"
            yield svg.words(self.at(n, place)[0], y + 15, word, anchor)


def _parts(
    axles: Sequence[Axle], courses: Iterable[Course], layout: _Upright | _Lying
) -> Iterator[Markup]:
    for course in courses:
        yield svg.titled(course.said, (svg.path(course.style, _way(course, layout)),))
    for n, axle in enumerate(axles):
        yield from layout.axis(n, axle)


def _way(course: Course, layout: _Upright | _Lying) -> str:
    parts, letter = [], "M"
    for n, place in enumerate(course.places):
        if place is None:
            letter = "M"
            continue
        parts.append(letter + svg.pair(*layout.at(n, place)))
        letter = "L"
    return "".join(parts)
