"""What became of writes of keys: held against a slow account of the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.port import IntArray
from bench.engine.keyed import (
    BEFORE,
    FRESH,
    NOTHING,
    Reads,
    Writes,
    behind_ns,
    last_seqs,
    said,
    stale,
    watched,
    written_ns,
    wrong,
)
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import NOT_YET, MessageTable

NEVER = None


@dataclass(frozen=True)
class Write:
    """A write of a key: what it does, and when it was stored and seen; None for never."""

    key: int
    act: str = "publish"
    stored: int | None = 0
    seen: int | None = 0


def column(instants: Sequence[int | None]) -> IntArray:
    return np.array([NOT_YET if each is None else each for each in instants], dtype=np.int64)


def table(writes: Sequence[Write]) -> MessageTable:
    """Each is sent at its place, and was seen as soon as handled."""
    size = len(writes)
    seen = column([each.seen for each in writes])
    return MessageTable(
        intended_ns=np.arange(size),
        sent_ns=np.arange(size),
        stored_ns=column([each.stored for each in writes]),
        received_ns=seen,
        handled_ns=seen,
        acked_ns=column([None] * size),
        outcome=np.zeros(size, dtype=np.int64),
    )


def of(writes: Sequence[Write]) -> Writes:
    return Writes(
        keys=np.array([each.key for each in writes], dtype=np.int64),
        removes=np.array([each.act != "publish" for each in writes], dtype=bool),
        purges=np.array([each.act == "purge" for each in writes], dtype=bool),
    )


ACTS = st.sampled_from(["publish", "publish", "delete", "purge"])
WRITES = st.lists(
    st.builds(
        Write,
        key=st.integers(0, 3),
        act=ACTS,
        stored=st.sampled_from([0, 0, 0, NEVER]),
        seen=st.one_of(st.none(), st.integers(0, 50)),
    ),
    max_size=25,
)


@given(writes=WRITES, history=st.integers(1, 4))
def test_what_was_overwritten_is_superseded_and_what_is_owed_is_missing(
    writes: list[Write], history: int
) -> None:
    """By the definition, write for write."""
    found = watched(table(writes), of(writes), history)

    for at, write in enumerate(writes):
        later = [each for each in writes[at + 1 :] if each.key == write.key]
        stored = [each for each in later if each.stored is not None]
        gone = len(stored) >= history or any(each.act == "purge" for each in stored)
        seen_later = [each.seen for each in later if each.seen is not None]
        superseded = write.seen is None and gone and bool(seen_later)
        assert found.superseded[at] == superseded
        assert found.missing[at] == (
            write.seen is None and write.stored is not None and not superseded
        )
        expected = seen_later[0] if superseded else write.seen
        assert found.table.received_ns[at] == (NOT_YET if expected is None else expected)
        assert found.table.handled_ns[at] == found.table.received_ns[at]


def test_a_watcher_that_drops_the_last_update_misses_it() -> None:
    """Nothing later was seen in its place."""
    writes = [Write(0), Write(0), Write(0, seen=NEVER)]

    found = watched(table(writes), of(writes), history=1)

    assert found.missing.tolist() == [False, False, True]


def test_a_history_owes_what_it_keeps() -> None:
    """One update in between was dropped, and the bucket still has it."""
    writes = [Write(0), Write(0, seen=NEVER), Write(0)]

    assert watched(table(writes), of(writes), history=1).superseded.tolist() == [
        False, True, False,
    ]  # fmt: skip
    assert watched(table(writes), of(writes), history=2).missing.tolist() == [False, True, False]


@given(
    writes=WRITES,
    reads=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 10), st.integers(-2, 24)),
        max_size=20,
    ),
)
def test_a_read_is_stale_when_more_was_confirmed_before_it_was_sent(
    writes: list[Write], reads: list[tuple[int, int, int, int]]
) -> None:
    """A write is confirmed a moment after it was sent; its place is its instant."""
    confirmed = [
        Write(each.key, each.act, None if each.stored is None else at + 1, each.seen)
        for at, each in enumerate(writes)
    ]
    expected = 0
    for key, sent, took, brought in reads:
        own = [at for at, each in enumerate(confirmed) if each.key == key]
        before = [at for at in own if (at_ := confirmed[at].stored) is not None and at_ <= sent]
        newest = max(before, default=BEFORE)
        removed = [
            at
            for at in own
            if at >= newest and confirmed[at].act != "publish" and at <= sent + took
        ]
        old = newest >= 0 and brought < newest
        expected += old and not (brought == NOTHING and bool(removed))

    found = stale(_reads(reads), of(confirmed), table(confirmed))
    behind = behind_ns(_reads(reads), of(confirmed), table(confirmed))

    assert found == expected
    for (key, sent, _, brought), late in zip(reads, behind.tolist(), strict=True):
        stored = {
            at: write.stored
            for at, write in enumerate(confirmed)
            if write.key == key and write.stored is not None
        }
        newest = max((at for at, when in stored.items() if when <= sent), default=BEFORE)
        gone = [at for at in stored if confirmed[at].act != "publish" and at < newest]
        since = max(gone, default=NOTHING) if brought == NOTHING else brought
        newer = [when for at, when in stored.items() if at > since]
        assert late == FRESH or late == sent - min(newer)


def _reads(reads: list[tuple[int, int, int, int]]) -> Reads:
    keys, sent, took, brought = (
        np.array([each[place] for each in reads], dtype=np.int64) for place in range(4)
    )
    return Reads(keys=keys, sent_ns=sent, answered_ns=sent + took, found=brought)


def test_what_was_read_must_have_been_written_to_its_key() -> None:
    """Of another key, of a deletion, or of a write that there never was."""
    writes = [Write(0), Write(1), Write(0, "delete")]
    keys = np.zeros(6, dtype=np.int64)
    found = np.array([0, 1, 2, 3, BEFORE, NOTHING])
    reads = Reads(keys=keys, sent_ns=keys, answered_ns=keys, found=found)

    assert wrong(reads, of(writes)) == 3


def test_the_last_that_came_of_a_key_is_its_highest_sequence() -> None:
    """Over all processes; what is no write of the trial counts for none."""
    none = np.zeros(4, dtype=np.int64)
    record = ConsumerRecord(
        ids=np.array([0, 2, 1, 99]),
        stream_seqs=np.array([11, 14, 12, 20]),
        deliveries=none + 1,
        received_ns=none,
        handled_ns=none,
        acked_ns=none,
        ending=np.zeros_like(np.array([0, 2, 1, 99])),
    )

    assert last_seqs([record], np.array([0, 1, 0]), 3).tolist() == [14, 12, 0]


def test_what_answers_held_stands_by_the_operation() -> None:
    """Each process has its own share of them."""
    none = np.zeros(2, dtype=np.int64)
    records = [
        PublisherRecord(
            ids=np.array(ids), sent_ns=none, stored_ns=none, outcome=none, said=np.array(numbers)
        )
        for ids, numbers in (([0, 2], [5, 7]), ([1, 3], [6, 0]))
    ]

    assert said(records, 5).tolist() == [5, 6, 7, 0, 0]


@given(
    writes=WRITES,
    reads=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(1, 10), st.integers(-2, 24)),
        max_size=20,
    ),
)
def test_what_was_read_stood_there_since_it_was_confirmed(
    writes: list[Write], reads: list[tuple[int, int, int, int]]
) -> None:
    """Before the answer in any case; a key without a value since its last write, or the start."""
    confirmed = [
        Write(each.key, each.act, None if each.stored is None else at + 1)
        for at, each in enumerate(writes)
    ]
    expected = []
    for key, sent, took, brought in reads:
        stored = [each.stored for each in confirmed]
        since: int | None = 0
        if brought == NOTHING:
            own = [s for s, w in zip(stored, confirmed, strict=True) if w.key == key]
            since = max((s for s in own if s is not None and s <= sent), default=0)
        elif 0 <= brought < len(confirmed):
            since = stored[brought]
        answered = sent + took
        expected.append(min(answered - 1, answered if since is None else since))

    found = written_ns(_reads(reads), of(confirmed), table(confirmed))

    assert found.tolist() == expected
