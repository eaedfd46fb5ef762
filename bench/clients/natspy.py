"""The `nats-py` client behind the port: what a Python service sees.

Publishing uses core publish with an inbox of our own instead of `publish_async`, whose futures
never resolve after an error PubAck or a reconnect (nats.py#985): here each answer is seen.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

import nats.errors
import numpy as np
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.errors import ServiceUnavailableError

from bench.clients.buckets import MARKER_HEADER, marker_id
from bench.clients.faults import DUPLICATE, NO_STREAM
from bench.clients.heartbeats import HeartbeatWatch
from bench.clients.natspy_connection import NatsPyConnection, Outgoing
from bench.clients.port import (
    NO_ID,
    AckSink,
    AnswerSink,
    Binding,
    Content,
    Delivered,
    DeliverySink,
    Endpoint,
    Fetches,
    IntArray,
    Messages,
    Outcome,
)
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.plan.traffic import ID_DIGITS

_UNBOUNDED = 2**31
"""The library drops what exceeds its limits; the consumer's max_ack_pending is our bound."""

_NO_CONSUMER = "nobody answers the pull request (503): its consumer is gone, or JetStream is"

_SHORT_FORM, _LONG_FORM, _LONG_FORM_TOKENS = 4, 6, 11
"""Where the delivery count stands in an ack subject, and how long the long form is at least."""


class NatsPyPublisher(NatsPyConnection):
    """PublisherLink over nats-py; each message has its PubAck."""

    def __init__(self, endpoint: Endpoint, messages: Messages, sink: AckSink) -> None:
        super().__init__(endpoint)
        self._messages = messages
        self._sink = sink
        self._inbox = ""
        self._written = 0
        self._added = 0
        self._sending: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and listen for PubAcks."""
        client = await self._connect()
        self._inbox = client.new_inbox() + "."
        await client.subscribe(
            self._inbox + "*",
            cb=self._on_answer,
            pending_msgs_limit=_UNBOUNDED,
            pending_bytes_limit=_UNBOUNDED,
        )
        await client.flush()

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None when a new block is taken; else the task that sends the last one."""
        sending = self._sending
        if sending is None or not sending.done():
            return sending
        self._sending = None
        sending.result()  # raises what went wrong
        return None

    def send(self, first: int, stop: int) -> None:
        """Publish positions first..stop-1, one after the other, as the library does."""
        self._sending = asyncio.get_running_loop().create_task(self._publish(first, stop))

    async def close(self) -> None:
        """Flush and disconnect; never raises."""
        if self._sending is not None:
            self._sending.cancel()
        await super().close()

    async def _publish(self, first: int, stop: int) -> None:
        client, messages = self._client, self._messages
        if client is None:
            raise ValueError("send before open")
        for position in range(first, stop):
            out = Outgoing.of(messages, position, self._added)
            reply = f"{self._inbox}{position}"
            self._written = position + 1
            await client.publish(out.subject, out.payload, reply=reply, headers=out.headers)

    async def _note_disconnect(self) -> None:
        await super()._note_disconnect()
        self._sink.abandoned(self._written)
        self._sink.caught_up()

    async def _on_answer(self, message: Msg) -> None:
        now_ns = time.monotonic_ns()
        position = int(message.subject[len(self._inbox) :])
        status = (message.headers or {}).get("Status")
        if status is not None:
            no_stream = f" ({NO_STREAM})" if status == "503" else ""
            self._sink.refused(position, f"status {status}{no_stream}")
        elif b'"error"' in message.data:
            self._sink.refused(position, message.data.decode(errors="replace"))
        elif b'"duplicate"' in message.data:
            self._sink.refused(position, DUPLICATE, Outcome.DUPLICATE)
        else:
            self._added += 1
            self._sink.stored((position,), now_ns)
        self._sink.caught_up()


class NatsPySubscriber(NatsPyConnection):
    """What every way to consume over nats-py shares: subscribing, numbering and answering."""

    def __init__(self, endpoint: Endpoint, binding: Binding) -> None:
        super().__init__(endpoint)
        self._binding = binding
        self._sink: AnswerSink | None = None
        self._unacked: dict[int, Msg] = {}
        self._taken = 0
        self._fetched = self._empty = 0
        self._pushes: Subscription | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        watched_ns = binding.idle_heartbeat_ns if binding.mode == "push" else 0
        self._heartbeats = HeartbeatWatch(watched_ns, self._note_silence)

    async def close(self) -> None:
        """Stop the flow and disconnect; never raises."""
        self._heartbeats.stop()
        for task in self._tasks:
            task.cancel()
        await super().close()

    async def _listen(self, sink: AnswerSink) -> None:
        self._sink = sink
        client, binding = await self._connect(), self._binding
        if binding.mode == "pull":
            pull = await client.jetstream(prefix=self._endpoint.js_api).pull_subscribe_bind(
                binding.consumer,
                binding.stream,
                pending_msgs_limit=_UNBOUNDED,
                pending_bytes_limit=_UNBOUNDED,
            )
            self._start(self._fetch_forever(pull))
        else:
            self._pushes = await client.subscribe(
                binding.deliver_subject,
                queue=binding.deliver_group,
                cb=self._on_push,
                pending_msgs_limit=_UNBOUNDED,
                pending_bytes_limit=_UNBOUNDED,
            )
        await client.flush()
        self._heartbeats.start()

    async def _fetch_forever(self, pull: "JetStreamContext.PullSubscription") -> None:
        raise NotImplementedError

    async def _on_push(self, message: Msg) -> None:
        raise NotImplementedError

    async def _fetch(self, pull: "JetStreamContext.PullSubscription") -> Sequence[tuple[int, Msg]]:
        """Return a batch with its instant; nothing when the request expired without a message."""
        self._fetched += 1
        expires_s = self._binding.expires_ns / NS_PER_S
        heartbeat_s = self._binding.idle_heartbeat_ns / NS_PER_S or None
        try:
            fetched = await pull.fetch(
                self._binding.batch, timeout=expires_s, heartbeat=heartbeat_s
            )
        except (TimeoutError, nats.errors.TimeoutError):
            self._empty += 1
            return ()
        except ServiceUnavailableError as error:  # the library's own words leave the reason out
            raise MeasurementError(_NO_CONSUMER) from error
        now_ns = time.monotonic_ns()
        return [(now_ns, message) for message in fetched]

    @property
    def fetches(self) -> Fetches | None:
        """How often the library's fetch was called; None where messages are pushed."""
        pulls = self._binding.mode == "pull"
        return Fetches(self._fetched, self._empty) if pulls else None

    def _start(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            assert self._sink is not None  # noqa: S101 - it was open
            self._sink.failed(error)

    def _note_silence(self, words: str) -> None:
        """Note it, unless what came waits in the library until we are done with the last one."""
        if self._pushes is None or not self._pushes.pending_msgs:
            self._faults.note(words)

    async def acknowledge(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge each, one call of the library after the other, or the last one for all."""
        assert self._sink is not None  # noqa: S101 - it is open
        messages = [self._unacked.pop(position) for position in positions.tolist()]
        if cumulative or len(messages) == 1:
            self._sink.acked(positions, await self._answer(messages[-1]))
            return
        acked_ns: list[int] = []
        try:
            for message in messages:
                acked_ns.append(await self._answer(message))  # noqa: PERF401 - kept when one fails
        finally:  # what went before it is on its way
            if acked_ns:
                done = np.array(acked_ns, dtype=np.int64)
                self._sink.acked(positions[: done.size], done)

    async def asked_again(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again, at once or after a delay."""
        for position in positions.tolist():
            await self._unacked.pop(position).nak(delay_ns / NS_PER_S or None)

    async def given_up(self, positions: IntArray, reason: str = "") -> None:
        """Have none of them delivered ever again; the library tells no reason."""
        del reason
        for position in positions.tolist():
            await self._unacked.pop(position).term()

    def content(self, position: int) -> Content:
        """Return what a delivery that awaits its ack holds."""
        message = self._unacked[position]
        metadata = message.metadata
        return Content(
            data=message.data,
            subject=message.subject.removeprefix(self._binding.subject_prefix),
            headers=message.headers or {},
            seq=metadata.sequence.stream,
            deliveries=metadata.num_delivered,
        )

    async def still_working(self, positions: IntArray) -> None:
        """Say so of those that have no answer yet, one call of the library after the other."""
        for position in positions.tolist():
            if (message := self._unacked.get(position)) is not None:
                await message.in_progress()

    def drop(self, positions: IntArray) -> None:
        """Say nothing about them, now or later."""
        for position in positions.tolist():
            del self._unacked[position]

    async def flush(self) -> None:
        """Return when the server has all that was handed over; raises what the client does."""
        assert self._client is not None  # noqa: S101 - it is open
        await self._client.flush()

    async def _answer(self, message: Msg) -> int:
        """Acknowledge; return the instant before the library was told, or of the confirmation."""
        if self._binding.double_acks:
            await message.ack_sync()
            return time.monotonic_ns()
        at_ns = time.monotonic_ns()
        if self._binding.mode == "answer":
            await message.respond(self._binding.reply)
        else:
            await message.ack()
        return at_ns

    async def _answer_control(self, message: Msg) -> None:
        """Answer flow control; idle heartbeats need no answer."""
        stalled = (message.headers or {}).get("Nats-Consumer-Stalled")
        subject = message.reply or stalled
        if subject and self._client is not None:
            await self._client.publish(subject)


class NatsPyConsumer(NatsPySubscriber):
    """ConsumerLink over nats-py: `fetch` when pulling, a subscription callback when pushed."""

    def __init__(self, endpoint: Endpoint, binding: Binding) -> None:
        super().__init__(endpoint, binding)
        self._takes: DeliverySink | None = None
        self._pushed: list[tuple[int, Msg]] = []
        self._asked = asyncio.Event()
        self._answers: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()

    async def open(self, sink: DeliverySink) -> None:
        """Connect and bind to the consumer."""
        self._takes = sink
        await self._listen(sink)
        self._start(self._answer_forever())

    def ask(self) -> None:
        """Have the next fetch sent; what is pushed comes unasked."""
        self._asked.set()

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge each, one call of the library after the other, or the last one for all."""
        self._answers.put_nowait(partial(self.acknowledge, positions, cumulative=cumulative))

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again, one call of the library after the other."""
        self._answers.put_nowait(partial(self.asked_again, positions, delay_ns))

    def term(self, positions: IntArray, reason: str = "") -> None:
        """Have none delivered ever again, one call of the library after the other."""
        self._answers.put_nowait(partial(self.given_up, positions, reason))

    def in_progress(self, positions: IntArray) -> None:
        """Say that they are still worked on, one call of the library after the other."""
        self._answers.put_nowait(partial(self.still_working, positions))

    async def flush(self) -> None:
        """Return when all answers are given, and the server has them."""
        await self._answers.join()
        await super().flush()

    async def _answer_forever(self) -> None:
        while True:
            answer = await self._answers.get()
            await answer()
            self._answers.task_done()

    async def _fetch_forever(self, pull: "JetStreamContext.PullSubscription") -> None:
        while True:
            await self._asked.wait()
            await self._answers.join()  # as services do: acknowledge, then fetch
            if fetched := await self._fetch(pull):
                self._asked.clear()
                self._hand_over(fetched)

    async def _on_push(self, message: Msg) -> None:
        self._heartbeats.heard()
        if self._binding.mode != "listen" and is_control(message):
            await self._answer_control(message)
            return
        if not self._pushed:  # what else is there already comes along
            asyncio.get_running_loop().call_soon(self._hand_over_pushed)
        self._pushed.append((time.monotonic_ns(), message))

    def _hand_over_pushed(self) -> None:
        pushed, self._pushed = self._pushed, []
        self._hand_over(pushed)

    def _hand_over(self, arrivals: Sequence[tuple[int, Msg]]) -> None:
        assert self._takes is not None  # noqa: S101 - it is open
        self._takes.delivered(self._delivered(arrivals))

    def _delivered(self, arrivals: Sequence[tuple[int, Msg]]) -> Delivered:
        told = identity if self._binding.mode in ("pull", "push") else requested
        rows = [(now_ns, *told(message, self._binding)) for now_ns, message in arrivals]
        if self._binding.acks:
            numbered = enumerate((message for _, message in arrivals), start=self._taken)
            self._unacked.update(numbered)
        self._taken += len(arrivals)
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        return Delivered(
            received_ns=columns[0], ids=columns[1], stream_seqs=columns[2], deliveries=columns[3]
        )


def is_control(message: Msg) -> bool:
    """Say whether it is a heartbeat or flow control, and no delivery."""
    return message.reply == "" or bool(message.headers and "Status" in message.headers)


def identity(message: Msg, binding: Binding) -> tuple[int, int, int]:
    """Return id, stream sequence and delivery count; the id is -1 when it carries none.

    Of a marker that the server set, the id says so (`bench.clients.buckets`).
    """
    tokens = message.reply.split(".")
    # $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>; the
    # long form has a domain and an account hash before the stream, and a random token at the end.
    start = _SHORT_FORM if len(tokens) < _LONG_FORM_TOKENS else _LONG_FORM
    deliveries, stream_seq = int(tokens[start]), int(tokens[start + 1])
    if message.headers and MARKER_HEADER in message.headers:
        return marker_id(message.subject), stream_seq, deliveries
    return _id_of(message, binding), stream_seq, deliveries


def requested(message: Msg, binding: Binding) -> tuple[int, int, int]:
    """Return the same of a core request: no stream holds it, and nobody delivers it again."""
    return _id_of(message, binding), 0, 1


def _id_of(message: Msg, binding: Binding) -> int:
    if (place := binding.id_header) is not None:
        value = (message.headers or {}).get(place.name, "")
        digits = value[place.at : place.at + ID_DIGITS].encode()
    else:
        digits = message.data[binding.id_offset : binding.id_offset + ID_DIGITS]
    return int(digits) if digits.isdigit() else NO_ID
