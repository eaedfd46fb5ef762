"""The consumer: takes messages, lets virtual workers handle them, acknowledges as the plan says.

A pull consumer asks again when every message it holds has begun its handler: a free worker never
waits for more than a round trip, and no more than one batch waits in the client. Without handler
time everything happens in the call that brings the block.
"""

import asyncio
import heapq

import numpy as np

from bench.clients.port import NO_ID, ConsumerLink, Delivered, IntArray
from bench.engine.acks import AckOrder, AckPlan
from bench.engine.clock import make_timer, now_ns
from bench.engine.handler import VirtualWorkers
from bench.engine.recorder import ConsumeRecorder
from bench.engine.table import Flags


class Consumer:
    """One consumer process's work: the DeliverySink of its link.

    Like the publisher it is called, not resumed: by the link when messages come, by its timers
    when a handler ends or when the last message in hand begins.
    """

    def __init__(
        self,
        link: ConsumerLink,
        recorder: ConsumeRecorder,
        workers: VirtualWorkers,
        acks: AckPlan,
        handler_ns: IntArray,
    ) -> None:
        """Be ready to take messages; call within a running event loop.

        Args:
            link: brings them, once it is opened with this as its sink.
            recorder: keeps what happens.
            workers: handle them.
            acks: decides when to acknowledge.
            handler_ns: handler time of each message by id, shape (n,).
        """
        self._bounds: tuple[int, int] | None = None
        self._beyond = False
        self._link = link
        self._recorder = recorder
        self._workers = workers
        self._acks = acks
        self._handler_ns = handler_ns
        self._no_work = not handler_ns.any() and workers.plain
        self._pull = False
        self._in_hand: list[tuple[int, int]] = []
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._work_ends = make_timer(self._finish)
        self._work_begins = make_timer(self._ask)

    def keep_within(self, first_seq: int, last_seq: int) -> None:
        """Handle these stream sequences alone, and ask for no more once others come."""
        self._bounds = first_seq, last_seq

    async def run(self, *, pull: bool) -> None:
        """Take and handle messages until cancelled; the link is open.

        Args:
            pull: the link brings messages only when asked.
        """
        self._pull = pull
        try:
            self._ask()
            await self._over
        finally:
            self._over.cancel()
            self._work_ends.close()
            self._work_begins.close()

    def delivered(self, block: Delivered) -> None:
        """Messages came; what comes after the end is no part of the trial."""
        if self._over.done():
            return
        try:
            self._take(block)
            self._ask()
        except Exception as error:  # noqa: BLE001 - whoever awaits `run` is told
            self.failed(error)

    def acked(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """Acks were handed over."""
        self._recorder.acked_at(positions, acked_ns)

    def failed(self, error: Exception) -> None:
        """Nothing more will come."""
        if not self._over.done():
            self._over.set_exception(error)

    def _take(self, block: Delivered) -> None:
        if self._bounds is not None:
            block = self._within(block, self._bounds)
        positions = self._recorder.take(block)
        if self._beyond:
            inside = block.ids != NO_ID
            positions, block = positions[inside], _chosen(block, inside)
        self._acknowledge(self._acks.received(positions))
        if self._no_work:
            self._handled(positions)
            return
        ends_ns = self._ends_ns(positions, block)
        for end, position in zip(ends_ns.tolist(), positions.tolist(), strict=True):
            heapq.heappush(self._in_hand, (end, position))
        self._finish()

    def _ends_ns(self, positions: IntArray, block: Delivered) -> IntArray:
        """Return when the handler of each delivery ends, shape (n,)."""
        del positions
        return self._workers.assign(block.received_ns, self._durations(block))

    def _durations(self, block: Delivered) -> IntArray:
        """Return how long the handler of each delivery usually takes, ns, shape (n,)."""
        ours = (block.ids >= 0) & (block.ids < self._handler_ns.size)
        return np.where(ours, self._handler_ns[np.where(ours, block.ids, 0)], 0)

    def _ask(self) -> None:
        """Ask for more, or see to it that it is done when its time comes."""
        if not self._pull or self._over.done() or self._through:
            return
        asks_ns, at_ns = self._workers.asks_ns, now_ns()
        if asks_ns <= at_ns:
            self._workers.asked(at_ns)
            self._link.ask()
        else:
            self._work_begins.ring_at(asks_ns)

    @property
    def _through(self) -> bool:
        """Whether what comes is from beyond its bounds, and nothing within is in hand."""
        return self._beyond and not self._in_hand

    def _within(self, block: Delivered, bounds: tuple[int, int]) -> Delivered:
        """Return a block whose deliveries from beyond the bounds carry no id of ours."""
        first, last = bounds
        outside = (block.stream_seqs < first) | (block.stream_seqs > last)
        if not outside.any():
            return block
        self._beyond = True
        return block._replace(ids=np.where(outside, NO_ID, block.ids))

    def _finish(self) -> None:
        """Notice the handlers that have ended, and see to the next one."""
        now = now_ns()
        ended = []
        while self._in_hand and self._in_hand[0][0] <= now:
            ended.append(heapq.heappop(self._in_hand)[1])
        if ended:
            self._handled(np.array(ended, dtype=np.int64))
        if self._in_hand:
            self._work_ends.ring_at(self._in_hand[0][0])

    def _handled(self, positions: IntArray) -> None:
        self._recorder.handled_at(positions, now_ns())
        self._acknowledge(self._acks.handled(positions, idle=self._idle))

    @property
    def _idle(self) -> bool:
        """Whether no message that came is left to handle."""
        return not self._in_hand

    def _acknowledge(self, order: AckOrder) -> None:
        if not order.positions.size:
            return
        positions = order.positions
        if order.cumulative:
            # What came last may be a repeat of an early message: an ack for it would cover less.
            positions = self._recorder.in_stream_order(positions)
        self._link.ack(positions, cumulative=order.cumulative)


def _chosen(block: Delivered, inside: Flags) -> Delivered:
    """Return some deliveries of a block, in their order."""
    return Delivered(
        received_ns=block.received_ns[inside],
        ids=block.ids[inside],
        stream_seqs=block.stream_seqs[inside],
        deliveries=block.deliveries[inside],
    )
