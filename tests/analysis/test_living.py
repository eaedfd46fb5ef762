"""Each rule over looks at a live consumer, on both sides."""

from dataclasses import replace
from typing import Any

import pytest

from bench.analysis.living import held_up
from bench.analysis.seen import Seen
from bench.core.units import NS_PER_MS as MS
from bench.core.units import NS_PER_S
from tests.analysis.looked import FLOW, STILL, names, seen


def test_what_takes_all_that_comes_is_held_up_by_nothing() -> None:
    assert names(seen(FLOW)) == []
    assert names(seen(STILL, unacked_msgs=0)) == []


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


def test_a_full_ack_budget_of_which_nothing_is_done_is_told_without_a_time() -> None:
    """How long a message is held that nobody is through with, no figure says."""
    (found,) = (
        each
        for each in held_up(seen(STILL, unacked_msgs=50, max_ack_pending=50, pending_msgs=40))
        if each.name == "ack-budget-limited"
    )

    assert found.words.startswith("at max_ack_pending, 50, in 100")
    assert "held" not in found.words


HUNG: dict[str, Any] = {"waiting": 0, "delivered_ago_s": 0.0}
"""Nobody asks, so that nothing tells whether it would come again."""


def test_what_is_delivered_and_not_acknowledged_for_longer_than_ack_wait_is_stuck() -> None:
    """Three looks are 1 s, five 2 s, six 2.5 s; ack_wait is 2 s."""
    assert names(seen(STILL, 6, **HUNG)) == ["stuck unacked"]
    assert names(seen(STILL, 5, **HUNG)) == []
    assert names(seen(STILL, 3, **HUNG | {"delivered_ago_s": 1.1})) == ["stuck unacked"]
    assert names(seen(STILL, 3, **HUNG | {"delivered_ago_s": 0.9})) == []
    assert names(seen(STILL, acks=False, **HUNG)) == []
    assert names(seen(STILL, unacked_msgs=0, **HUNG)) == []
    assert names(seen(STILL, 6, backoff_ns=3 * NS_PER_S, **HUNG)) == [], "that lets it wait longer"


ASKED: dict[str, Any] = {"push": True, "bound": True, "waiting": 0, "flow_acks": True,
                         "ack_wait_ns": 0}  # fmt: skip


def test_what_flow_control_asks_for_in_vain_is_stuck() -> None:
    """Seven looks are 3 s and a little: an idle consumer was asked by then."""
    (found,) = held_up(seen(STILL, 7, **ASKED))

    assert found.name == "stuck unacked"
    assert "flow control asks" in found.words
    assert "Nats-Last-Stream" in found.turn
    assert names(seen(STILL, 6, **ASKED)) == []
    assert names(seen(STILL, 8, **ASKED | {"unacked_msgs": 0})) == []


def test_what_flow_control_has_not_asked_for_yet_is_not() -> None:
    """While messages come it asks when so many wait for an ack as may."""
    assert names(seen(FLOW | {"floor_seq": 0}, 8, **ASKED)) == []


def test_one_that_blocks_is_stuck_while_others_are_done_with() -> None:
    blocked = FLOW | {"floor_seq": 0}

    assert names(seen(blocked, 6, **HUNG)) == ["stuck unacked"]
    assert names(seen(blocked, 5, **HUNG)) == []


def test_an_ack_floor_that_stands_since_an_hour_says_nothing_of_what_was_delivered_since() -> None:
    """Nothing came for an hour; the one that came now was delivered in the fourth of five looks."""
    idle = seen(STILL, 5, unacked_msgs=0, floor_seq=5000, delivered_ago_s=3600.0)
    works: dict[str, Any] = {
        "unacked_msgs": 1,
        "deliveries": 5001,
        "delivered_seq": 5001,
        "delivered_ago_s": 0.1,
    }
    begun = [*idle.looks[:3], *(replace(each, **works) for each in idle.looks[3:])]

    assert names(Seen(looks=begun)) == []


def test_what_stays_because_its_handler_asked_for_it_is_not_called_stuck() -> None:
    """Else the server gives it to who asks."""
    assert names(seen(STILL, waiting=1)) == []
    assert names(seen(STILL, waiting=1, redelivered_msgs=1)) == ["stuck unacked"]
    assert names(seen(STILL, waiting=0)) == ["stuck unacked"]
    assert names(seen(STILL, push=True, bound=True, waiting=0)) == []
    assert names(seen(STILL, push=True, bound=False, waiting=0)) == ["stuck unacked"]


def test_what_had_all_its_attempts_may_be_what_the_ack_floor_stands_at() -> None:
    (found,) = held_up(seen(STILL, redelivered_msgs=1, max_deliver=5))
    (other,) = held_up(seen(STILL, redelivered_msgs=1))

    assert "or was given up" in found.words
    assert "or was given up" not in other.words


def test_deliveries_that_come_again_are_a_storm_that_names_ack_wait() -> None:
    storm = FLOW | {"deliveries": 60}

    (found,) = held_up(seen(storm))

    assert found.name == "retry storm"
    assert "ack_wait (2" in found.turn
    assert names(seen(FLOW | {"deliveries": 51})) == []
    assert names(seen(storm, filtered=True)) == ["retry storm"], "of 50 sequences, 60 deliveries"
    assert names(seen(storm | {"delivered_seq": 60}, filtered=True)) == []
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


@pytest.mark.parametrize(
    ("name", "step", "just", "not_yet"),
    [
        ("ack-budget-limited", FLOW, {"unacked_msgs": 950}, {"unacked_msgs": 949}),
        ("requests crowded out", FLOW, {"waiting": 487}, {"waiting": 486}),
        ("backlog pressure", FLOW, {"pending_msgs": 98}, {"pending_msgs": 97}),
        ("nobody takes", STILL, {"pending_msgs": 1}, {"pending_msgs": 0}),
        ("retention mismatch", FLOW, {"max_age_ns": 185 * MS}, {"max_age_ns": 186 * MS}),
        ("retention mismatch", FLOW, {"max_msgs": 5789}, {"max_msgs": 5790}),
    ],
)
def test_each_rule_begins_at_its_threshold(
    name: str, step: dict[str, int], just: dict[str, Any], not_yet: dict[str, Any]
) -> None:
    """95 % of 1000 and of 512; what comes in a second; a lag of 93 ms; 95 % of a limit."""
    usual: dict[str, Any] = {"pending_msgs": 40, "waiting": 0, "discard": "new"}
    if "max_age_ns" in just:
        step, usual = {key: by * 10 for key, by in step.items()}, usual | {"pending_msgs": 90}

    assert name in names(seen(step, **usual | just))
    assert name not in names(seen(step, **usual | not_yet))


def test_a_storm_begins_at_a_twentieth_of_the_deliveries() -> None:
    """2 of 40 come again in each step, and 2 of 41."""
    just = {**FLOW, "deliveries": 40, "delivered_seq": 38}
    less = {**FLOW, "deliveries": 41, "delivered_seq": 39}

    assert "retry storm" in names(seen(just))
    assert "retry storm" not in names(seen(less))


@pytest.mark.parametrize(("asked", "told"), [(5, ["fetch-limited"]), (6, [])])
def test_requests_are_too_seldom_in_less_than_half_of_the_looks(
    asked: int, told: list[str]
) -> None:
    flow = seen(FLOW, pending_msgs=20, waiting=0)
    looks = [replace(look, waiting=int(at < asked)) for at, look in enumerate(flow.looks)]

    assert names(Seen(looks=looks)) == told


@pytest.mark.parametrize(("waits", "told"), [(6, ["delivery gap"]), (5, [])])
def test_messages_wait_where_they_do_in_more_than_half_of_the_looks(
    waits: int, told: list[str]
) -> None:
    still = seen(STILL, unacked_msgs=0, waiting=1)
    looks = [replace(look, pending_msgs=int(at < waits)) for at, look in enumerate(still.looks)]

    assert [name for name in names(Seen(looks=looks)) if name == "delivery gap"] == told


def test_what_had_its_last_attempt_meanwhile_is_given_up() -> None:
    """Four came again before, and any of them may have been given up by then."""
    calm = seen(FLOW, unacked_msgs=0, redelivered_msgs=4, max_deliver=5)

    def ends_with(**changed: Any) -> Seen:
        return Seen(looks=[*calm.looks[:-1], replace(calm.last, **changed)])

    (found,) = held_up(ends_with(redelivered_msgs=6))

    assert found.name == "given up"
    assert "2 messages at least had all 5 attempts" in found.words
    assert names(ends_with(redelivered_msgs=4)) == []
    assert names(ends_with(redelivered_msgs=6, unacked_msgs=2)) == [], "they may be tried again"
    assert names(ends_with(redelivered_msgs=6, max_deliver=None)) == []
