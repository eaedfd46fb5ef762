"""Messages that have an answer each.

An answer names the position it answers in the last token of its subject, so answers may come in any
order. Runs of plain ones are read a chunk at a time (`pubacks`), whatever else comes one by one.
"""

from abc import ABC, abstractmethod

import numpy as np

from bench.clients.faults import Faults
from bench.clients.port import AckSink, IntArray, Messages
from bench.clients.wire.answers import NEVER_SENT, number_of
from bench.clients.wire.frames import Form
from bench.clients.wire.parse import Message
from bench.clients.wire.pubacks import AnswerRuns, known


class Apiece(ABC):
    """Reads the answers.

    Attributes:
        forms: one for each act of messages.
    """

    def __init__(
        self, messages: Messages, inbox: bytes, sink: AckSink, faults: Faults, runs: AnswerRuns
    ) -> None:
        reply = f"{inbox.decode()}.{{position}}"
        self.forms = tuple(
            Form(reply=reply, headers=(*messages.headers, *act)) for act in messages.acts
        )
        self._form_index = messages.act_index
        self._count = messages.ids.size
        self._sink = sink
        self._faults = faults
        self._plain = runs

    def _form(self, positions: IntArray) -> IntArray:
        """Return the form of these positions."""
        if self._form_index is None:
            return np.zeros_like(positions)
        return self._form_index[positions]

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain answers that `data` begins with; return what lies behind."""
        positions, unread = self._plain.read(data)
        if len(positions):
            ours = known(positions, self._count)
            if len(ours) < len(positions):
                self._faults.note(NEVER_SENT)
            if len(ours):
                self._sink.stored(ours, now_ns)
        return unread

    def message(self, message: Message, now_ns: int) -> None:
        """Take any other answer."""
        position = number_of(message.subject.rpartition(b".")[2])
        if 0 <= position < self._count:
            self._answered(position, message, now_ns)
        else:
            self._faults.note(NEVER_SENT)

    @abstractmethod
    def _answered(self, position: int, message: Message, now_ns: int) -> None:
        """Tell what an answer to a message of ours says."""
