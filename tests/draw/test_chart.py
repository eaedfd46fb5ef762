"""Curves: a value stands where its axes say, and thinning hides neither peak nor dip."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.draw.axis import Axis, Spacing, Tick
from bench.draw.chart import Field, thinned
from tests.draw.reading import of_class, parsed


def even(high: float) -> Axis:
    ticks = tuple(Tick(n * high / 4, f"{n}/4") for n in range(5))
    return Axis(low=0, high=high, spacing=Spacing.EVEN, ticks=ticks)


FIELD = Field(left=40, right=240, top=10, bottom=110, x=even(20), y=even(50))
"""10 units a step to the right, 2 a step upwards."""


def test_a_point_stands_where_its_axes_say() -> None:
    """Upwards is more."""
    assert FIELD.at(5, 10) == (90, 90)


def test_what_is_outside_lies_on_the_side() -> None:
    """A curve must not leave its field."""
    assert FIELD.at(-3, 900) == (40, 10)


def test_a_way_breaks_at_what_was_not_told() -> None:
    """A bridge would claim values that nobody saw."""
    assert FIELD.way([(0, 0), (5, 10), (6, math.nan), (10, 50)]) == "M40 110L90 90M140 10"


def test_axes_have_their_words() -> None:
    """Those at both ends stay within the field's width."""
    drawn = parsed(f"<svg>{''.join(FIELD.frame())}{''.join(FIELD.heights())}</svg>")

    below = [
        (each.get("x"), each.get("text-anchor"), each.text)
        for each in drawn.iter("text")
        if each.get("y") == "125"
    ]
    assert below[0] == ("40", None, "0/4")
    assert below[2] == ("140", "middle", "2/4")
    assert below[4] == ("240", "end", "4/4")
    assert len(of_class(drawn, "grid")) == 5


def test_few_words_stay_where_there_is_little_room() -> None:
    """A phone has room for some of them."""
    assert sum("<text" in part for part in FIELD.frame(3)) == 3


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(1, 40))
def test_thinning_reaches_the_highest_and_the_lowest(values: list[float], half: int) -> None:
    """A stall of one moment and a peak of one moment are what a drawing is looked at for."""
    t_s = np.arange(len(values), dtype=float)
    found_s, found = thinned(t_s, np.array(values), 2 * half)

    assert (found.min(), found.max()) == (min(values), max(values))
    assert found.size <= max(2 * half, 1)
    assert (np.diff(found_s) > 0).all()


def test_thinning_keeps_a_gap() -> None:
    """Ten moments in which nothing was told."""
    values = np.where((np.arange(100) >= 40) & (np.arange(100) < 50), np.nan, 1.0)
    _, found = thinned(np.arange(100.0), values, 20)

    assert np.isnan(found).sum() == 1
