"""Consumers whose handlers do not all go well, by virtual workers and by handlers as tasks."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench.broker.letters import Letter, Reason
from bench.clients.port import ConsumerLink, Delivered, Ending, IntArray, TaskLink
from bench.engine.acks import AckPlan
from bench.engine.clock import now_ns
from bench.engine.consumer import Consumer
from bench.engine.fates import APPLIED, DONE_WITH, WELL, Fates, sorted_out
from bench.engine.handler import VirtualWorkers
from bench.engine.letters import LATER_NS, Postbox
from bench.engine.recorder import ConsumeRecorder
from bench.engine.tasks import TaskConsumer
from bench.engine.whole import WholeBatches

REASON = "the handler failed for good"
"""What the server is told of a message that is wanted never again."""

_AGAIN = (Ending.NAKED, Ending.UNPOSTED, Ending.RETURNED)
"""Of a delivery after which the message is asked for again."""

_POSTED = {True: Ending.TERMINATED, False: Ending.UNPOSTED}
"""By whether the letter of what is to be given up is stored."""

Handling = tuple[IntArray, Fates, Postbox | None]
"""The usual handler time of each message by id, shape (n,), what becomes of deliveries, and where
dead letters are posted, if they are."""


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
        handler_ns, self._fates, self._letters = handling
        super().__init__(link, recorder, workers, acks, handler_ns)
        self._no_work = False
        self._whole: WholeBatches | None = None

    def _ends_ns(self, positions: IntArray, block: Delivered) -> IntArray:
        """What is not to be handled takes no worker, and is done with at once."""
        ends_ns, begun = block.received_ns.copy(), self._fates.begin(positions, block.ids)
        takes_ns = self._durations(block)[begun]
        ends_ns[begun] = self._assigned(positions[begun], block.received_ns[begun], takes_ns)
        return ends_ns

    def _assigned(self, positions: IntArray, received_ns: IntArray, takes_ns: IntArray) -> IntArray:
        """Return when handlers end; each by itself where it matters when they begin."""
        away, workers = self._fates.away, self._workers
        if not away:
            return workers.assign(received_ns, takes_ns)
        ends_ns = np.empty_like(received_ns)
        for row, position in enumerate(positions.tolist()):
            one = slice(row, row + 1)
            begins_ns = workers.begins_ns(int(received_ns[row]))
            own_ns = away.takes_ns(position, begins_ns, int(takes_ns[row]))
            ends_ns[one] = workers.assign(received_ns[one], np.array([own_ns]))
        return ends_ns

    def _durations(self, block: Delivered) -> IntArray:
        usual_ns = super()._durations(block)
        return self._fates.faults.handler_ns(block.ids, block.deliveries, usual_ns)

    def return_whole(self, batch: int) -> None:
        """Have one failure return its whole batch, of so many."""
        self._whole = WholeBatches(batch)

    def _handled(self, positions: IntArray) -> None:
        endings = self._fates.end(positions, *self._recorder.told(positions))
        if self._whole is None:
            self._conclude(positions, endings)
            return
        for those, ended in self._whole.ended(positions, endings, idle=self._idle):
            self._conclude(those, ended)

    def _conclude(self, positions: IntArray, endings: IntArray) -> None:
        """Write down how deliveries ended, and tell the server."""
        for ending, those in sorted_out(positions, endings):
            if ending is Ending.TERMINATED and self._letters is not None:
                self._post(self._letters, those)
            else:
                self._settle(those, ending)
        super()._handled(positions[endings == WELL])

    def _post(self, letters: Postbox, positions: IntArray) -> None:
        """Have letters posted; what is to be given up waits until its own is stored."""
        for row, letter in enumerate(_letters_of(self._recorder, positions, self._fates)):
            letters.hand_over(letter, partial(self._posted, positions[row : row + 1]))

    def _posted(self, positions: IntArray, stored: bool) -> None:
        if not self._over.done():
            self._settle(positions, _POSTED[stored])

    def _settle(self, positions: IntArray, ending: Ending) -> None:
        _note(self._recorder, positions, ending)
        self._say(positions, ending)

    def _say(self, positions: IntArray, ending: Ending) -> None:
        if not self._fates.answers:
            return
        if ending in _AGAIN:
            self._link.nak(positions, _again_ns(self._fates, ending))
        elif ending is Ending.TERMINATED:
            self._link.term(positions, REASON)
        elif ending is Ending.REPEATED:
            self._acknowledge(self._acks.handled(positions, idle=self._idle))
        else:
            self._link.drop(positions)


class FailingTasks(TaskConsumer):
    """A TaskConsumer that has fates in store for its deliveries."""

    def __init__(
        self,
        link: TaskLink,
        recorder: ConsumeRecorder,
        acks: AckPlan,
        handling: Handling,
    ) -> None:
        handler_ns, self._fates, self._letters = handling
        super().__init__(link, recorder, acks, handler_ns)
        self._whole: WholeBatches | None = None

    def return_whole(self, batch: int) -> None:
        """Have one failure return its whole batch, of so many."""
        self._whole = WholeBatches(batch)

    def _takes_ns(self, position: int, message_id: int, deliveries: int) -> int:
        usual_ns = super()._takes_ns(position, message_id, deliveries)
        if not self._fates.begin(np.array([position]), np.array([message_id])).all():
            return 0
        return self._fates.faults.one_handler_ns(message_id, deliveries, usual_ns)

    async def handle(self, position: int) -> None:
        """Do the work, as long as it takes when it begins now."""
        if self._fates.away and (usual_ns := self._in_hand.get(position)) is not None:
            self._in_hand[position] = self._fates.away.takes_ns(position, now_ns(), usual_ns)
        await super().handle(position)

    async def _end(self, positions: IntArray) -> None:
        endings = self._endings(positions)
        if self._whole is None:
            await self._conclude(positions, endings)
            return
        for those, ended in self._whole.ended(positions, endings, idle=not self._in_hand):
            await self._conclude(those, ended)

    def _endings(self, positions: IntArray) -> IntArray:
        """Return how deliveries end, shape (n,)."""
        return self._fates.end(positions, *self._recorder.told(positions))

    async def _conclude(self, positions: IntArray, endings: IntArray) -> None:
        """Write down how deliveries ended, and tell the server."""
        for ending, those in sorted_out(positions, endings):
            if ending is Ending.TERMINATED and self._letters is not None:
                await self._post(self._letters, those)
            else:
                await self._settle(those, ending)
        if (well := positions[endings == WELL]).size:
            await super()._end(well)

    async def _post(self, letters: Postbox, positions: IntArray) -> None:
        """Post letters; what is to be given up waits until its own is stored."""
        for row, letter in enumerate(_letters_of(self._recorder, positions, self._fates)):
            stored = await letters.posts(letter)
            if not self._over.done():
                await self._settle(positions[row : row + 1], _POSTED[stored])

    async def _settle(self, positions: IntArray, ending: Ending) -> None:
        _note(self._recorder, positions, ending)
        await self._say(positions, ending)

    async def _say(self, positions: IntArray, ending: Ending) -> None:
        if not self._fates.answers:
            return
        if ending in _AGAIN:
            await self._link.asked_again(positions, _again_ns(self._fates, ending))
        elif ending is Ending.TERMINATED:
            await self._link.given_up(positions, REASON)
        elif ending is Ending.REPEATED:
            await self._acknowledge(self._acks.handled(positions, idle=not self._in_hand))
        else:
            self._link.drop(positions)


def _again_ns(fates: Fates, ending: Ending) -> int:
    """Return how long the server is to wait before it delivers messages again."""
    delay_ns = fates.failure.delay_ns or 0
    return max(delay_ns, LATER_NS) if ending is Ending.UNPOSTED else delay_ns


def _letters_of(recorder: ConsumeRecorder, positions: IntArray, fates: Fates) -> Iterator[Letter]:
    """Yield what is said of each of these deliveries, which the consumer gives up."""
    at_once = fates.failure.answer == "term"
    reason = Reason.TERMINATED if at_once else Reason.ATTEMPTS
    _, deliveries = recorder.told(positions)
    seqs = recorder.seqs_of(positions)
    for seq, attempts in zip(seqs.tolist(), deliveries.tolist(), strict=True):
        yield Letter(seq=seq, attempts=attempts, reason=reason)


def _note(recorder: ConsumeRecorder, positions: IntArray, ending: Ending) -> None:
    """Write down how deliveries ended, before the server is told."""
    if ending in APPLIED or ending in DONE_WITH:
        recorder.handled_at(positions, now_ns())
    else:
        recorder.passed(positions)
    answered = ending in (Ending.REPEATED, Ending.SUPERSEDED)
    recorder.ended(positions, ending, answered=answered)
