"""A span of time in a drawing: shaded, between two lines that say what happened there."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from bench.report.draw import svg

_GAP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch between two places of a drawing.

    Attributes:
        left, right: where it begins and ends, in the drawing's units.
        begins, ends: words at its lines.
    """

    left: float
    right: float
    begins: str
    ends: str


def span(found: Span, top: float, bottom: float) -> Iterator[Markup]:
    """Yield its parts from `top` to `bottom`; its words stand above, outside of its lines."""
    yield svg.box("fault", (found.left, top), (found.right - found.left, bottom - top))
    yield svg.upright("fe", found.left, top - 10, bottom)
    yield svg.upright("fe", found.right, top - 10, bottom)
    yield svg.words(found.left - _GAP, top - 3, found.begins, "end")
    yield svg.words(found.right + _GAP, top - 3, found.ends)
