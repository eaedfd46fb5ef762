"""Changing values: read, change, write if nobody wrote meanwhile, else again."""

from dataclasses import dataclass

import numpy as np

from bench.clients.buckets import Bucket, Changes, SaidSink
from bench.clients.port import Endpoint, Outcome
from bench.clients.wire.answers import read_answer
from bench.clients.wire.parse import Message
from bench.clients.wire.steps import WireSteps
from bench.clients.wire.values import GAVE_UP, conflicts, read_value
from bench.core.errors import MeasurementError

_HEADER = b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: %d\r\n%b\r\n"
_HEADER_BYTES = 128
_READ, _WRITE = b"r", b"w"


@dataclass(slots=True)
class _Open:
    """An update under way: how often it was tried."""

    tries: int = 0


class WireUpdater(WireSteps[_Open]):
    """PublisherLink whose operations each change a value."""

    def __init__(
        self, endpoint: Endpoint, changes: Changes, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._changes = changes
        self.largest_bytes = changes.largest_bytes + _HEADER_BYTES

    def _begun(self, position: int) -> _Open:
        self._read(_READ, position, self._changes.subject(position))
        return _Open()

    def _next(
        self, step: bytes, position: int, under_way: _Open, message: Message, now_ns: int
    ) -> None:
        if step == _READ:
            self._was_read(position, under_way, message, now_ns)
        else:
            self._was_written(position, under_way, message, now_ns)

    def _was_read(self, position: int, under_way: _Open, message: Message, now_ns: int) -> None:
        try:
            value = read_value(message)
        except MeasurementError as error:
            self._end(position)
            self._sink.refused(position, str(error))
            return
        write = self._changes.change(position, value)
        if write is None:
            self._tell(position, under_way.tries)
            self._sink.stored((position,), now_ns)
            return
        header = _HEADER % (value.seq, write.headers)
        subject = self._changes.subject(position)
        self._write(_WRITE, position, subject, (header, write.payload))

    def _was_written(self, position: int, under_way: _Open, message: Message, now_ns: int) -> None:
        under_way.tries += 1
        answer = read_answer(message)
        if not answer.refusal:
            self._tell(position, under_way.tries - 1)
            self._sink.stored((position,), now_ns)
        elif not conflicts(message.payload):
            self._tell(position, under_way.tries - 1)
            self._sink.refused(position, answer.refusal)
        elif under_way.tries < self._bucket.tries:
            self._read(_READ, position, self._changes.subject(position))
        else:
            self._tell(position, under_way.tries)
            self._sink.refused(position, GAVE_UP, Outcome.CONFLICT)

    def _tell(self, position: int, conflicts: int) -> None:
        """Tell how often another writer was faster, and 1, so that it is above 0."""
        self._end(position)
        self._sink.said(np.array([position]), np.array([conflicts + 1]))
