"""The arithmetic of a capacity plan, against values that were worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis import outlook
from bench.spec.capacity_plan import CapacityPlan

DAY_S = 86_400


def plan(**changes: object) -> CapacityPlan:
    """100 msg/s that double each year, twice that at peak, for two years."""
    keys = {
        "today": "100/s",
        "growth": "100%/year",
        "over": "24 months",
        "peak_factor": 2,
        "retention": {"max_age": "1d", "max_bytes": "10GiB"},
        "headroom": "20%",
    }
    return CapacityPlan.model_validate(keys | changes)


def test_headroom_is_what_a_load_leaves_free() -> None:
    assert outlook.headroom(60, 100) == pytest.approx(0.4)
    assert outlook.headroom(125, 100) == pytest.approx(-0.25)


def test_the_limit_leaves_free_what_is_wanted() -> None:
    assert outlook.limit_per_s(plan(), 1000) == pytest.approx(800)
    assert outlook.limit_per_s(plan(headroom=None), 1000) == 1000


def test_a_load_that_doubles_each_year_reaches_twice_its_peak_after_one() -> None:
    """200 at peak: 400 after 12 months, 800 after 24, 1600 after 36, which lies beyond the plan."""
    each = [outlook.months_until(plan(), limit) for limit in (400, 800, 1600)]

    assert each == pytest.approx([12, 24, 36])
    assert outlook.months_until(plan(), 199) == 0
    assert outlook.months_until(plan(), 200) == pytest.approx(0)


@pytest.mark.parametrize("growth", ["0%/month", "-10%/month"])
def test_a_load_that_does_not_grow_reaches_nothing_it_has_not(growth: str) -> None:
    assert outlook.months_until(plan(growth=growth), 201) is None
    assert outlook.months_until(plan(growth=growth), 199) == 0


def test_the_highest_load_of_one_that_shrinks_is_todays() -> None:
    assert outlook.worst_peak_per_s(plan(growth="-50%/year")) == 200
    assert outlook.worst_peak_per_s(plan()) == pytest.approx(800)


def test_a_day_of_a_load_is_kept_for_a_day() -> None:
    """Of one that shrinks there is still what came before, which was more."""
    assert outlook.kept_msgs(plan(), 0) == pytest.approx(100 * DAY_S)
    assert outlook.kept_msgs(plan(), 12) == pytest.approx(200 * DAY_S)
    shrinks = plan(growth="-50%/year", retention={"max_age": "365d"})
    assert outlook.kept_msgs(shrinks, 12) == pytest.approx(100 * 365 * DAY_S, rel=0.01)
    assert outlook.kept_msgs(plan(retention={"max_bytes": "1GiB"}), 0) is None


def test_max_bytes_is_full_when_so_much_has_come() -> None:
    """10 GiB at 100 messages of 1000 B a second: 107 374 s."""
    assert outlook.fills_after_s(plan(), 0, 1000) == pytest.approx(107_374.18)
    assert outlook.fills_after_s(plan(), 12, 1000) == pytest.approx(107_374.18 / 2)
    assert outlook.fills_after_s(plan(retention={"max_age": "1d"}), 0, 1000) is None


def test_what_max_age_keeps_outgrows_max_bytes_some_day() -> None:
    """86 400 s are kept, 107 374 s fill it today: the load is 1.243 as high after 3.77 months."""
    month = 12 * math.log2(107_374.18 / DAY_S)

    assert outlook.months_until_full(plan(), 1000) == pytest.approx(month, abs=0.1)
    assert outlook.months_until_full(plan(), 10_000) == 0
    assert outlook.months_until_full(plan(), 1) is None
    assert outlook.months_until_full(plan(retention={"max_age": "1d"}), 1000) is None


def test_a_backlog_is_drained_by_what_the_load_leaves() -> None:
    """An hour of 100 a second beside 100: 300 a second leave 200, so it takes half an hour."""
    assert outlook.drained_after_s(300, 100, 360_000) == pytest.approx(1800)
    assert outlook.drained_after_s(100, 100, 360_000) is None
    assert outlook.drained_after_s(99, 100, 1) is None


def test_servers_hold_the_peak_and_the_replicas() -> None:
    assert [outlook.servers(peak, 100, 1) for peak in (1, 100, 100.1, 250)] == [1, 1, 2, 3]
    assert [outlook.servers(peak, 100, 3) for peak in (1, 100, 100.1)] == [3, 3, 6]


@given(rate=st.floats(0.1, 1e6), share=st.floats(0.01, 0.99), capacity=st.floats(0.1, 1e6))
def test_at_the_limit_just_the_wanted_headroom_is_left(
    rate: float, share: float, capacity: float
) -> None:
    asked = plan().model_copy(update={"headroom": share, "today_per_s": rate})
    limit = outlook.limit_per_s(asked, capacity)

    assert outlook.headroom(limit, capacity) == pytest.approx(share)
