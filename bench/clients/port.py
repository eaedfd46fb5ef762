"""The port between the engine and a NATS client: batch-shaped, so that neither pays for the other.

The engine speaks in message indices of its own plan and in blocks; the client owns the connection
and the bytes. What comes in is told by plain calls from the event loop, not by awaiting it: a task
that wakes up for every block costs as much as the block (docs/adr/0014). All instants are
CLOCK_MONOTONIC nanoseconds.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.broker.endpoint import Endpoint
from bench.plan.signing import Signer
from bench.plan.traffic import PayloadTemplate
from bench.spec.headers import HeaderPlace
from bench.spec.variant import PublishSettings

__all__ = [
    "ASYNC",
    "NO_ID",
    "AckSink",
    "AnswerSink",
    "Binding",
    "ConsumerLink",
    "Content",
    "Delivered",
    "DeliverySink",
    "Ending",
    "Endpoint",
    "Fetches",
    "IntArray",
    "Messages",
    "Outcome",
    "PayloadTemplate",
    "PublisherLink",
    "TaskLink",
    "TaskSink",
]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """What one publisher sends, decided before the first send; position i is its i-th message.

    Attributes:
        ids: message id (bench.plan.traffic) of each, shape (n,).
        subjects: every subject in use; in the only one `{id}` may stand for the digits of an id.
        subject_index: index into `subjects` of each, shape (n,).
        payloads: a template for every size in use; the id replaces its placeholder bytes.
        payload_index: index into `payloads` of each, shape (n,).
        headers: name and value of every message's headers; in a value `{id}` stands for the
            digits of its id, and `{last}` for the sequence of the message that the stream stored
            before it, as far as this publisher can know.
        acts: headers that some messages have besides.
        act_index: index into `acts` of each, shape (n,); None where they all do the same.
        at_ns: instants since 1970 that `{at}` stands for in headers, shape (n,), in
            UTC and without a zone; known when the trial begins. None where it stands nowhere.
        signer: of what `{signature}` stands for in headers; None where it stands nowhere.
    """

    ids: IntArray
    subjects: tuple[str, ...]
    subject_index: IntArray
    payloads: tuple[PayloadTemplate, ...]
    payload_index: IntArray
    headers: tuple[tuple[str, str], ...] = ()
    acts: tuple[tuple[tuple[str, str], ...], ...] = ((),)
    act_index: IntArray | None = None
    at_ns: IntArray | None = None
    signer: Signer | None = None


NO_ID = -1
"""Stands for the id of a message that carries none: not one of ours."""


ASYNC = PublishSettings()
"""A PubAck for every message, and many messages on their way."""


class Outcome(IntEnum):
    """What an answer was that is not the wanted one; the column of a record has these numbers."""

    REFUSED = 1
    NO_RESPONDERS = 2  # the server knew nobody who would answer
    CONFLICT = 3  # another writer was faster, each time that it was tried, or the key was there
    DUPLICATE = 4  # by its Nats-Msg-Id the stream knew it, and did not add it

    @property
    def word(self) -> str:
        """What a ledger counts it under."""
        return self.name.lower()


class Ending(IntEnum):
    """How a delivery ended that was not handled and acknowledged; a column of a record."""

    NAKED = 1  # it failed, and was asked for again
    TERMINATED = 2  # it failed, and is wanted never again
    SILENT = 3  # it failed, and nothing was said: it comes again when its ack wait is over
    UNACKED = 4  # it was handled, and nothing was said
    TOO_LATE = 5  # it failed when it was acknowledged already, or no ack is awaited
    EXHAUSTED = 6  # it failed, and the server delivers no more often
    REPEATED = 7  # it had been handled before: acknowledged, and nothing done
    IN_HAND = 8  # it was being handled: left to that
    UNPOSTED = 9  # it is to be given up, and its dead letter was not stored: asked for again
    CRASHED = 10  # the process ended itself, as planned: it comes again if an ack is awaited
    RETURNED = 11  # it was handled, and another of its batch failed: asked for again
    TURNED_AWAY = 12  # nothing was tried, what handlers depend on is left alone: asked for again
    SUPERSEDED = 13  # a later one of its key was there: acknowledged, and nothing done

    @property
    def word(self) -> str:
        """What a ledger counts it under."""
        return self.name.lower()


class AckSink(Protocol):
    """Where a publisher's connection reports what became of messages; called from its loop."""

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        """PubAcks came for these positions, seen at this instant."""

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """Another answer than the wanted one came for this position; no reason where it is fair."""

    def abandoned(self, stop: int) -> None:
        """The connection broke: positions below `stop` without an answer will hardly get one."""

    def caught_up(self) -> None:
        """Everything that came by now has been told; the link may be used from within."""


class PublisherLink(Protocol):
    """One publisher's connection. Errors of the connection surface in `faults`."""

    async def open(self) -> None:
        """Connect and be ready to publish; ServerUnavailableError when nobody answers."""

    def blocked(self) -> "asyncio.Future[None] | None":
        """Return None when messages are taken now; else what resolves when to ask again.

        Raises:
            MeasurementError: the connection is gone for good.
        """

    def send(self, first: int, stop: int) -> None:
        """Hand positions first..stop-1 to the connection, in order; not while it is blocked."""

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects and errors seen so far, in words."""

    async def close(self) -> None:
        """Flush and disconnect; never raises."""


class Delivered(NamedTuple):
    """A block of deliveries, in the order they came; a tuple, as one is made for every block.

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


class Fetches(NamedTuple):
    """How often a link asked for messages.

    Attributes:
        asked: pull requests sent, or calls of a library's fetch.
        empty: of those, how many ended without a message.
    """

    asked: int
    empty: int


class AnswerSink(Protocol):
    """Where a consumer's connection reports what became of acks, and of itself."""

    def acked(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """Their acks were handed to the connection, or confirmed by the server (double acks).

        Args:
            positions: which, shape (n,).
            acked_ns: the instant just before each was handed over, shape (n,); one for all that
                were handed over together. Of a double ack, when its confirmation was there.
        """

    def failed(self, error: Exception) -> None:
        """Nothing more will come."""


class DeliverySink(AnswerSink, Protocol):
    """Where a consumer's connection reports what came; called from its loop."""

    def delivered(self, block: Delivered) -> None:
        """Messages came, at least one; the link may be used from within."""


class ConsumerLink(Protocol):
    """One consumer process's connection."""

    async def open(self, sink: DeliverySink) -> None:
        """Connect and bind to the consumer; a push link may deliver from now on."""

    def ask(self) -> None:
        """Have more delivered.

        A pull link keeps asking the server until something comes, and then falls silent until the
        next call; so it brings at most a batch for each of its requests. A push link needs none.
        """

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge each; or all of them and those before by one ack for the last one given.

        With `cumulative` they stand in the order of the stream: after a redelivery the one that
        came last may not be the one that covers the others.
        """

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again, at once or after a delay."""

    def term(self, positions: IntArray, reason: str = "") -> None:
        """Have none of them delivered ever again; the reason is for the server's advisory."""

    def drop(self, positions: IntArray) -> None:
        """Say nothing about them, now or later."""

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects, dropped messages and errors seen so far, in words."""

    async def close(self) -> None:
        """Stop the flow and disconnect; never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a handler is given of a message.

    Attributes:
        data: payload.
        subject: as the workload has it, without what jetbench puts before it.
        headers: empty where there are none.
        seq: sequence in the stream.
        deliveries: how often it was delivered by now; 1 for the first time.
    """

    data: bytes
    subject: str
    headers: Mapping[str, str]
    seq: int
    deliveries: int


class TaskSink(AnswerSink, Protocol):
    """Where a connection reports that has handlers run as tasks, and what it has run.

    One message at a time and in plain numbers: blocks of one would cost more than the message.
    """

    def came(self, received_ns: int, message_id: int, stream_seq: int, deliveries: int) -> None:
        """A message came; its position is the number of those that came before."""

    async def handle(self, position: int) -> None:
        """Do the work of a message that came before, and see to its ack."""


class TaskLink(Protocol):
    """One consumer process's connection that runs handlers itself, so many at a time.

    It asks for more by itself when the last message that it brought has begun its handler; with
    one worker, when that has ended.
    """

    async def open(self, sink: TaskSink) -> None:
        """Connect and bind to the consumer; messages come from now on."""

    async def acknowledge(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge each, or the last one for all; the sink is told. Raises what the client does.

        A cumulative ack covers all positions given, and those before.
        """

    async def asked_again(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again, at once or after a delay."""

    async def given_up(self, positions: IntArray, reason: str = "") -> None:
        """Have none of them delivered ever again."""

    def drop(self, positions: IntArray) -> None:
        """Say nothing about them, now or later."""

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects, dropped messages and errors seen so far, in words."""

    async def close(self) -> None:
        """Break off what is being handled and disconnect; never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Which JetStream consumer a consumer link takes from, and how.

    Attributes:
        stream, consumer: names.
        mode: `pull` or `push`; `answer` takes core requests, and acknowledges by answering;
            `listen` takes what is published, whoever stores it, and acknowledges nothing.
        batch: most messages of one pull request.
        expires_ns: how long a pull request waits on the server.
        requests: pull requests open at a time.
        max_bytes: most bytes of one pull request; 0 for no limit.
        no_wait: a pull request is answered at once with what there is.
        group: priority group of a pull request; empty for none.
        min_pending, min_ack_pending: a pull request is served only while so many messages wait, or
            are delivered and not yet acked; 0 for always.
        priority: of a pull request within its group; the lowest is served first.
        pinned: of those that ask within the group one alone is served; it says who it is.
        id_offset: where in every payload the id stands, as ID_DIGITS ASCII digits.
        id_header: where in a header it stands instead; None where payloads hold it.
        acks: the variant acknowledges; a link keeps nothing of a delivery when it does not.
        double_acks: a message counts as acked when the server has confirmed its ack.
        flow_acks: the server is told how far messages are handled when its flow control asks, and
            not otherwise; a message counts as acked then.
        deliver_subject: of a push consumer, or of what is taken without one; empty for pull.
        deliver_group: queue group of those; empty for none.
        subject_prefix: what stands before the subjects of messages.
        idle_heartbeat_ns: how often the server shows that an idle push consumer, or a pull request
            that waits, is alive; 0 for never.
        reply: what every request is answered with.
        contents: handlers look at what is in messages; a link keeps it until they do.
        anew: config, as JSON, of a push consumer that the client has made anew where something is
            missing; empty for one that stays as it is.
    """

    stream: str
    consumer: str
    mode: str
    batch: int
    expires_ns: int
    id_offset: int
    requests: int = 1
    max_bytes: int = 0
    no_wait: bool = False
    group: str = ""
    min_pending: int = 0
    min_ack_pending: int = 0
    priority: int = 0
    pinned: bool = False
    id_header: HeaderPlace | None = None
    acks: bool = True
    double_acks: bool = False
    flow_acks: bool = False
    deliver_subject: str = ""
    deliver_group: str = ""
    subject_prefix: str = ""
    idle_heartbeat_ns: int = 0
    reply: bytes = b""
    contents: bool = False
    anew: str = ""
