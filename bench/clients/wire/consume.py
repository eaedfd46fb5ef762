"""A consumer's connection: deliveries in, answers out, both in blocks."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from bench.clients.faults import Faults
from bench.clients.heartbeats import HeartbeatWatch
from bench.clients.port import Binding, Content, DeliverySink, Endpoint, Fetches, IntArray
from bench.clients.wire import acks
from bench.clients.wire.columns import Columns
from bench.clients.wire.connection import Connection
from bench.clients.wire.deliveries import (
    Arrivals,
    DeliveryReader,
    EventReader,
    Reader,
    RequestReader,
)
from bench.clients.wire.inbox import new_inbox
from bench.clients.wire.parse import Message, Status, status_of
from bench.clients.wire.pulls import PullRequests
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.spec.headers import HeaderPlace

_PUSH_SID = 1
_CONFIRMATION_SID = 1_000_000
"""Far above the sids of pull requests."""

_SHORTEST_WAIT_S = 0.001


_READERS: Mapping[str, Callable[[int, HeaderPlace | None], Reader]] = {
    "answer": RequestReader,
    "listen": EventReader,
}
"""By the mode of a binding; of others a consumer of a stream delivers."""


class WireConsumer:
    """ConsumerLink that speaks the protocol itself.

    Beyond the port it knows `in_progress` and `double_ack`, both for many positions at once. Every
    answer but `in_progress` is the last one for its position.
    """

    def __init__(self, endpoint: Endpoint, binding: Binding) -> None:
        self._binding = binding
        self._inbox = inbox = new_inbox(endpoint.inbox_prefix)
        self._faults = Faults()
        self._connection = Connection(endpoint, self, self._faults)
        answers = binding.mode == "answer"
        reader = _READERS.get(binding.mode, DeliveryReader)
        self._reader: Reader = reader(binding.id_offset, binding.id_header)
        self._verb = binding.reply if answers else acks.ACK
        self._arrivals = Arrivals()
        self._sink: DeliverySink | None = None
        self._asking = False
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ns = 0
        self._unanswered = acks.Unanswered()
        self._confirmations = acks.Confirmations(inbox)
        pulls = binding.mode == "pull"  # then they look after the heartbeats themselves
        watched_ns = 0 if pulls else binding.idle_heartbeat_ns
        self._heartbeats = HeartbeatWatch(watched_ns, self._faults.note)
        self._pulls = PullRequests(binding, inbox, self._faults, endpoint.js_api) if pulls else None

    async def open(self, sink: DeliverySink) -> None:
        """Connect and bind to the consumer; ServerUnavailableError when nobody answers."""
        self._sink = sink
        await self._connection.open()
        self._heartbeats.start()

    def ask(self) -> None:
        """Have a pull consumer's requests sent, again and again until something comes."""
        self._asking = True
        self._request()

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge each; or all and those before by one ack for the last one given."""
        if cumulative:
            ack_subjects = [self._unanswered.settle_through(int(positions[-1]))]
        else:
            ack_subjects = self._unanswered.settle(positions)
        if self._binding.double_acks:
            confirmed_ns = self._answer_surely(ack_subjects)
            confirmed_ns.add_done_callback(partial(self._confirmed, positions))
            return
        acked_ns = self._answer(ack_subjects, self._verb)
        if self._sink is not None:
            self._sink.acked(positions, acked_ns)

    def answer(self, position: int, payload: bytes) -> None:
        """Answer one delivery with a payload of its own."""
        answered_ns = self._answer(self._unanswered.settle(np.array([position])), payload)
        if self._sink is not None:
            self._sink.acked(np.array([position]), answered_ns)

    def _confirmed(self, positions: IntArray, confirmed_ns: "asyncio.Future[IntArray]") -> None:
        if self._sink is None or confirmed_ns.cancelled():
            return
        if (error := confirmed_ns.exception()) is not None:
            self._fail(MeasurementError(str(error)))
        else:
            self._sink.acked(positions, confirmed_ns.result())

    async def double_ack(self, positions: IntArray) -> int:
        """Acknowledge each; return the instant when the server had confirmed all, ns.

        Raises:
            MeasurementError: the connection broke first, or the consumer is gone.
        """
        ack_subjects = self._unanswered.settle(positions)
        if not ack_subjects:
            return time.monotonic_ns()
        return int((await self._answer_surely(ack_subjects)).max())

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again, at once or after a delay."""
        self._answer(self._unanswered.settle(positions), acks.nak(delay_ns))

    def term(self, positions: IntArray, reason: str = "") -> None:
        """Have none of them delivered ever again."""
        self._answer(self._unanswered.settle(positions), acks.term(reason))

    def drop(self, positions: IntArray) -> None:
        """Say nothing about them, now or later."""
        self._unanswered.settle(positions)

    def content(self, position: int) -> Content:
        """Refuse: what is in messages is not kept here, but by `WireContents`."""
        raise ValueError(f"what delivery {position} holds is not kept")

    def in_progress(self, positions: IntArray) -> int:
        """Start the ack wait of each anew; return the instant."""
        return self._answer(self._unanswered.look(positions), acks.IN_PROGRESS)

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects, lost requests and errors seen so far, in words."""
        return self._faults.words()

    @property
    def fetches(self) -> Fetches | None:
        """How often it asked for messages; None where they are pushed."""
        return None if self._pulls is None else Fetches(self._pulls.asked, self._pulls.empty)

    async def flush(self) -> None:
        """Return when the server has all that was handed over; ConnectionError where it broke."""
        await self._connection.flush()

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

    def connected(self) -> None:
        """Ask the server anew, where nothing came yet."""
        self._request()

    def lost(self) -> None:
        """Forget what died with the connection."""
        if self._pulls is not None:
            self._pulls.forget()
        self._confirmations.lost()

    def gone(self, error: MeasurementError) -> None:
        """Nothing more will come."""
        self._fail(error)

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain deliveries that `data` begins with."""
        columns, unread = self._reader.run(data)
        if self._pulls is not None and self._binding.pinned:
            self._pulls.pinned(data)
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
        if self._pulls is not None and self._binding.pinned:
            self._pulls.pinned(message.header)
        columns = self._reader.one(message)
        if columns is None:
            self._faults.note("a message that no consumer delivered")
        else:
            self._came(columns, now_ns)

    def _came(self, columns: Columns, now_ns: int) -> None:
        self._arrivals.add(columns, now_ns)
        self._heartbeats.heard()
        if self._pulls is not None:
            self._pulls.received(columns.sids, now_ns)

    def chunk_ends(self) -> None:
        """Hand over what came; or ask again, where a request ended with nothing."""
        if not self._arrivals:
            self._request()
            return
        self._asking = False
        block, ack_subjects = self._arrivals.take()
        if self._binding.acks:
            self._unanswered.add(ack_subjects)
        if self._sink is not None:
            self._sink.delivered(block)

    def _take_status(self, message: Message, status: Status, now_ns: int) -> None:
        if status.code == 100:
            self._heartbeats.heard()
            stalled = status.fields.get("Nats-Consumer-Stalled", "").encode()
            if message.reply or stalled:  # flow control
                self._go_on(message.reply or stalled)
            if self._pulls is not None:
                self._pulls.alive(message.sid, now_ns)
        elif self._pulls is None:
            self._faults.note(f"push: {status.code} {status.text}")
        else:
            self._pulls.ended(message.subject, message.sid, status, now_ns)

    def _go_on(self, to: bytes) -> None:
        """Say that we keep up: the server waits for an empty answer."""
        self._connection.answer(b"PUB %b 0\r\n\r\n" % to)

    def _request(self) -> None:
        """Send the pull requests that are due, and look again when the next one may be."""
        if self._pulls is None or not self._asking or not self._connection.is_open:
            return
        if self._pulls.hopeless:
            self._fail(MeasurementError(self._pulls.hopeless))
            return
        if self._alarm is not None and not self._pulls.idle:
            return  # all are open, and the alarm looks after them
        if requests := self._pulls.due(time.monotonic_ns()):
            self._connection.write((requests,))
        self._set_alarm(self._pulls.look_again_ns())

    def _fail(self, error: MeasurementError) -> None:
        self._asking = False
        if self._sink is not None:
            self._sink.failed(error)

    def _set_alarm(self, at_ns: int) -> None:
        """Wake at this instant at the latest; an alarm that rings earlier is left as it is."""
        if self._alarm is not None:
            if self._alarm_ns <= at_ns:
                return
            self._alarm.cancel()
        delay_s = max((at_ns - time.monotonic_ns()) / NS_PER_S, _SHORTEST_WAIT_S)
        self._alarm = asyncio.get_running_loop().call_later(delay_s, self._ring)
        self._alarm_ns = at_ns

    def _ring(self) -> None:
        self._alarm = None
        self._request()

    def _answer_surely(self, ack_subjects: Sequence[bytes]) -> "asyncio.Future[IntArray]":
        """Acknowledge; return what resolves, once all are confirmed, with the instant of each."""
        reply, confirmed_ns = self._confirmations.expect(len(ack_subjects))
        self._connection.write((acks.asking_frames(ack_subjects, acks.ACK, reply),))
        return confirmed_ns

    def _answer(self, ack_subjects: Sequence[bytes], verb: bytes) -> int:
        """Hand the answers over; return the instant."""
        frames = acks.answer_frames(ack_subjects, verb)
        # Before the write: the server may have an ack before the call is back.
        at_ns = time.monotonic_ns()
        self._connection.write((frames,))
        return at_ns
