"""One connection to a NATS server: bytes in and out, and what happens when it breaks.

Nothing is sent twice: what was on its way when a connection broke stays unanswered, and the engine
counts it so. A break is mended within bounds and always stands in `faults`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from bench.broker.endpoint import Endpoint
from bench.broker.login import described
from bench.broker.refusals import why_not_connected
from bench.clients.faults import CLOSING, Faults
from bench.clients.wire.handshake import RefusedError, shake_hands
from bench.clients.wire.parse import Control, Message, WireError, next_frame
from bench.clients.wire.remainder import Remainder
from bench.core.errors import BenchError, MeasurementError, ServerUnavailableError

RECONNECT_ATTEMPTS = 20
FIRST_RECONNECT_DELAY_S = 0.05
LONGEST_RECONNECT_DELAY_S = 2.0
"""The delay doubles: all attempts together take some 30 s."""

HELD_S = 5.0
"""A connection that breaks sooner has not mended anything: the attempts are counted on."""

WRITE_BACKLOG_BYTES = 1 << 20
"""Beyond this much that the kernel would not take yet, writers wait."""

PLAIN_RUNS_PER_CHUNK = 4
"""How often a chunk returns to the fast reader; bounds the copies when plain frames are rare."""

CLOSE_TIMEOUT_S = 2.0

GONE = "the connection broke and could not be mended"


class Receiver(Protocol):
    """What a connection reads for."""

    def subscriptions(self) -> bytes:
        """Return the frames that every new connection begins with."""

    def connected(self) -> None:
        """A new connection is open."""

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the run of plain frames that `data` begins with; return what lies behind it."""

    def message(self, message: Message, now_ns: int) -> None:
        """Take a message that is not plain."""

    def chunk_ends(self) -> None:
        """Everything that has arrived by now was taken; the connection may be written to."""

    def lost(self) -> None:
        """The connection broke; it is being mended."""

    def gone(self, error: MeasurementError) -> None:
        """The attempts to mend it have ended."""


class Connection(asyncio.Protocol):
    """Connects, reconnects, writes with back-pressure and hands frames to its receiver.

    Attributes:
        max_payload: largest message that the server takes, bytes.
    """

    def __init__(self, endpoint: Endpoint, receiver: Receiver, faults: Faults) -> None:
        self._endpoint = endpoint
        self._receiver = receiver
        self._faults = faults
        self._transport: asyncio.Transport | None = None
        self._blocked: asyncio.Future[None] | None = None
        self._held: list[bytes | memoryview] = []
        self._reconnecting: asyncio.Task[None] | None = None
        self._attempts = 0
        self._connected_s = 0.0
        self._pongs: deque[asyncio.Future[None]] = deque()
        self._remainder = Remainder()
        self._closing = False
        self._given_up = False
        self.max_payload = 0

    async def open(self) -> None:
        """Connect for the first time.

        Raises:
            ServerUnavailableError: nobody answers within the endpoint's timeout, or refuses us.
        """
        where = self._endpoint.shown
        limit_s = self._endpoint.connect_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                await self._connect()
                await self.flush()
        except RefusedError as error:
            whom = f"logged in with {described(self._endpoint)}"
            raise ServerUnavailableError(
                f"{where}: the server refuses us: {error}; {whom}"
            ) from None
        except TimeoutError:
            self._drop()
            raise ServerUnavailableError(f"{where}: no answer within {limit_s:g} s") from None
        except OSError as error:
            self._drop()
            raise ServerUnavailableError(f"{where}: {why_not_connected(error)}") from None
        except WireError as error:
            self._drop()
            raise ServerUnavailableError(f"{where}: no NATS server answers: {error}") from None

    @property
    def is_open(self) -> bool:
        """Whether what is written now goes to the server, and not to a later connection."""
        return self._transport is not None

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None when writing is welcome; else what resolves when to ask again.

        That is while the backlog is full, and while a broken connection is being mended.

        Raises:
            MeasurementError: the connection is gone for good.
        """
        if self._given_up:
            raise MeasurementError(GONE)
        return self._blocked

    def write(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Hand bytes to the connection; kept for the next one while a broken one is mended."""
        if self._transport is None:
            self._held += pieces
            return
        for piece in pieces:
            self._transport.write(piece)

    def answer(self, frame: bytes) -> None:
        """Write a few bytes that mean nothing to a later connection."""
        if self._transport is not None:
            self._transport.write(frame)

    async def flush(self) -> None:
        """Wait until the server has read everything written so far.

        Raises:
            ConnectionError: the connection broke meanwhile.
        """
        if self._transport is None:
            raise ConnectionError("not connected")
        pong: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        self._transport.write(b"PING\r\n")
        await pong

    async def close(self) -> None:
        """Flush and disconnect; never raises."""
        self._closing = True
        if self._transport is not None:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self.flush()
            except OSError as error:  # a timeout is one, too
                words = str(error) or "no answer"
                self._faults.note(f"{CLOSING}not everything may have arrived: {words}")
        self._drop()
        await asyncio.sleep(0)  # lets the transport end

    def _drop(self) -> None:
        self._closing = True
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def _connect(self) -> None:
        greeting = await shake_hands(self._endpoint)
        self._transport = transport = greeting.transport
        transport.set_write_buffer_limits(high=WRITE_BACKLOG_BYTES)
        transport.set_protocol(self)
        self.max_payload = int(greeting.info.get("max_payload", 0))
        self._remainder.forget()
        self._connected_s = time.monotonic()
        transport.write(self._receiver.subscriptions())
        held, self._held = self._held, []
        self.write(held)
        self._unblock()
        self._receiver.connected()
        if greeting.unread:
            self.data_received(greeting.unread)

    async def _reconnect(self) -> None:
        if time.monotonic() - self._connected_s >= HELD_S:
            self._attempts = 0
        while self._attempts < RECONNECT_ATTEMPTS:
            delay_s = FIRST_RECONNECT_DELAY_S * 2.0**self._attempts
            await asyncio.sleep(min(delay_s, LONGEST_RECONNECT_DELAY_S))
            self._attempts += 1
            try:
                async with asyncio.timeout(self._endpoint.connect_timeout_s):
                    await self._connect()
            except (OSError, WireError, RefusedError, BenchError):
                continue
            self._faults.note(f"reconnected at attempt {self._attempts}")
            return
        self._faults.note(f"gave up after {RECONNECT_ATTEMPTS} attempts to reconnect")
        self._given_up = True
        self._receiver.gone(MeasurementError(GONE))
        self._unblock()

    def _block(self) -> None:
        if self._blocked is None:
            self._blocked = asyncio.get_running_loop().create_future()

    def _unblock(self) -> None:
        blocked, self._blocked = self._blocked, None
        if blocked is not None and not blocked.done():
            blocked.set_result(None)

    def pause_writing(self) -> None:
        """Hold writers back."""
        self._block()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self._unblock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the break and begin to mend it, unless we are closing."""
        self._transport = None
        self._block()
        for pong in self._pongs:
            if not pong.done():
                pong.set_exception(ConnectionError("connection lost"))
        self._pongs.clear()
        if self._closing:
            return
        self._faults.note(f"connection lost: {exc or 'closed by the server'}")
        self._receiver.lost()
        self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect())

    def data_received(self, data: bytes) -> None:
        """Read a chunk; all frames that are whole now arrived at this instant."""
        now_ns = time.monotonic_ns()
        unread = self._remainder.behind(data) if self._remainder.pieces else data
        if unread is None:
            return
        try:
            if unread := self._read(unread, now_ns):
                self._remainder.keep(unread)
        except WireError as error:
            self._faults.note(f"protocol error: {error}")
            if self._transport is not None:
                self._transport.abort()
        self._receiver.chunk_ends()

    def _read(self, data: bytes, now_ns: int) -> bytes:
        """Take every whole frame; return the rest."""
        for _ in range(PLAIN_RUNS_PER_CHUNK):
            data = self._receiver.plain(data, now_ns)
            if not data:
                return data
            if (found := next_frame(data, 0)) is None:
                return data
            self._dispatch(found[0], now_ns)
            data = data[found[1] :]
        at = 0
        while (found := next_frame(data, at)) is not None:
            self._dispatch(found[0], now_ns)
            at = found[1]
        return data[at:]

    def _dispatch(self, frame: Message | Control, now_ns: int) -> None:
        if isinstance(frame, Message):
            self._receiver.message(frame, now_ns)
        elif frame.verb == b"PING":
            self.answer(b"PONG\r\n")
        elif frame.verb == b"PONG" and self._pongs:
            pong = self._pongs.popleft()
            if not pong.done():
                pong.set_result(None)
        elif frame.verb == b"-ERR":
            self._faults.note(f"server error: {frame.text.decode(errors='replace')}")
        elif frame.verb == b"INFO" and b'"ldm":true' in frame.text:
            self._faults.note("the server is about to shut down (lame duck mode)")
