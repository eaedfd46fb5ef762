"""Reading keys: requests that any replica of a bucket's stream answers, or its leader.

Plain answers of replicas are taken a chunk at a time; a marker in a value's place, a key without a
value and all that a leader says are read one by one.
"""

import numpy as np

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.faults import NO_RESPONDERS, Faults
from bench.clients.port import IntArray, Messages, Outcome
from bench.clients.wire.answers import NEVER_SENT
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.requests import Requests
from bench.clients.wire.valueruns import ValueRuns
from bench.clients.wire.values import read_value
from bench.core.errors import MeasurementError

_NO_RESPONDERS = 503


class Gets(Requests):
    """Every message asks for the last value of a key; the sink is told whose write it was."""

    def __init__(
        self, messages: Messages, inbox: bytes, sink: SaidSink, faults: Faults, bucket: Bucket
    ) -> None:
        super().__init__(messages, inbox, sink, faults, bucket.within_ns)
        self._said = sink.said
        self._offset = bucket.id_offset
        self._values = ValueRuns(inbox, bucket.id_offset)

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain answers that `data` begins with; return what lies behind."""
        positions, ids, unread = self._values.read(data)
        if ids.size:
            self._read(positions, ids, now_ns)
        return unread

    def _read(self, positions: IntArray | range, ids: IntArray, now_ns: int) -> None:
        largest = positions[-1] if isinstance(positions, range) else positions.max()
        if largest >= self._count:
            self._faults.note(NEVER_SENT)
            asked = np.asarray(positions) < self._count
            positions, ids = np.asarray(positions)[asked], ids[asked]
        self._said(positions, ids + 1)
        self._sink.stored(positions, now_ns)

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
