"""A consumer whose handler does something on the server: each delivery changes a value of a bucket.

A worker is busy until its change is confirmed. What is about one key waits for what came before
about it, unless the order is said not to matter.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from bench.clients.buckets import ChangeLink
from bench.clients.port import ConsumerLink, Delivered, IntArray, Outcome
from bench.engine.acks import AckOrder, AckPlan
from bench.engine.clock import now_ns
from bench.engine.jobs import Effect
from bench.engine.recorder import ConsumeRecorder
from bench.engine.took import Took


class Deliveries(Protocol):
    """What is done with deliveries, as far as whoever takes them must know."""

    def knows(self, message_id: int) -> bool:
        """Say whether one is of ours."""

    def key(self, message_id: int) -> int:
        """Return the number of the key that it is about."""

    def take(self, position: int, message_id: int, seq: int) -> None:
        """Remember what one brought, and its sequence in the stream."""

    def forget(self, position: int) -> None:
        """It is done with."""


@dataclass(slots=True)
class _InHand:
    """What came and is not done.

    Attributes:
        waiting: positions and their keys, in the order they came.
        busy: keys that are being changed.
        changing: position -> key of what is being changed.
        since_ns: position -> when that began.
    """

    waiting: deque[tuple[int, int]] = field(default_factory=deque)
    busy: set[int] = field(default_factory=set)
    changing: dict[int, int] = field(default_factory=dict)
    since_ns: dict[int, int] = field(default_factory=dict)


class EffectConsumer:
    """One process's work: DeliverySink of its consumer, SaidSink of its changes.

    Attributes:
        conflicts: tries in which another writer was faster.
        failed_changes: changes that were refused or given up; their events stay unacknowledged.
        reasons: why, each once.
    """

    def __init__(
        self,
        link: ConsumerLink,
        recorder: ConsumeRecorder,
        acks: AckPlan,
        handling: Deliveries,
        effect: Effect,
    ) -> None:
        self._link = link
        self._recorder = recorder
        self._acks = acks
        self._handling = handling
        self._effect = effect
        self._changes: ChangeLink | None = None
        self._took: Took | None = None
        self._in_hand = _InHand()
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.conflicts = 0
        self.failed_changes = 0
        self.reasons: list[str] = []

    def changes_by(self, changes: ChangeLink) -> None:
        """Change values over this connection."""
        self._changes = changes

    def notes_in(self, took: Took) -> None:
        """Note there how long each delivery has its worker."""
        self._took = took

    async def run(self) -> None:
        """Take and handle messages until cancelled; the links are open."""
        try:
            self._ask()
            await self._over
        finally:
            self._over.cancel()

    def delivered(self, block: Delivered) -> None:
        """Messages came; what comes after the end is no part of the trial."""
        if self._over.done():
            return
        positions = self._recorder.take(block)
        self._acknowledge(self._acks.received(positions))
        for position, message_id, seq in zip(
            positions.tolist(), block.ids.tolist(), block.stream_seqs.tolist(), strict=True
        ):
            if self._handling.knows(message_id):
                self._handling.take(position, message_id, seq)
                self._in_hand.waiting.append((position, self._handling.key(message_id)))
            else:  # nothing of ours, and nothing to do
                self._handled(np.array([position]))
        self._go_on()

    def acked(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """Acks were handed over."""
        self._recorder.acked_at(positions, acked_ns)

    def failed(self, error: Exception) -> None:
        """Nothing more will come."""
        if not self._over.done():
            self._over.set_exception(error)

    def said(self, positions: IntArray | range, numbers: IntArray) -> None:
        """Changes were tried so often."""
        del positions
        self.conflicts += int((numbers - 1).sum())

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        """Changes are confirmed, or there was nothing to change."""
        del stored_ns
        done = np.asarray(positions, dtype=np.int64)
        for position in done.tolist():
            self._free(position)
        self._handled(done)

    def _handled(self, done: IntArray) -> None:
        self._recorder.handled_at(done, now_ns())
        idle = not self._in_hand.changing and not self._in_hand.waiting
        self._acknowledge(self._acks.handled(done, idle=idle))

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """A change did not come about: the event is not acknowledged, and will come again."""
        del outcome
        self.failed_changes += 1
        if reason not in self.reasons and len(self.reasons) < 5:
            self.reasons.append(reason)
        self._free(position)

    def abandoned(self, stop: int) -> None:
        """The connection broke: nobody knows of any change under way, and events come again."""
        del stop
        for position in tuple(self._in_hand.changing):
            self._free(position)

    def caught_up(self) -> None:
        """Go on with what waits for a worker, or for its key."""
        self._go_on()

    def _free(self, position: int) -> None:
        key = self._in_hand.changing.pop(position, None)
        if key is not None:
            self._in_hand.busy.discard(key)
            self._handling.forget(position)
            since_ns = self._in_hand.since_ns.pop(position)
            if self._took is not None:
                self._took.note(position, now_ns() - since_ns, 0)

    def _go_on(self) -> None:
        """Give free workers what may be done next, and ask for more where nothing waits."""
        if self._changes is None or self._over.done():
            return
        in_hand, put_off = self._in_hand, deque[tuple[int, int]]()
        while in_hand.waiting and len(in_hand.changing) < self._effect.workers:
            position, key = in_hand.waiting.popleft()
            if self._effect.ordered and key in in_hand.busy:
                put_off.append((position, key))
                continue
            self._begin(position, key)
        in_hand.waiting.extendleft(reversed(put_off))
        self._changes.flush()
        if not in_hand.waiting:
            self._ask()

    def _begin(self, position: int, key: int) -> None:
        assert self._changes is not None  # noqa: S101 - asked before
        self._in_hand.changing[position] = key
        self._in_hand.since_ns[position] = now_ns()
        self._in_hand.busy.add(key)
        self._changes.begin(position)

    def _ask(self) -> None:
        self._link.ask()

    def _acknowledge(self, order: AckOrder) -> None:
        if order.positions.size:
            self._link.ack(order.positions, cumulative=order.cumulative)
