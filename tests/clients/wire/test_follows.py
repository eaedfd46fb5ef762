"""A change that is worked for and followed, over a connection that is made up."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.buckets import Bucket, Value, Write
from bench.clients.following import TOO_EARLY, Event
from bench.clients.port import Outcome
from bench.clients.wire.follows import WireFollower
from bench.clients.wire.parse import Message
from bench.clients.wire.values import GAVE_UP
from tests.clients.wire.test_gets import Told
from tests.clients.wire.test_pairs import REFUSED, STORED, Written

CONFLICT = {"error": {"code": 400, "err_code": 10071, "description": "wrong last sequence"}}
NOT_FOUND = {"error": {"code": 404, "err_code": 10037, "description": "no message found"}}
DUPLICATE = {**STORED, "duplicate": True}


class Work:
    """A Followed that does as it is told."""

    largest_bytes = 10

    def __init__(self, events: int = 1, work_ns: int = 0) -> None:
        self.write: Write | None = Write(payload=b"new")
        self.is_early = False
        self._events = events
        self._work_ns = work_ns

    def subject(self, position: int) -> str:
        return f"$KV.b.{position}"

    def early(self, position: int, value: Value) -> bool:
        return self.is_early

    def change(self, position: int, value: Value) -> Write | None:
        return self.write

    def work_ns(self, position: int) -> int:
        return self._work_ns

    def events(self, position: int) -> Sequence[Event]:
        return tuple(
            Event(subject=f"e.{number}", message_id=f"{number}", payload=b"event")
            for number in range(self._events)
        )


class Server:
    """A link between its work, its sink and a server that answers as it is told."""

    def __init__(self, work: Work, tries: int = 3) -> None:
        self.told = Told()
        self.later: list[Callable[[], None]] = []
        self.wire = Written()
        self.link = WireFollower(
            Endpoint(url="nats://127.0.0.1:4"),
            work,
            self.told,
            Bucket(stream="KV_b", direct=False, tries=tries),
            lambda _, call: self.later.append(call),
        )
        link: Any = self.link
        link._connection = self.wire
        self.link.begin(0)
        self.link.flush()

    def answer(self, *bodies: object) -> None:
        """Answer the last frames, one each."""
        frames = self.wire.frames[-len(bodies) :]
        for (_, reply), body in zip(frames, bodies, strict=True):
            payload = json.dumps(body).encode()
            self.link.message(Message(reply.encode(), 1, b"", b"", payload), 7)
        self.link.chunk_ends()

    @property
    def kinds(self) -> list[str]:
        """What was sent, each by its first letter: a question, a value, an event."""
        return [subject[1] if subject[0] == "$" else "e" for subject in self.wire.subjects]


def test_a_value_is_read_then_written_then_followed() -> None:
    """Each waits for the answer to the one before; then it is done."""
    made = Server(Work())
    made.answer(NOT_FOUND)
    assert b"Nats-Expected-Last-Subject-Sequence: 0\r\n" in made.wire.last
    made.answer(STORED)
    assert b"Nats-Msg-Id: 0\r\n" in made.wire.last
    assert made.told.answered == []
    made.answer(STORED)

    assert made.kinds == ["J", "K", "e"]
    assert made.told.answered == [0]
    assert made.told.numbers == {0: 1}


def test_nothing_to_change_is_followed_all_the_same() -> None:
    """The event may never have been published."""
    work = Work()
    work.write = None
    made = Server(work)
    made.answer(NOT_FOUND)
    made.answer(DUPLICATE)

    assert made.kinds == ["J", "e"]
    assert made.told.answered == [0]


def test_all_events_must_be_confirmed() -> None:
    """Of two, the second as well; where there are none it is done at once."""
    made = Server(Work(events=2))
    made.answer(NOT_FOUND)
    made.answer(STORED)
    first, second = made.wire.frames[-2:]
    made.wire.frames = [first]
    made.answer(STORED)
    assert made.told.answered == []
    made.wire.frames = [second]
    made.answer(STORED)
    assert made.told.answered == [0]

    none = Server(Work(events=0))
    none.answer(NOT_FOUND)
    none.answer(STORED)
    assert none.told.answered == [0]


def test_the_value_is_written_when_the_work_is_done() -> None:
    """And not at all where the connection broke meanwhile."""
    made = Server(Work(work_ns=5))
    made.answer(NOT_FOUND)
    assert made.kinds == ["J"]
    made.later.pop()()
    assert made.kinds == ["J", "K"]

    broken = Server(Work(work_ns=5))
    broken.answer(NOT_FOUND)
    broken.link.lost()
    broken.later.pop()()
    assert broken.kinds == ["J"]


def test_where_another_writer_was_faster_it_is_read_again() -> None:
    """As often as is allowed; each counts as a conflict."""
    made = Server(Work(), tries=2)
    for body in (NOT_FOUND, CONFLICT, NOT_FOUND, CONFLICT):
        made.answer(body)

    assert made.kinds == ["J", "K", "J", "K"]
    assert (made.told.others, made.told.reasons) == ({0: Outcome.CONFLICT}, {0: GAVE_UP})
    assert made.told.numbers == {0: 3}


def test_what_comes_too_early_is_read_again_and_given_up_at_last() -> None:
    """Nothing is written before its turn."""
    work = Work()
    work.is_early = True
    made = Server(work, tries=3)
    made.answer(NOT_FOUND)
    work.is_early = False
    made.answer(NOT_FOUND)
    assert made.kinds == ["J", "J", "K"]

    work.is_early = True
    never = Server(work, tries=2)
    never.answer(NOT_FOUND)
    never.answer(NOT_FOUND)
    assert never.kinds == ["J", "J"]
    assert (never.told.others, never.told.reasons) == ({0: Outcome.CONFLICT}, {0: TOO_EARLY})


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_refusal_ends_it_at_any_step(at: int) -> None:
    """Of the question, of the value, of the event."""
    made = Server(Work())
    for body in [NOT_FOUND, STORED, STORED][:at]:
        made.answer(body)
    made.answer(REFUSED)

    assert made.told.answered == []
    assert made.told.others == {0: Outcome.REFUSED}
    assert len(made.wire.frames) == at + 1
