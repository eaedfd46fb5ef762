"""What a server's answers say of a consumer and its stream; where it leaves out what is not set."""

from typing import Any

import pytest

from bench.broker.looking import look_of, stock_in
from bench.core.units import NS_PER_S
from bench.record.looks import Origin

STREAM: dict[str, Any] = {
    "config": {"subjects": ["a", "b"], "max_msgs": -1, "max_bytes": 0, "max_age": NS_PER_S},
    "state": {"messages": 50, "bytes": 5000, "first_seq": 1, "last_seq": 60, "consumer_count": 1},
}
CONSUMER: dict[str, Any] = {
    "name": "billing",
    "config": {"ack_policy": "explicit", "ack_wait": NS_PER_S, "max_deliver": -1},
    "delivered": {
        "consumer_seq": 12,
        "stream_seq": 11,
        "last_active": "2026-11-28T09:00:00.5Z",
    },
    "ack_floor": {"consumer_seq": 9, "stream_seq": 9},
    "num_pending": 40,
    "num_ack_pending": 2,
    "num_redelivered": 1,
    "created": "2026-11-01T00:00:00Z",
    "ts": "2026-11-28T09:00:02Z",
}


def consumer(**config: Any) -> dict[str, Any]:
    return {**CONSUMER, "config": {**CONSUMER["config"], **config}}


def test_a_consumer_is_what_its_answer_says_and_what_is_left_out_is_not_set() -> None:
    look = look_of(STREAM, CONSUMER, 7.0)

    assert (look.at_s, look.delivered_ago_s, look.lag_msgs) == (7.0, 1.5, 42)
    assert (look.max_msgs, look.max_bytes, look.max_age_ns) == (None, None, NS_PER_S)
    assert (look.retention, look.discard) == ("limits", "old")
    assert (look.push, look.filtered, look.thinned, look.paused) == (False,) * 4
    assert (look.max_deliver, look.max_ack_pending) == (None, None)
    assert look.patience_ns == NS_PER_S


@pytest.mark.parametrize(
    ("config", "patience_ns"),
    [
        ({"backoff": [NS_PER_S // 2, 5 * NS_PER_S]}, 5 * NS_PER_S),
        ({"backoff": [NS_PER_S // 2]}, NS_PER_S),
        ({"ack_policy": "none"}, 0),
        ({"ack_policy": "flow_control", "ack_wait": 0}, 3 * NS_PER_S),
    ],
)
def test_the_server_waits_for_an_ack_as_long_as_the_longest_step(
    config: dict[str, Any], patience_ns: int
) -> None:
    assert look_of(STREAM, consumer(**config), 0.0).patience_ns == patience_ns


def test_newer_messages_take_the_place_of_older_ones_by_stream_or_by_consumer() -> None:
    newest = {**STREAM, "config": {**STREAM["config"], "max_msgs_per_subject": 1}}

    assert look_of(newest, CONSUMER, 0.0).thinned
    assert look_of(STREAM, consumer(deliver_policy="last_per_subject"), 0.0).thinned
    assert not look_of(STREAM, consumer(deliver_policy="last"), 0.0).thinned


def test_what_never_was_delivered_has_no_age() -> None:
    new = {**CONSUMER, "delivered": {"consumer_seq": 0, "stream_seq": 0}}

    assert look_of(STREAM, new, 0.0).delivered_ago_s is None


def test_a_stream_is_told_with_what_it_copies() -> None:
    """As server 2.15 writes it: of what it never heard of, and of what it cannot reach."""
    lost = {"name": "B", "lag": 0, "active": -1, "error": {"description": "stream not found"}}
    mirror = {"name": "A", "lag": 7, "active": NS_PER_S // 2}

    (near,) = look_of({**STREAM, "mirror": mirror}, CONSUMER, 0.0).origins
    several = look_of({**STREAM, "sources": [mirror, lost]}, CONSUMER, 0.0).origins

    assert near == Origin(name="A", lag_msgs=7, silent_s=0.5)
    assert several == (near, Origin(name="B", lag_msgs=0, silent_s=None, fault="stream not found"))
    assert look_of(STREAM, CONSUMER, 0.0).origins == ()


def test_a_stream_holds_at_least_what_it_held_before_and_after() -> None:
    """Ten came meanwhile, and some were removed: 43 of 50 at most are of before."""
    after = {**STREAM, "state": {**STREAM["state"], "messages": 53, "last_seq": 70}}
    both = [consumer(filter_subject="a"), consumer(filter_subjects=["b", "c"]), CONSUMER]

    stock = stock_in(STREAM, both, after)

    assert stock.stored_msgs == 43
    assert [peer.filters for peer in stock.peers] == [("a",), ("b", "c"), ()]
    assert {peer.lag_msgs for peer in stock.peers} == {42}
    assert stock.subjects == ("a", "b")


@pytest.mark.parametrize("other", ["mirror", "sources", "subject_transform"])
def test_what_is_stored_from_elsewhere_is_not_of_its_subjects(other: str) -> None:
    fed = {**STREAM, "config": {**STREAM["config"], other: {"name": "x"}}}

    assert stock_in(fed, [], fed).subjects == ()
