"""Handlers as a service writes them: a coroutine for each message that waits and acknowledges.

Beside `consumer`, whose virtual workers are exact: here the event loop's timers, the library's own
queues and its way of calling back are part of what is measured (docs/adr/0005, 0022).
"""

import asyncio

import numpy as np

from bench.clients.port import NO_ID, IntArray, TaskLink
from bench.core.units import NS_PER_S
from bench.engine.acks import AckOrder, AckPlan
from bench.engine.clock import now_ns
from bench.engine.recorder import ConsumeRecorder


class TaskConsumer:
    """One consumer process's work: the TaskSink of its link, which calls it."""

    def __init__(
        self, link: TaskLink, recorder: ConsumeRecorder, acks: AckPlan, handler_ns: IntArray
    ) -> None:
        """Be ready to handle messages; call within a running event loop.

        Args:
            link: brings them, once it is opened with this as its sink.
            recorder: keeps what happens.
            acks: decides when to acknowledge.
            handler_ns: handler time of each message by id, shape (n,).
        """
        self._link = link
        self._recorder = recorder
        self._acks = acks
        self._handler_ns = handler_ns
        self._in_hand: dict[int, int] = {}
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bounds: tuple[int, int] | None = None

    def keep_within(self, first_seq: int, last_seq: int) -> None:
        """Pass over what comes from beyond these stream sequences: it is not handled."""
        self._bounds = first_seq, last_seq

    async def run(self) -> None:
        """Let messages be handled until cancelled; the link is open."""
        try:
            await self._over
        finally:
            self._over.cancel()

    def came(self, received_ns: int, message_id: int, stream_seq: int, deliveries: int) -> None:
        """A message came; what comes after the end is no part of the trial."""
        if self._over.done():
            return
        if self._bounds is not None and not self._bounds[0] <= stream_seq <= self._bounds[1]:
            self._recorder.take_one(received_ns, NO_ID, stream_seq, deliveries)
            return
        position = self._recorder.take_one(received_ns, message_id, stream_seq, deliveries)
        self._in_hand[position] = self._takes_ns(position, message_id, deliveries)

    async def handle(self, position: int) -> None:
        """Wait for the message's handler time, and acknowledge as the plan says."""
        duration_ns = self._in_hand.get(position)
        if duration_ns is None:
            return  # it came after the end, or from beyond its bounds
        positions = np.array([position], dtype=np.int64)
        await self._acknowledge(self._acks.received(positions))
        await self._work(position, duration_ns)
        if self._over.done():
            return
        del self._in_hand[position]
        await self._end(positions)

    async def _work(self, position: int, duration_ns: int) -> None:
        """Return when the handler of a delivery has ended."""
        del position
        if duration_ns:
            await asyncio.sleep(duration_ns / NS_PER_S)

    def _takes_ns(self, position: int, message_id: int, deliveries: int) -> int:
        """Return how long the handler of a delivery takes."""
        del position, deliveries
        ours = 0 <= message_id < self._handler_ns.size
        return int(self._handler_ns[message_id]) if ours else 0

    async def _end(self, positions: IntArray) -> None:
        self._recorder.handled_at(positions, now_ns())
        await self._acknowledge(self._acks.handled(positions, idle=not self._in_hand))

    def acked(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """Acks were handed over."""
        self._recorder.acked_at(positions, acked_ns)

    def failed(self, error: Exception) -> None:
        """Nothing more will come."""
        if not self._over.done():
            self._over.set_exception(error)

    async def _acknowledge(self, order: AckOrder) -> None:
        if order.positions.size:
            await self._link.acknowledge(order.positions, cumulative=order.cumulative)
