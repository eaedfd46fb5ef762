"""Axes: a value stands where a reader would put it, and ticks name round values."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.text import Scale
from bench.draw.axis import MOST_TICKS, Axis, Spacing, Tick, of_amounts, of_changes, of_times

MS = Scale(unit="ms", factor=1e6)
CHANGES = st.lists(st.floats(-0.999, 1e6), max_size=8)


def words(axis: Axis | None) -> list[str]:
    assert axis is not None
    return [tick.word for tick in axis.ticks]


def test_times_have_an_axis_from_round_value_to_round_value() -> None:
    """0.23 to 8.1 ms lie between 0.2 and 10 ms."""
    axis = of_times([0.23e6, 8.1e6], MS)

    assert words(axis) == ["0.2", "0.5", "1", "2", "5", "10"]


def test_a_time_stands_by_its_logarithm() -> None:
    """Of 0.1 to 10 ms the middle is 1 ms."""
    axis = of_times([0.1e6, 10e6], MS)

    assert axis is not None
    assert [axis.x(ns, 300) for ns in (0.1e6, 1e6, 10e6)] == [0, 150, 300]


def test_one_time_stands_within_its_axis_and_not_at_its_edge() -> None:
    """A run whose every time is exactly a tick still needs a range to be drawn in."""
    axis = of_times([2e6], MS)

    assert words(axis) == ["1", "2", "5"]


@pytest.mark.parametrize("none", [[], [0.0], [-3.0], [math.inf, math.nan]])
def test_without_a_time_above_zero_there_is_no_axis(none: list[float]) -> None:
    """A logarithm of nothing is no place."""
    assert of_times(none, MS) is None


@given(st.lists(st.floats(1, 3.6e12), min_size=1, max_size=5))
def test_an_axis_holds_every_time_and_few_words(times_ns: list[float]) -> None:
    """What lies outside would be drawn at the edge, as another value."""
    axis = of_times(times_ns, MS)

    assert axis is not None
    assert all(axis.low * (1 - 1e-8) <= ns <= axis.high * (1 + 1e-8) for ns in times_ns)
    assert 2 <= len(axis.ticks) <= MOST_TICKS


def test_twice_and_half_are_as_far_from_same() -> None:
    """Else what is dearer would always look like more than what is cheaper."""
    axis = of_changes([-0.5, 1.0])

    same, half, twice = (axis.share(change) for change in (0.0, -0.5, 1.0))
    assert twice - same == pytest.approx(same - half)


def test_doublings_are_named_as_factors() -> None:
    """The design's ticks of a run with blocks from -21 % to x4.5."""
    assert words(of_changes([-0.21, 3.5])) == ["same", "×2", "×4"]


def test_small_changes_are_named_in_percent() -> None:
    """Within a doubling a tick at x2 would name nothing that is seen."""
    assert words(of_changes([0.02, -0.03])) == ["−20 %", "−10 %", "same", "+10 %", "+20 %"]


def test_decreases_alone_are_named_as_divisions() -> None:
    """x0.25 reads as an increase at first sight."""
    assert words(of_changes([-0.8, -0.6])) == ["÷4", "÷2", "same"]


def test_huge_changes_are_named_in_powers_of_ten() -> None:
    """x2 to x1024 would be ten words."""
    assert words(of_changes([2000.0])) == ["same", "×10", "×100", f"×1{chr(0x202F)}000"]


def test_changes_that_no_ratio_says_stand_evenly() -> None:
    """A slope that went from 5 to -5 messages a second changed by -200 %."""
    axis = of_changes([-2.0, 1.0])

    assert axis.spacing is Spacing.EVEN
    assert axis.share(-0.5) == pytest.approx(0.5)
    assert words(axis) == ["−200 %", "−100 %", "same", "+100 %"]


def test_differences_in_a_unit_are_written_by_their_metric() -> None:
    """A baseline of 0 leaves no share."""
    axis = of_changes([40.0], lambda amount: f"{amount:+.0f} msgs")

    assert words(axis) == ["same", "+10 msgs", "+20 msgs", "+30 msgs", "+40 msgs"]


@given(CHANGES)
def test_an_axis_of_changes_holds_them_all_and_same(changes: list[float]) -> None:
    """Without the line of no change a mark says nothing."""
    axis = of_changes(changes)

    assert all(axis.low < change < axis.high for change in (0.0, *changes))
    assert "same" in words(axis)
    assert len(axis.ticks) <= MOST_TICKS


@pytest.mark.parametrize(
    ("most", "named"),
    [
        (60.0, ["0", "20", "40", "60", "80", "100"]),
        (0.43, ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        (0.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
    ],
)
def test_amounts_have_an_axis_from_nothing(most: float, named: list[str]) -> None:
    """A bar or a curve that does not begin at 0 exaggerates."""
    assert words(of_amounts([most])) == named


def test_what_is_outside_stands_at_the_edge() -> None:
    """A drawing must not leave its box."""
    axis = Axis(low=1, high=2, spacing=Spacing.LOG, ticks=())

    assert (axis.share(-5), axis.share(0.5), axis.share(9)) == (0, 0, 1)


def test_labels_are_html_at_percentages_and_escaped() -> None:
    """Text within a stretched drawing would be stretched with it."""
    axis = Axis(low=0, high=4, spacing=Spacing.EVEN, ticks=(Tick(0, "<b>"), Tick(3, "3 ms")))

    labels = axis.labels("ch")
    assert re.findall(r"left:([\d.]+)%", labels) == ["0.0", "75.0"]
    assert "&lt;b&gt;" in labels
    assert "<b>" not in labels
