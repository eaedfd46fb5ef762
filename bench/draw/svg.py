"""Elements of SVG as markup: whatever text goes in comes out escaped."""

from collections.abc import Iterable
from itertools import pairwise

from markupsafe import Markup

Point = tuple[float, float]
Frame = tuple[int, int, int, int]
"""Left, top, width and height."""


def drawing(
    style: str,
    frame: Frame,
    label: str,
    parts: Iterable[Markup],
    *,
    stretched: bool,
) -> Markup:
    """Return a drawing that is read aloud as `label`.

    Args:
        style: its class.
        frame: what is seen, in the units of its parts.
        label: what a reader who does not see it is told.
        parts: what it holds, the lowest first.
        stretched: it fills any width and height; such a drawing holds no text and no circle.
    """
    stretch = Markup(' preserveAspectRatio="none"') if stretched else Markup()
    return Markup(
        '<svg class="{}" viewBox="{} {} {} {}"{} role="img" aria-label="{}">{}</svg>'
    ).format(style, *frame, stretch, label, Markup().join(parts))


def number(coordinate: float) -> str:
    """Write a coordinate, to a tenth: 38.93 -> `38.9`, 70.0 -> `70`."""
    return f"{round(coordinate, 1) + 0.0:g}"


def path(style: str, course: str) -> Markup:
    """Return a line or an area along `course`, in SVG's own letters."""
    return Markup('<path class="{}" d="{}"/>').format(style, course)


def upright(style: str, x: float, top: float, bottom: float) -> Markup:
    """Return a line from top to bottom."""
    return path(style, f"M{pair(x, top)}V{number(bottom)}")


def level(style: str, left: float, right: float, y: float) -> Markup:
    """Return a line from left to right."""
    return path(style, f"M{pair(left, y)}H{number(right)}")


def box(style: str, start: Point, end: Point) -> Markup:
    """Return a rectangle by its upper left and its lower right corner."""
    (left, top), (right, bottom) = start, end
    width, height = number(right - left), number(bottom - top)
    return path(style, f"M{pair(left, top)}h{width}v{height}h-{width}z")


def dot(x: float, y: float, radius: float, style: str = "") -> Markup:
    """Return a circle."""
    kind = Markup(' class="{}"').format(style) if style else Markup()
    height = Markup(' cy="{}"').format(number(y)) if y else Markup()
    return Markup('<circle{} cx="{}"{} r="{}"/>').format(kind, number(x), height, number(radius))


def titled(title: str, parts: Iterable[Markup]) -> Markup:
    """Return parts that say what they are when somebody points at them."""
    return Markup("<g><title>{}</title>{}</g>").format(title, Markup().join(parts))


def words(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    """Return a text; `anchor` says which of its ends stands at x: `start`, `middle` or `end`."""
    place = Markup("") if anchor == "start" else Markup(' text-anchor="{}"').format(anchor)
    return Markup('<text x="{}" y="{}"{}>{}</text>').format(number(x), number(y), place, text)


def beside(x: float, y: float, text: str, gap: float, *, turned: bool) -> Markup:
    """Return a text to the right of x, to the left where it is `turned`."""
    return words(x - gap, y, text, "end") if turned else words(x + gap, y, text)


def course(points: Iterable[tuple[int, int]]) -> str:
    """Return the way through points, in whole steps from each to the next: `M0 22l3-2 3 4`.

    Steps take half the letters of places. Empty without a point.
    """
    way = list(points)
    if not way:
        return ""
    steps = [(x - x0, y - y0) for (x0, y0), (x, y) in pairwise(way)]
    head = f"M{pair(*way[0])}"
    return head + ("l" + " ".join(pair(*step) for step in steps) if steps else "h0")


def pair(x: float, y: float) -> str:
    """Write a place or a step, without a space where a minus parts its numbers."""
    return number(x) + (" " if y >= 0 else "") + number(y)
