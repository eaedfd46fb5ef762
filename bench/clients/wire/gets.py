"""Reading keys: requests that any replica of a bucket's stream answers, or its leader.

Plain answers of replicas are taken a chunk at a time; a marker in a value's place, a key without a
value and all that a leader says are read one by one.
"""

import re

import numpy as np

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.faults import NO_RESPONDERS, Faults
from bench.clients.port import Messages, Outcome
from bench.clients.wire.frames import NUMBER_DIGITS
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.requests import Requests
from bench.clients.wire.values import read_value
from bench.core.errors import MeasurementError
from bench.plan.traffic import ID_DIGITS

_NO_RESPONDERS = 503
_PLAIN = re.compile(
    rb"HMSG \S+\.(\d{%d}) 1 (\d+) (\d+)\r\nNATS/1\.0\r\nNats-Stream: [^\r]*\r\n"
    rb"Nats-Subject: [^\r]*\r\nNats-Sequence: \d+\r\nNats-Time-Stamp: [^\r]*\r\n\r\n"
    % NUMBER_DIGITS
)
"""What stands before a value that has no headers of its own."""


class Gets(Requests):
    """Every message asks for the last value of a key; the sink is told whose write it was."""

    def __init__(
        self, messages: Messages, inbox: bytes, sink: SaidSink, faults: Faults, bucket: Bucket
    ) -> None:
        super().__init__(messages, inbox, sink, faults, bucket.within_ns)
        self._said = sink.said
        self._offset = bucket.id_offset

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain answers that `data` begins with; return what lies behind."""
        positions, numbers, at = [], [], 0
        while (found := _PLAIN.match(data, at)) is not None:
            start = found.end()
            end = start + int(found[3]) - int(found[2])
            digits = data[start + self._offset : start + self._offset + ID_DIGITS]
            position = int(found[1])
            if end + 2 > len(data) or position >= self._count or not digits.isdigit():
                break
            positions.append(position)
            numbers.append(int(digits) + 1)
            at = end + 2
        if positions:
            self._said(np.array(positions), np.array(numbers))
            self._sink.stored(positions, now_ns)
        return data[at:] if at else data

    def _answered(self, position: int, message: Message, now_ns: int) -> None:
        status = status_of(message.header)
        if status is not None and status.code == _NO_RESPONDERS:
            self._sink.refused(position, NO_RESPONDERS, Outcome.NO_RESPONDERS)
            return
        try:
            value = read_value(message)
        except MeasurementError as error:
            self._sink.refused(position, str(error))
            return
        self._said(np.array([position]), np.array([value.number(self._offset)]))
        self._sink.stored((position,), now_ns)
