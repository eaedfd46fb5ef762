"""Deeds over the wire: each step is a request, or a while to wait."""

import time
from functools import partial

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.deeds import Answer, Deed, Deeds, Get, Pause, Put, Step
from bench.clients.following import After
from bench.clients.pairs import header_of
from bench.clients.port import Endpoint
from bench.clients.wire.answers import read_answer
from bench.clients.wire.parse import Message
from bench.clients.wire.steps import WireSteps
from bench.clients.wire.values import conflicts, read_value
from bench.core.errors import MeasurementError

_GET, _PUT = b"g", b"p"
_HEADER_BYTES = 128


class WireDoer(WireSteps[Deed]):
    """Doer whose steps are requests of its own connection."""

    def __init__(
        self, endpoint: Endpoint, deeds: Deeds, sink: SaidSink, keeping: tuple[Bucket, After]
    ) -> None:
        bucket, self._after = keeping
        super().__init__(endpoint, sink, bucket)
        self._deeds = deeds
        self.largest_bytes = deeds.largest_bytes + _HEADER_BYTES

    def begin(self, position: int) -> None:
        """Begin one; it may be over at once."""
        self._written = max(self._written, position + 1)
        self._open[position] = deed = self._begun(position)
        self._go_on(position, deed, None)

    async def perform(self, position: int) -> str:
        """Refuse: this client runs no handlers as tasks."""
        raise ValueError(f"no tasks, and so none for delivery {position}")

    def _begun(self, position: int) -> Deed:
        return self._deeds.of(position)

    def _next(
        self, step: bytes, position: int, under_way: Deed, message: Message, now_ns: int
    ) -> None:
        del now_ns
        answer: Answer
        if step == _GET:
            try:
                answer = read_value(message)
            except MeasurementError as error:
                self._fail(position, str(error))
                return
        elif not (refusal := read_answer(message).refusal):
            answer = True
        elif conflicts(message.payload):
            answer = False
        else:
            self._fail(position, refusal)
            return
        self._go_on(position, under_way, answer)

    def _go_on(self, position: int, deed: Deed, answer: Answer) -> None:
        """Have a deed take its next step; it is through where there is none."""
        try:
            step = deed.send(answer)
        except StopIteration:
            self._end(position)
            self._sink.stored((position,), time.monotonic_ns())
        else:
            self._take(position, deed, step)

    def _take(self, position: int, deed: Deed, step: Step) -> None:
        match step:
            case Get():
                self._read(_GET, position, step.subject)
            case Put():
                message = (header_of(step.headers), step.payload)
                self._write(_PUT, position, step.subject, message)
            case Pause():
                self._after(step.for_ns, partial(self._rested, position, deed))

    def _rested(self, position: int, deed: Deed) -> None:
        """Go on after a while, when nobody else sends what is to be sent."""
        if position in self._open:  # else the connection broke meanwhile
            self._go_on(position, deed, None)
            self.flush()
            self._sink.caught_up()

    def _fail(self, position: int, why: str) -> None:
        self._end(position)
        self._sink.refused(position, why)
