"""Consumers whose handlers do not all go well, by virtual workers and by handlers as tasks."""

import numpy as np

from bench.clients.port import ConsumerLink, Delivered, Ending, IntArray, TaskLink
from bench.engine.acks import AckPlan
from bench.engine.clock import now_ns
from bench.engine.consumer import Consumer
from bench.engine.fates import APPLIED, DONE_WITH, WELL, Fates, sorted_out
from bench.engine.handler import VirtualWorkers
from bench.engine.recorder import ConsumeRecorder
from bench.engine.tasks import TaskConsumer

REASON = "the handler failed for good"
"""What the server is told of a message that is wanted never again."""

Handling = tuple[IntArray, Fates]
"""The usual handler time of each message by id, shape (n,), and what becomes of deliveries."""


class FailingConsumer(Consumer):
    """A Consumer that has fates in store for its deliveries."""

    def __init__(
        self,
        link: ConsumerLink,
        recorder: ConsumeRecorder,
        workers: VirtualWorkers,
        acks: AckPlan,
        handling: Handling,
    ) -> None:
        handler_ns, self._fates = handling
        super().__init__(link, recorder, workers, acks, handler_ns)
        self._no_work = False

    def _ends_ns(self, positions: IntArray, block: Delivered) -> IntArray:
        """What is not to be handled takes no worker, and is done with at once."""
        ends_ns, begun = block.received_ns.copy(), self._fates.begin(positions, block.ids)
        takes_ns = self._durations(block)[begun]
        ends_ns[begun] = self._workers.assign(block.received_ns[begun], takes_ns)
        return ends_ns

    def _durations(self, block: Delivered) -> IntArray:
        usual_ns = super()._durations(block)
        return self._fates.faults.handler_ns(block.ids, block.deliveries, usual_ns)

    def _handled(self, positions: IntArray) -> None:
        endings = self._fates.end(positions, *self._recorder.told(positions))
        for ending, those in sorted_out(positions, endings):
            _note(self._recorder, those, ending)
            self._say(those, ending)
        super()._handled(positions[endings == WELL])

    def _say(self, positions: IntArray, ending: Ending) -> None:
        if not self._fates.answers:
            return
        if ending is Ending.NAKED:
            self._link.nak(positions, self._fates.failure.delay_ns or 0)
        elif ending is Ending.TERMINATED:
            self._link.term(positions, REASON)
        elif ending is Ending.REPEATED:
            self._acknowledge(self._acks.handled(positions, idle=not self._in_hand))
        else:
            self._link.drop(positions)


class FailingTasks(TaskConsumer):
    """A TaskConsumer that has fates in store for its deliveries."""

    def __init__(
        self, link: TaskLink, recorder: ConsumeRecorder, acks: AckPlan, handling: Handling
    ) -> None:
        handler_ns, self._fates = handling
        super().__init__(link, recorder, acks, handler_ns)

    def _takes_ns(self, position: int, message_id: int, deliveries: int) -> int:
        usual_ns = super()._takes_ns(position, message_id, deliveries)
        if not self._fates.begin(np.array([position]), np.array([message_id])).all():
            return 0
        return self._fates.faults.one_handler_ns(message_id, deliveries, usual_ns)

    async def _end(self, positions: IntArray) -> None:
        endings = self._fates.end(positions, *self._recorder.told(positions))
        for ending, those in sorted_out(positions, endings):
            _note(self._recorder, those, ending)
            await self._say(those, ending)
        if (well := positions[endings == WELL]).size:
            await super()._end(well)

    async def _say(self, positions: IntArray, ending: Ending) -> None:
        if not self._fates.answers:
            return
        if ending is Ending.NAKED:
            await self._link.asked_again(positions, self._fates.failure.delay_ns or 0)
        elif ending is Ending.TERMINATED:
            await self._link.given_up(positions, REASON)
        elif ending is Ending.REPEATED:
            await self._acknowledge(self._acks.handled(positions, idle=not self._in_hand))
        else:
            self._link.drop(positions)


def _note(recorder: ConsumeRecorder, positions: IntArray, ending: Ending) -> None:
    """Write down how deliveries ended, before the server is told."""
    if ending in APPLIED or ending in DONE_WITH:
        recorder.handled_at(positions, now_ns())
    else:
        recorder.passed(positions)
    recorder.ended(positions, ending, answered=ending is Ending.REPEATED)
