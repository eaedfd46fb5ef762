"""Operations of several steps: each follows from the answer to the one before.

Their frames are made one by one. An answer names its step and its position in the last two tokens
of its subject.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from bench.clients.buckets import Bucket, SaidSink, asked
from bench.clients.faults import Faults
from bench.clients.port import Endpoint
from bench.clients.wire.answers import NEVER_SENT, number_of
from bench.clients.wire.connection import Connection
from bench.clients.wire.frames import NUMBER_DIGITS
from bench.clients.wire.inbox import new_inbox
from bench.clients.wire.parse import Message
from bench.core.errors import MeasurementError, UsageError
from bench.core.units import NS_PER_S

State = TypeVar("State")


class WireSteps(ABC, Generic[State]):
    """PublisherLink whose operations take several steps on the keys of a bucket."""

    largest_bytes = 0
    """The largest message that a step sends, headers included."""

    def __init__(self, endpoint: Endpoint, sink: SaidSink, bucket: Bucket) -> None:
        self._sink = sink
        self._bucket = bucket
        self._inbox = new_inbox(endpoint.inbox_prefix)
        self._faults = Faults()
        self._connection = Connection(endpoint, self, self._faults)
        self._api = endpoint.js_api.encode()
        self._open: dict[int, State] = {}
        self._out: list[bytes] = []
        self._written = 0
        self._late = 0

    async def open(self) -> None:
        """Connect and be ready; ServerUnavailableError when nobody answers."""
        await self._connection.open()
        largest = self.largest_bytes
        if largest > self._connection.max_payload:
            await self._connection.close()
            raise UsageError(f"a value of {largest} bytes, headers included, is above max_payload")

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None when operations are taken now; else what resolves when to ask again."""
        return self._connection.blocked()

    def send(self, first: int, stop: int) -> None:
        """Begin the operations of positions first..stop-1, in order."""
        for position in range(first, stop):
            self.begin(position)
        self._written = stop
        self.flush()
        if self._bucket.within_ns:
            delay_s = self._bucket.within_ns / NS_PER_S
            asyncio.get_running_loop().call_later(delay_s, self._give_up, stop)

    def _give_up(self, stop: int) -> None:
        """Let positions below `stop` make room that have waited enough; their answers are late."""
        self._late = max(self._late, stop)
        late = [position for position in self._open if position < stop]
        for position in late:
            self._end(position)
        if late:
            self._sink.abandoned(stop)
            self._sink.caught_up()

    def begin(self, position: int) -> None:
        """Begin one; it is sent by `flush`, or when a chunk that came in has been read."""
        self._written = max(self._written, position + 1)
        self._open[position] = self._begun(position)

    def flush(self) -> None:
        """Send what was begun."""
        if self._out:
            self._connection.write([b"".join(self._out)])
            self._out.clear()

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
        """Nobody knows what became of what was under way; it is not tried again."""
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
        """Take an answer, and the next step of its operation."""
        *_, step, token = message.subject.split(b".")
        position = number_of(token)
        if position in self._open:
            self._next(step, position, self._open[position], message, now_ns)
        elif not 0 <= position < self._late:
            self._faults.note(NEVER_SENT)

    def chunk_ends(self) -> None:
        """Send what follows from what came, and let the engine go on."""
        self.flush()
        self._sink.caught_up()

    @abstractmethod
    def _begun(self, position: int) -> State:
        """Take the first step of an operation; return what is known of it."""

    @abstractmethod
    def _next(
        self, step: bytes, position: int, under_way: State, message: Message, now_ns: int
    ) -> None:
        """Take the step that follows from an answer, or end the operation."""

    def _read(self, step: bytes, position: int, subject: str) -> None:
        """Ask for the last message of a subject."""
        stream = self._bucket.stream.encode()
        if self._bucket.direct:
            where = b"%b.DIRECT.GET.%b.%b" % (self._api, stream, subject.encode())
            self._ask(where, step, position)
        else:
            self._ask(b"%b.STREAM.MSG.GET.%b" % (self._api, stream), step, position, asked(subject))

    def _ask(self, where: bytes, step: bytes, position: int, question: bytes = b"") -> None:
        reply = self._reply(step, position)
        self._out.append(b"PUB %b %b %d\r\n%b\r\n" % (where, reply, len(question), question))

    def _write(
        self, step: bytes, position: int, subject: str, message: tuple[bytes, bytes]
    ) -> None:
        """Publish a message of header, which may be empty, and payload."""
        header, payload = message
        where, reply = subject.encode(), self._reply(step, position)
        if not header:
            self._out.append(b"PUB %b %b %d\r\n%b\r\n" % (where, reply, len(payload), payload))
            return
        sizes = len(header), len(header) + len(payload)
        self._out.append(b"HPUB %b %b %d %d\r\n%b%b\r\n" % (where, reply, *sizes, header, payload))

    def _end(self, position: int) -> None:
        del self._open[position]

    def _reply(self, step: bytes, position: int) -> bytes:
        return b"%b.%b.%0*d" % (self._inbox, step, NUMBER_DIGITS, position)
