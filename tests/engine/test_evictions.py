"""What limits of a stream took before it came, apart from what was lost, on counts done by hand."""

import numpy as np
import pytest

from bench.engine.evictions import Kept, Limits, due_ns, evicted
from bench.engine.losses import Backlog, Present, lost
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NOT_YET, MessageTable, driven

NEVER_NS = np.iinfo(np.int64).max
MSGS = 6
"""Message i is sent at 10 i and confirmed 1 later, has sequence i + 1 and takes 100 bytes; even
ones have one subject, and odd ones another."""


def table(received: dict[int, int], sent: list[int] | None = None, takes: int = 1) -> MessageTable:
    sent_ns = np.array(sent) if sent is not None else np.arange(MSGS) * 10
    received_ns = np.full(MSGS, NOT_YET)
    received_ns[[*received]] = [*received.values()]
    found = driven(sent_ns, (), 0)
    return MessageTable(
        **{name: getattr(found, name) for name in ("intended_ns", "handled_ns", "acked_ns")},
        sent_ns=sent_ns, stored_ns=sent_ns + takes, received_ns=received_ns,
        outcome=np.zeros(MSGS, dtype=np.int64),
    )  # fmt: skip


def records(received: dict[int, int]) -> list[ConsumerRecord]:
    ids = np.array([*received], dtype=np.int64)
    at_ns = np.array([*received.values()], dtype=np.int64)
    return [
        ConsumerRecord(
            ids=ids, stream_seqs=ids + 1, deliveries=np.ones_like(ids), received_ns=at_ns,
            handled_ns=at_ns, acked_ns=at_ns, ending=np.zeros_like(ids),
        )
    ]  # fmt: skip


KEPT = Kept(subject_index=np.arange(MSGS) % 2, size_bytes=np.full(MSGS, 100))


def left(first_seq: int, *deleted: int, held: int = 0, asked_ns: int = 1000) -> Backlog:
    present = Present(first_seq=first_seq, last_seq=MSGS, deleted_seqs=deleted)
    return Backlog(msgs=held, stream_msgs=MSGS, present=present, asked_ns=asked_ns)


def told(received: dict[int, int], limits: Limits, held: Backlog) -> tuple[list[int], int]:
    """Return which were taken by a limit, and how many are lost."""
    seen, came = table(received), records(received)
    gone = evicted(seen, came, held, limits, KEPT)
    assert gone is not None
    return np.flatnonzero(gone).tolist(), lost(seen, came, held, gone)


@pytest.mark.parametrize(
    ("limits", "due"),
    [
        (Limits(max_msgs=2), [20, 30, 40, 50, NEVER_NS, NEVER_NS]),
        (Limits(max_bytes=250), [20, 30, 40, 50, NEVER_NS, NEVER_NS]),
        (Limits(max_bytes=300), [30, 40, 50, NEVER_NS, NEVER_NS, NEVER_NS]),
        (Limits(max_age_ns=15), [15, 25, 35, 45, 55, 65]),
        (Limits(max_msgs_per_subject=1), [20, 30, 40, 50, NEVER_NS, NEVER_NS]),
        (Limits(max_msgs_per_subject=2), [40, 50, NEVER_NS, NEVER_NS, NEVER_NS, NEVER_NS]),
        (Limits(max_msgs=4, max_age_ns=45), [40, 50, 65, 75, 85, 95]),
        (Limits(max_msgs=9), [NEVER_NS] * 6),
        (Limits(), [NEVER_NS] * 6),
    ],
)
def test_a_limit_says_when_a_message_must_go(limits: Limits, due: list[int]) -> None:
    """Of two messages or 250 bytes, the second later one is too many; the earliest limit counts."""
    assert due_ns(table({}), limits, KEPT).tolist() == due


def test_what_was_on_its_way_may_stand_before_or_behind() -> None:
    """All in one burst: any may be the first, and then the third of the others pushes it out."""
    burst = table({}, sent=[0, 0, 0, 5, 20, 30])

    assert due_ns(burst, Limits(max_msgs=3), KEPT).tolist() == [5, 5, 5, NEVER_NS] + [NEVER_NS] * 2


def test_bytes_that_nobody_told_push_nothing_out() -> None:
    untold = Kept(subject_index=KEPT.subject_index, size_bytes=None)

    assert (due_ns(table({}), Limits(max_bytes=1), untold) == NEVER_NS).all()


def test_who_comes_back_finds_the_last_ones_only() -> None:
    """Of two messages the stream has 5 and 6; 0 to 3 had gone by 50, and 4 comes at 60."""
    assert told({4: 60, 5: 61}, Limits(max_msgs=2), left(5)) == ([0, 1, 2, 3], 0)


def test_what_was_passed_over_while_it_had_its_place_is_lost() -> None:
    """Message 3 was to go at 50, and 4 came at 45."""
    assert told({4: 45, 5: 61}, Limits(max_msgs=2), left(5)) == ([0, 1, 2], 1)


def test_what_the_stream_still_has_no_limit_took() -> None:
    """It says that it has all: then who left them out has lost them, whatever was to happen."""
    assert told({4: 60, 5: 61}, Limits(max_msgs=2), left(1)) == ([], 4)


def test_what_is_there_still_was_not_taken() -> None:
    """The stream has 3 still: held for its consumer it is late, and else it is lost."""
    held = left(4, held=1)

    assert told({4: 60, 5: 61}, Limits(max_msgs=2), held) == ([0, 1, 2], 0)
    assert told({4: 60, 5: 61}, Limits(max_msgs=2), left(4)) == ([0, 1, 2], 1)


def test_what_is_gone_from_between_is_known_by_its_place() -> None:
    """One of each subject: 1 stands before 5 and after 0, and place 2 is empty."""
    came = {0: 5, 4: 60, 5: 61}

    assert told(came, Limits(max_msgs_per_subject=1), left(1, 2, 3, 4)) == ([1, 2, 3], 0)
    assert told(came, Limits(max_msgs_per_subject=1), left(1, 2, 3)) == ([1, 2], 1)


def test_nobody_came_and_what_was_too_many_is_gone() -> None:
    """The last two wait; asked at 35 the limit had taken no more than two."""
    assert told({}, Limits(max_msgs=2), left(5, held=2)) == ([0, 1, 2, 3], 0)
    assert told({}, Limits(max_msgs=2), left(5, held=2, asked_ns=35)) == ([0, 1], 2)


def test_without_a_limit_all_that_is_gone_is_lost() -> None:
    assert told({4: 60, 5: 61}, Limits(), left(5)) == ([], 4)


def test_a_server_that_tells_nothing_shows_nothing() -> None:
    """Neither its consumer's state nor what its stream has."""
    for held in (Backlog(msgs=-1, stream_msgs=-1), Backlog(msgs=0, stream_msgs=MSGS)):
        assert evicted(table({}), records({}), held, Limits(max_msgs=2), KEPT) is None
