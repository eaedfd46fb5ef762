"""Ack timings: what the server is told, and when. A wrong order here loses messages on a crash."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.engine.acks import AckOrder, Cumulative, make_ack_plan
from bench.spec.variant import AckTiming


def positions(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(values, dtype=np.int64)


def settled(order: AckOrder) -> list[int]:
    return [int(position) for position in order.positions]


def test_after_handler_acks_each_when_its_handler_ends() -> None:
    """The safe default: an unhandled message is redelivered after a crash."""
    plan = make_ack_plan("after-handler", 10)

    assert settled(plan.received(positions(0, 1))) == []
    assert settled(plan.handled(positions(1), idle=False)) == [1]


def test_after_validation_acks_on_arrival_and_not_again() -> None:
    """The ack precedes the work: that is the point, and the danger, of this timing."""
    plan = make_ack_plan("after-validation", 10)

    assert settled(plan.received(positions(0, 1))) == [0, 1]
    assert settled(plan.handled(positions(0, 1), idle=True)) == []


def test_none_never_acks() -> None:
    """With ack_policy none the server does not even listen."""
    plan = make_ack_plan("none", 10)

    assert settled(plan.received(positions(0))) == []
    assert settled(plan.handled(positions(0), idle=True)) == []


def test_per_batch_waits_until_the_batch_is_full() -> None:
    """Acks leave together, one for each message."""
    plan = make_ack_plan("per-batch", 3)

    assert settled(plan.handled(positions(0, 1), idle=False)) == []
    full = plan.handled(positions(2), idle=False)
    assert settled(full) == [0, 1, 2]
    assert not full.cumulative


def test_per_batch_does_not_keep_an_idle_consumer_waiting() -> None:
    """At a low rate a batch never fills; its messages must not run into ack_wait."""
    plan = make_ack_plan("per-batch", 100)

    assert settled(plan.handled(positions(0), idle=True)) == [0]


def test_cumulative_never_acks_past_an_unfinished_handler() -> None:
    """One ack for message 2 would tell the server that message 1 is done as well."""
    plan = Cumulative(2)

    assert settled(plan.handled(positions(0, 2, 3), idle=False)) == []
    late = plan.handled(positions(1), idle=False)
    assert settled(late) == [0, 1, 2, 3]
    assert late.cumulative


timings = st.sampled_from(["after-handler", "after-validation", "per-batch", "cumulative"])


@given(
    timing=timings,
    batch=st.integers(1, 20),
    order=st.permutations(range(30)),
    cuts=st.lists(st.integers(1, 7), min_size=30, max_size=30),
)
def test_every_handled_message_is_settled_exactly_once(
    timing: AckTiming, batch: int, order: list[int], cuts: list[int]
) -> None:
    """Whatever the order in which handlers end: none forgotten, none acknowledged twice."""
    plan = make_ack_plan(timing, batch)
    acked = settled(plan.received(positions(*range(30))))
    done = 0

    for cut in cuts:
        ended = order[done : done + cut]
        done += len(ended)
        if ended:
            acked += settled(plan.handled(positions(*ended), idle=done == 30))

    assert sorted(acked) == list(range(30))
