"""Keys over nats-py: reads as its requests, updates and creations by its own KeyValue."""

import asyncio
import time
from collections.abc import Mapping

import nats.errors
import numpy as np
from nats.aio.msg import Msg
from nats.js.errors import APIError, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from bench.clients.buckets import Bucket, SaidSink, Value, counted
from bench.clients.natspy import NatsPyPublisher
from bench.clients.natspy_requests import NatsPyRequester
from bench.clients.port import Endpoint, Messages, Outcome
from bench.clients.wire.parse import Message
from bench.clients.wire.values import GAVE_UP, read_value
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S


class NatsPyReader(NatsPyRequester):
    """PublisherLink over nats-py whose messages ask for keys' values."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink, bucket.within_ns)
        self._said = sink.said
        self._offset = bucket.id_offset

    def _took(self, position: int, message: Msg, now_ns: int) -> None:
        try:
            value = read_value(_plain(message))
        except MeasurementError as error:
            self._sink.refused(position, str(error))
            return
        self._said(np.array([position]), np.array([value.number(self._offset)]))
        self._sink.stored((position,), now_ns)


def _plain(message: Msg) -> Message:
    """Return a message of the library as the wire has it."""
    header = _header(message.headers) if message.headers else b""
    return Message(message.subject.encode(), 1, b"", header, bytes(message.data))


def _header(fields: Mapping[str, str]) -> bytes:
    status = " ".join(filter(None, (fields.get("Status"), fields.get("Description"))))
    lines = [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"NATS/1.0 {status}".rstrip(), *lines, "", ""]).encode()


class NatsPyKeys(NatsPyPublisher):
    """PublisherLink over nats-py whose operations each are calls of its KeyValue."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink)
        self._said = sink.said
        self._bucket = bucket
        self._keys: KeyValue | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect and look the bucket up."""
        client = await self._connect()
        context = client.jetstream(prefix=self._endpoint.js_api)
        self._keys = await context.key_value(self._bucket.stream.removeprefix("KV_"))

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None: each operation is a task of its own."""
        return None

    def send(self, first: int, stop: int) -> None:
        """Begin the operations of positions first..stop-1."""
        loop = asyncio.get_running_loop()
        for position in range(first, stop):
            task = loop.create_task(self._operate(position))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        self._written = stop

    async def close(self) -> None:
        """Break off what is under way and disconnect; never raises."""
        for task in self._under_way:
            task.cancel()
        await super().close()

    async def _operate(self, position: int) -> None:
        try:
            await self._try(position)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            self._sink.refused(position, f"{type(error).__name__}: {error}")
        self._sink.caught_up()

    async def _try(self, position: int) -> None:
        """Do one operation and tell the sink."""
        raise NotImplementedError

    @property
    def keys(self) -> KeyValue:
        """The bucket; ValueError before it is open."""
        if self._keys is None:
            raise ValueError("the bucket is not open")
        return self._keys

    def _key(self, position: int) -> str:
        subject: str = self._messages.subjects[self._messages.subject_index[position]]
        return subject.removeprefix(f"$KV.{self._bucket.stream.removeprefix('KV_')}.")


class NatsPyCreator(NatsPyKeys):
    """PublisherLink over nats-py whose messages each create a key."""

    async def _try(self, position: int) -> None:
        template = self._messages.payloads[self._messages.payload_index[position]]
        payload = template.filled(int(self._messages.ids[position]))
        try:
            ttl_s = self._bucket.ttl_s or None
            await self.keys.create(self._key(position), payload, msg_ttl=ttl_s)
        except KeyWrongLastSequenceError:
            self._sink.refused(position, "", Outcome.CONFLICT)
        else:
            self._sink.stored((position,), time.monotonic_ns())


class NatsPyScanner(NatsPyKeys):
    """PublisherLink over nats-py whose messages each list the keys that a filter matches.

    By `watch`, as its own `keys` does: that one takes no filter to the server.
    """

    async def _try(self, position: int) -> None:
        watcher = await self.keys.watch(
            self._key(position), ignore_deletes=True, meta_only=not self._bucket.values
        )
        found = set()
        try:
            async with asyncio.timeout(self._bucket.within_ns / NS_PER_S):
                while (entry := await anext(watcher)) is not None:
                    found.add(entry.key)
        except TimeoutError:
            self._sink.abandoned(position + 1)
            return
        now_ns = time.monotonic_ns()
        await watcher.stop()  # type: ignore[no-untyped-call]
        self._said(np.array([position]), np.array([len(found) + 1]))
        self._sink.stored((position,), now_ns)


class NatsPyUpdater(NatsPyKeys):
    """PublisherLink over nats-py whose operations each add one to a counter."""

    async def _try(self, position: int) -> None:
        for conflicts in range(self._bucket.tries):
            if await self._once(position):
                self._tell(position, conflicts)
                self._sink.stored((position,), time.monotonic_ns())
                return
        self._tell(position, self._bucket.tries)
        self._sink.refused(position, GAVE_UP, Outcome.CONFLICT)

    async def _once(self, position: int) -> bool:
        """Read, add one, write; say False where another writer was faster."""
        messages, key = self._messages, self._key(position)
        template = messages.payloads[messages.payload_index[position]].content
        value = await self._value(key)
        payload = counted(template, int(messages.ids[position]), value.count + 1)
        try:
            await self.keys.update(key, payload, last=value.seq)
        except KeyWrongLastSequenceError:
            return False
        return True

    async def _value(self, key: str) -> Value:
        try:
            entry = await self.keys.get(key)
        except KeyNotFoundError as error:
            found = error.entry
            return Value(seq=(found.revision or 0) if found else 0, gone=True)
        except APIError as error:
            raise MeasurementError(str(error)) from error
        return Value(seq=entry.revision or 0, data=entry.value or b"")

    def _tell(self, position: int, conflicts: int) -> None:
        self._said(np.array([position]), np.array([conflicts + 1]))
