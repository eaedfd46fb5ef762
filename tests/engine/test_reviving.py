"""Who takes the place of a process that ended itself, before a fleet that notes what is asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from bench.core.units import NS_PER_MS
from bench.engine.clock import now_ns
from bench.engine.crashing import CrashBook
from bench.engine.fleet import Fallen, Fleet
from bench.engine.jobs import ObserverJob, Progress
from bench.engine.reviving import Crashing, Reviver, reviver
from bench.record.schema import Level
from tests.engine.test_through import job as job_of

AWAY_NS = 20 * NS_PER_MS


class Process:
    """A worker, as far as whoever revives it must know."""

    def __init__(self, job: ObserverJob, pid: int) -> None:
        self.job, self.role, self.pid = job, job.role, pid
        self.fell: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.may_end: Any = None


@dataclass
class Made:
    """A fleet of one consumer."""

    worker: Process
    other: Process | None = None
    fails: bool = False
    fallen: list[Fallen] = field(default_factory=list)
    broken: list[asyncio.Future[None]] = field(default_factory=list)
    placed: list[ObserverJob] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    away: bool = False

    def with_role(self, role: str) -> list[Process]:
        others = [] if self.other is None else [self.other]
        return [self.worker, *others] if role == "consumer" else []

    async def keep_spare(self, jobs: Sequence[ObserverJob], generation: int) -> None:
        assert len(jobs) == 1
        self.kept.append(generation)

    def leave_out(self, worker: Process) -> None:
        self.fallen.append(Fallen(job=worker.job, last=Progress(), progress=Progress()))

    async def take_place(self, job: ObserverJob, start_ns: int) -> Process:
        assert self.away
        if self.fails:
            raise RuntimeError("no next generation")
        self.placed.append(job)
        return Process(job, self.worker.pid + len(self.placed))


def job(role: str = "consumer-0") -> ObserverJob:
    anything = dict.fromkeys((each.name for each in fields(ObserverJob)), None)
    own = {"role": role, "record_path": Path(f"{role}.consume.npy")}
    found: ObserverJob = job_of(ObserverJob, **{**anything, **own})
    return found


def crashing(path: Path) -> Crashing:
    return Crashing(role="consumer", away_ns={4: AWAY_NS, 9: 0}, path=path / "crashes.npy")


async def _ended(made: Made, book: CrashBook, process: Process, message: int) -> None:
    """Have a process end itself, and wait until its place was taken."""
    placed = len(made.placed)
    book.enter(message, process.pid, now_ns())
    assert process.may_end(process.pid)
    process.fell.set_result(None)
    for _ in range(200):
        if len(made.placed) > placed or made.broken[0].done():
            return
        await asyncio.sleep(0.005)


def test_each_that_ends_itself_has_the_next_generation_in_its_place(tmp_path: Path) -> None:
    async def act() -> tuple[Made, Reviver]:
        made = Made(Process(job(), 100))
        revives = Reviver(cast(Fleet, made), crashing(tmp_path))
        book = CrashBook.open(tmp_path / "crashes.npy")
        await revives.prepare([made.worker.job])
        revives.begin(now_ns())
        assert not made.worker.may_end(made.worker.pid), "it lives"
        await _ended(made, book, made.worker, 4)
        await asyncio.sleep(0)
        await revives.end()
        return made, revives

    made, revives = asyncio.run(act())

    (crash,) = revives.done
    assert sorted(made.kept) == [2, 3]
    assert [each.record_path.name.split(".")[-2] for each in made.placed] == ["g2"]
    assert (crash.do, crash.part, crash.generation) == ("crash", "consumer", 2)
    assert crash.begun_ns + AWAY_NS <= crash.ended_ns
    assert not made.away
    findings = {each.code: each for each in revives.findings()}
    assert findings["worker-died"].level is Level.NOTE
    assert "1 message of 2" in findings["disturbance-missed"].text


def test_each_of_several_processes_is_told_by_itself(tmp_path: Path) -> None:
    """Their generations count apart, and nobody is said to have ended when another one did."""

    async def act() -> tuple[Made, Reviver]:
        made = Made(Process(job(), 100), other=Process(job("consumer-1"), 200))
        assert made.other is not None
        revives = Reviver(cast(Fleet, made), crashing(tmp_path))
        book = CrashBook.open(tmp_path / "crashes.npy")
        await revives.prepare([made.worker.job, made.other.job])
        revives.begin(now_ns())
        await _ended(made, book, made.other, 9)
        await _ended(made, book, made.worker, 4)
        await asyncio.sleep(0)
        await revives.end()
        return made, revives

    made, revives = asyncio.run(act())

    assert [each.role for each in made.placed] == ["consumer-1", "consumer-0"]
    assert [each.generation for each in revives.done] == [2, 2]
    died = [(each.role, each.at_ns) for each in revives.findings() if each.code == "worker-died"]
    assert died == [
        ("consumer-1", revives.done[0].begun_ns),
        ("consumer-0", revives.done[1].begun_ns),
    ]


def test_a_place_that_nobody_takes_ends_the_trial(tmp_path: Path) -> None:
    async def act() -> tuple[Made, Reviver]:
        made = Made(Process(job(), 100), fails=True)
        revives = Reviver(cast(Fleet, made), crashing(tmp_path))
        await revives.prepare([made.worker.job])
        revives.begin(now_ns())
        await _ended(made, CrashBook.open(tmp_path / "crashes.npy"), made.worker, 9)
        error = made.broken[0].exception()
        await revives.end()
        assert str(error) == "no next generation"
        return made, revives

    _, revives = asyncio.run(act())

    codes = [each.code for each in revives.findings()]
    assert "disturbance-missed" in codes


def test_where_nobody_ends_itself_nobody_revives() -> None:
    assert reviver(cast(Fleet, None), None) is None
