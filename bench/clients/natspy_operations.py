"""Operations over nats-py, each a task that awaits the library's calls, as a service does."""

import asyncio
from collections.abc import Mapping, Sequence

import nats.errors
import numpy as np
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue

from bench.clients.buckets import Bucket, SaidSink, Value
from bench.clients.natspy_connection import CLOSE_TIMEOUT_S, NatsPyConnection, Outgoing
from bench.clients.port import AckSink, Endpoint, Messages, Outcome
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S

ANSWER_WITHIN_S = 5.0
"""How long a call of the library waits, as it does by itself, where nobody says how long."""


class NatsPyOperations(NatsPyConnection):
    """PublisherLink over nats-py that begins a task for each operation.

    A call that has no answer in time leaves its operation unanswered.

    Attributes:
        one_call: an operation is one call of the library, which bounds its time itself.
    """

    one_call = False

    def __init__(self, endpoint: Endpoint, sink: AckSink, within_ns: int = 0) -> None:
        """Be ready.

        Args:
            endpoint: how to connect.
            sink: is told of answers.
            within_ns: how long an operation may take as a whole; 0 for any time.
        """
        super().__init__(endpoint)
        self._sink = sink
        self._within_s = within_ns / NS_PER_S or None
        self._context: JetStreamContext | None = None
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._written = 0

    async def open(self) -> None:
        """Connect and be ready."""
        client = await self._connect()
        timeout_s = self._within_s or ANSWER_WITHIN_S
        self._context = client.jetstream(prefix=self._endpoint.js_api, timeout=timeout_s)

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None: each operation is a task; MeasurementError on a connection that is gone."""
        if self._client is not None and self._client.is_closed:
            raise MeasurementError("connection lost")
        return None

    def send(self, first: int, stop: int) -> None:
        """Begin the operations of positions first..stop-1."""
        for position in range(first, stop):
            self.begin(position)

    def begin(self, position: int) -> None:
        """Begin one."""
        self._written = max(self._written, position + 1)
        task = asyncio.get_running_loop().create_task(self._operate(position))
        self._under_way[position] = task
        task.add_done_callback(lambda _: self._under_way.pop(position, None))

    def flush(self) -> None:
        """Nothing to do: the library sends what it is given."""

    async def close(self) -> None:
        """Break off what is under way and disconnect; never raises."""
        if under_way := set(self._break_off()):
            await asyncio.wait(under_way, timeout=CLOSE_TIMEOUT_S)
        await super().close()

    @property
    def context(self) -> JetStreamContext:
        """JetStream; ValueError before it is open."""
        if self._context is None:
            raise ValueError("not open")
        return self._context

    async def _publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> PubAck:
        return await self.context.publish(
            subject, payload, headers=dict(headers) if headers else None
        )

    async def _operate(self, position: int) -> None:
        try:
            if self.one_call or self._within_s is None:
                await self._try(position)
            else:
                async with asyncio.timeout(self._within_s):
                    await self._try(position)
        except TimeoutError:
            self._unanswered(position)
        except (OSError, MeasurementError, nats.errors.Error) as error:
            self._refused(position, f"{type(error).__name__}: {error}")
        self._sink.caught_up()

    async def _try(self, position: int) -> None:
        """Do one operation and tell the sink."""
        raise NotImplementedError

    def _unanswered(self, position: int) -> None:
        """Nobody knows what became of it."""
        self._sink.abandoned(position + 1)

    def _refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """It did not come about."""
        self._sink.refused(position, reason, outcome)

    def _break_off(self) -> Sequence["asyncio.Task[None]"]:
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        return tasks

    async def _note_disconnect(self) -> None:
        """Nobody knows what became of what was under way; it is not tried again."""
        await super()._note_disconnect()
        if self._client is None:
            return  # it is we who close
        self._break_off()
        self._sink.abandoned(self._written)
        self._sink.caught_up()


class NatsPyKeys(NatsPyOperations):
    """PublisherLink over nats-py whose operations each are calls of its KeyValue."""

    def __init__(self, endpoint: Endpoint, sink: SaidSink, bucket: Bucket) -> None:
        super().__init__(endpoint, sink, bucket.within_ns)
        self._said = sink.said
        self._bucket = bucket
        self._prefix = f"$KV.{bucket.stream.removeprefix('KV_')}."
        self._keys: KeyValue | None = None

    async def open(self) -> None:
        """Connect and look the bucket up."""
        await super().open()
        self._keys = await self.context.key_value(self._bucket.stream.removeprefix("KV_"))

    @property
    def keys(self) -> KeyValue:
        """The bucket; ValueError before it is open."""
        if self._keys is None:
            raise ValueError("the bucket is not open")
        return self._keys

    async def _value(self, key: str, revision: int | None = None) -> Value:
        """Return what the library gets of a key, at a revision if that is given.

        What the server puts in a value's place when its time is over comes as a value of None.
        """
        try:
            entry = await self.keys.get(key, revision)
        except KeyNotFoundError as error:
            return _gone(error.entry)
        return Value(seq=entry.revision or 0, gone=entry.value is None, data=entry.value or b"")

    def _tell(self, position: int, number: int) -> None:
        """Tell a number of an operation, above 0 where there is one."""
        self._said(np.array([position]), np.array([number]))


def _gone(entry: KeyValue.Entry | None) -> Value:
    if entry is None:
        return Value(gone=True)
    return Value(seq=entry.revision or 0, gone=True, data=entry.value or b"")


class NatsPyMessageKeys(NatsPyKeys):
    """The same, whose operations are messages that are addressed to keys."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._messages = messages

    def _key(self, position: int) -> str:
        subject: str = self._messages.subjects[self._messages.subject_index[position]]
        return subject.removeprefix(self._prefix)

    def _payload(self, position: int) -> bytes:
        return Outgoing.of(self._messages, position).payload
