"""Creating keys: write if the key was never there; if it was, read, and write if it is gone.

As clients of NATS do it: a marker in a value's place is no value, and its revision is expected.
"""

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.port import Endpoint, Messages, Outcome
from bench.clients.wire.answers import read_answer
from bench.clients.wire.parse import Message
from bench.clients.wire.steps import WireSteps
from bench.clients.wire.values import conflicts, read_value
from bench.core.errors import MeasurementError

_HEADER = b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: %d\r\n%b\r\n"
_HEADER_BYTES = 128
_FIRST, _READ, _AGAIN = b"f", b"r", b"a"


class WireCreator(WireSteps[None]):
    """PublisherLink whose messages each create a key that is to live for a time."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._messages = messages
        self._ttl = b"Nats-TTL: %ds\r\n" % bucket.ttl_s if bucket.ttl_s else b""
        self.largest_bytes = max(len(each.content) for each in messages.payloads) + _HEADER_BYTES

    def _begun(self, position: int) -> None:
        self._create(_FIRST, position, 0)

    def _next(
        self, step: bytes, position: int, under_way: None, message: Message, now_ns: int
    ) -> None:
        del under_way
        if step == _READ:
            self._was_read(position, message)
        else:
            self._was_written(step, position, message, now_ns)

    def _create(self, step: bytes, position: int, expected: int) -> None:
        messages = self._messages
        template = messages.payloads[messages.payload_index[position]]
        payload = template.filled(int(messages.ids[position]))
        header = _HEADER % (expected, self._ttl)
        self._write(step, position, self._subject(position), (header, payload))

    def _was_written(self, step: bytes, position: int, message: Message, now_ns: int) -> None:
        answer = read_answer(message)
        if not answer.refusal:
            self._end(position)
            self._sink.stored((position,), now_ns)
        elif not conflicts(message.payload):
            self._refused(position, answer.refusal)
        elif step == _FIRST:
            self._read(_READ, position, self._subject(position))
        else:
            self._taken(position)

    def _was_read(self, position: int, message: Message) -> None:
        try:
            value = read_value(message)
        except MeasurementError as error:
            self._refused(position, str(error))
            return
        if value.gone:
            self._create(_AGAIN, position, value.seq)
        else:
            self._taken(position)

    def _refused(self, position: int, reason: str) -> None:
        self._end(position)
        self._sink.refused(position, reason)

    def _taken(self, position: int) -> None:
        """The key is there, as it may be."""
        self._end(position)
        self._sink.refused(position, "", Outcome.CONFLICT)

    def _subject(self, position: int) -> str:
        subject: str = self._messages.subjects[self._messages.subject_index[position]]
        return subject
