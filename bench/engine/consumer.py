"""The consumer: takes messages, lets virtual workers handle them, acknowledges as the plan says.

A pull consumer asks again when every message it holds has begun its handler: a free worker never
waits for more than a round trip, and no more than one batch waits in the client. Without handler
time everything happens in the block it came in.
"""

import asyncio
import heapq

import numpy as np

from bench.clients.port import NO_ID, ConsumerLink, Delivered, IntArray
from bench.engine.acks import AckOrder, AckPlan
from bench.engine.clock import Alarm, now_ns
from bench.engine.handler import VirtualWorkers
from bench.engine.recorder import ConsumeRecorder


class Consumer:
    """One consumer process's work; runs until it is cancelled."""

    def __init__(
        self,
        link: ConsumerLink,
        recorder: ConsumeRecorder,
        alarm: Alarm,
        workers: VirtualWorkers,
        acks: AckPlan,
    ) -> None:
        self._link = link
        self._recorder = recorder
        self._alarm = alarm
        self._workers = workers
        self._acks = acks
        self._in_hand: list[tuple[int, int]] = []
        self._work_came = asyncio.Event()

    async def run(self, handler_ns: IntArray, *, pull: bool) -> None:
        """Take and handle messages.

        Args:
            handler_ns: handler time of each message by id, shape (n,).
            pull: ask only when every message in hand has begun.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._finish_in_time())
            while True:
                if pull:
                    await self._alarm.until(self._workers.last_start_ns)
                await self._take(await self._link.take(), handler_ns)

    async def _take(self, block: Delivered, handler_ns: IntArray) -> None:
        positions = self._recorder.take(block)
        await self._carry_out(self._acks.received(positions))
        ours = (block.ids != NO_ID) & (block.ids < handler_ns.size)
        durations = np.where(ours, handler_ns[np.where(ours, block.ids, 0)], 0)
        ends_ns = self._workers.assign(block.received_ns, durations)
        ended = ends_ns <= now_ns()
        if ended.any() and not self._in_hand and ended.all():
            await self._handled(positions)
            return
        for end, position in zip(ends_ns.tolist(), positions.tolist(), strict=True):
            heapq.heappush(self._in_hand, (end, position))
        self._work_came.set()

    async def _finish_in_time(self) -> None:
        """Notice the end of each handler when it comes."""
        while True:
            if not self._in_hand:
                self._work_came.clear()
                await self._work_came.wait()
            await self._alarm.until(self._in_hand[0][0])
            now = now_ns()
            ended = []
            while self._in_hand and self._in_hand[0][0] <= now:
                ended.append(heapq.heappop(self._in_hand)[1])
            if ended:
                await self._handled(np.array(ended, dtype=np.int64))

    async def _handled(self, positions: IntArray) -> None:
        self._recorder.handled_at(positions, now_ns())
        await self._carry_out(self._acks.handled(positions, idle=not self._in_hand))

    async def _carry_out(self, order: AckOrder) -> None:
        if not order.positions.size:
            return
        if order.cumulative:
            acked_ns = await self._link.ack_through(int(order.positions[-1]))
        else:
            acked_ns = await self._link.ack(order.positions)
        self._recorder.acked_at(order.positions, acked_ns)
