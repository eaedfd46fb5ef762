"""A consumer's connection: deliveries in, answers out, both in blocks."""

import asyncio
import time
from collections.abc import Sequence

from bench.clients.faults import Faults
from bench.clients.heartbeats import HeartbeatWatch
from bench.clients.port import Binding, Delivered, Endpoint, IntArray
from bench.clients.wire import acks
from bench.clients.wire.connection import Connection
from bench.clients.wire.deliveries import Arrivals, Columns, DeliveryReader
from bench.clients.wire.inbox import new_inbox
from bench.clients.wire.parse import Message, Status, status_of
from bench.clients.wire.pulls import PullOptions, PullRequests
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S

_PUSH_SID = 1
_CONFIRMATION_SID = 1_000_000
"""Far above the sids of pull requests."""

_SHORTEST_WAIT_S = 0.001


class WireConsumer:
    """ConsumerLink that speaks the protocol itself.

    Beyond the port it knows the other answers to a delivery, `nak`, `term`, `in_progress` and
    `double_ack`, all for many positions at once. Every answer but `in_progress` is the last one
    for its position.
    """

    def __init__(
        self, endpoint: Endpoint, binding: Binding, options: PullOptions | None = None
    ) -> None:
        self._binding = binding
        inbox = new_inbox()
        self._faults = Faults()
        self._connection = Connection(endpoint, self, self._faults)
        self._reader = DeliveryReader(binding.id_offset)
        self._arrivals = Arrivals()
        self._news: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ns = 0
        self._unanswered = acks.Unanswered()
        self._confirmations = acks.Confirmations(inbox)
        self._heartbeats = HeartbeatWatch(binding.idle_heartbeat_ns, self._faults.note)
        self._pulls: PullRequests | None = None
        if binding.mode == "pull":
            self._pulls = PullRequests(binding, options or PullOptions(), inbox, self._faults)

    async def open(self) -> None:
        """Connect and bind to the consumer; ServerUnavailableError when nobody answers."""
        await self._connection.open()
        self._heartbeats.start()

    async def take(self) -> Delivered:
        """Wait for messages and return what has come, at least one message.

        Raises:
            MeasurementError: the connection is gone for good, or the consumer is.
        """
        await self._ask()
        while not self._arrivals:
            self._connection.check()
            await self._wait()
            if not self._arrivals:
                await self._ask()
        return self._take()

    async def ack(self, positions: IntArray) -> int:
        """Acknowledge each; return the instant when the acks were handed to the connection, ns."""
        return await self._answer(self._unanswered.settle(positions), acks.ACK)

    async def ack_through(self, position: int) -> int:
        """Acknowledge it and all before it with one ack (`ack_policy: all`); return the instant."""
        return await self._answer([self._unanswered.settle_through(position)], acks.ACK)

    async def double_ack(self, positions: IntArray) -> int:
        """Acknowledge each; return the instant when the server had confirmed all, ns.

        Raises:
            MeasurementError: the connection broke first, or the consumer is gone.
        """
        ack_subjects = self._unanswered.settle(positions)
        if not ack_subjects:
            return time.monotonic_ns()
        reply, confirmed_ns = self._confirmations.expect(len(ack_subjects))
        await self._answer(ack_subjects, acks.ACK, reply)
        return await confirmed_ns

    async def nak(self, positions: IntArray, delay_ns: int = 0) -> int:
        """Have each delivered again, at once or after a delay; return the instant."""
        return await self._answer(self._unanswered.settle(positions), acks.nak(delay_ns))

    async def term(self, positions: IntArray, reason: str = "") -> int:
        """Have none of them delivered ever again; return the instant."""
        return await self._answer(self._unanswered.settle(positions), acks.term(reason))

    async def in_progress(self, positions: IntArray) -> int:
        """Start the ack wait of each anew; return the instant."""
        return await self._answer(self._unanswered.look(positions), acks.IN_PROGRESS)

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects, lost requests and errors seen so far, in words."""
        return self._faults.words()

    async def close(self) -> None:
        """Stop the flow and disconnect; never raises."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._heartbeats.stop()
        await self._connection.close()

    def subscriptions(self) -> bytes:
        """Listen for deliveries and confirmations."""
        confirmations = self._confirmations.subscription(_CONFIRMATION_SID)
        if self._pulls is not None:
            return self._pulls.subscriptions() + confirmations
        to = f"{self._binding.deliver_subject} {self._binding.deliver_group}".rstrip().encode()
        return b"SUB %b %d\r\n" % (to, _PUSH_SID) + confirmations

    def lost(self) -> None:
        """Forget what died with the connection."""
        if self._pulls is not None:
            self._pulls.forget()
        self._confirmations.lost()
        self._wake()

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain deliveries that `data` begins with."""
        columns, unread = self._reader.run(data)
        if columns is not None:
            self._came(columns, now_ns)
        return unread

    def message(self, message: Message, now_ns: int) -> None:
        """Take any other message."""
        if self._confirmations.take(message, now_ns):
            return
        status = status_of(message.header)
        if status is not None:
            self._take_status(message, status, now_ns)
            return
        columns = self._reader.one(message)
        if columns is None:
            self._faults.note("a message that no consumer delivered")
        else:
            self._came(columns, now_ns)

    def _came(self, columns: Columns, now_ns: int) -> None:
        self._arrivals.add(columns, now_ns)
        self._heartbeats.heard()
        if self._pulls is not None:
            self._pulls.received(columns[0], now_ns)
        self._wake()

    def _take_status(self, message: Message, status: Status, now_ns: int) -> None:
        if status.code == 100:
            self._heartbeats.heard()
            stalled = status.fields.get("Nats-Consumer-Stalled", "").encode()
            if message.reply or stalled:  # flow control: the server waits for an empty answer
                self._connection.answer(b"PUB %b 0\r\n\r\n" % (message.reply or stalled))
            if self._pulls is not None:
                self._pulls.alive(message.sid, now_ns)
        elif self._pulls is None:
            self._faults.note(f"push: {status.code} {status.text}")
        else:
            self._pulls.ended(message.subject, message.sid, status, now_ns)
            self._wake()

    async def _ask(self) -> None:
        if self._pulls is None:
            return
        if self._pulls.hopeless:
            raise MeasurementError(self._pulls.hopeless)
        requests = self._pulls.due(len(self._arrivals), time.monotonic_ns())
        if requests:
            await self._connection.write((requests,))

    def _take(self) -> Delivered:
        block, ack_subjects = self._arrivals.take()
        if self._binding.acks:
            self._unanswered.add(ack_subjects)
        return block

    async def _wait(self) -> None:
        """Wait for news, or until a pull request must be looked after."""
        loop = asyncio.get_running_loop()
        self._news = loop.create_future()
        if self._pulls is not None:
            self._set_alarm(loop, self._pulls.look_again_ns())
        await self._news

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, at_ns: int) -> None:
        """Wake at this instant at the latest; an alarm that rings earlier is left as it is."""
        if self._alarm is not None:
            if self._alarm_ns <= at_ns:
                return
            self._alarm.cancel()
        delay_s = max((at_ns - time.monotonic_ns()) / NS_PER_S, _SHORTEST_WAIT_S)
        self._alarm, self._alarm_ns = loop.call_later(delay_s, self._ring), at_ns

    def _ring(self) -> None:
        self._alarm = None
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _answer(self, ack_subjects: Sequence[bytes], verb: bytes, reply: bytes = b"") -> int:
        await self._connection.write((acks.answer_frames(ack_subjects, verb, reply),))
        return time.monotonic_ns()
