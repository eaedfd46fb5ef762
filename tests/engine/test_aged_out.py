"""What grew too old before it came, apart from what was lost, on counts done by hand."""

import numpy as np

from bench.engine.losses import Backlog, aged_out, lost
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NOT_YET, MessageTable, driven

TTL = 100
"""Message i is sent at 10 i and confirmed 1 later; 0 to 4 are sent before 50."""


def table(received: dict[int, int], stored: int = 5) -> MessageTable:
    sent_ns = np.arange(5) * 10
    received_ns = np.full(5, NOT_YET)
    received_ns[[*received]] = [*received.values()]
    stored_ns = np.where(np.arange(5) < stored, sent_ns + 1, NOT_YET)
    found = driven(sent_ns, (), 0)
    return MessageTable(
        **{name: getattr(found, name) for name in ("intended_ns", "handled_ns", "acked_ns")},
        sent_ns=sent_ns, stored_ns=stored_ns, received_ns=received_ns,
        outcome=np.zeros(5, dtype=np.int64),
    )  # fmt: skip


def backlog(ttl_ns: int = TTL, asked_ns: int = 1000, msgs: int = 0) -> Backlog:
    return Backlog(msgs=msgs, stream_msgs=5, ttl_ns=ttl_ns, asked_ns=asked_ns)


def records(received: dict[int, int]) -> list[ConsumerRecord]:
    ids = np.array([*received], dtype=np.int64)
    at_ns = np.array([*received.values()], dtype=np.int64)
    return [
        ConsumerRecord(
            ids=ids, stream_seqs=ids + 1, deliveries=np.ones_like(ids), received_ns=at_ns,
            handled_ns=at_ns, acked_ns=at_ns, ending=np.zeros_like(ids),
        )
    ]  # fmt: skip


def told(received: dict[int, int], held: Backlog) -> tuple[list[int], int]:
    """Return which aged out, and how many are lost."""
    seen = table(received)
    aged = np.flatnonzero(aged_out(seen, held)).tolist()
    return aged, lost(seen, records(received), held)


def test_who_came_back_too_late_finds_the_first_ones_gone() -> None:
    """Message 3 comes at 125: 0 to 2 were over at 100, 110 and 120."""
    assert told({3: 125, 4: 126}, backlog()) == ([0, 1, 2], 0)


def test_what_was_passed_over_while_it_had_time_left_is_lost() -> None:
    """Message 2 was over at 120, and 3 came at 119: somebody has left it out."""
    assert told({0: 50, 1: 51, 3: 119, 4: 130}, backlog()) == ([], 1)


def test_what_nobody_asked_for_grows_old_by_itself() -> None:
    """Asked at 125 the server had 0 to 2 no more; 3 and 4 may still come."""
    assert told({}, backlog(asked_ns=125, msgs=2)) == ([0, 1, 2], 0)
    assert told({}, backlog(asked_ns=125, msgs=1)) == ([0, 1, 2], 1)


def test_without_a_time_to_live_nothing_grows_old() -> None:
    """Then all three are lost."""
    assert told({3: 125, 4: 126}, backlog(ttl_ns=0)) == ([], 3)


def test_what_was_never_confirmed_is_none_of_them() -> None:
    """It may never have been there."""
    seen = table({}, stored=0)

    assert not aged_out(seen, backlog()).any()
