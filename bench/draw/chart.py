"""A field of a drawing with an axis along either side: curves and dots of a few dozen points."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from bench.analysis.figures import Array
from bench.draw import svg
from bench.draw.axis import Axis


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing for one width of screen: text in a scaled one could not be read on a phone.

    Attributes:
        style: its class.
        width: of the drawing.
        most_ticks: words below its lower axis, at most.
        left: where its field begins, beside the words of the axis upwards.
    """

    style: str
    width: int
    most_ticks: int
    left: int = 44


_SIZES = (Size("cv desk", 500, 5), Size("cv phone", 360, 5))

_HEIGHT = 210


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where values of two axes stand, in the units of a drawing.

    Attributes:
        left, right, top, bottom: its sides.
        x, y: axes, from left to right and from bottom to top.
    """

    left: float
    right: float
    top: float
    bottom: float
    x: Axis
    y: Axis

    def across(self, x: float) -> float:
        """Return how far right a value stands; what is outside lies on the side."""
        return self.left + self.x.share(x) * (self.right - self.left)

    def down(self, y: float) -> float:
        """Return how far down a value stands; what is outside lies on the side."""
        return self.bottom - self.y.share(y) * (self.bottom - self.top)

    def at(self, x: float, y: float) -> svg.Point:
        """Return the place of two values."""
        return self.across(x), self.down(y)

    def upright(self, style: str, x: float) -> Markup:
        """Return a line from top to bottom."""
        return svg.upright(style, self.across(x), self.top, self.bottom)

    def way(self, points: Sequence[tuple[float, float]]) -> str:
        """Return the way through values, `M0 10L20 5`; it breaks where one is NaN."""
        parts, letter = [], "M"
        for x, y in points:
            if math.isnan(x) or math.isnan(y):
                letter = "M"
                continue
            parts.append(letter + svg.pair(*self.at(x, y)))
            letter = "L"
        return "".join(parts)

    def frame(self, most_ticks: int = 99) -> Iterator[Markup]:
        """Yield both axes; of the words of the lower one at most so many."""
        corner = f"M{svg.pair(self.left, self.top)}V{svg.number(self.bottom)}"
        yield svg.path("frame", f"{corner}H{svg.number(self.right)}")
        every = -(-len(self.x.ticks) // most_ticks)
        for tick in self.x.ticks[::every]:
            x = self.across(tick.value)
            anchor = {self.left: "start", self.right: "end"}.get(x, "middle")
            yield svg.words(x, self.bottom + 15, tick.word, anchor)

    def heights(self) -> Iterator[Markup]:
        """Yield a line and a word for each tick of the axis upwards."""
        for tick in self.y.ticks:
            y = self.down(tick.value)
            yield svg.level("grid", self.left, self.right, y)
            yield svg.words(self.left - 5, y + 4, tick.word, "end")


def charts(
    x: tuple[Axis, str],
    y: Axis,
    label: str,
    parts: Callable[[Field], Iterable[Markup]],
    sizes: Iterable[Size] = _SIZES,
) -> Markup:
    """Return a chart for a wide and one for a narrow screen.

    Args:
        x: axis to the right, and its words.
        y: axis upwards.
        label: for those who do not see it.
        parts: what stands in the field.
        sizes: of the charts.
    """
    axis, named = x
    drawn = []
    for size in sizes:
        right, frame = size.width - 12, (0, 0, size.width, _HEIGHT)
        field = Field(left=size.left, right=right, top=18, bottom=176, x=axis, y=y)
        name = svg.words(right, _HEIGHT - 4, named, "end")
        inside = (*field.heights(), *field.frame(size.most_ticks), *parts(field), name)
        drawn.append(svg.drawing(size.style, frame, label, inside, stretched=False))
    return Markup().join(drawn)


def thinned(t_s: Array, values: Array, most: int) -> tuple[Array, Array]:
    """Return at most so many points that still reach every peak and every dip.

    Of each stretch the lowest and the highest stay, in the order of time.

    Args:
        t_s: instants, shape (n,), ascending.
        values: at those, shape (n,), NaN where there is none.
        most: points, 2 or more.

    Returns:
        Instants and values, shape (k,) with k <= most.
    """
    if t_s.size <= most:
        return t_s, values
    kept: list[int] = []
    for places in np.array_split(np.arange(t_s.size), most // 2):
        known = places[~np.isnan(values[places])]
        found = known if known.size else places[:1]
        kept += sorted({int(found[values[found].argmin()]), int(found[values[found].argmax()])})
    return t_s[kept], values[kept]
