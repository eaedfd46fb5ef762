"""Changing values: read, change, write if nobody wrote meanwhile, else again.

Each step follows from the answer to the one before, so frames are made one by one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.buckets import Bucket, Changes, SaidSink, asked
from bench.clients.faults import Faults
from bench.clients.port import Endpoint, Outcome
from bench.clients.wire.answers import NEVER_SENT, number_of, read_answer
from bench.clients.wire.connection import Connection
from bench.clients.wire.frames import NUMBER_DIGITS
from bench.clients.wire.inbox import new_inbox
from bench.clients.wire.parse import Message
from bench.clients.wire.values import GAVE_UP, conflicts, read_value
from bench.core.errors import MeasurementError, UsageError

_HEADER = b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: %d\r\n%b\r\n"
_HEADER_BYTES = 128
_READ, _WRITE = b"r", b"w"


@dataclass(slots=True)
class _Open:
    """An update under way: how often it was tried."""

    tries: int = 0


class WireUpdater:
    """PublisherLink whose operations each change a value."""

    def __init__(
        self, endpoint: Endpoint, changes: Changes, sink: SaidSink, bucket: Bucket
    ) -> None:
        self._changes = changes
        self._sink = sink
        self._bucket = bucket
        self._inbox = new_inbox(endpoint.inbox_prefix)
        self._faults = Faults()
        self._connection = Connection(endpoint, self, self._faults)
        self._api = f"{endpoint.js_api}".encode()
        self._open: dict[int, _Open] = {}
        self._out: list[bytes] = []
        self._written = 0

    async def open(self) -> None:
        """Connect and be ready; ServerUnavailableError when nobody answers."""
        await self._connection.open()
        largest = self._changes.largest_bytes + _HEADER_BYTES
        if largest > self._connection.max_payload:
            await self._connection.close()
            raise UsageError(f"a value of {largest} bytes, headers included, is above max_payload")

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None when updates are taken now; else what resolves when to ask again."""
        return self._connection.blocked()

    def send(self, first: int, stop: int) -> None:
        """Begin the updates of positions first..stop-1, in order."""
        for position in range(first, stop):
            self.begin(position)
        self._written = stop
        self._flush()

    def begin(self, position: int) -> None:
        """Begin one; it is sent by `flush`, or when a chunk that came in has been read."""
        self._open[position] = _Open()
        self._written = max(self._written, position + 1)
        self._read(position)

    def flush(self) -> None:
        """Send what was begun."""
        self._flush()

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects and errors seen so far, in words."""
        return self._faults.words()

    async def close(self) -> None:
        """Flush and disconnect; never raises."""
        await self._connection.close()

    def subscriptions(self) -> bytes:
        """Listen for answers."""
        return b"SUB %b.*.* 1\r\n" % self._inbox

    def connected(self) -> None:
        """Nothing to ask for: answers come by themselves."""

    def lost(self) -> None:
        """Nobody knows whether what was under way was written; it is not tried again."""
        self._open.clear()
        self._out.clear()
        self._sink.abandoned(self._written)
        self._sink.caught_up()

    def gone(self, error: MeasurementError) -> None:
        """Nothing to tell: whoever sends asks whether we are blocked."""

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take nothing: every answer asks for the next step."""
        del now_ns
        return data

    def message(self, message: Message, now_ns: int) -> None:
        """Take an answer, and the next step of its update."""
        *_, step, token = message.subject.split(b".")
        position = number_of(token)
        under_way = self._open.get(position)
        if under_way is None:
            self._faults.note(NEVER_SENT)
        elif step == _READ:
            self._was_read(position, under_way, message, now_ns)
        else:
            self._was_written(position, under_way, message, now_ns)

    def chunk_ends(self) -> None:
        """Send what follows from what came, and let the engine go on."""
        self._flush()
        self._sink.caught_up()

    def _read(self, position: int) -> None:
        subject = self._changes.subject(position)
        reply = self._reply(_READ, position)
        stream = self._bucket.stream.encode()
        if self._bucket.direct:
            where = b"%b.DIRECT.GET.%b.%b" % (self._api, stream, subject.encode())
            self._out.append(b"PUB %b %b 0\r\n\r\n" % (where, reply))
            return
        question = asked(subject)
        where = b"%b.STREAM.MSG.GET.%b" % (self._api, stream)
        self._out.append(b"PUB %b %b %d\r\n%b\r\n" % (where, reply, len(question), question))

    def _was_read(self, position: int, under_way: _Open, message: Message, now_ns: int) -> None:
        try:
            value = read_value(message)
        except MeasurementError as error:
            self._end(position)
            self._sink.refused(position, str(error))
            return
        write = self._changes.change(position, value)
        if write is None:
            self._tell(position, under_way.tries)
            self._sink.stored((position,), now_ns)
            return
        header = _HEADER % (value.seq, write.headers)
        self._out.append(
            b"HPUB %b %b %d %d\r\n%b%b\r\n"
            % (
                self._changes.subject(position).encode(),
                self._reply(_WRITE, position),
                len(header),
                len(header) + len(write.payload),
                header,
                write.payload,
            )
        )

    def _was_written(self, position: int, under_way: _Open, message: Message, now_ns: int) -> None:
        under_way.tries += 1
        answer = read_answer(message)
        if not answer.refusal:
            self._tell(position, under_way.tries - 1)
            self._sink.stored((position,), now_ns)
        elif not conflicts(message.payload):
            self._tell(position, under_way.tries - 1)
            self._sink.refused(position, answer.refusal)
        elif under_way.tries < self._bucket.tries:
            self._read(position)
        else:
            self._tell(position, under_way.tries)
            self._sink.refused(position, GAVE_UP, Outcome.CONFLICT)

    def _tell(self, position: int, conflicts: int) -> None:
        """Tell how often another writer was faster, and 1, so that it is above 0."""
        self._end(position)
        self._sink.said(np.array([position]), np.array([conflicts + 1]))

    def _end(self, position: int) -> None:
        del self._open[position]

    def _reply(self, step: bytes, position: int) -> bytes:
        return b"%b.%b.%0*d" % (self._inbox, step, NUMBER_DIGITS, position)

    def _flush(self) -> None:
        if self._out:
            self._connection.write([b"".join(self._out)])
            self._out.clear()
