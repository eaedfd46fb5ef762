"""Handlers that do work: what is noted of their time, and of those that fail."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np

from bench.clients.natspy_tasks import NatsPyTasks
from bench.clients.port import Content, Ending
from bench.core.units import NS_PER_MS
from bench.engine.acks import make_ack_plan
from bench.engine.clock import now_ns
from bench.engine.doing import DoingTasks
from bench.engine.fates import Fates
from bench.engine.memory import Memory
from bench.engine.recorder import ConsumeRecorder, ConsumerRecord, load_consumer
from bench.engine.took import Took, load_took, took_path
from bench.engine.works import Step, Works
from bench.plan.faults import Faults
from bench.spec.faults import FailureSettings
from tests.engine.test_tasks import Link

HANDLER_NS = 3 * NS_PER_MS


class Holding(Link):
    """A link that knows what is in its messages."""

    def content(self, position: int) -> Content:
        return Content(subject="a", data=b"%d" % position, headers={}, seq=1, deliveries=1)


def done(
    directory: Path,
    works: Works,
    ids: Sequence[int],
    *,
    together: bool = False,
    known: bool = False,
) -> tuple[ConsumerRecord, list[list[int]], tuple[str, ...]]:
    """Return the record of deliveries of these messages, what each had, and errors."""
    path = directory / "consumer-0.npy"
    raised: tuple[str, ...] = ()

    async def run() -> None:
        nonlocal raised
        fates = Fates(
            faults=Faults(kinds=(), index=np.zeros(10, dtype=np.int64)),
            failure=FailureSettings(),
            max_deliver=None,
            answers=True,
            memory=Memory() if known else None,
        )
        link = Holding()
        took = Took(took_path(path), len(ids))
        consumer = link.sink = DoingTasks(
            cast(NatsPyTasks, link),
            ConsumeRecorder(10, path),
            make_ack_plan("after-handler", 1),
            (np.full(10, HANDLER_NS), fates, None),
            (works, took),
        )
        for seq, each in enumerate(ids, start=1):
            consumer.came(now_ns(), each, seq, 1)
        handlers = [consumer.handle(position) for position in range(len(ids))]
        if together:
            await asyncio.gather(*handlers)
        else:
            for handler in handlers:
                await handler
        raised = consumer.raised.words()

    asyncio.run(run())
    took_ns = load_took([path], len(ids))
    assert took_ns is not None
    assert (took_ns[0] >= took_ns[1]).all()
    return load_consumer(path), took_ns.tolist(), raised


def _noting(seen: list[bytes]) -> Step:
    return lambda message: seen.append(message.data)


async def _fails_at_1(message: Content) -> None:
    if message.data == b"1":
        raise OSError("no space left")


def test_steps_are_taken_in_order_after_the_time(tmp_path: Path) -> None:
    seen: list[bytes] = []

    record, took_ns, raised = done(tmp_path, Works(steps=[_noting(seen)] * 2), [3, 4])

    assert seen == [b"0", b"0", b"1", b"1"]
    assert min(took_ns[0]) >= HANDLER_NS
    assert max(took_ns[1]) < HANDLER_NS, "what is waited for leaves the loop to others"
    assert (record.handled_ns > 0).all()
    assert raised == ()


def test_who_uses_the_cpu_has_others_wait_and_their_time_says_so(tmp_path: Path) -> None:
    """Three at a time on one loop: the last one had its worker three times as long."""
    _, (workers_ns, loop_ns), _ = done(tmp_path, Works(burns=True), [0, 1, 2], together=True)

    assert min(loop_ns) >= HANDLER_NS
    assert [took >= HANDLER_NS * (place + 1) for place, took in enumerate(workers_ns)] == [True] * 3


def test_a_step_that_raises_has_failed_and_no_later_one_is_taken(tmp_path: Path) -> None:
    seen: list[bytes] = []

    record, took_ns, raised = done(tmp_path, Works(steps=[_fails_at_1, _noting(seen)]), [3, 4, 5])

    assert seen == [b"0", b"2"]
    assert record.ending.tolist() == [0, Ending.NAKED, 0]
    assert raised == ("OSError: no space left",)
    assert min(took_ns[0]) > 0


def test_what_is_remembered_takes_no_time_and_no_step(tmp_path: Path) -> None:
    seen: list[bytes] = []

    record, took_ns, _ = done(tmp_path, Works(steps=[_noting(seen)]), [3, 3], known=True)

    assert seen == [b"0"]
    assert took_ns[0][1] == 0
    assert record.ending.tolist()[0] == 0
