"""A span of time in a drawing: shaded, between two lines that say what happened there."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from bench.draw import svg

_GAP = 4
_LETTER = 6
"""Width of a letter, at most."""


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


def span(found: Span, top: float, bottom: float, width: float) -> Iterator[Markup]:
    """Yield its parts from `top` to `bottom`.

    Its words stand above and outside of its lines; where the drawing's `width` leaves no room for
    them, inside, each at a height of its own.
    """
    yield svg.box("fault", (found.left, top), (found.right, bottom))
    yield svg.upright("fe", found.left, top - 10, bottom)
    yield svg.upright("fe", found.right, top - 10, bottom)
    if found.left - _GAP >= _LETTER * len(found.begins):
        yield svg.words(found.left - _GAP, top - 3, found.begins, "end")
    else:
        yield svg.words(found.left, top - 14, found.begins)
    inside = found.right + _GAP + _LETTER * len(found.ends) > width
    yield svg.beside(found.right, top - 3, found.ends, _GAP, turned=inside)
