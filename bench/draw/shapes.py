"""Small marks that are told apart by their shape, not by their colour alone."""

from enum import StrEnum

from markupsafe import Markup

from bench.core.marks import State
from bench.draw import svg


class Shape(StrEnum):
    """A mark; the value is its class of report.css."""

    DISC = "disc"
    CROSS = "cross"
    TRIANGLE = "triangle"
    SQUARE = "square"
    DIAMOND = "diamond"

    @property
    def sign(self) -> str:
        """How it reads in a caption."""
        return _SIGNS[self]


_SIGNS = {
    Shape.DISC: "●",
    Shape.CROSS: State.FAILS.mark,
    Shape.TRIANGLE: "△",
    Shape.SQUARE: "□",
    Shape.DIAMOND: "◇",
}


def mark(shape: Shape, place: svg.Point, radius: float) -> Markup:
    """Return a mark around a place."""
    x, y = place
    if shape is Shape.DISC:
        return svg.dot(x, y, radius, f"pt {shape}")
    return svg.path(f"pt {shape}", _course(shape, x, y, radius))


def _course(shape: Shape, x: float, y: float, r: float) -> str:
    if shape is Shape.CROSS:
        down, up = svg.pair(2 * r, 2 * r), svg.pair(2 * r, -2 * r)
        return f"M{svg.pair(x - r, y - r)}l{down}M{svg.pair(x - r, y + r)}l{up}"
    if shape is Shape.SQUARE:
        side = svg.number(2 * r)
        return f"M{svg.pair(x - r, y - r)}h{side}v{side}h-{side}z"
    top = svg.pair(x, y - 1.2 * r)
    if shape is Shape.TRIANGLE:
        base = svg.number(2.4 * r)
        return f"M{top}l{svg.pair(1.2 * r, 2.2 * r)}h-{base}z"
    step = 1.2 * r
    return f"M{top}l{svg.pair(step, step)}l{svg.pair(-step, step)}l{svg.pair(-step, -step)}z"


def beyond(place: svg.Point) -> Markup:
    """Return the arrow over a mark whose value is larger and cannot be told."""
    x, y = place
    return svg.path("pt more", f"M{svg.pair(x, y - 6)}v-8m-3 3l3-3l3 3")


def ring(place: svg.Point, radius: float) -> Markup:
    """Return the ring around a mark that stands for several trials."""
    return svg.dot(*place, radius, "pt ring")
