"""Core requests: the answer is whatever comes to the reply subject in time.

A reply names the position it answers in the last token of its subject. One that takes longer than
the caller waits comes to nobody; the request then makes room for others.
"""

from collections import deque
from collections.abc import Mapping

from bench.clients.faults import NO_RESPONDERS, Faults
from bench.clients.port import AckSink, IntArray, Messages, Outcome
from bench.clients.wire.apiece import Apiece
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.pubacks import AnswerRuns

_NO_RESPONDERS = 503
_LOOKS = 50
"""How often, while a caller waits for an answer, it is looked whether others have waited enough."""


class Requests(Apiece):
    """Every message asks for an answer of its own.

    Attributes:
        epoch: nothing changes on the way.
    """

    epoch = 0

    def __init__(
        self,
        messages: Messages,
        inbox: bytes,
        sink: AckSink,
        faults: Faults,
        within_ns: int,
    ) -> None:
        self._runs = AnswerRuns()
        super().__init__(messages, inbox, sink, faults, self._runs)
        self._within_ns = within_ns
        self._waiting: deque[tuple[int, int]] = deque()

    def numbers(self, positions: IntArray) -> tuple[IntArray, Mapping[str, IntArray]]:
        """Return the numbers of these positions."""
        return self._form(positions), {"position": positions}

    def wrote(self, stop: int, now_ns: int) -> None:
        """Positions below `stop` wait from now on; those of about one instant are one entry."""
        step_ns = max(1, self._within_ns // _LOOKS)
        ends_ns = (now_ns // step_ns + 1) * step_ns + self._within_ns
        if self._waiting and self._waiting[-1][0] == ends_ns:
            self._waiting.pop()
        self._waiting.append((ends_ns, stop))

    def ends_ns(self) -> int:
        """Return when the longest waiting has waited enough; 0 when none waits."""
        return self._waiting[0][0] if self._waiting else 0

    def end(self) -> bytes:
        """Give up what has waited longest, so that it makes room; nothing is sent for that."""
        if self._waiting:
            self._sink.abandoned(self._waiting.popleft()[1])
            self._sink.caught_up()
        return b""

    def lost(self) -> None:
        """No answer comes to a connection that is gone."""
        self._waiting.clear()

    def _answered(self, position: int, message: Message, now_ns: int) -> None:
        status = status_of(message.header)
        if status is None:
            self._runs.learn(message)
            self._sink.stored((position,), now_ns)
        elif status.code == _NO_RESPONDERS:
            self._sink.refused(position, NO_RESPONDERS, Outcome.NO_RESPONDERS)
        else:
            self._sink.refused(position, f"status {status.code} {status.text}".rstrip())
