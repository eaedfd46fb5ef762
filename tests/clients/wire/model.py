"""A stream as ADR-50 has it, small enough to be believed: what batches leave in it and are told.

The real server is asked in `test_server_batches.py`; here it can be made to ack at any pace, to be
full, and to forget, at any point of any sequence of sends.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.clients.wire.samples import msg

INCOMPLETE = {"code": 400, "err_code": 10176, "description": "atomic publish batch is incomplete"}
UNKNOWN = {"code": 400, "err_code": 10208, "description": "batch publish ID unknown"}
FULL = {"code": 503, "err_code": 10077, "description": "maximum messages exceeded"}

_FRAME = re.compile(rb"(?:PUB (\S+) (?:(\S+) )?()|HPUB (\S+) (?:(\S+) )?(\d+) )(\d+)\r\n")


class Published(NamedTuple):
    """A PUB or HPUB frame."""

    subject: str
    reply: bytes
    headers: dict[str, str]
    payload: bytes


def published(data: bytes) -> Iterator[Published]:
    """Yield the frames that a client wrote."""
    at = 0
    while at < len(data):
        frame = _FRAME.match(data, at)
        assert frame is not None, data[at : at + 80]
        groups = frame.groups()
        subject, reply, header_size = groups[:3] if groups[0] else groups[3:6]
        total = groups[6]
        body = data[frame.end() : frame.end() + int(total)]
        at = frame.end() + int(total) + 2
        assert data[at - 2 : at] == b"\r\n"
        header = body[: int(header_size or 0)].decode()
        lines = header.removeprefix("NATS/1.0\r\n").removesuffix("\r\n\r\n").split("\r\n")
        yield Published(
            subject.decode(),
            reply or b"",
            dict(line.split(": ", 1) for line in lines if line),
            body[len(header) :],
        )


@dataclass
class Stream:
    """Takes frames, stores payloads and keeps the answers until they are read.

    Attributes:
        room: messages that it takes at most.
        pace: after how many messages a fast batch is acked next, at most as many as it asks for.
        stored: payloads in their order.
        answers: MSG frames in their order.
    """

    room: int
    pace: Callable[[], int]
    stored: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    _atomic: dict[str, list[bytes]] = field(default_factory=dict)
    _fast: dict[bytes, "_Fast"] = field(default_factory=dict)

    def take(self, data: bytes) -> None:
        """Take what a client wrote."""
        for frame in published(data):
            if "Nats-Batch-Id" in frame.headers:
                self._take_atomic(frame)
            else:
                self._take_fast(frame)

    def forget(self) -> None:
        """Restart: batches and answers under way are gone."""
        self._atomic, self._fast, self.answers = {}, {}, []

    def _take_atomic(self, frame: Published) -> None:
        batch, sequence = frame.headers["Nats-Batch-Id"], int(frame.headers["Nats-Batch-Sequence"])
        commit = frame.headers.get("Nats-Batch-Commit", "")
        staged = self._atomic.setdefault(batch, [])
        if sequence != len(staged) + 1:
            self._atomic[batch] = [b""] * 10**4  # no later sequence fits either
        elif commit != "eob":
            staged.append(frame.payload)
        if not commit:
            if frame.reply:
                broken = len(self._atomic[batch]) == 10**4
                self._answer(frame, {"error": INCOMPLETE, "seq": 0} if broken else None)
            return
        whole = self._atomic.pop(batch)
        if sequence != len(whole) + (commit == "eob"):
            self._answer(frame, {"error": INCOMPLETE, "seq": 0})
        elif len(self.stored) + len(whole) > self.room:
            self._answer(frame, {"error": FULL, "seq": 0})
        else:
            self.stored += whole
            self._answer(frame, {"seq": len(self.stored), "batch": batch, "count": len(whole)})

    def _take_fast(self, frame: Published) -> None:
        batch, flow, gap, sequence, operation, mark = frame.reply.split(b".")[-6:]
        assert gap in (b"fail", b"ok")
        assert mark == b"$FI"
        if sequence == b"%016d" % 1:
            self._fast[batch] = _Fast(flow=int(flow), start=frame)
            if operation == b"0":
                self._ack(self._fast[batch], frame)
        state = self._fast.get(batch)
        if state is None:
            self._answer(frame, {"error": UNKNOWN, "seq": 0})
            return
        ends = operation in b"23"
        if operation != b"3":
            assert int(sequence) == state.count + 1
            if len(self.stored) == self.room:
                self._answer(frame, {"type": "err", "seq": int(sequence), "error": FULL})
                ends = True
            else:
                self.stored.append(frame.payload)
                state.count += 1
        if ends:
            del self._fast[batch]
            last = {"seq": len(self.stored), "batch": batch.decode(), "count": state.count}
            self._answer(frame, last)
        elif state.count == state.next_ack:
            self._ack(state, frame)

    def _ack(self, state: "_Fast", frame: Published) -> None:
        every = min(self.pace(), state.flow)
        state.next_ack = state.count + every
        self._answer(frame, {"type": "ack", "seq": state.count, "msgs": every})

    def _answer(self, frame: Published, body: dict[str, object] | None) -> None:
        text = b"" if body is None else json.dumps({"stream": "S"} | body).encode()
        self.answers.append(msg(frame.reply, 1, text))


@dataclass
class _Fast:
    """An open fast batch: how many messages it brought, and at which it is acked next."""

    flow: int
    start: Published
    count: int = 0
    next_ack: int = 0
