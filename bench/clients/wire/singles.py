"""Publishing with a PubAck for every message, as `async` and `one-by-one` do.

A PubAck names the position it answers in the last token of its subject, so acks may come in any
order. Runs of plain ones are read a chunk at a time (`pubacks`); refusals, duplicates and whatever
else comes are read one by one.
"""

from collections.abc import Mapping

import numpy as np

from bench.clients.faults import Faults
from bench.clients.port import AckSink, IntArray, Messages
from bench.clients.wire.answers import NEVER_SENT, number_of, read_answer
from bench.clients.wire.frames import Form
from bench.clients.wire.parse import Message
from bench.clients.wire.pubacks import PubAckRuns


class Singles:
    """Every message has an answer of its own.

    Attributes:
        forms: the one form of all messages.
        epoch: of what messages expect to be the stream's last one.
    """

    def __init__(self, messages: Messages, inbox: bytes, sink: AckSink, faults: Faults) -> None:
        self.forms = (Form(reply=f"{inbox.decode()}.{{position}}", headers=messages.headers),)
        self._count = messages.ids.size
        self._sink = sink
        self._faults = faults
        self._runs = PubAckRuns()
        self._expects_last = any("{last}" in value for _, value in messages.headers)
        self.epoch = 0

    def numbers(self, positions: IntArray) -> tuple[IntArray, Mapping[str, IntArray]]:
        """Return the numbers of these positions.

        `last` is the sequence of the message stored before, in a stream that we alone fill, one
        message after the other.
        """
        last = positions - self.epoch
        return np.zeros_like(positions), {"position": positions, "last": last}

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

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain PubAcks that `data` begins with."""
        positions, unread = self._runs.read(data)
        if len(positions):
            largest = max(positions) if isinstance(positions, list) else positions.max()
            if largest >= self._count:
                self._faults.note(NEVER_SENT)
                positions = [position for position in positions if position < self._count]
            self._sink.stored(positions, now_ns)
        return unread

    def message(self, message: Message, now_ns: int) -> None:
        """Take any other answer."""
        position = number_of(message.subject.rpartition(b".")[2])
        if not 0 <= position < self._count:
            self._faults.note(NEVER_SENT)
            return
        answer = read_answer(message)
        if answer.refusal:
            self._sink.refused(position, answer.refusal)
        else:
            self._runs.learn(message)
            self._sink.stored((position,), now_ns)
        if self._expects_last and answer.refusal:
            self.epoch += 1  # a message more that the stream did not add
