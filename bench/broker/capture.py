"""Reads what a live stream stores: subjects, sizes and instants, and nothing is changed by it.

An ephemeral consumer of ours hears headers alone, so that payloads never leave the server unless
they are asked for; it acknowledges nothing and is removed at the end. A stream whose retention
asks who has read is refused: there our reading would count.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import nats.errors
import numpy as np
from nats.aio.msg import Msg

from bench.broker.admin import ApiError, api, js_api_of
from bench.broker.link import Link
from bench.core.errors import BenchError, MeasurementError, UsageError
from bench.core.ids import OWNER_KEY
from bench.spec.traces import MAX_SAMPLE_BYTES, MAX_TRACE_SUBJECTS, Trace

ASKED_MSGS = 500
ASKED_NS = 500_000_000
SILENCE_S = 5.0
"""So long the server may say nothing, not even that a request is over."""

INACTIVE_NS = 30_000_000_000
"""The server removes the consumer after it where nobody can."""

_SIZE = "Nats-Msg-Size"
_STREAM_NOT_FOUND = 10059


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be recorded.

    Attributes:
        stream: of the server.
        filter: subjects of it; all when empty.
        stored: begin with the oldest message, and end with the newest of now; else what comes.
        payloads: one of each size is kept as well; else they never leave the server.
        messages: at most.
        span_s: at most.
    """

    stream: str
    filter: str = ""
    stored: bool = False
    payloads: bool = False
    messages: int
    span_s: float


@dataclass(slots=True, kw_only=True)
class Heard:
    """What was heard so far, in the order of the stream.

    Attributes:
        stored_ns: when each was stored, by the server's clock.
        size_bytes: of each payload.
        subject_index: of each.
        subjects: by their index.
        left: messages that were stored behind the last one when it came.
        payloads: samples are kept.
        samples: a payload by its size.
        whole: all subjects of the stream are heard, so that its sequences are without a hole.
        gone: messages between the first and the last heard that the stream no longer had.
    """

    stored_ns: list[int] = field(default_factory=list)
    size_bytes: list[int] = field(default_factory=list)
    subject_index: list[int] = field(default_factory=list)
    subjects: dict[str, int] = field(default_factory=dict)
    left: int = 0
    payloads: bool = False
    samples: dict[int, bytes] = field(default_factory=dict)
    whole: bool = False
    gone: int = 0
    _number: int = 0
    _seq: int = 0
    _sample_bytes: int = 0

    def add(self, message: Msg) -> None:
        """Keep one; MeasurementError where one before it never came."""
        seq, number, stored_ns, self.left = _place(message.reply)
        if number != self._number + 1:
            raise MeasurementError(f"{number - self._number - 1} messages were missed on the way")
        self.gone += seq - self._seq - 1 if self.whole and self._number else 0
        self._seq, self._number = seq, number
        self.stored_ns.append(stored_ns)
        self.size_bytes.append(int((message.headers or {}).get(_SIZE, len(message.data))))
        self._sample(message.data)
        index = self.subjects.setdefault(message.subject, len(self.subjects))
        self.subject_index.append(index)
        if index >= MAX_TRACE_SUBJECTS:
            allowed = f"up to {MAX_TRACE_SUBJECTS}; --filter takes some"
            raise UsageError(f"the stream has too many subjects; allowed: {allowed}")

    def _sample(self, data: bytes) -> None:
        """Keep the first payload of each size, as far as there is room."""
        room = self._sample_bytes + len(data) <= MAX_SAMPLE_BYTES
        if self.payloads and data and room and len(data) not in self.samples:
            self.samples[len(data)] = bytes(data)
            self._sample_bytes += len(data)

    def trace(self) -> Trace:
        """Return what was heard as a trace; a clock that was set back gives a gap of 0."""
        gaps = np.diff(np.array(self.stored_ns, dtype=np.int64), prepend=self.stored_ns[:1])
        return Trace(
            gap_ns=gaps.clip(min=0),
            size_bytes=np.array(self.size_bytes, dtype=np.int64),
            subject_index=np.array(self.subject_index, dtype=np.int64),
            subjects=tuple(self.subjects),
            samples=tuple(self.samples[size] for size in sorted(self.samples)),
        )


async def capture(link: Link, wanted: Wanted, heard: Heard) -> None:
    """Hear a stream until there is enough; what was heard stands in `heard` at any time.

    Raises:
        UsageError: there is no such stream, its retention would count us, or no such filter.
        MeasurementError: the server stopped answering, or messages were missed.
    """
    await _require_plain(link, wanted.stream)
    until_s = time.monotonic() + wanted.span_s
    async with _consumer(link, wanted) as (name, waiting):
        heard.left = waiting
        inbox = link.new_inbox()
        queue: asyncio.Queue[Msg] = asyncio.Queue()
        subscription = await link.subscribe(inbox, cb=queue.put)
        try:
            subject = f"{js_api_of(link)}.CONSUMER.MSG.NEXT.{wanted.stream}.{name}"
            while _goes_on(wanted, heard, until_s):
                count = _room(wanted, heard)
                body = b'{"batch":%d,"expires":%d}' % (count, ASKED_NS)
                await link.publish(subject, body, reply=inbox)
                await _answers(queue, count, heard)
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()


def _goes_on(wanted: Wanted, heard: Heard, until_s: float) -> bool:
    enough = len(heard.stored_ns) >= wanted.messages or (wanted.stored and not heard.left)
    return not enough and time.monotonic() < until_s


def _room(wanted: Wanted, heard: Heard) -> int:
    room = min(ASKED_MSGS, wanted.messages - len(heard.stored_ns))
    return min(room, heard.left) if wanted.stored else room


async def _answers(queue: "asyncio.Queue[Msg]", count: int, heard: Heard) -> None:
    """Keep what a request brings: so many messages, or fewer where the server ends it."""
    for _ in range(count):
        try:
            message = await asyncio.wait_for(queue.get(), SILENCE_S)
        except TimeoutError:
            raise MeasurementError("the server stopped answering") from None
        if not message.reply:
            _check_end(message)
            return
        heard.add(message)


def _check_end(message: Msg) -> None:
    status = (message.headers or {}).get("Status", "")
    if status not in {"404", "408"}:
        why = (message.headers or {}).get("Description", "") or "it is gone"
        raise MeasurementError(f"the server ended the reading: {status} {why}".strip())


async def _require_plain(link: Link, stream: str) -> None:
    try:
        info = await api(link, f"STREAM.INFO.{stream}")
    except ApiError as error:
        if error.err_code == _STREAM_NOT_FOUND:
            raise UsageError(f"there is no stream {stream} here") from None
        raise
    if (retention := info["config"].get("retention", "limits")) != "limits":
        raise UsageError(
            f"stream {stream} keeps messages by {retention}: who reads it changes what it keeps; "
            "allowed: a stream of retention limits, such as a mirror of it"
        )


@asynccontextmanager
async def _consumer(link: Link, wanted: Wanted) -> AsyncIterator[tuple[str, int]]:
    """Have a consumer meanwhile; yields its name and how many messages wait for it."""
    name = f"jetbench-capture-{secrets.token_hex(4)}"
    config: dict[str, object] = {
        "name": name,
        "description": "made by jetbench capture; removed when it ends",
        "metadata": {OWNER_KEY: name},
        "deliver_policy": "all" if wanted.stored else "new",
        "ack_policy": "none",
        "headers_only": not wanted.payloads,
        "mem_storage": True,
        "num_replicas": 1,
        "inactive_threshold": INACTIVE_NS,
    }
    operation = f"CONSUMER.CREATE.{wanted.stream}.{name}"
    if wanted.filter:
        config["filter_subject"] = wanted.filter
        operation = f"{operation}.{wanted.filter}"
    body = {"stream_name": wanted.stream, "config": config, "action": "create"}
    try:
        made = await api(link, operation, body)
        yield name, int(made["num_pending"])
    finally:
        with suppress(BenchError, nats.errors.Error, OSError):
            await api(link, f"CONSUMER.DELETE.{wanted.stream}.{name}")


def _place(reply: str) -> tuple[int, int, int, int]:
    """Return a delivery's sequence of the stream, the consumer's number, its instant, what is left.

    The instant is when it was stored, in ns.

    Source: ADR-15 of NATS: `$JS.ACK.` with five words before them, or with a domain and an account
    and seven.
    """
    words = reply.split(".")
    at = 5 if len(words) == 9 else 7
    seq, number, stored_ns, left = map(int, words[at : at + 4])
    return seq, number, stored_ns, left
