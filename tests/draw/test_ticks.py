"""Ticks of a logarithmic axis: round, in order, and enough of them in sight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.draw.ticks import ENOUGH, log_ticks, tick_text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1.0, 10.0, [1, 2, 5, 10]),
        (20.0, 33.0, [20, 25, 30, 35]),
        (0.98, 1.04, [0.98, 1.0, 1.02, 1.04]),
    ],
)
def test_ticks_are_round_and_around_what_is_shown(
    low: float, high: float, ticks: list[float]
) -> None:
    """An axis from 20 to 33 with 20 alone on it cannot be read."""
    shown = [tick for tick in log_ticks(low, high) if low * 0.9 <= tick <= high * 1.1]

    assert shown == pytest.approx(ticks)


def test_a_single_value_has_the_ticks_of_its_decade() -> None:
    """Such an axis is drawn with room around: steps of nothing would be no ticks at all."""
    assert log_ticks(3.0, 3.0) == pytest.approx([1, 2, 5, 10, 20, 50])


def test_a_wide_axis_has_powers_of_ten_alone() -> None:
    """2 and 5 of seven decades would run into each other."""
    assert log_ticks(0.01, 1e5) == pytest.approx([10.0**decade for decade in range(-2, 6)])


@given(low=st.floats(1e-4, 1e6), ratio=st.floats(1.002, 1e6))
def test_there_are_always_enough_and_never_a_crowd(low: float, ratio: float) -> None:
    """Whatever was measured, and in order, as the words beside them must be."""
    high = low * ratio
    ticks = log_ticks(low, high)
    step = (high - low) / ENOUGH
    near = [tick for tick in ticks if low - step <= tick <= high + step]

    assert ticks == sorted(set(ticks))
    assert ENOUGH - 1 <= len(near) <= 15
    assert len({tick_text(tick) for tick in near}) == len(near)
