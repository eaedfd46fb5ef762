"""An interval beside its limit: it stands where it was found, open where nobody can tell."""

from dataclasses import replace

import pytest

from bench.draw.axis import Axis, Spacing
from bench.draw.limit import Held, limit
from tests.draw.reading import course, of_class, parsed

AXIS = Axis(low=-0.1, high=0.2, spacing=Spacing.EVEN, ticks=())
"""A percent is 10 of the drawing's 300 units; no change is at 100."""

HELD = Held(value=0.05, low=-0.02, high=0.13, limit=0.1, beyond=False)


def places(found: Held, style: str) -> list[str]:
    return [course(each) for each in of_class(parsed(limit(found, AXIS, "x")), style)]


def test_interval_limit_and_no_change_stand_at_their_values() -> None:
    """Whether the bar ends before the line is the whole reading."""
    assert places(HELD, "iv") == ["M80 0H230"]
    assert places(HELD, "lim") == ["M200-9V9"]
    assert places(HELD, "axis") == ["M100-9V9"]
    assert places(HELD, "mean") == ["M150-6V6"]


@pytest.mark.parametrize(
    ("found", "bar"),
    [(replace(HELD, high=None), "M80 0H300"), (replace(HELD, low=None), "M0 0H230")],
)
def test_an_end_that_nobody_can_tell_runs_to_the_edge(found: Held, bar: str) -> None:
    """A bar that ended at the estimate would claim an end that was never found."""
    assert places(found, "iv") == [bar]
    assert len(places(found, "open")) == 1


def test_without_an_interval_the_figure_stands_alone() -> None:
    """On paper without a bar below it a line of paper's colour would not be seen."""
    found = replace(HELD, low=None, high=None)

    assert places(found, "alone") == ["M150-6V6"]
    assert not places(found, "iv") + places(found, "open") + places(found, "mean")


def test_what_lies_beyond_is_marked_as_judged() -> None:
    """The drawing does not judge anew."""
    styles = [parsed(limit(replace(HELD, beyond=b), AXIS, "x")).get("class") for b in (False, True)]

    assert styles == ["lb", "lb up"]
