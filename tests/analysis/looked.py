"""Looks at a live consumer, made up: one that takes what comes, and what is changed of it."""

from dataclasses import replace
from typing import Any

from bench.analysis.living import held_up
from bench.analysis.seen import Seen
from bench.core.units import NS_PER_S
from bench.record.looks import Look

EVERY_S = 0.5

CALM = Look(
    at_s=0.0,
    server_at="2026-11-28T09:00:00Z",
    created="2026-11-01T00:00:00Z",
    push=False,
    bound=False,
    paused=False,
    acks=True,
    ack_wait_ns=2 * NS_PER_S,
    flow_acks=False,
    backoff_ns=0,
    max_deliver=None,
    max_ack_pending=1000,
    max_waiting=512,
    filtered=False,
    thinned=False,
    pending_msgs=0,
    unacked_msgs=3,
    redelivered_msgs=0,
    waiting=2,
    deliveries=5000,
    delivered_seq=5000,
    floor_seq=4997,
    delivered_ago_s=0.01,
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
