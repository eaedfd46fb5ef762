"""Publishing with a PubAck for every message, as `async` and `one-by-one` do."""

from collections.abc import Mapping

from bench.clients.faults import DUPLICATE, Faults
from bench.clients.port import AckSink, IntArray, Messages, Outcome
from bench.clients.wire.answers import read_answer
from bench.clients.wire.apiece import Apiece
from bench.clients.wire.parse import Message
from bench.clients.wire.pubacks import PubAckRuns


class Singles(Apiece):
    """Every message has a PubAck of its own.

    Attributes:
        epoch: of what messages expect to be the stream's last one.
    """

    def __init__(self, messages: Messages, inbox: bytes, sink: AckSink, faults: Faults) -> None:
        self._runs = PubAckRuns()
        super().__init__(messages, inbox, sink, faults, self._runs)
        self._expects_last = any("{last}" in value for _, value in messages.headers)
        self.epoch = 0

    def numbers(self, positions: IntArray) -> tuple[IntArray, Mapping[str, IntArray]]:
        """Return the numbers of these positions.

        `last` is the sequence of the message stored before, in a stream that we alone fill, one
        message after the other.
        """
        last = positions - self.epoch
        return self._form(positions), {"position": positions, "last": last}

    def wrote(self, stop: int, now_ns: int) -> None:
        """Positions below `stop` are on their way; nothing waits for company."""

    def ends_ns(self) -> int:
        """Return 0: there is no batch to end."""
        return 0

    def end(self) -> bytes:
        """Return nothing: there is no batch to end."""
        return b""

    def lost(self) -> None:
        """Nothing to mend: no message depends on another one."""

    def _answered(self, position: int, message: Message, now_ns: int) -> None:
        answer = read_answer(message)
        if answer.refusal == DUPLICATE:
            self._sink.refused(position, DUPLICATE, Outcome.DUPLICATE)
        elif answer.refusal:
            self._sink.refused(position, answer.refusal)
        else:
            self._runs.learn_ack(message)
            self._sink.stored((position,), now_ns)
        if self._expects_last and answer.refusal:
            self.epoch += 1  # a message more that the stream did not add
