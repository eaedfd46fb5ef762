"""What looks come to: rates, lags, and bounds of how long a message waits for its ack."""

from dataclasses import replace

import pytest

from bench.analysis.seen import Seen, needs_stored_time
from bench.record.looks import Look
from tests.analysis.looked import CALM, FLOW, STILL, seen


def test_one_look_has_no_rates_and_no_lag_that_rises() -> None:
    one = seen(FLOW, count=1, pending_msgs=100)

    assert one.rise_msgs == 0
    assert not one.rises
    assert one.drain_s is None


def test_a_lag_that_falls_is_through_when_the_rate_has_eaten_it() -> None:
    """100/s less of it; 600 - 500 wait at the end, and 3 without their ack."""
    falls = seen(FLOW | {"pending_msgs": -50}, pending_msgs=600)

    assert falls.drain_s == pytest.approx(103 / 100)
    assert seen(FLOW, pending_msgs=150).drain_s is None
    assert seen(FLOW | {"pending_msgs": 20}).drain_s is None
    assert seen(STILL, unacked_msgs=0).drain_s == 0


def look(at_s: float, delivered: int, floor: int, ago_s: float | None = 0.0) -> Look:
    return replace(CALM, at_s=at_s, delivered_seq=delivered, floor_seq=floor, delivered_ago_s=ago_s)


@pytest.mark.parametrize(
    ("looks", "stored_ago_s", "bounds"),
    [
        ([look(0, 10, 5, 4.0), look(1, 20, 5), look(2, 30, 5)], None, (6.0, float("inf"))),
        ([look(0, 10, 5, 4.0), look(1, 20, 5), look(2, 30, 5)], 7.5, (6.0, 7.5)),
        ([look(0, 10, 5, 4.0), look(1, 20, 5), look(2, 30, 15)], 7.5, (1.0, 2.0)),
        ([look(0, 10, 10, 9.0), look(1, 10, 10, 9.0), look(2, 11, 10, 0.4)], None, (0.4, 1.0)),
        ([look(0, 11, 10, None)], 0.5, (0.0, 0.5)),
    ],
    ids=["the floor stands", "and was stored", "the floor moves", "idle before", "not told"],
)
def test_what_waits_for_its_ack_was_delivered_between_two_looks(
    looks: list[Look], stored_ago_s: float | None, bounds: tuple[float, float]
) -> None:
    found = Seen(looks=looks, stored_ago_s=stored_ago_s)

    assert found.held_s == bounds


def test_the_stream_is_asked_only_where_that_can_tell() -> None:
    """ack_wait is 2 s: 1.5 s of looks leave it open, 2.5 s do not, nor does a floor that moves."""
    assert needs_stored_time(seen(STILL, 4))
    assert not needs_stored_time(seen(STILL, 6))
    assert not needs_stored_time(seen(FLOW))
    assert not needs_stored_time(seen(STILL, 4, unacked_msgs=0))
    assert not needs_stored_time(seen(STILL, 4, acks=False))
    assert not needs_stored_time(replace(seen(STILL, 4), stored_ago_s=1.9))


def test_what_is_removed_before_it_is_delivered_shows_in_how_many_wait() -> None:
    """Each delivery takes one of those that wait; whatever else does removed it."""
    takes = FLOW | {"pending_msgs": -50}

    assert seen(takes, pending_msgs=900).removed_msgs == 0
    assert seen(takes | {"pending_msgs": -52}, pending_msgs=900).removed_msgs == 20


def lags(*msgs: int) -> Seen:
    looks = [replace(CALM, at_s=0.25 * at, unacked_msgs=msg) for at, msg in enumerate(msgs)]
    return Seen(looks=looks)


def test_a_lag_that_swings_does_not_rise() -> None:
    """The same rise of the means, evenly and by leaps."""
    even, leaps = lags(10, 20, 30, 40, 50, 60), lags(0, 60, 0, 60, 30, 60)

    assert even.rise_msgs == leaps.rise_msgs == 30
    assert (even.rises, even.may_rise) == (True, False)
    assert (leaps.rises, leaps.may_rise) == (False, True)
    assert lags(60, 50, 40, 30, 20, 10).falls
    assert not lags(60, 30, 60, 0, 60, 0).falls
    assert (lags(7, 7, 8, 8).rises, lags(7, 7, 9, 9).rises) == (False, True), "more than one"
