"""Operations of several writes, each sent when the one before it is confirmed."""

import numpy as np

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.faults import DUPLICATE
from bench.clients.pairs import Steps, Write, header_of
from bench.clients.port import Endpoint
from bench.clients.wire.answers import read_answer
from bench.clients.wire.parse import Message
from bench.clients.wire.steps import WireSteps

_FIRST, _LATER = b"f", b"l"
_NOTHING_READ = Bucket(stream="", direct=False)


class WirePairs(WireSteps[list[Write]]):
    """PublisherLink whose operations each make several writes.

    The sink is told of the first by `said`, with its instant, and by `stored` when an operation is
    through: all its writes are confirmed, or it is left where the plan says so. A write whose id
    the stream has already is there, whoever brought it. The state of an operation is what is still
    to be written, the last first.
    """

    def __init__(self, endpoint: Endpoint, steps: Steps, sink: SaidSink) -> None:
        super().__init__(endpoint, sink, _NOTHING_READ)
        self._steps = steps
        self.largest_bytes = steps.largest_bytes

    def _begun(self, position: int) -> list[Write]:
        first, *others = self._steps.of(position)
        self._send_one(_FIRST, position, first)
        return others[::-1]

    def _next(
        self, step: bytes, position: int, under_way: list[Write], message: Message, now_ns: int
    ) -> None:
        refusal = read_answer(message).refusal
        if refusal and refusal != DUPLICATE:
            self._end(position)
            self._sink.refused(position, refusal)
            return
        if step == _FIRST:
            self._sink.said(np.array([position]), np.array([now_ns]))
        if under_way:
            self._send_one(_LATER, position, under_way.pop())
        else:
            self._end(position)
            self._sink.stored((position,), now_ns)

    def _send_one(self, step: bytes, position: int, write: Write) -> None:
        self._write(step, position, write.subject, (header_of(write.headers), write.payload))
