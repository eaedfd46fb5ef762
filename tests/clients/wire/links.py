"""Links against a real server, and what tests do with them over and over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import uvloop

from bench.broker.endpoint import Endpoint
from bench.clients.port import (
    ASYNC,
    Binding,
    ConsumerLink,
    Delivered,
    IntArray,
    Messages,
    Outcome,
)
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.publish import WirePublisher, publishing
from bench.plan.traffic import PayloadTemplate
from bench.spec.variant import PublishSettings

Result = TypeVar("Result")

PATIENCE_S = 30.0
"""Far beyond what anything takes: a test that waits this long has found a hang."""


def run(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run it on uvloop, as the workers do; fail rather than hang."""

    async def bounded() -> Result:
        async with asyncio.timeout(PATIENCE_S):
            return await work()

    return uvloop.run(bounded())


@dataclass
class Answers:
    """An AckSink that keeps what it hears."""

    stored_positions: list[int] = field(default_factory=list)
    refusals: dict[int, str] = field(default_factory=dict)
    abandoned_stop: int = 0

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        assert stored_ns > 0
        self.stored_positions += np.asarray(positions).tolist()

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        assert position not in self.refusals
        self.refusals[position] = reason

    def abandoned(self, stop: int) -> None:
        self.abandoned_stop = stop

    def caught_up(self) -> None: ...

    async def all_of(self, count: int) -> None:
        """Wait until so many messages have their answer."""
        while len(self.stored_positions) + len(self.refusals) < count:
            await asyncio.sleep(0.005)


def messages(
    count: int,
    *,
    subjects: Sequence[str],
    sizes: Sequence[int] = (128,),
    id_offset: int = 0,
    headers: tuple[tuple[str, str], ...] = (),
) -> Messages:
    """Return `count` messages with ids 0.., sizes and subjects mixed."""
    rng = np.random.default_rng(count)
    return Messages(
        ids=np.arange(count, dtype=np.int64),
        subjects=tuple(subjects),
        subject_index=rng.integers(0, len(subjects), count),
        payloads=tuple(
            PayloadTemplate(content=rng.bytes(size), id_offset=id_offset) for size in sizes
        ),
        payload_index=rng.integers(0, len(sizes), count),
        headers=headers,
    )


@asynccontextmanager
async def publisher(
    endpoint: Endpoint, chosen: Messages, how: PublishSettings = ASYNC
) -> AsyncIterator[tuple[WirePublisher, Answers]]:
    """An open publisher link and what it is told."""
    answers = Answers()
    link = WirePublisher(endpoint, chosen, answers, publishing(how))
    await link.open()
    try:
        yield link, answers
    finally:
        await link.close()


async def send(link: WirePublisher, first: int, stop: int) -> None:
    """Send when the link takes messages, as the engine does."""
    while (blocked := link.blocked()) is not None:
        await blocked
    link.send(first, stop)


async def publish(endpoint: Endpoint, chosen: Messages, how: PublishSettings = ASYNC) -> Answers:
    """Publish everything in steps and wait for the answers."""
    count = chosen.ids.size
    async with publisher(endpoint, chosen, how) as (link, answers):
        for first in range(0, count, 100):
            await send(link, first, min(first + 100, count))
        await answers.all_of(count)
    assert link.faults == ()
    return answers


def binding(stream: str, *, mode: str = "pull", batch: int = 100, **changes: object) -> Binding:
    """Return a binding to the consumer `c`; pushed messages come to `<stream>-deliver`."""
    values: dict[str, object] = {
        "expires_ns": 2 * 10**9,
        "id_offset": 0,
        "deliver_subject": f"{stream}-deliver" if mode == "push" else "",
    }
    return Binding(stream=stream, consumer="c", mode=mode, batch=batch, **(values | changes))  # type: ignore[arg-type]


@dataclass
class Taken:
    """A DeliverySink that keeps what it is brought, and the position of the next delivery."""

    blocks: list[Delivered] = field(default_factory=list)
    acked_positions: list[int] = field(default_factory=list)
    acked_ns: list[int] = field(default_factory=list)
    stop: int = 0
    error: Exception | None = None
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def delivered(self, block: Delivered) -> None:
        self.blocks.append(block)
        self._came.set()

    def acked(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        assert np.all(np.asarray(acked_ns) > 0)
        self.acked_positions += positions.tolist()
        self.acked_ns += np.broadcast_to(acked_ns, positions.shape).tolist()

    def failed(self, error: Exception) -> None:
        self.error = error
        self._came.set()

    async def more(self, link: ConsumerLink) -> IntArray:
        """Ask for more and wait for it; return the positions of what came since the last call."""
        while self.stop == (stop := sum(block.ids.size for block in self.blocks)):
            if self.error is not None:
                raise self.error
            self._came.clear()
            link.ask()
            await self._came.wait()
        first, self.stop = self.stop, stop
        return np.arange(first, stop)

    def column(self, name: str) -> list[int]:
        """Return a column of all blocks together."""
        return [value for block in self.blocks for value in getattr(block, name).tolist()]


@asynccontextmanager
async def consumer(endpoint: Endpoint, bound: Binding) -> AsyncIterator[tuple[WireConsumer, Taken]]:
    """An open consumer link and what it brings."""
    link, taken = WireConsumer(endpoint, bound), Taken()
    await link.open(taken)
    try:
        yield link, taken
    finally:
        await link.close()
