"""What is lost and what is only late, on counts small enough to do by hand."""

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.engine.losses import UNKNOWN, Backlog, Present, left_out, lost
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.table import join

START = 1_000_000


def lost_of(
    backlog: Backlog,
    *,
    stored: int,
    received: list[int],
    acked: list[int] | None = None,
    unanswered: int = 0,
    processes: int = 1,
    deliveries: int = 1,
) -> int:
    """Return the loss of a trial whose message i has stream sequence i + 1.

    Args:
        backlog: as the server told it.
        stored: messages with a PubAck, the first ones.
        received: their ids.
        acked: likewise; the received ones when left out.
        unanswered: messages without a PubAck, after the stored ones.
        processes: that the received ones are dealt to in turns.
        deliveries: how often the server had delivered each of the received.
    """
    planned = stored + unanswered
    ids = np.arange(planned, dtype=np.int64)
    publisher = PublisherRecord(
        ids=ids,
        sent_ns=START + ids,
        stored_ns=np.where(ids < stored, START + 1 + ids, NEVER),
        outcome=np.zeros(planned, dtype=np.int64),
        said=np.zeros(planned, dtype=np.int64),
    )
    settled = set(received if acked is None else acked)
    consumers = [
        _record(received[number::processes], settled, deliveries) for number in range(processes)
    ]
    return lost(join(ids, [publisher], consumers, START), consumers, backlog)


def _record(received: list[int], acked: set[int], deliveries: int) -> ConsumerRecord:
    ids: IntArray = np.array(received, dtype=np.int64)
    at_ns = np.full(ids.size, START + 500)
    return ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.full(ids.size, deliveries),
        received_ns=at_ns,
        handled_ns=at_ns,
        acked_ns=np.array([START + 501 if each in acked else NEVER for each in received]),
        ending=np.zeros_like(ids),
    )


def test_what_waits_for_an_ack_excuses_no_loss() -> None:
    """Of 100 messages 30 vanished, and 30 others were received and not acknowledged: 30 are lost.

    The server's 30 pending acks are those of the others.
    """
    backlog = Backlog(msgs=30, ack_pending_msgs=30, stream_msgs=100)

    assert lost_of(backlog, stored=100, received=list(range(70)), acked=list(range(40))) == 30


def test_what_was_delivered_and_not_seen_will_come_again() -> None:
    """Sent to a client that was stopped: the server waits for its ack and delivers it anew."""
    backlog = Backlog(msgs=5, ack_pending_msgs=5, stream_msgs=10)

    assert lost_of(backlog, stored=10, received=list(range(5))) == 0


def test_what_the_stream_no_longer_has_is_lost_whatever_the_counts_say() -> None:
    """Ten of twenty came; the stream holds 18 to 20, and a count of ten cannot be right."""
    backlog = Backlog(msgs=10, stream_msgs=20, present=Present(first_seq=18, last_seq=20))

    assert lost_of(backlog, stored=20, received=list(range(10))) == 7


def test_a_hole_in_the_stream_is_no_message() -> None:
    """Of 11 to 20 two were deleted: eight can still come."""
    present = Present(first_seq=1, last_seq=20, deleted_seqs=(12, 15))
    backlog = Backlog(msgs=10, stream_msgs=20, present=present)

    assert lost_of(backlog, stored=20, received=list(range(10))) == 2


def test_nothing_is_lost_where_everything_came_whoever_was_asked() -> None:
    """Nobody need be asked for that."""
    assert lost_of(Backlog(msgs=-1, stream_msgs=-1), stored=10, received=list(range(10))) == 0


def test_without_the_servers_word_a_loss_is_unknown_and_not_zero() -> None:
    """They may be pending, and they may be gone."""
    assert lost_of(Backlog(msgs=-1, stream_msgs=-1), stored=10, received=[0]) == UNKNOWN


def test_messages_without_an_answer_may_fill_the_servers_count() -> None:
    """Three are unseen and three pending, but those may be three that were never confirmed."""
    backlog = Backlog(msgs=3, stream_msgs=13)

    assert lost_of(backlog, stored=10, received=list(range(7)), unanswered=3) == UNKNOWN
    assert lost_of(backlog, stored=10, received=list(range(5)), unanswered=3) == 2


def test_without_acks_a_sequence_that_was_passed_over_is_lost() -> None:
    """A connection keeps the order: 5 came, so 3 is not on its way. What follows 5 may be."""
    sent = Backlog(msgs=0, stream_msgs=6, tracked=False)

    assert lost_of(sent, stored=5, received=[0, 1, 3, 4], acked=[]) == 1
    assert lost_of(sent, stored=6, received=[0, 1, 2, 3, 4], acked=[]) == UNKNOWN


def test_without_acks_each_process_has_to_have_passed() -> None:
    """The one process has come to 6, the other to 3 alone: 5 may be on its way to that one."""
    sent = Backlog(msgs=0, stream_msgs=6, tracked=False)

    assert lost_of(sent, stored=6, received=[0, 1, 3, 2, 5], acked=[], processes=2) == UNKNOWN


def test_what_was_delivered_for_the_last_time_may_wait_for_its_ack_still() -> None:
    """Of eight three came for the last time and are not acked, and five acks are waited for.

    Those may be the five that never came; or the three, and then three of the five are lost. With
    two acks waited for, three are lost whoever they are of.
    """
    five = Backlog(msgs=5, ack_pending_msgs=5, stream_msgs=8, max_deliver=2)
    two = Backlog(msgs=2, ack_pending_msgs=2, stream_msgs=8, max_deliver=2)

    assert lost_of(five, stored=8, received=[0, 1, 2], acked=[], deliveries=2) == UNKNOWN
    assert lost_of(two, stored=8, received=[0, 1, 2], acked=[], deliveries=2) == 3


def test_a_slow_handler_of_messages_that_come_once_excuses_no_loss() -> None:
    """Ten stored: five wait for the handler, three are pending, two never came and were given up.

    The five acks that the server waits for are those of the handler's, but nobody can tell: the
    stream has all ten.
    """
    backlog = Backlog(
        msgs=8,
        ack_pending_msgs=5,
        stream_msgs=10,
        max_deliver=1,
        present=Present(first_seq=1, last_seq=10),
    )

    assert lost_of(backlog, stored=10, received=list(range(5)), acked=[]) == UNKNOWN


def test_acks_that_never_arrived_excuse_no_loss() -> None:
    """3 and 4 never came; a cumulative ack covered them, and the last one, of 5 to 9, was dropped.

    The server waits for five acks where two messages are missing, so not all are of those.
    """
    backlog = Backlog(
        msgs=5, ack_pending_msgs=5, stream_msgs=10, present=Present(first_seq=1, last_seq=10)
    )

    assert lost_of(backlog, stored=10, received=[0, 1, 2, 5, 6, 7, 8, 9]) == UNKNOWN


def left_out_of(backlog: Backlog | None, *, undone: int, acked: int) -> int:
    """What is left out of ten messages that came, of which the first were not handled."""
    ids = np.arange(10, dtype=np.int64)
    at_ns = np.full(10, START + 500)
    record = ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.ones_like(ids),
        received_ns=at_ns,
        handled_ns=np.where(ids < undone, NEVER, at_ns),
        acked_ns=np.where((ids < acked) | (ids >= undone), at_ns, NEVER),
        ending=np.zeros_like(ids),
    )
    return left_out(join(ids, [], [record], START), backlog)


@pytest.mark.parametrize(
    ("backlog", "undone", "acked", "expected"),
    [
        (Backlog(msgs=0, stream_msgs=10), 0, 0, 0),
        (Backlog(msgs=0, stream_msgs=10), 3, 3, 3),  # acknowledged and skipped
        (Backlog(msgs=3, stream_msgs=10, ack_pending_msgs=3), 3, 0, 0),  # it comes again
        (Backlog(msgs=1, stream_msgs=10, ack_pending_msgs=1), 3, 0, 2),  # two were given up
        (Backlog(msgs=9, stream_msgs=10, ack_pending_msgs=1), 3, 1, 2),  # pending is not received
        (Backlog(msgs=-1, stream_msgs=-1), 0, 0, 0),
        (Backlog(msgs=-1, stream_msgs=-1), 3, 0, UNKNOWN),
        (Backlog(msgs=-1, stream_msgs=-1), 3, 1, 1),  # of that one nobody need ask
        (Backlog(msgs=0, stream_msgs=10, tracked=False), 3, 0, 3),
        (None, 3, 0, 3),
    ],
)
def test_what_was_received_and_never_handled_is_left_out_unless_it_is_held(
    backlog: Backlog | None, undone: int, acked: int, expected: int
) -> None:
    """What was acknowledged comes to nobody again; nothing is held without acks."""
    assert left_out_of(backlog, undone=undone, acked=acked) == expected
