"""Consumers whose handlers make real effects, by workers of our own and by handlers as tasks.

A worker is busy from the first step of a deed to the last one. What waits for its key, where the
order of its messages matters, leaves the worker to what came behind it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

import numpy as np

from bench.clients.buckets import ChangeLink
from bench.clients.deeds import Doer
from bench.clients.faults import Faults
from bench.clients.port import ConsumerLink, Delivered, IntArray, Outcome, TaskLink
from bench.engine.acks import AckPlan
from bench.engine.applying import Applying
from bench.engine.failing import FailingConsumer, FailingTasks
from bench.engine.handler import VirtualWorkers

Flush = Callable[[], Awaitable[None]]
"""Returns when the server has all that was handed over."""


class WritingConsumer(FailingConsumer):
    """A FailingConsumer whose handlers make effects; the SaidSink of who carries them out.

    Attributes:
        unmade: why effects were not made; their messages failed.
    """

    def __init__(
        self, link: ConsumerLink, applying: Applying, acks: AckPlan, workers: int, flush: Flush
    ) -> None:
        """Be ready to take messages; call within a running event loop.

        Args:
            link: brings them, once it is opened with this as its sink.
            applying: what handlers do.
            acks: decides when to acknowledge.
            workers: deeds under way at a time.
            flush: of the link.
        """
        handling = (applying.traffic.handler_ns, applying.fates, applying.letters)
        super().__init__(link, applying.recorder, VirtualWorkers(workers), acks, handling)
        self._applying = applying
        self._most = workers
        self._flush = flush
        self._deeds: ChangeLink | None = None
        self._waiting: deque[int] = deque()
        self._working: dict[int, int] = {}
        self._busy: Counter[int] = Counter()
        self._dying: asyncio.Task[None] | None = None
        self.unmade = Faults()

    def does_by(self, deeds: ChangeLink) -> None:
        """Have effects made over this connection."""
        self._deeds = deeds

    def _take(self, block: Delivered) -> None:
        positions = self._recorder.take(block)
        self._applying.came(positions, block)
        early = self._acks.received(positions)
        at_once = next((p for p in positions.tolist() if self._crashes_on_receipt(p)), None)
        if at_once is not None and not early.positions.size:
            self._applying.crash(at_once, applied=False)
        self._acknowledge(early)
        if at_once is not None:
            self._dying = asyncio.create_task(self._crash_when_acked(at_once))
        self._waiting.extend(p for p in positions.tolist() if p != at_once)
        self._go_on()

    def _crashes_on_receipt(self, position: int) -> bool:
        return self._applying.crashes(position, "after-receive")

    async def _crash_when_acked(self, position: int) -> None:
        """End the process when the server has its acks: else they would go with it."""
        await self._flush()
        self._applying.crash(position, applied=False)

    def _ask(self) -> None:
        """Ask for more where nothing that came waits for a worker."""
        if self._pull and not self._waiting and not self._over.done():
            self._link.ask()

    @property
    def _idle(self) -> bool:
        return not self._waiting and not self._working

    def _go_on(self) -> None:
        """Give free workers what may be done next, and ask for more where nothing waits."""
        if self._deeds is None or self._over.done():
            return
        put_off: deque[int] = deque()
        while self._waiting and len(self._working) < self._most:
            position = self._waiting.popleft()
            if self._busy[self._applying.key(position)]:
                put_off.append(position)
            else:
                self._begin(position, self._deeds)
        self._waiting.extendleft(reversed(put_off))
        self._deeds.flush()
        self._ask()

    def _begin(self, position: int, deeds: ChangeLink) -> None:
        if not self._applying.is_ours(position):
            self._conclude(np.array([position]), np.array([self._applying.ended(position)]))
            return
        self._working[position] = key = self._applying.key(position)
        self._busy[key] += 1
        deeds.begin(position)

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        """Deeds are through."""
        del stored_ns
        for position in np.asarray(positions, dtype=np.int64).tolist():
            self._free(position)
            self._conclude(np.array([position]), np.array([self._applying.ended(position)]))

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """A deed was not carried out: the handler has failed."""
        del outcome
        self.unmade.note(reason)
        self._fail(position)

    def abandoned(self, stop: int) -> None:
        """The connection broke: nobody knows of any deed under way, and each has failed."""
        del stop
        for position in tuple(self._working):
            self._fail(position)

    def said(self, positions: IntArray | range, numbers: IntArray) -> None:
        """Nothing is said of deeds."""

    def caught_up(self) -> None:
        """Go on with what waits for a worker, or for its key."""
        self._go_on()

    def _fail(self, position: int) -> None:
        self._free(position)
        self._conclude(np.array([position]), np.array([self._applying.failed(position)]))

    def _free(self, position: int) -> None:
        key = self._working.pop(position)
        self._busy[key] -= 1
        if not self._busy[key]:
            del self._busy[key]


class WritingTasks(FailingTasks):
    """A FailingTasks whose handlers make effects, each in its own task.

    Attributes:
        unmade: as of a WritingConsumer.
    """

    def __init__(self, link: TaskLink, applying: Applying, acks: AckPlan, flush: Flush) -> None:
        """Be ready to handle messages; arguments as of a WritingConsumer."""
        handling = (applying.traffic.handler_ns, applying.fates, applying.letters)
        super().__init__(link, applying.recorder, acks, handling)
        self._applying = applying
        self._flush = flush
        self._doer: Doer | None = None
        self._turns: dict[int, asyncio.Lock] = {}
        self.unmade = Faults()

    def does_by(self, doer: Doer) -> None:
        """Have effects made over this connection."""
        self._doer = doer

    def came(self, received_ns: int, message_id: int, stream_seq: int, deliveries: int) -> None:
        """A message came; what comes after the end is no part of the trial."""
        if self._over.done():
            return
        position = self._recorder.take_one(received_ns, message_id, stream_seq, deliveries)
        self._in_hand[position] = 0
        self._applying.came_one(position, message_id, stream_seq, deliveries)
        if self._fates.answers and self._applying.crashes(position, "after-receive"):
            self._applying.crash(position, applied=False)

    async def handle(self, position: int) -> None:
        """Acknowledge first where the plan says so, make the effect, and see to the rest."""
        if position not in self._in_hand or self._doer is None:
            return  # it came after the end
        positions = np.array([position], dtype=np.int64)
        await self._acknowledge(self._acks.received(positions))
        if self._applying.crashes(position, "after-receive"):
            await self._flush()
            self._applying.crash(position, applied=False)
        ending = await self._done(position, self._doer)
        if self._over.done():
            return
        del self._in_hand[position]
        await self._conclude(positions, np.array([ending]))

    async def _done(self, position: int, doer: Doer) -> int:
        """Make the effect of a delivery in its turn; return how that ends."""
        if not self._applying.is_ours(position):
            return self._applying.ended(position)
        async with self._turn(self._applying.key(position)):
            if reason := await doer.perform(position):
                self.unmade.note(reason)
                return self._applying.failed(position)
        return self._applying.ended(position)

    def _turn(self, key: int) -> AbstractAsyncContextManager[object]:
        """Return what is held while a key is dealt with; nothing where none is waited for."""
        if key < 0:
            return nullcontext()
        return self._turns.setdefault(key, asyncio.Lock())
