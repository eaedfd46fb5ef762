"""Changing a value and publishing what follows: read, work, write if nobody wrote, publish."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.clients.buckets import Bucket, SaidSink, Write
from bench.clients.faults import DUPLICATE
from bench.clients.following import TOO_EARLY, After, Event, Followed
from bench.clients.port import Endpoint, Outcome
from bench.clients.wire.answers import read_answer
from bench.clients.wire.parse import Message
from bench.clients.wire.steps import WireSteps
from bench.clients.wire.values import GAVE_UP, conflicts, read_value
from bench.core.errors import MeasurementError

_EXPECT = b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: %d\r\n%b\r\n"
_ONCE = b"NATS/1.0\r\nNats-Msg-Id: %b\r\n\r\n"
_HEADER_BYTES = 128
_READ, _WRITE, _PUBLISH = b"r", b"w", b"p"


@dataclass(slots=True)
class _Open:
    """A change under way.

    Attributes:
        tries: reads that led to nothing.
        unconfirmed: events that have no PubAck yet.
    """

    tries: int = 0
    unconfirmed: int = 0


class WireFollower(WireSteps[_Open]):
    """ChangeLink whose changes are each worked for, and followed by events."""

    def __init__(
        self, endpoint: Endpoint, changes: Followed, sink: SaidSink, bucket: Bucket, after: After
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._changes = changes
        self._after = after
        self.largest_bytes = changes.largest_bytes + _HEADER_BYTES

    def _begun(self, position: int) -> _Open:
        self._read(_READ, position, self._changes.subject(position))
        return _Open()

    def _next(
        self, step: bytes, position: int, under_way: _Open, message: Message, now_ns: int
    ) -> None:
        if step == _READ:
            self._was_read(position, under_way, message, now_ns)
        elif step == _WRITE:
            self._was_written(position, under_way, message, now_ns)
        else:
            self._was_published(position, under_way, message, now_ns)

    def _was_read(self, position: int, under_way: _Open, message: Message, now_ns: int) -> None:
        try:
            value = read_value(message)
        except MeasurementError as error:
            self._fail(position, under_way, str(error))
            return
        if self._changes.early(position, value):
            self._again(position, under_way, TOO_EARLY)
            return
        write = self._changes.change(position, value)
        if write is None:
            self._follow(position, under_way, now_ns)
            return
        work = partial(self._worked, position, value.seq, write)
        if work_ns := self._changes.work_ns(position):
            self._after(work_ns, partial(self._sent_late, work))
        else:
            work()

    def _sent_late(self, work: "partial[None]") -> None:
        """Write after a while, when nobody else sends what is to be sent."""
        work()
        self.flush()

    def _worked(self, position: int, seq: int, write: Write) -> None:
        if position not in self._open:
            return  # the connection broke meanwhile
        message = (_EXPECT % (seq, write.headers), write.payload)
        self._write(_WRITE, position, self._changes.subject(position), message)

    def _was_written(self, position: int, under_way: _Open, message: Message, now_ns: int) -> None:
        answer = read_answer(message)
        if not answer.refusal:
            self._follow(position, under_way, now_ns)
        elif conflicts(message.payload):
            self._again(position, under_way, GAVE_UP)
        else:
            self._fail(position, under_way, answer.refusal)

    def _again(self, position: int, under_way: _Open, why: str) -> None:
        """Read once more, or give up."""
        under_way.tries += 1
        if under_way.tries < self._bucket.tries:
            self._read(_READ, position, self._changes.subject(position))
        else:
            self._fail(position, under_way, why, Outcome.CONFLICT)

    def _follow(self, position: int, under_way: _Open, now_ns: int) -> None:
        events = self._changes.events(position)
        under_way.unconfirmed = len(events)
        for event in events:
            self._publish(position, event)
        if not events:
            self._done(position, under_way, now_ns)

    def _publish(self, position: int, event: Event) -> None:
        header = _ONCE % event.message_id.encode()
        self._write(_PUBLISH, position, event.subject, (header, event.payload))

    def _was_published(
        self, position: int, under_way: _Open, message: Message, now_ns: int
    ) -> None:
        """Take a PubAck; that of a duplicate says that the event is there, as it is to be."""
        refusal = read_answer(message).refusal
        if refusal and refusal != DUPLICATE:
            self._fail(position, under_way, refusal)
            return
        under_way.unconfirmed -= 1
        if not under_way.unconfirmed:
            self._done(position, under_way, now_ns)

    def _done(self, position: int, under_way: _Open, now_ns: int) -> None:
        self._tell(position, under_way)
        self._sink.stored((position,), now_ns)

    def _fail(
        self, position: int, under_way: _Open, why: str, outcome: Outcome = Outcome.REFUSED
    ) -> None:
        self._tell(position, under_way)
        self._sink.refused(position, why, outcome)

    def _tell(self, position: int, under_way: _Open) -> None:
        """Tell how often it was tried in vain, and 1, so that it is above 0."""
        self._end(position)
        self._sink.said(np.array([position]), np.array([under_way.tries + 1]))
