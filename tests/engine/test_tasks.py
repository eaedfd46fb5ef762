"""A handler as a coroutine: what it notes, in which order, and when it acknowledges."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.core.units import NS_PER_MS
from bench.engine.acks import make_ack_plan
from bench.engine.clock import now_ns
from bench.engine.recorder import NEVER, ConsumeRecorder, ConsumerRecord, load_consumer
from bench.engine.tasks import TaskConsumer
from bench.spec.variant import AckTiming

HANDLER_NS = 2 * NS_PER_MS
FOREIGN_ID = 99


class Link:
    """Notes which acks it was asked for; nothing is sent."""

    faults = ()

    def __init__(self) -> None:
        self.sink: TaskConsumer | None = None
        self.orders: list[tuple[list[int], bool]] = []

    async def open(self, sink: object) -> None: ...

    async def close(self) -> None: ...

    async def asked_again(self, positions: IntArray, delay_ns: int = 0) -> None: ...

    async def given_up(self, positions: IntArray, reason: str = "") -> None: ...

    def drop(self, positions: IntArray) -> None: ...

    async def acknowledge(self, positions: IntArray, *, cumulative: bool = False) -> None:
        assert self.sink is not None
        self.orders.append((positions.tolist(), cumulative))
        self.sink.acked(positions, now_ns())


def bring(consumer: TaskConsumer, *ids: int) -> None:
    """Have messages come just now, with these ids."""
    received_ns = now_ns()
    for stream_seq, message_id in enumerate(ids, start=1):
        consumer.came(received_ns, message_id, stream_seq, 1)


def worked(
    directory: Path, timing: AckTiming, work: Callable[[TaskConsumer], Awaitable[None]]
) -> tuple[ConsumerRecord, Link]:
    """Return what is recorded, and asked of the link, while this is done; a batch is 3."""
    path, link = directory / "consumer.npy", Link()

    async def run() -> None:
        recorder = ConsumeRecorder(10, path)
        plan = make_ack_plan(timing, 3)
        consumer = link.sink = TaskConsumer(link, recorder, plan, np.full(10, HANDLER_NS))
        running = asyncio.create_task(consumer.run())
        await asyncio.sleep(0)
        await work(consumer)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(run())
    return load_consumer(path), link


async def _three_in_turn(consumer: TaskConsumer) -> None:
    bring(consumer, 0, 1, 2)
    for position in range(3):
        await consumer.handle(position)


async def _three_at_once(consumer: TaskConsumer) -> None:
    bring(consumer, 0, 1, 2)
    await asyncio.gather(*map(consumer.handle, range(3)))


def test_a_handler_takes_its_time_and_is_acknowledged_after_it(tmp_path: Path) -> None:
    """Received, then at least 2 ms, then handled, then acked; the next one begins behind it."""
    record, _ = worked(tmp_path, "after-handler", _three_in_turn)

    begins_ns = np.concatenate((record.received_ns[:1], record.acked_ns[:-1]))
    assert (record.handled_ns - begins_ns >= HANDLER_NS).all()
    assert (record.acked_ns >= record.handled_ns).all()


def test_an_ack_after_validation_comes_before_the_work(tmp_path: Path) -> None:
    """It is what the timing says: fast, and lossy on a crash."""
    record, _ = worked(tmp_path, "after-validation", _three_in_turn)

    assert (record.handled_ns - record.acked_ns >= HANDLER_NS).all()


@pytest.mark.parametrize("work", [_three_in_turn, _three_at_once])
@pytest.mark.parametrize(
    ("timing", "orders"),
    [
        ("after-handler", [([0], False), ([1], False), ([2], False)]),
        ("after-validation", [([0], False), ([1], False), ([2], False)]),
        ("per-batch", [([0, 1, 2], False)]),
        ("cumulative", [([0, 1, 2], True)]),
        ("none", []),
    ],
)
def test_acks_are_those_of_the_plan(
    tmp_path: Path,
    timing: AckTiming,
    orders: list[tuple[list[int], bool]],
    work: Callable[[TaskConsumer], Awaitable[None]],
) -> None:
    """The same plan as with virtual workers: variants differ in how handlers run, and no more."""
    record, link = worked(tmp_path, timing, work)

    assert link.orders == orders
    assert ((record.acked_ns == NEVER) == (timing == "none")).all()
    assert (record.handled_ns != NEVER).all()


def test_a_message_of_somebody_else_has_no_handler_time(tmp_path: Path) -> None:
    """It is counted as foreign elsewhere; it must not break the one that comes behind it."""

    async def work(consumer: TaskConsumer) -> None:
        bring(consumer, FOREIGN_ID, 0)
        for position in range(2):
            await consumer.handle(position)

    record, _ = worked(tmp_path, "after-handler", work)

    assert record.ids.tolist() == [FOREIGN_ID, 0]
    assert (record.handled_ns != NEVER).all()


def test_what_is_under_way_at_the_end_is_not_handled(tmp_path: Path) -> None:
    """As with virtual workers: a handler whose end lies behind the trial's did not end in it."""
    path = tmp_path / "consumer.npy"

    async def work() -> None:
        link = Link()
        plan = make_ack_plan("after-handler", 1)
        recorder = ConsumeRecorder(10, path)
        consumer = link.sink = TaskConsumer(link, recorder, plan, np.full(10, HANDLER_NS))
        running = asyncio.create_task(consumer.run())
        await asyncio.sleep(0)
        bring(consumer, 0)
        handling = asyncio.create_task(consumer.handle(0))
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running})
        bring(consumer, 1)
        await consumer.handle(1)
        await handling

    asyncio.run(work())

    record = load_consumer(path)
    assert record.ids.tolist() == [0]
    assert record.handled_ns.tolist() == record.acked_ns.tolist() == [NEVER]
