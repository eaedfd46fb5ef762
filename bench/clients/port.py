"""The port between the engine and a NATS client: batch-shaped, so that neither pays for the other.

The engine speaks in message indices of its own plan and in blocks; the client owns the connection
and the bytes. All instants are CLOCK_MONOTONIC nanoseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.broker.endpoint import Endpoint
from bench.plan.traffic import PayloadTemplate
from bench.spec.variant import PublishSettings

__all__ = [
    "ASYNC",
    "NO_ID",
    "AckSink",
    "Binding",
    "ConsumerLink",
    "Delivered",
    "Endpoint",
    "IntArray",
    "Messages",
    "PayloadTemplate",
    "PublisherLink",
]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """What one publisher sends, decided before the first send; position i is its i-th message.

    Attributes:
        ids: message id (bench.plan.traffic) of each, shape (n,).
        subjects: every subject in use.
        subject_index: index into `subjects` of each, shape (n,).
        payloads: a template for every size in use; the id replaces its placeholder bytes.
        payload_index: index into `payloads` of each, shape (n,).
        headers: name and value of every message's headers; in a value `{id}` stands for the
            digits of its id, and `{last}` for the sequence of the message that the stream stored
            before it, as far as this publisher can know.
    """

    ids: IntArray
    subjects: tuple[str, ...]
    subject_index: IntArray
    payloads: tuple[PayloadTemplate, ...]
    payload_index: IntArray
    headers: tuple[tuple[str, str], ...] = ()


NO_ID = -1
"""Stands for the id of a message that carries none: not one of ours."""


ASYNC = PublishSettings()
"""A PubAck for every message, and many messages on their way."""


class AckSink(Protocol):
    """Where a publisher's connection reports what became of messages; called from its loop."""

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        """PubAcks came for these positions, seen at this instant."""

    def refused(self, position: int, reason: str) -> None:
        """An error PubAck (or a 503) came for this position."""

    def abandoned(self, stop: int) -> None:
        """The connection broke: positions below `stop` without an answer will hardly get one."""


class PublisherLink(Protocol):
    """One publisher's connection. Errors of the connection surface in `faults`."""

    async def open(self) -> None:
        """Connect and be ready to publish; ServerUnavailableError when nobody answers."""

    async def send(self, first: int, stop: int) -> None:
        """Hand positions first..stop-1 to the connection, in order."""

    @property
    def duplicates(self) -> int:
        """Messages that the stream had already, as it said; they count as stored, too."""

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects and errors seen so far, in words."""

    async def close(self) -> None:
        """Flush and disconnect; never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A block of deliveries, in the order they came.

    A link numbers its deliveries from 0 without gaps; that position is what `ack` takes.

    Attributes:
        received_ns: when each was taken from the connection, shape (n,).
        ids: message id read from each payload, NO_ID where it holds none, shape (n,).
        stream_seqs: stream sequence of each, shape (n,).
        deliveries: how often the server has delivered each, 1 for the first time, shape (n,).
    """

    received_ns: IntArray
    ids: IntArray
    stream_seqs: IntArray
    deliveries: IntArray


class ConsumerLink(Protocol):
    """One consumer process's connection."""

    async def open(self) -> None:
        """Connect and bind to the consumer; messages may arrive from now on."""

    async def take(self) -> Delivered:
        """Wait for messages and return what has come, at least one message.

        A pull link asks for at most a batch, and only while this is awaited; a push link returns
        what was pushed since the last call.
        """

    async def ack(self, positions: IntArray) -> int:
        """Acknowledge each; return the instant when the acks were handed to the connection, ns."""

    async def ack_through(self, position: int) -> int:
        """Acknowledge it and all before it with one ack (`ack_policy: all`); return the instant."""

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects, dropped messages and errors seen so far, in words."""

    async def close(self) -> None:
        """Stop the flow and disconnect; never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Which JetStream consumer a consumer link takes from, and how.

    Attributes:
        stream, consumer: names.
        mode: `pull` or `push`.
        batch: most messages of one pull request.
        expires_ns: how long a pull request waits on the server.
        requests: pull requests open at a time.
        id_offset: where in every payload the id stands, as ID_DIGITS ASCII digits.
        acks: the variant acknowledges; a link keeps nothing of a delivery when it does not.
        deliver_subject: of a push consumer; empty for pull.
        deliver_group: queue group of a push consumer; empty for none.
        idle_heartbeat_ns: how often an idle push consumer is told that it is alive; 0 for never.
    """

    stream: str
    consumer: str
    mode: str
    batch: int
    expires_ns: int
    id_offset: int
    requests: int = 1
    acks: bool = True
    deliver_subject: str = ""
    deliver_group: str = ""
    idle_heartbeat_ns: int = 0
