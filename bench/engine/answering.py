"""A handler whose deliveries are requests: each is answered when what it asks for is confirmed."""

from typing import Protocol

import numpy as np

from bench.clients.commands import FAILED
from bench.clients.port import ConsumerLink, Outcome
from bench.engine.acks import AckOrder, AckPlan
from bench.engine.clock import now_ns
from bench.engine.effects import Deliveries, EffectConsumer
from bench.engine.jobs import Effect
from bench.engine.recorder import ConsumeRecorder


class AnswerLink(ConsumerLink, Protocol):
    """A connection whose deliveries each want an answer of their own."""

    def answer(self, position: int, payload: bytes) -> None:
        """Answer one; the sink is told as of an ack."""


class Answered(Deliveries, Protocol):
    """What is done with requests."""

    def answer(self, position: int) -> bytes:
        """Return what is answered, when all is done; once."""


class AnsweringConsumer(EffectConsumer):
    """One process's work whose deliveries are requests."""

    def __init__(
        self,
        link: AnswerLink,
        recorder: ConsumeRecorder,
        acks: AckPlan,
        handling: Answered,
        effect: Effect,
    ) -> None:
        super().__init__(link, recorder, acks, handling, effect)
        self._answer_link = link
        self._answers = handling

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """It did not come about: the caller is told, for nobody brings the request again."""
        super().refused(position, reason, outcome)
        self._answers.answer(position)
        self._recorder.handled_at(np.array([position]), now_ns())
        self._answer_link.answer(position, FAILED)

    def _acknowledge(self, order: AckOrder) -> None:
        for position in order.positions.tolist():
            self._answer_link.answer(position, self._answers.answer(position))
