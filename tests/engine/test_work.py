"""When a piece of work is done, by the server's word and that of whoever did it."""

import numpy as np
import pytest

from bench.broker.observe import ConsumerState
from bench.engine.jobs import Progress
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.work import Pass, Share, Work, ended_ns, is_done

SHARE = Share(first_seq=11, last_seq=20, acks=True)


def state(floor: int, delivered: int = 20) -> ConsumerState:
    return ConsumerState(
        num_pending=0,
        num_ack_pending=0,
        num_redelivered=0,
        delivered_msgs=delivered,
        delivered_seq=delivered,
        ack_floor_seq=floor,
    )


@pytest.mark.parametrize(
    ("told", "handled", "done"),
    [
        (state(20), 10, True),
        (state(25), 10, True),
        (state(19), 10, False),  # a repeat stood in for one that is still to come
        (state(20), 9, False),  # acknowledged early, and one handler runs on
        (None, 10, False),
    ],
)
def test_it_is_done_when_both_say_so(told: ConsumerState | None, handled: int, done: bool) -> None:
    assert is_done(SHARE, told, Progress(handled=handled)) is done


def test_where_nothing_is_acknowledged_all_must_have_been_delivered() -> None:
    share = Share(first_seq=11, last_seq=20, acks=False)

    assert is_done(share, state(0, delivered=20), Progress(handled=10))
    assert not is_done(share, state(0, delivered=19), Progress(handled=10))


def test_it_ended_with_the_last_ack_of_its_own_share() -> None:
    """What was passed over beyond its end, or came early of another's, is none of it."""
    record = ConsumerRecord(
        ids=np.arange(4),
        stream_seqs=np.array([11, 20, 21, 10]),
        deliveries=np.ones(4, dtype=np.int64),
        received_ns=np.array([1, 2, 3, 4]),
        handled_ns=np.array([5, 6, 90, 91]),
        acked_ns=np.array([7, NEVER, 92, 93]),
        ending=np.zeros_like(np.arange(4)),
    )

    assert ended_ns({"replay": SHARE}, {"replay": [record]}) == 7


async def nothing() -> None: ...


def test_all_passes_together_have_the_shares_of_each() -> None:
    """Later ones come after it: what is to be done is done when the last is."""
    other = Share(first_seq=1, last_seq=2, acks=False)
    passes = [
        Pass(release=nothing, shares={name: each}) for name, each in (("a", SHARE), ("b", other))
    ]

    assert Work(laying=(), prepare=nothing, passes=passes).shares == {"a": SHARE, "b": other}
