"""When all has come that was sent to an observer, so that it may be stopped."""

from types import SimpleNamespace
from typing import Any

import pytest

from bench.broker.observe import ConsumerState
from bench.engine.jobs import Progress
from bench.engine.trial import _arrived

STORED = 100


def arrived(
    *,
    sparse: bool,
    received: int,
    delivered: int | None = None,
    acks: bool = False,
    due: int | None = None,
) -> bool:
    """Say so of one that is due all of 100 writes, or some."""
    known = {"put": Progress(stored=STORED), "watch": Progress(received=received)}
    scene: Any = SimpleNamespace(acks=frozenset({"watch"} if acks else ()))
    fleet: Any = SimpleNamespace(of_part=known.__getitem__)
    binding = SimpleNamespace(mode="listen" if due else "pull")
    job: Any = SimpleNamespace(
        part="watch", flow="put", sparse=sparse, rows=due or 0, binding=binding
    )
    return _arrived(scene, fleet, job, None if delivered is None else state(delivered))


def state(delivered: int) -> ConsumerState:
    return ConsumerState(
        num_pending=0, num_ack_pending=0, num_redelivered=0, delivered_msgs=delivered
    )


@pytest.mark.parametrize(
    ("received", "delivered", "expected"),
    [(29, 30, False), (30, 30, True), (31, 30, True), (30, None, False), (0, 0, True)],
)
def test_who_is_due_some_has_come_as_far_as_the_server_has_sent(
    received: int, delivered: int | None, expected: bool
) -> None:
    """How many writes there were says nothing; without the server's answer nobody knows."""
    assert arrived(sparse=True, received=received, delivered=delivered) is expected


def test_who_is_due_all_has_come_as_far_as_was_stored() -> None:
    """Whatever the server says has left, and whether it says anything."""
    assert arrived(sparse=False, received=STORED, delivered=None)
    assert not arrived(sparse=False, received=STORED - 1, delivered=STORED - 1)


def test_who_acknowledges_says_so_itself() -> None:
    """What waits for an ack is asked apart; repeats of what never came count as sent twice."""
    assert arrived(sparse=True, received=30, delivered=31, acks=True)


@pytest.mark.parametrize(("received", "expected"), [(29, False), (30, True)])
def test_a_plain_subscriber_has_come_as_far_as_he_is_due(received: int, expected: bool) -> None:
    """No server knows what was sent to him; what he missed is waited for, and then told."""
    assert arrived(sparse=True, received=received, due=30) is expected
