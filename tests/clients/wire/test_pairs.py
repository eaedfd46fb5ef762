"""Operations of several writes over a connection that is made up: each waits for the one before."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.broker.endpoint import Endpoint
from bench.clients.pairs import Steps
from bench.clients.wire.pairs import WirePairs
from bench.clients.wire.parse import Message, next_frame
from tests.clients.test_pairs import form
from tests.clients.wire.links import messages
from tests.clients.wire.test_gets import Told

STORED = {"stream": "s", "seq": 4}
REFUSED = {"error": {"code": 503, "err_code": 10077, "description": "maximum bytes exceeded"}}


@dataclass
class Written:
    """In place of a connection: what was written, as the server would read it."""

    frames: list[tuple[str, str]] = field(default_factory=list)
    last: bytes = b""

    def write(self, pieces: Sequence[bytes]) -> None:
        self.last = b"".join(pieces)
        for line in self.last.split(b"\r\n"):
            if line.startswith((b"PUB ", b"HPUB ")):
                _, subject, reply, *_ = line.decode().split(" ")
                self.frames.append((subject, reply))

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.frames]


class Writer:
    """A link between its plan, its sink and a server that answers as it is told."""

    def __init__(self, count: int = 1, crashes: Sequence[int] = (0,), act: int = 0) -> None:
        acts = np.full(count, act)
        sent = replace(
            messages(count, subjects=("key.1",)), acts=((),) * len(crashes), act_index=acts
        )
        self.told = Told()
        steps = Steps(sent, form(), crashes)
        self.link = WirePairs(Endpoint(url="nats://127.0.0.1:4"), steps, self.told)
        self.wire = Written()
        link: Any = self.link
        link._connection = self.wire
        self.link.send(0, count)

    def answer(self, at: int, body: object, now_ns: int = 1) -> None:
        """Answer the frame of this number."""
        payload = json.dumps(body).encode()
        subject = self.wire.frames[at][1].encode()
        self.link.message(Message(subject, 1, b"", b"", payload), now_ns)
        self.link.chunk_ends()


def test_each_write_waits_for_the_one_before() -> None:
    """Entry, event, entry; then the operation is through, and the first instant is told."""
    made = Writer()
    for at in range(3):
        assert len(made.wire.frames) == at + 1
        assert made.told.answered == []
        made.answer(at, STORED, now_ns=100 + at)

    assert [subject[0] for subject in made.wire.subjects] == ["$", "e", "$"]
    assert made.told.answered == [0]
    assert made.told.numbers == {0: 100}


def test_what_is_to_crash_is_left_and_counts_as_through() -> None:
    """After the event, before the mark."""
    made = Writer(crashes=(0, 1, 2), act=2)
    made.answer(0, STORED)
    made.answer(1, STORED)

    assert len(made.wire.frames) == 2
    assert made.told.answered == [0]


def test_a_refusal_ends_an_operation_at_any_step() -> None:
    """Of the first nothing is there; of the second the first is known to be."""
    first, second = Writer(), Writer()
    first.answer(0, REFUSED)
    second.answer(0, STORED, now_ns=7)
    second.answer(1, REFUSED)

    assert (first.told.answered, first.told.numbers, len(first.told.others)) == ([], {}, 1)
    assert (second.told.answered, second.told.numbers) == ([], {0: 7})
    assert len(second.told.others) == 1
    assert len(second.wire.frames) == 2


def test_what_the_stream_has_already_is_there() -> None:
    """The reconciler was faster: its event has the same id."""
    made = Writer()
    made.answer(0, STORED)
    made.answer(1, {**STORED, "duplicate": True})
    made.answer(2, STORED)

    assert made.told.answered == [0]


def test_what_was_under_way_when_the_connection_broke_is_not_tried_again() -> None:
    """A late answer belongs to nobody."""
    made = Writer(count=2)
    made.link.lost()
    made.answer(0, STORED)

    assert made.told.answered == []
    assert len(made.wire.frames) == 2
    assert "never sent" in made.link.faults[0]


def test_frames_are_read_as_they_are_meant() -> None:
    """Sizes of header and payload are those that the server reads."""
    made = Writer()
    made.answer(0, STORED)

    frame = b"HMSG e.s.key.1 1 " + made.wire.last.split(b" ", 3)[3]
    found = next_frame(frame, 0)
    assert found is not None
    message, stop = found
    assert isinstance(message, Message)
    assert stop == len(frame)
    assert message.header == b"NATS/1.0\r\nNats-Msg-Id: t-0000000000000000\r\n\r\n"
    assert len(message.payload) == 128
