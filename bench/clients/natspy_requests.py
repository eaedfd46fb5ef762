"""Core requests over nats-py, by its `request`.

An answer that comes when the caller has waited enough comes to nobody.
"""

import time

import nats.errors
import numpy as np
from nats.aio.msg import Msg

from bench.clients.buckets import SaidSink
from bench.clients.commands import said_of
from bench.clients.faults import NO_RESPONDERS
from bench.clients.natspy_connection import Outgoing
from bench.clients.natspy_operations import NatsPyOperations
from bench.clients.port import AckSink, Endpoint, Messages, Outcome
from bench.core.units import NS_PER_S


class NatsPyRequester(NatsPyOperations):
    """PublisherLink over nats-py whose messages are requests."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: AckSink, within_ns: int
    ) -> None:
        super().__init__(endpoint, sink)
        self._messages = messages
        self._answer_s = within_ns / NS_PER_S

    async def _try(self, position: int) -> None:
        out = Outgoing.of(self._messages, position)
        try:
            answer = await self.client.request(
                out.subject, out.payload, timeout=self._answer_s, headers=out.headers
            )
        except nats.errors.NoRespondersError:
            self._refused(position, NO_RESPONDERS, Outcome.NO_RESPONDERS)
        else:
            self._took(position, answer, time.monotonic_ns())

    def _took(self, position: int, answer: Msg, now_ns: int) -> None:
        """Take what an answer says; of a request the answer is whatever comes."""
        if (status := (answer.headers or {}).get("Status")) is None:
            self._answered(position, answer, now_ns)
        else:
            self._refused(position, f"status {status}")

    def _answered(self, position: int, answer: Msg, now_ns: int) -> None:
        del answer
        self._sink.stored((position,), now_ns)


class NatsPyCommander(NatsPyRequester):
    """The same, whose messages are commands: what an answer says is told as a number."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, within_ns: int
    ) -> None:
        super().__init__(endpoint, messages, sink, within_ns)
        self._said = sink.said

    def _answered(self, position: int, answer: Msg, now_ns: int) -> None:
        if number := said_of(answer.data):
            self._said(np.array([position]), np.array([number]))
            self._sink.stored((position,), now_ns)
        else:
            self._refused(position, f"the handler answered {answer.data[:20]!r}")
