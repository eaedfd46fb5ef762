"""Consumers whose handlers make effects: who waits for whom, how it ends, where they crash."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.clients.buckets import Bucket
from bench.clients.deeds import Deed, Put
from bench.clients.port import NO_ID, Delivered, Ending, IntArray
from bench.engine.acks import make_ack_plan
from bench.engine.applying import Applying
from bench.engine.clock import now_ns
from bench.engine.crashing import CrashBook, Crasher
from bench.engine.fates import Fates
from bench.engine.jobs import Applied
from bench.engine.memory import Memory
from bench.engine.recorder import NEVER, ConsumeRecorder, ConsumerRecord, load_consumer
from bench.engine.strategies import Doing
from bench.engine.took import Took
from bench.engine.writing import WritingConsumer, WritingTasks
from bench.plan.faults import Faults
from bench.plan.traffic import Traffic, make_traffic
from bench.spec.crashes import Crash
from bench.spec.effects import CrashPoint, Idempotency
from bench.spec.faults import AS_USUAL, Fault
from bench.spec.kinds.stream import Stream
from bench.spec.variant import AckTiming
from tests.engine.test_strategies import Store

CRASHING, FAILING = 3, 2


class CrashedError(Exception):
    """Stands for the end of the process."""


class Doer:
    """Carries deeds out on a store, when it is told to; and both links, which remember."""

    faults: Sequence[str] = ()

    def __init__(self) -> None:
        self.store = Store()
        self.applying: Applying | None = None
        self.begun: list[int] = []
        self.acked: list[int] = []
        self.asked = 0
        self.naked: list[int] = []
        self.flushed = 0
        self.fails = ""
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    def begin(self, position: int) -> None:
        self.begun.append(position)

    def flush(self) -> None: ...

    def ask(self) -> None:
        self.asked += 1

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        self.acked += positions.tolist()

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        self.naked += positions.tolist()

    def drop(self, positions: IntArray) -> None: ...

    async def acknowledge(self, positions: IntArray, *, cumulative: bool = False) -> None:
        self.ack(positions)

    async def asked_again(self, positions: IntArray, delay_ns: int = 0) -> None:
        self.nak(positions)

    async def flush_acks(self) -> None:
        self.flushed += 1

    async def perform(self, position: int) -> str:
        self.begun.append(position)
        await self.may_go_on.wait()
        self.carry_out(position)
        return self.fails

    def carry_out(self, position: int) -> None:
        assert self.applying is not None
        self.store.carry_out(_as_doing(self.applying.of(position)))


def _as_doing(deed: Deed) -> Doing:
    yield from deed
    return False


def traffic() -> Traffic:
    """Ten messages of two keys; at one a consumer may crash, and one fails at first."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "subjects": {"pattern": "k.{n}", "values": {"n": ["a", "b"]}},
            "publish": {"rate": "10/s"},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    )
    return make_traffic(load.loads["publish"], 1)


class Made:
    """A consumer, or tasks, between its links."""

    def __init__(
        self,
        directory: Path,
        idempotency: Idempotency = "none",
        *,
        at: CrashPoint = "after-effect",
        timing: AckTiming = "after-handler",
        workers: int = 2,
    ) -> None:
        self.path, self.doer = directory / "consumer.npy", Doer()
        crash = Crash.model_validate({"kind": "crash", "times": 1, "at": at})
        fails = Fault.model_validate({"kind": "transient", "share": "1%"})
        faults = Faults(kinds=(fails,), index=np.array([0, 0, 1, *[0] * 7]))
        plan = replace(traffic(), faults=faults, crashes={CRASHING: crash})
        fates = Fates(
            faults=plan.faults,
            failure=AS_USUAL,
            max_deliver=None,
            answers=timing != "after-validation",
            memory=Memory() if idempotency == "memory" else None,
        )
        book = CrashBook.create(directory / "crashes.npy", [CRASHING])
        self.doer.applying = self.applying = Applying(
            how=Applied(
                idempotency=idempotency, bucket=Bucket(stream="KV_b", direct=True), prefix=""
            ),
            recorder=ConsumeRecorder(40, self.path),
            fates=fates,
            traffic=plan,
            crasher=Crasher(book, end=_end),
        )
        self.acks, self.workers = make_ack_plan(timing, 1), workers

    def consumer(self) -> WritingConsumer:
        found = WritingConsumer(
            self.doer,  # type: ignore[arg-type]
            self.applying,
            self.acks,
            self.workers,
            self.doer.flush_acks,
        )
        found.does_by(self.doer)  # type: ignore[arg-type]
        return found

    def tasks(self) -> WritingTasks:
        found = WritingTasks(
            self.doer,  # type: ignore[arg-type]
            self.applying,
            self.acks,
            self.doer.flush_acks,
        )
        found.does_by(self.doer)  # type: ignore[arg-type]
        return found

    @property
    def record(self) -> ConsumerRecord:
        return load_consumer(self.path)


def _end() -> None:
    raise CrashedError


def block(*ids: int, delivery: int = 1) -> Delivered:
    each = np.array(ids, dtype=np.int64)
    return Delivered(
        received_ns=np.full(each.size, now_ns()),
        ids=each,
        stream_seqs=each + 1,
        deliveries=each * 0 + delivery,
    )


def played(act: Callable[[], Awaitable[None]]) -> None:
    """Within an event loop, as a consumer is made in one."""

    async def run() -> None:
        await act()

    asyncio.run(run())


def test_how_long_each_deed_has_a_worker_is_noted(tmp_path: Path) -> None:
    """From its first step to its last one, by workers of our own."""

    async def act() -> None:
        made = Made(tmp_path, workers=1)
        made.applying.took = Took(tmp_path / "took.npy", 40)
        consumer = made.consumer()
        consumer.delivered(block(0, NO_ID, 1))
        began_ns = now_ns()
        made.doer.carry_out(0)
        consumer.stored((0,), 1)
        within_ns = now_ns() - began_ns

        worker_ns, loop_ns = np.load(tmp_path / "took.npy")
        assert 0 < worker_ns[0] <= within_ns
        assert not worker_ns[1:].any() and not loop_ns.any()

    played(act)


def test_a_worker_is_busy_until_its_effect_is_made(tmp_path: Path) -> None:
    async def act() -> None:
        made = Made(tmp_path, workers=2)
        consumer = made.consumer()

        consumer.delivered(block(0, 1, 4))
        assert made.doer.begun == [0, 1]
        made.doer.carry_out(0)
        consumer.stored((0,), 1)
        consumer.caught_up()

        assert made.doer.begun == [0, 1, 2]
        assert made.doer.acked == [0]
        assert made.doer.store.effects(0) == 1
        assert made.record.handled_ns.astype(bool).tolist() == [True, False, False]

    played(act)


def test_messages_of_one_key_wait_for_each_other_where_their_order_counts(tmp_path: Path) -> None:
    """Those of the other key go past them."""

    async def act() -> None:
        made = Made(tmp_path, "sequence-guard", workers=3)
        consumer = made.consumer()
        keys = made.applying.traffic.subject_index
        own = np.flatnonzero(keys == keys[0])[:2].tolist()
        other = np.flatnonzero(keys != keys[0])[:1].tolist()

        consumer.delivered(block(*own, *other))
        assert made.doer.begun == [0, 2]
        made.doer.carry_out(0)
        consumer.stored((0,), 1)
        consumer.caught_up()

        assert made.doer.begun == [0, 2, 1]

    played(act)


def test_what_fails_has_no_effect_and_is_asked_for_again(tmp_path: Path) -> None:
    """A handler that fails, and an effect that was refused, or not confirmed: broken connection."""

    async def act() -> None:
        made = Made(tmp_path, workers=4)
        consumer = made.consumer()

        consumer.delivered(block(FAILING, 0, 1))
        made.doer.carry_out(0)
        consumer.stored((0,), 1)
        consumer.refused(1, "full")
        consumer.abandoned(3)

        assert made.doer.naked == [0, 1, 2]
        assert made.doer.store.effects(FAILING) == 0
        assert made.record.ending.tolist() == [Ending.NAKED] * 3
        assert list(consumer.unmade.words()) == ["full"]

    played(act)


def test_what_carries_no_id_of_ours_is_acknowledged_and_nothing_done(tmp_path: Path) -> None:
    async def act() -> None:
        made = Made(tmp_path)

        made.consumer().delivered(block(NO_ID))

        assert (made.doer.begun, made.doer.acked) == ([], [0])

    played(act)


def test_a_process_that_remembers_makes_no_second_effect(tmp_path: Path) -> None:
    async def act() -> None:
        made = Made(tmp_path, "memory", workers=4)
        consumer = made.consumer()

        for position, delivery in enumerate((1, 2)):
            consumer.delivered(block(0, delivery=delivery))
            made.doer.carry_out(position)
            consumer.stored((position,), 1)

        assert made.doer.store.effects(0) == 1
        assert made.record.ending.tolist() == [0, Ending.REPEATED]
        assert made.doer.acked == [0, 1]

    played(act)


def test_what_a_marker_tells_of_is_done_whoever_did_it(tmp_path: Path) -> None:
    """Another process made it, and ended before it wrote that down: nobody waits any more."""

    async def act() -> None:
        made = Made(tmp_path, "marker-last")
        consumer = made.consumer()
        marker = Put(subject="marker.0", payload=b"0")
        made.doer.store.answer(marker)

        consumer.delivered(block(0))
        made.doer.carry_out(0)
        consumer.stored((0,), 1)

        assert made.record.ending.tolist() == [Ending.REPEATED]
        assert (made.record.handled_ns != NEVER).all()
        assert made.applying.recorder.handled == made.applying.recorder.received == 1
        assert (made.doer.acked, made.doer.store.effects(0)) == ([0], 0)

    played(act)


APPLIED = {"after-receive": False, "after-effect": True, "after-marker": True, "before-ack": True}


@pytest.mark.parametrize("at", APPLIED)
def test_a_process_writes_down_where_it_ends_before_it_ends(tmp_path: Path, at: CrashPoint) -> None:
    """And nothing is acknowledged: who takes its place is told again."""

    async def act() -> None:
        made = Made(tmp_path, "marker-last", at=at)
        consumer = made.consumer()

        if at == "after-receive":
            consumer.delivered(block(CRASHING))
            with pytest.raises(CrashedError):
                await consumer.run(pull=False)
        else:
            consumer.delivered(block(CRASHING))
            with pytest.raises(CrashedError):
                made.doer.carry_out(0)

        assert made.record.ending.tolist() == [Ending.CRASHED]
        assert (made.record.handled_ns != NEVER).tolist() == [APPLIED[at]]
        assert made.doer.store.effects(CRASHING) == int(APPLIED[at])
        assert made.doer.acked == []

    played(act)


def test_a_process_that_claimed_and_ended_has_made_no_effect(tmp_path: Path) -> None:
    async def act() -> None:
        made = Made(tmp_path, "marker-first", at="after-marker")
        made.consumer().delivered(block(CRASHING))

        with pytest.raises(CrashedError):
            made.doer.carry_out(0)

        assert (made.record.handled_ns == NEVER).all()

    played(act)


def test_an_early_ack_has_left_when_the_process_ends_upon_receipt(tmp_path: Path) -> None:
    """Else it would go with the process, and the message would come again."""

    async def act() -> None:
        made = Made(tmp_path, at="after-receive", timing="after-validation")
        consumer = made.consumer()

        consumer.delivered(block(CRASHING, 0))
        assert (made.doer.acked, made.doer.begun, made.doer.flushed) == ([0, 1], [1], 0)
        dying = consumer._dying
        assert dying is not None
        with pytest.raises(CrashedError):
            await dying

        assert made.doer.flushed == 1
        assert made.record.ending.tolist() == [Ending.CRASHED, 0]

    played(act)


@pytest.mark.parametrize("at", APPLIED)
def test_tasks_end_their_process_at_the_same_steps(tmp_path: Path, at: CrashPoint) -> None:
    async def act() -> None:
        made = Made(tmp_path, "marker-last", at=at)
        tasks = made.tasks()

        with pytest.raises(CrashedError):
            tasks.came(now_ns(), CRASHING, 4, 1)
            await tasks.handle(0)

        assert made.record.ending.tolist() == [Ending.CRASHED]
        assert made.doer.store.effects(CRASHING) == int(APPLIED[at])
        assert made.doer.acked == []

    played(act)


def test_a_task_makes_its_effect_and_acknowledges_and_one_that_failed_does_not(
    tmp_path: Path,
) -> None:
    async def act() -> None:
        made = Made(tmp_path)
        tasks = made.tasks()

        for position, message in enumerate((0, 1)):
            tasks.came(now_ns(), message, message + 1, 1)
            made.doer.fails = "full" if message else ""
            await tasks.handle(position)

        assert (made.doer.acked, made.doer.naked) == ([0], [1])
        assert made.doer.store.effects(0) == 1

    played(act)


def test_tasks_of_one_key_take_turns_where_their_order_counts(tmp_path: Path) -> None:
    async def act() -> None:
        made = Made(tmp_path, "sequence-guard")
        tasks = made.tasks()
        keys = made.applying.traffic.subject_index
        first, second = np.flatnonzero((keys == keys[0]) & (np.arange(10) != FAILING))[:2].tolist()
        for message in (first, second):
            tasks.came(now_ns(), message, message + 1, 1)
        made.doer.may_go_on.clear()

        handling = asyncio.gather(tasks.handle(0), tasks.handle(1))
        await asyncio.sleep(0.01)
        assert made.doer.begun == [0]
        made.doer.may_go_on.set()
        await handling

        assert made.doer.begun == [0, 1]
        assert [made.doer.store.effects(each) for each in (first, second)] == [1, 1]

    played(act)


def test_an_early_ack_of_a_task_has_left_when_its_process_ends_upon_receipt(
    tmp_path: Path,
) -> None:
    async def act() -> None:
        made = Made(tmp_path, at="after-receive", timing="after-validation")
        tasks = made.tasks()

        tasks.came(now_ns(), CRASHING, 4, 1)
        with pytest.raises(CrashedError):
            await tasks.handle(0)

        assert (made.doer.acked, made.doer.flushed) == ([0], 1)

    played(act)
