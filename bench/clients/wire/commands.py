"""Commands: core requests whose answer says whether they were done."""

import numpy as np

from bench.clients.buckets import SaidSink
from bench.clients.commands import said_of
from bench.clients.faults import Faults
from bench.clients.port import Messages
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.requests import Requests


class Commands(Requests):
    """Every answer is read; what it says is told as a number (bench.clients.commands)."""

    def __init__(
        self, messages: Messages, inbox: bytes, sink: SaidSink, faults: Faults, within_ns: int
    ) -> None:
        super().__init__(messages, inbox, sink, faults, within_ns)
        self._said = sink

    def _answered(self, position: int, message: Message, now_ns: int) -> None:
        if status_of(message.header) is not None:
            super()._answered(position, message, now_ns)
        elif number := said_of(message.payload):
            self._said.said(np.array([position]), np.array([number]))
            self._sink.stored((position,), now_ns)
        else:
            self._sink.refused(position, f"the handler answered {message.payload[:20]!r}")
