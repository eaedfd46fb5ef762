"""Groups of keys: written one key after the other, read by one request for all of them.

A read at a boundary asks for the key that is written last of its group; the revision of what it
finds is where a group ends, and all keys are asked for as they were then.

Source: ADR-31 (github.com/nats-io/nats-architecture-and-design), as tried on nats-server 2.15.1.
"""

import json
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from bench.clients.buckets import Bucket, SaidSink, Value, gathered
from bench.clients.port import Endpoint, Messages
from bench.clients.wire.answers import read_answer
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.steps import WireSteps
from bench.clients.wire.values import END_OF_BATCH, NOT_THERE, read_value
from bench.core.errors import MeasurementError

_WRITE, _READ, _MEMBER = b"w", b"r", b"m"
_NO_HEADER = b""


class WireGroupWriter(WireSteps[int]):
    """PublisherLink whose messages are each written to all keys of a group, one after the other.

    Writes of one group wait for each other; each state is the number of the key that is written.
    """

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._messages = messages
        self._waiting: dict[int, deque[int]] = {}
        self.largest_bytes = max(len(each.content) for each in messages.payloads)

    def _begun(self, position: int) -> int:
        group = self._group(position)
        if group in self._waiting:
            self._waiting[group].append(position)
        else:
            self._waiting[group] = deque()
            self._publish(position, 0)
        return 0

    def _next(
        self, step: bytes, position: int, under_way: int, message: Message, now_ns: int
    ) -> None:
        del step
        answer = read_answer(message)
        if answer.refusal:
            self._over(position)
            self._sink.refused(position, answer.refusal)
        elif under_way + 1 < self._bucket.members:
            self._open[position] = under_way + 1
            self._publish(position, under_way + 1)
        else:
            self._over(position)
            self._sink.stored((position,), now_ns)

    def lost(self) -> None:
        """Nobody knows what of a group was written; it is not tried again."""
        self._waiting.clear()
        super().lost()

    def _publish(self, position: int, member: int) -> None:
        messages = self._messages
        template = messages.payloads[messages.payload_index[position]]
        payload = template.filled(int(messages.ids[position]))
        subject = f"{messages.subjects[self._group(position)]}.{member}"
        self._write(_WRITE, position, subject, (_NO_HEADER, payload))

    def _over(self, position: int) -> None:
        """End a write, and begin the next one of its group."""
        self._end(position)
        group = self._group(position)
        if self._waiting[group]:
            self._publish(self._waiting[group].popleft(), 0)
        else:
            del self._waiting[group]

    def _group(self, position: int) -> int:
        return int(self._messages.subject_index[position])


@dataclass(slots=True)
class _Gathering:
    """A group that is being read: the values that came of its keys."""

    found: list[Value] = field(default_factory=list)


class WireGroupReader(WireSteps[_Gathering]):
    """PublisherLink whose messages each ask for all keys of a group."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._messages = messages
        self._where = b"%b.DIRECT.GET.%b" % (self._api, bucket.stream.encode())

    def _begun(self, position: int) -> _Gathering:
        if self._bucket.bounded:
            self._read(_READ, position, f"{self._subject(position)}.{self._bucket.members - 1}")
        else:
            self._gather(position)
        return _Gathering()

    def _gather(self, position: int, up_to: int = 0) -> None:
        group = self._subject(position)
        keys = [f"{group}.{member}" for member in range(self._bucket.members)]
        question = {"multi_last": keys, **({"up_to_seq": up_to} if up_to else {})}
        self._ask(self._where, _MEMBER, position, json.dumps(question).encode())

    def _next(
        self, step: bytes, position: int, under_way: _Gathering, message: Message, now_ns: int
    ) -> None:
        status = status_of(message.header)
        code = status.code if status is not None else 0
        if step == _MEMBER and code in (END_OF_BATCH, NOT_THERE):
            self._told(position, under_way, now_ns)
            return
        try:
            value = read_value(message)
        except MeasurementError as error:
            self._end(position)
            self._sink.refused(position, str(error))
            return
        if step == _MEMBER:
            under_way.found.append(value)
        elif value.seq:
            self._gather(position, value.seq)
        else:  # its last key has no value, and so the group has no boundary
            self._told(position, under_way, now_ns)

    def _told(self, position: int, under_way: _Gathering, now_ns: int) -> None:
        self._end(position)
        number = gathered(under_way.found, self._bucket)
        self._sink.said(np.array([position]), np.array([number]))
        self._sink.stored((position,), now_ns)

    def _subject(self, position: int) -> str:
        subject: str = self._messages.subjects[self._messages.subject_index[position]]
        return subject
