"""A publisher's connection: frames out in blocks, answers in.

What an answer answers depends on how the variant publishes: a message of its own (`singles`), a
whole batch (`atomic`), or everything up to a message (`fast`); or the message was a request.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from bench.clients.faults import Faults
from bench.clients.port import AckSink, Endpoint, Messages
from bench.clients.wire.atomic import AtomicBatches
from bench.clients.wire.connection import Connection
from bench.clients.wire.fast import FastBatches
from bench.clients.wire.frames import Layout, PublishFrames
from bench.clients.wire.inbox import new_inbox
from bench.clients.wire.parse import Message
from bench.clients.wire.requests import Requests
from bench.clients.wire.singles import Singles
from bench.core.errors import MeasurementError, UsageError
from bench.core.units import NS_PER_S
from bench.spec.variant import PublishSettings


class Manner(Layout, Protocol):
    """How messages are put together and what their answers mean."""

    def wrote(self, stop: int, now_ns: int) -> None:
        """Positions below `stop` are on their way."""

    def ends_ns(self) -> int:
        """Return when what is open (a batch, a request) has waited enough; 0 for nothing."""

    def end(self) -> bytes:
        """End it; return the frame that tells the server, if it is to know."""

    def lost(self) -> None:
        """The connection broke, and what is open with it."""

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the run of plain answers that `data` begins with; return what lies behind it."""

    def message(self, message: Message, now_ns: int) -> None:
        """Take any other answer."""


class WirePublisher:
    """PublisherLink that speaks the protocol itself."""

    def __init__(
        self,
        endpoint: Endpoint,
        messages: Messages,
        sink: AckSink,
        make: "MakeManner" = Singles,
    ) -> None:
        """Be ready to open.

        Args:
            endpoint: how to connect.
            messages: what is sent.
            sink: is told of answers.
            make: makes the manner; by itself every message has a PubAck.
        """
        self._inbox = new_inbox(endpoint.inbox_prefix)
        self._sink = sink
        self._faults = Faults()
        self._manner = make(messages, self._inbox, sink, self._faults)
        self._timed = not isinstance(self._manner, Singles)
        batched = self._manner if isinstance(self._manner, AtomicBatches | FastBatches) else None
        self._awaiting = batched if batched is not None and batched.awaits else None
        self._freed: asyncio.Future[None] | None = None
        self._frames = PublishFrames(messages, self._manner)
        self._connection = Connection(endpoint, self, self._faults)
        self._written = 0
        self._alarm: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Connect and be ready to publish.

        Raises:
            ServerUnavailableError: nobody answers, or we are refused.
            UsageError: the server takes no messages of this size.
        """
        await self._connection.open()
        if self._frames.largest_bytes > self._connection.max_payload:
            await self._connection.close()
            raise UsageError(
                f"a message of {self._frames.largest_bytes} bytes, headers included; the server "
                f"takes at most {self._connection.max_payload} (max_payload)"
            )

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None when messages are taken now; else what resolves when to ask again.

        Raises:
            MeasurementError: the connection is gone for good.
        """
        blocked = self._connection.blocked()
        if blocked is not None or self._awaiting is None:
            return blocked
        if self._awaiting.free_stop() > self._written:
            return None
        self._freed = self._freed or asyncio.get_running_loop().create_future()
        return self._freed

    @property
    def free_stop(self) -> "Callable[[], int] | None":
        """What tells up to where messages may leave now; None where the connection alone says so.

        Once so many have left, `blocked` resolves when there is more.
        """
        return None if self._awaiting is None else self._awaiting.free_stop

    def send(self, first: int, stop: int) -> None:
        """Hand positions first..stop-1 to the connection, in order."""
        self._connection.write(self._frames.slices(first, stop))
        self._written = stop
        if self._timed:
            self._manner.wrote(stop, time.monotonic_ns())
            self._watch()

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects and errors seen so far, in words."""
        return self._faults.words()

    async def close(self) -> None:
        """Flush and disconnect; never raises."""
        if self._alarm is not None:
            self._alarm.cancel()
        await self._connection.close()

    def subscriptions(self) -> bytes:
        """Listen for answers."""
        return b"SUB %b.> 1\r\n" % self._inbox

    def connected(self) -> None:
        """Nothing to ask for: answers come by themselves."""

    def lost(self) -> None:
        """Nothing is sent again: what has no answer yet will have none."""
        self._manner.lost()
        self._sink.abandoned(self._written)
        self._sink.caught_up()
        self._let_go()

    def gone(self, error: MeasurementError) -> None:
        """Nothing to tell: whoever sends asks whether we are blocked, and who waits does now."""
        self._let_go()

    def _let_go(self) -> None:
        """Have whoever waits ask again."""
        freed, self._freed = self._freed, None
        if freed is not None and not freed.done():
            freed.set_result(None)

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain answers that `data` begins with."""
        return self._manner.plain(data, now_ns)

    def message(self, message: Message, now_ns: int) -> None:
        """Take any other answer."""
        self._manner.message(message, now_ns)

    def chunk_ends(self) -> None:
        """Let the engine go on; what is open may have to wait for less now."""
        if self._timed:
            self._watch()
        self._sink.caught_up()
        if self._awaiting is not None and self._awaiting.free_stop() > self._written:
            self._let_go()

    def _watch(self) -> None:
        """See to it that what is open is ended when it has waited long enough."""
        if self._alarm is None and (ends_ns := self._manner.ends_ns()):
            delay_s = max(0, ends_ns - time.monotonic_ns()) / NS_PER_S
            self._alarm = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        ends_ns = self._manner.ends_ns()
        if ends_ns and ends_ns <= time.monotonic_ns():
            self._connection.answer(self._manner.end())
            self._let_go()
        self._watch()


MakeManner = Callable[[Messages, bytes, AckSink, Faults], Manner]
"""Makes one for messages whose answers come below an inbox, told to a sink, with faults noted."""


def publishing(how: PublishSettings) -> MakeManner:
    """Return what makes the manner of publishing to a stream."""
    match how.mode:
        case "atomic":
            return partial(AtomicBatches, how=how)
        case "fast":
            return partial(FastBatches, how=how)
        case _:
            return Singles


def requesting(within_ns: int) -> MakeManner:
    """Return what makes the manner of core requests, each with so long to be answered."""
    return partial(Requests, within_ns=within_ns)
