"""What is said of a consumer that was watched, and what is not."""

from dataclasses import replace
from typing import Any

from bench.analysis.seen import Seen
from bench.analysis.watched import doubts, idle, moved, notes, told, unseen
from tests.analysis.looked import FLOW, STILL, seen


def test_the_figures_stand_in_a_line_with_what_is_still_to_be_done() -> None:
    assert "100 msg/s done" in told(seen(FLOW))
    assert "at this rate" not in told(seen(FLOW))
    assert "never through" in told(seen(FLOW | {"pending_msgs": 5}))
    assert "never through" in told(seen(FLOW, pending_msgs=300))
    assert "through in 1.03 s" in told(seen(FLOW | {"pending_msgs": -50}, pending_msgs=600))


def test_where_nothing_was_done_nothing_is_known() -> None:
    quiet = seen(STILL, unacked_msgs=0)

    assert not moved(quiet)
    assert moved(seen(FLOW))
    assert idle(quiet)
    assert not idle(seen(STILL))
    assert not idle(seen(FLOW))


def test_what_the_server_does_not_tell_is_said() -> None:
    """Of a filter no sequence says what is gone, and without acks nobody knows what was handled."""
    assert unseen(seen(FLOW)) == ()
    assert "before it was watched" in unseen(seen(FLOW, filtered=True))[0]
    assert "newer message of its subject" in unseen(seen(FLOW, thinned=True))[0]
    assert unseen(seen(FLOW, acks=False)) == ("what was delivered and never handled",)


def test_an_age_that_lies_on_both_sides_of_ack_wait_is_a_doubt() -> None:
    """1.5 s of looks, the last delivery 0.01 s before them; ack_wait is 2 s."""
    short = seen(STILL, 4, waiting=0)

    (doubt,) = doubts(short)

    assert "1.51 s at least" in doubt
    assert "longer than 2.00 s" in doubt
    assert "at most" not in doubt
    assert "5.00 s at most" in doubts(replace(short, stored_ago_s=5.0))[0]
    assert doubts(replace(short, stored_ago_s=1.9)) == ()
    assert doubts(seen(STILL, 6, waiting=0)) == (), "that is stuck, and no doubt"
    assert doubts(seen(FLOW)) == ()


def test_whether_what_is_kept_in_progress_is_worked_on_nobody_sees() -> None:
    (doubt,) = doubts(seen(STILL, waiting=1))

    assert "in progress" in doubt


def test_of_a_filter_a_floor_that_stands_still_under_repeats_is_a_doubt() -> None:
    """100/s are delivered: all of them may be those three that come again and again."""
    again = FLOW | {"floor_seq": 0}
    those: dict[str, Any] = {"filtered": True, "redelivered_msgs": 3, "stored_ago_s": 1.0}

    def watched(step: dict[str, int], stored_ago_s: float, **changed: Any) -> tuple[str, ...]:
        found = doubts(replace(seen(step, **changed), stored_ago_s=stored_ago_s))
        return tuple(each for each in found if "again and again" in each)

    (doubt,) = watched(again, **those)

    assert "3 messages delivered" in doubt
    assert watched(again, **{**those, "filtered": False, "thinned": True}) == (doubt,)
    assert watched(FLOW, **those) == (), "its floor moves: they were done in the end"
    assert watched(again, **{**those, "redelivered_msgs": 0}) == ()
    assert watched(again, **{**those, "filtered": False}) == (), "there sequences tell"
    assert watched(STILL, **{**those, "waiting": 0}) == (), "nothing is delivered at all"


def test_a_lag_of_over_a_second_that_swings_is_a_doubt() -> None:
    """100/s come."""
    calm = seen(FLOW)

    def swings(most: int) -> Seen:
        lags = [0, most, 0, most, 0, most // 2, most, most // 2, most, most // 2, most]
        each = zip(calm.looks, lags, strict=True)
        return Seen(looks=[replace(look, pending_msgs=lag, unacked_msgs=0) for look, lag in each])

    assert "its lag rises by" in doubts(swings(130))[0]
    assert doubts(swings(80)) == ()


def test_what_was_given_up_before_is_to_be_known_and_holds_up_nothing() -> None:
    spent: dict[str, Any] = {"redelivered_msgs": 5, "max_deliver": 3}

    (note,) = notes(seen(FLOW, **spent))

    assert "2 messages at least had all 3 attempts" in note
    assert notes(seen(FLOW, **spent | {"redelivered_msgs": 3})) == ()
    assert notes(seen(FLOW, **spent | {"max_deliver": None})) == ()
    assert unseen(seen(FLOW, max_deliver=1)) == ("what was given up after its only attempt",)
