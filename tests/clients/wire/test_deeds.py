"""Deeds over a connection that is made up: which step follows from which answer."""

import json
from collections.abc import Callable, Generator
from typing import Any

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.buckets import Bucket
from bench.clients.deeds import Answer, Deed, Get, Pause, Put, Step
from bench.clients.wire.deeds import WireDoer
from bench.clients.wire.parse import Message
from tests.clients.wire.test_follows import CONFLICT, NOT_FOUND
from tests.clients.wire.test_gets import Told
from tests.clients.wire.test_pairs import REFUSED, STORED, Written

READ = Get("$KV.b.k")
WRITE = Put(subject="$KV.b.k", payload=b"new", expect=3, ttl_s=2)


class Steps:
    """A Deeds of given steps, which keeps what it was answered."""

    largest_bytes = 10

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.answers: list[Answer] = []

    def of(self, position: int) -> Deed:
        return self._go(position)

    def _go(self, position: int) -> Generator[Step, Answer, None]:
        for step in self.steps:
            self.answers.append((yield step))


class Server:
    """A link between its deeds, its sink and a server that answers as it is told."""

    def __init__(self, *steps: Step) -> None:
        self.told, self.deeds, self.wire = Told(), Steps(*steps), Written()
        self.later: list[tuple[int, Callable[[], None]]] = []
        bucket = Bucket(stream="KV_b", direct=False)
        keeping = (bucket, lambda for_ns, call: self.later.append((for_ns, call)))
        self.link = WireDoer(Endpoint(url="nats://127.0.0.1:4"), self.deeds, self.told, keeping)
        link: Any = self.link
        link._connection = self.wire
        self.link.begin(0)
        self.link.flush()

    def answer(self, body: object) -> None:
        """Answer the last frame."""
        _, reply = self.wire.frames[-1]
        payload = json.dumps(body).encode()
        self.link.message(Message(reply.encode(), 1, b"", b"", payload), 7)
        self.link.chunk_ends()


def test_each_step_follows_from_the_answer_to_the_one_before() -> None:
    made = Server(READ, WRITE, WRITE)

    made.answer(NOT_FOUND)
    made.answer(STORED)
    made.answer(CONFLICT)

    value, stored, faster = made.deeds.answers
    assert getattr(value, "gone", None) is True
    assert (stored, faster) == (True, False), "another writer was"
    assert made.told.answered == [0]
    assert [each[0] for each in made.wire.subjects] == ["$", "$", "$"]


def test_a_write_says_what_it_expects_and_how_long_it_lives() -> None:
    assert WRITE.headers == (
        ("Nats-Expected-Last-Subject-Sequence", "3"),
        ("Nats-TTL", "2s"),
    )
    assert Put(subject="k", payload=b"").headers == ()
    assert Put(subject="k", payload=b"", expect=0).headers == (
        ("Nats-Expected-Last-Subject-Sequence", "0"),
    )


def test_a_pause_takes_its_time_and_nothing_is_sent_meanwhile() -> None:
    made = Server(Pause(5), WRITE)
    ((for_ns, over),) = made.later
    assert (for_ns, made.wire.frames) == (5, [])

    over()

    assert len(made.wire.frames) == 1
    made.answer(STORED)
    assert made.told.answered == [0]


def test_a_deed_without_steps_is_through_at_once() -> None:
    assert Server().told.answered == [0]


@pytest.mark.parametrize("step", [READ, WRITE])
def test_what_the_server_refuses_ends_the_deed(step: Step) -> None:
    made = Server(step, WRITE)

    made.answer(REFUSED)

    assert made.told.answered == []
    assert list(made.told.others) == [0]
    assert made.deeds.answers == []


def test_a_pause_that_the_connection_did_not_outlive_leads_to_nothing() -> None:
    made = Server(Pause(5), WRITE)
    made.link.lost()

    made.later[0][1]()

    assert made.wire.frames == []
    assert made.deeds.answers == []


def test_this_client_runs_no_handlers_as_tasks() -> None:
    with pytest.raises(ValueError, match="tasks"):
        Server().link.perform(0).send(None)
