"""Keys that live for a time: what must be gone, what must still be there, what is to be marked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from bench.clients.port import Outcome
from bench.core.units import NS_PER_S
from bench.engine.keyed import BEFORE, NOTHING, Reads
from bench.engine.lifetimes import (
    FOR_EVER_NS,
    Written,
    doubled,
    expired,
    latest_ns,
    outlived,
    over,
    read_late,
)
from bench.engine.table import NOT_YET, Flags, MessageTable

LIFE = 2.0
ANSWER = 0.01


@dataclass(frozen=True)
class Made:
    """A creation of a key: when it was sent, seconds, and what came of it."""

    sent: float
    came: str = "created"
    key: int = 0


def written(makings: Sequence[Made], life: float = LIFE) -> Written:
    sent = np.array([round(each.sent * NS_PER_S) for each in makings], dtype=np.int64)
    answered = sent + round(ANSWER * NS_PER_S)
    created = np.array([each.came == "created" for each in makings], dtype=bool)
    none = np.full(sent.size, NOT_YET)
    table = MessageTable(
        intended_ns=sent,
        sent_ns=sent,
        stored_ns=np.where(created, answered, NOT_YET),
        received_ns=none,
        handled_ns=none,
        acked_ns=none,
        outcome=np.where(taken(makings), int(Outcome.CONFLICT), 0),
    )
    keys = np.array([each.key for each in makings], dtype=np.int64)
    return Written(keys=keys, table=table, life_ns=round(life * NS_PER_S))


def taken(makings: Sequence[Made]) -> Flags:
    return np.array([each.came == "taken" for each in makings], dtype=bool)


@pytest.mark.parametrize(
    ("second", "twice"), [(0.5, True), (1.9, True), (1.98, False), (2.1, False)]
)
def test_nobody_creates_what_lives(second: float, twice: bool) -> None:
    """A moment before its end may be another clock's end."""
    found = doubled(written([Made(0), Made(second)]))

    assert found.tolist() == ([1] if twice else [])


def test_another_key_or_one_that_was_taken_is_no_second_creation() -> None:
    """Only what succeeded counts, key by key."""
    assert doubled(written([Made(0), Made(0.1, key=1), Made(0.2, "taken")])).size == 0


@pytest.mark.parametrize(
    ("at", "marker", "late"),
    [(1, 0.0, False), (3.9, 0.0, False), (4.1, 0.0, True), (4.1, 1.0, False), (5.1, 1.0, True)],
)
def test_what_is_taken_must_be_there(at: float, marker: float, late: bool) -> None:
    """Its time, two seconds for a server that looks seldom, and its marker's time."""
    makings = [Made(0), Made(at, "taken")]

    found = outlived(written(makings), taken(makings), round(marker * NS_PER_S))

    assert found.tolist() == ([1] if late else [])


@pytest.mark.parametrize("other", ["created", "silent"])
def test_whoever_may_have_been_faster_explains_it(other: str) -> None:
    """Created at the same moment, or perhaps: its answer never came."""
    makings = [Made(0), Made(10, "taken"), Made(10.001, other)]

    assert outlived(written(makings), taken(makings), 0).size == 0


def test_what_nobody_created_is_taken_by_nobody() -> None:
    """And what lives for ever explains all that come after it."""
    makings = [Made(0, "taken"), Made(0, key=1), Made(900, "taken", key=1)]
    never_ending = written(makings, life=FOR_EVER_NS / NS_PER_S)

    assert outlived(never_ending, taken(makings), 0).tolist() == [0]


@pytest.mark.parametrize(("at", "gone"), [(3.9, False), (4.1, True)])
def test_what_is_held_at_the_end_must_be_of_its_time(at: float, gone: bool) -> None:
    """A write that was never confirmed is nobody's."""
    makings = written([Made(0), Made(0, "silent")])

    assert over(makings, 0, round(at * NS_PER_S)) is gone
    assert over(makings, 1, round(at * NS_PER_S)) is False


def test_a_key_is_to_be_marked_as_often_as_its_time_was_surely_over() -> None:
    """Not when it was written again in time, nor when a marker stood in its place already."""
    makings = [
        Made(0), Made(9), Made(0, key=1), Made(1, key=1), Made(2, key=1), Made(0, key=2),
        Made(0, "silent", key=3),
    ]  # fmt: skip
    removes = np.array([False] * 5 + [True, False])

    late = expired(written(makings), removes, 5, 20 * NS_PER_S)
    early = expired(written(makings), removes, 5, 12 * NS_PER_S)

    assert late.tolist() == [2, 1, 0, 0, 0]
    assert early.tolist() == [1, 1, 0, 0, 0]


def test_what_was_taken_did_not_renew_a_key() -> None:
    """It was left alone."""
    makings = [Made(0), Made(1.5, "taken")]

    assert expired(written(makings), np.zeros(2, dtype=bool), 1, 9 * NS_PER_S).tolist() == [1]


def test_of_nothing_nothing_is_marked_and_nothing_is_last() -> None:
    """A trial may break off before anything was sent."""
    nothing = written([])

    assert expired(nothing, np.zeros(0, dtype=bool), 2, 0).tolist() == [0, 0]
    assert doubled(nothing).size == 0
    assert latest_ns({"create": nothing.table}) == 0
    assert latest_ns({"create": written([Made(1)]).table}) == 1_010_000_000


def test_what_is_read_long_after_its_time_had_to_be_gone() -> None:
    """What was there before the trial is at least as old as the trial."""
    makings = written([Made(1)])
    sent = np.array([2, 5, 6, 3, 5, 6, 6], dtype=np.int64) * NS_PER_S
    found = np.array([0, 0, 0, BEFORE, BEFORE, NOTHING, 99])
    none = np.zeros(sent.size, dtype=np.int64)
    reads = Reads(keys=none, sent_ns=sent, answered_ns=sent, found=found)

    assert read_late(reads, makings.table, makings.life_ns) == 2
