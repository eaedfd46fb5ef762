"""Panels above each other on one axis to the right: the eye goes up and down at one value."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from bench.draw import svg
from bench.draw.axis import Axis
from bench.draw.chart import Field, Size

SIZES = (Size("st desk", 800, 8, 52), Size("st phone", 360, 4, 44))

_ABOVE, _BELOW, _LAST = 22, 12, 38
"""Room over a field for its title, below it, and below the last for the axis and its name."""


_LINE = 16
"""Height of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One of the panels.

    Attributes:
        title: what it shows and in which unit; stands over it.
        y: axis upwards.
        height: of its field.
        parts: what stands in it.
        room: over the field, below the title, for words at its upper edge.
    """

    title: str
    y: Axis
    height: int
    parts: Callable[[Field], Iterable[Markup]]
    room: int = 0

    @property
    def outer(self) -> int:
        """Its height with what stands over and below its field."""
        return _ABOVE + self.room + self.height + _BELOW

    @property
    def fewer(self) -> Axis:
        """Its axis with no more words than there are lines for."""
        every = -(-len(self.y.ticks) * _LINE // max(self.height, _LINE))
        return replace(self.y, ticks=self.y.ticks[:: max(every, 1)])


def stacked(
    x: tuple[Axis, str], panels: Sequence[Panel], label: str, sizes: Iterable[Size] = SIZES
) -> Markup:
    """Return panels for a wide and for a narrow screen.

    Args:
        x: axis to the right, and its words.
        panels: from top to bottom, at least one.
        label: for those who do not see them.
        sizes: of the drawings.
    """
    axis, named = x
    height = sum(each.outer for each in panels) - _BELOW + _LAST
    drawn = []
    for size in sizes:
        name = svg.words(size.width - 12, height - 6, named, "end")
        parts = (*_panels(axis, panels, size), name)
        drawn.append(
            svg.drawing(size.style, (0, 0, size.width, height), label, parts, stretched=False)
        )
    return Markup().join(drawn)


def _panels(axis: Axis, panels: Sequence[Panel], size: Size) -> Iterator[Markup]:
    outer = 0
    for place, panel in enumerate(panels, start=1):
        yield svg.words(0, outer + _ABOVE - 8, panel.title)
        top = outer + _ABOVE + panel.room
        field = Field(
            left=size.left,
            right=size.width - 12,
            top=top,
            bottom=top + panel.height,
            x=axis,
            y=panel.fewer,
        )
        yield from field.heights()
        if place == len(panels):
            yield from field.frame(size.most_ticks)
        else:
            yield svg.level("frame", field.left, field.right, field.bottom)
        yield from panel.parts(field)
        outer += panel.outer
