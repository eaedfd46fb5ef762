"""nats-py with handlers where a service has them: in its callback, or behind its fetch.

One worker handles in the callback or in the loop itself, message after message; more are tasks of
their own, and the next message waits until one of them is free.
"""

import asyncio
import time
from collections.abc import Sequence

from nats.aio.msg import Msg
from nats.js import JetStreamContext

from bench.clients.natspy import NatsPySubscriber, identity, is_control
from bench.clients.port import Binding, Endpoint, IntArray, TaskSink


class NatsPyTasks(NatsPySubscriber):
    """TaskLink over nats-py."""

    def __init__(self, endpoint: Endpoint, binding: Binding, workers: int) -> None:
        super().__init__(endpoint, binding)
        self._handlers: TaskSink | None = None
        self._in_turn = workers == 1
        self._free = asyncio.Semaphore(workers)
        self._begun = asyncio.Event()
        self._begun.set()

    def hold(self) -> None:
        """Ask for nothing until it is to begin: what it is for is there already."""
        self._begun.clear()

    def begin(self) -> None:
        """Ask for messages from now on."""
        self._begun.set()

    async def open(self, sink: TaskSink) -> None:
        """Connect and bind to the consumer."""
        self._handlers = sink
        await self._listen(sink)

    def in_progress(self, positions: IntArray) -> None:
        """Say that they are still worked on, one call of the library after the other."""
        self._start(self.still_working(positions))

    async def _fetch_forever(self, pull: "JetStreamContext.PullSubscription") -> None:
        await self._begun.wait()
        while True:
            if fetched := await self._fetch(pull):
                await self._work_on(fetched)

    async def _on_push(self, message: Msg) -> None:
        self._heartbeats.heard()
        if is_control(message):
            await self._answer_control(message)
        else:
            await self._work_on([(time.monotonic_ns(), message)])

    async def _work_on(self, arrivals: Sequence[tuple[int, Msg]]) -> None:
        """Return when the last of them has begun its handler; with one worker, ended it."""
        assert self._handlers is not None  # noqa: S101 - it is open
        first = self._taken
        for now_ns, message in arrivals:
            self._handlers.came(now_ns, *identity(message, self._binding))
            if self._binding.acks:
                self._unacked[self._taken] = message
            self._taken += 1
        for position in range(first, self._taken):
            if self._in_turn:
                await self._handlers.handle(position)
            else:
                await self._free.acquire()
                task = self._start(self._handlers.handle(position))
                task.add_done_callback(lambda _: self._free.release())
