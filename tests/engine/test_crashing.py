"""Where processes that end themselves write it down, and that each message ends one only once."""

import os
from pathlib import Path

import pytest

from bench.engine.clock import now_ns
from bench.engine.crashing import CrashBook, Crasher

SELF = os.getpid()


def test_what_one_process_writes_the_others_know(tmp_path: Path) -> None:
    path = tmp_path / "crashes.npy"
    conductors = CrashBook.create(path, [4, 9])
    before_ns, ended = now_ns(), list[int]()

    Crasher(CrashBook.open(path), end=lambda: ended.append(1)).crash(9)

    assert ended == [1]
    assert conductors.message_of(SELF) == 9
    told_ns = conductors.ended_ns(SELF)
    assert told_ns is not None and before_ns <= told_ns <= now_ns()
    assert (conductors.missed, CrashBook.open(path).missed) == (1, 1)


def test_a_message_ends_a_process_once_whoever_has_it(tmp_path: Path) -> None:
    path = tmp_path / "crashes.npy"
    CrashBook.create(path, [4, 9])
    first, second = (Crasher(CrashBook.open(path), end=lambda: None) for _ in range(2))

    assert (first.is_due(4), first.is_due(9), first.is_due(5)) == (True, True, False)
    first.crash(4)
    assert (second.is_due(4), second.is_due(9)) == (False, True)


def test_who_did_not_end_itself_is_told_apart(tmp_path: Path) -> None:
    """It may have been killed by somebody else, and that is no plan of ours."""
    book = CrashBook.create(tmp_path / "crashes.npy", [4])

    assert book.ended_ns(SELF) is None
    with pytest.raises(IndexError):
        book.message_of(SELF)
