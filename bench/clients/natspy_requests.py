"""Core requests over nats-py: published with a reply subject of our own, as its `request` does."""

import asyncio
import time
from collections import deque

from nats.aio.msg import Msg

from bench.clients.faults import NO_RESPONDERS
from bench.clients.natspy import NatsPyPublisher
from bench.clients.port import AckSink, Endpoint, Messages, Outcome
from bench.core.units import NS_PER_S

LOOKS = 50
"""How often, while a caller waits for an answer, it is looked whether others have waited enough."""


class NatsPyRequester(NatsPyPublisher):
    """OperationLink over nats-py whose messages are requests."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: AckSink, within_ns: int
    ) -> None:
        super().__init__(endpoint, messages, sink)
        self._within_ns = within_ns
        self._waiting: deque[tuple[int, int]] = deque()
        self._giving_up: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and listen for answers."""
        await super().open()
        self._giving_up = asyncio.get_running_loop().create_task(self._give_up())

    def send(self, first: int, stop: int) -> None:
        """Publish positions first..stop-1; each waits for its answer from now on."""
        self._waiting.append((time.monotonic_ns() + self._within_ns, stop))
        super().send(first, stop)

    async def close(self) -> None:
        """Flush and disconnect; never raises."""
        if self._giving_up is not None:
            self._giving_up.cancel()
        await super().close()

    async def _give_up(self) -> None:
        """Let what has waited enough make room for others, again and again."""
        while True:
            await asyncio.sleep(self._within_ns / LOOKS / NS_PER_S)
            now_ns, stop = time.monotonic_ns(), 0
            while self._waiting and self._waiting[0][0] <= now_ns:
                stop = self._waiting.popleft()[1]
            if stop:
                self._sink.abandoned(stop)
                self._sink.caught_up()

    async def _on_answer(self, message: Msg) -> None:
        now_ns = time.monotonic_ns()
        position = int(message.subject[len(self._inbox) :])
        status = (message.headers or {}).get("Status")
        if status == "503":
            self._sink.refused(position, NO_RESPONDERS, Outcome.NO_RESPONDERS)
        else:
            self._took(position, message, now_ns)
        self._sink.caught_up()

    def _took(self, position: int, message: Msg, now_ns: int) -> None:
        """Take what an answer says; of a request the answer is whatever comes."""
        status = (message.headers or {}).get("Status")
        if status is None:
            self._sink.stored((position,), now_ns)
        else:
            self._sink.refused(position, f"status {status}")
