"""Each rule over looks at a live consumer, on both sides."""

from dataclasses import replace
from typing import Any

import pytest

from bench.analysis.living import Seen, held_up, moved, told, unseen
from bench.core.units import NS_PER_S
from bench.record.looks import Look

EVERY_S = 0.5

CALM = Look(
    at_s=0.0,
    push=False,
    bound=False,
    paused=False,
    acks=True,
    ack_wait_ns=2 * NS_PER_S,
    max_ack_pending=1000,
    max_waiting=512,
    filtered=False,
    pending_msgs=0,
    unacked_msgs=3,
    redelivered_msgs=0,
    waiting=2,
    deliveries=5000,
    delivered_seq=5000,
    floor_seq=4997,
    acked_ago_s=0.01,
    retention="limits",
    discard="old",
    max_msgs=None,
    max_bytes=None,
    max_age_ns=None,
    stored_msgs=5000,
    stored_bytes=500_000,
    first_seq=1,
    last_seq=5000,
)
FLOW = {"deliveries": 50, "delivered_seq": 50, "floor_seq": 50, "last_seq": 50, "stored_msgs": 50}
"""What a consumer that takes what comes, 100/s, changes from look to look."""

STILL: dict[str, int] = {}


def seen(step: dict[str, int], count: int = 11, **changed: Any) -> Seen:
    """Return looks that begin with what was changed and go on by these steps."""
    begin = replace(CALM, **changed)
    return Seen(
        looks=[
            replace(
                begin,
                at_s=EVERY_S * number,
                **{key: getattr(begin, key) + number * by for key, by in step.items()},
            )
            for number in range(count)
        ]
    )


def names(of: Seen) -> list[str]:
    return [each.name for each in held_up(of)]


def test_what_takes_all_that_comes_is_held_up_by_nothing() -> None:
    calm = seen(FLOW)

    assert names(calm) == []
    assert moved(calm)
    assert "100 msg/s done" in told(calm)


def test_where_nothing_came_nothing_is_known() -> None:
    quiet = seen(STILL, unacked_msgs=0)

    assert names(quiet) == []
    assert not moved(quiet)


def test_a_lag_that_rises_is_backlog_pressure_whatever_else_holds() -> None:
    behind = FLOW | {"pending_msgs": 20, "last_seq": 70}

    assert "backlog pressure" in names(seen(behind))
    assert names(seen(FLOW, pending_msgs=20)) == [], "a fifth of a second's worth, and no more"
    assert names(seen(FLOW, pending_msgs=150)) == ["backlog pressure"]
    assert names(seen(FLOW | {"pending_msgs": -50}, pending_msgs=600)) == [], "it is catching up"


def test_a_full_ack_budget_is_told_with_the_time_that_each_message_is_held() -> None:
    """50 at 100/s are held for 500 ms each."""
    full = seen(FLOW, unacked_msgs=50, max_ack_pending=50, pending_msgs=40)

    (found,) = held_up(full)

    assert found.name == "ack-budget-limited"
    assert "held for 500 ms" in found.words
    assert "max_ack_pending" in found.turn
    assert names(seen(FLOW, unacked_msgs=47, max_ack_pending=50, pending_msgs=40)) == []
    assert names(seen(FLOW, unacked_msgs=50, max_ack_pending=50)) == [], "nothing waits for room"


def test_what_is_delivered_and_never_acknowledged_is_stuck() -> None:
    assert names(seen(STILL, acked_ago_s=60.0)) == ["stuck unacked"]
    assert names(seen(FLOW | {"floor_seq": 0}, acked_ago_s=3.0)) == ["stuck unacked"], "one blocks"
    assert names(seen(FLOW | {"floor_seq": 0}, count=3, acked_ago_s=1.9)) == [], "it may be in work"
    assert names(seen(FLOW)) == []
    assert names(seen(STILL, acks=False, acked_ago_s=60.0)) == []


def test_deliveries_that_come_again_are_a_storm_that_names_ack_wait() -> None:
    storm = FLOW | {"deliveries": 60}

    (found,) = held_up(seen(storm))

    assert found.name == "retry storm"
    assert "ack_wait (2" in found.turn
    assert names(seen(FLOW | {"deliveries": 51})) == []
    assert names(seen(storm, filtered=True)) == [], "its sequences tell nothing of what came again"
    assert names(seen(FLOW | {"redelivered_msgs": 5}, filtered=True)) == ["retry storm"]


def test_messages_that_nobody_asks_for_are_told() -> None:
    alone: dict[str, Any] = {"pending_msgs": 9, "waiting": 0, "unacked_msgs": 0}

    assert names(seen(STILL, **alone)) == ["nobody takes"]
    assert names(seen(STILL, **{**alone, "pending_msgs": 0})) == []
    assert names(seen(STILL, push=True, **alone)) == ["nobody takes"]


@pytest.mark.parametrize("way", [{"waiting": 1}, {"push": True, "bound": True, "waiting": 0}])
def test_silence_while_somebody_waits_is_a_gap(way: dict[str, Any]) -> None:
    assert names(seen(STILL, pending_msgs=9, unacked_msgs=0, **way)) == ["delivery gap"]


def test_a_pause_explains_silence() -> None:
    assert names(seen(STILL, pending_msgs=9, unacked_msgs=0, paused=True)) == ["paused"]


def test_requests_that_come_too_seldom_are_told_while_messages_move() -> None:
    assert names(seen(FLOW, pending_msgs=20, waiting=0)) == ["fetch-limited"]
    assert names(seen(FLOW, pending_msgs=20, waiting=0, push=True, bound=True)) == []


def test_requests_up_to_max_waiting_crowd_each_other_out() -> None:
    assert names(seen(FLOW, waiting=500)) == ["requests crowded out"]
    assert names(seen(FLOW, waiting=400)) == []


def test_a_stream_that_begins_behind_what_was_delivered_has_lost_it() -> None:
    gone = seen(FLOW | {"first_seq": 50}, first_seq=5101)

    (found,) = held_up(gone)

    assert found.name == "retention mismatch"
    assert "up to 100 messages gone" in found.words
    assert names(seen(FLOW | {"first_seq": 50}, first_seq=5001)) == []
    assert names(seen(FLOW, first_seq=5600, filtered=True)) == []


def test_a_lag_that_nears_max_age_and_a_limit_that_is_nearly_reached_are_told() -> None:
    """90 messages at 100/s are 0.9 s behind."""
    late: dict[str, Any] = {"pending_msgs": 90}

    assert names(seen(FLOW, max_age_ns=NS_PER_S, **late)) == ["retention mismatch"]
    assert names(seen(FLOW, max_age_ns=10 * NS_PER_S, **late)) == []
    assert names(seen(FLOW, max_msgs=5600, discard="new")) == ["retention mismatch"]
    assert names(seen(FLOW, max_msgs=5600)) == [], "what is removed was handled"
    assert names(seen(FLOW, max_msgs=10_000, discard="new")) == []


def test_what_the_server_does_not_tell_is_said() -> None:
    """Of a filter no sequence says what is gone, and without acks nobody knows what was handled."""
    assert unseen(seen(FLOW)) == ""
    assert "removed before its turn" in unseen(seen(FLOW, filtered=True))
    assert "never handled" in unseen(seen(FLOW, acks=False))
