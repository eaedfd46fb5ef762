"""Who carries out what is planned, before a fleet that notes what becomes of it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from bench.core.units import NS_PER_MS
from bench.engine.clock import now_ns
from bench.engine.fleet import Fleet
from bench.engine.supervisor import Supervisor
from bench.record.schema import Level
from bench.spec.disturbances import Disturbance


class Process:
    """A worker that notes its signals."""

    role = "consumer-0"

    def __init__(self) -> None:
        self.signals: list[signal.Signals] = []

    def signal(self, number: signal.Signals) -> None:
        self.signals.append(number)


class Made:
    """A fleet of one consumer."""

    def __init__(self, *, fails: bool = False) -> None:
        self.process, self.said, self.fails = Process(), list[str](), fails
        self.broken: list[asyncio.Future[None]] = []
        self.fallen: list[object] = []
        self.away = False

    def with_role(self, role: str) -> list[Process]:
        return [self.process] if role == "consumer" else []

    async def kill(self, role: str) -> None:
        self.said.append(f"kill {role}")

    async def take_places(self, role: str, start_ns: int) -> None:
        assert self.away
        if self.fails:
            raise RuntimeError("no next generation")
        self.said.append(f"place {role}")


def planned(do: str, at_ms: int, for_ms: int = 10) -> Disturbance:
    return Disturbance.model_validate(
        {"at": f"{at_ms}ms", "do": do, "part": "consumer", "for": f"{for_ms}ms"}
    )


def conducted(
    made: Made,
    *each: Disturbance,
    then: Callable[[Supervisor], Awaitable[None]],
    window_start_ms: int = 0,
) -> Supervisor:
    """A supervisor that has begun, and what came then."""

    async def conduct() -> Supervisor:
        supervisor = Supervisor(cast(Fleet, made), each, window_start_ms * NS_PER_MS)
        supervisor.begin(now_ns())
        await then(supervisor)
        await supervisor.end()
        return supervisor

    return asyncio.run(conduct())


async def until_over(supervisor: Supervisor) -> None:
    """Until all of it was done."""
    while any(each.ended_ns < 0 for each in supervisor.done):
        await asyncio.sleep(0.001)


async def at_once(supervisor: Supervisor) -> None:
    """The window is over before anything began."""
    supervisor.no_more()
    await asyncio.sleep(0.05)


def test_each_comes_at_its_instant_of_the_window_and_not_before() -> None:
    """From the begin of the window on; it is over when whom it befell is there again."""
    made = Made()

    done = conducted(
        made,
        planned("crash", 5),
        planned("pause", 30),
        then=until_over,
        window_start_ms=10,
    ).done

    assert made.said == ["kill consumer", "place consumer"]
    assert made.process.signals == [signal.SIGSTOP, signal.SIGCONT]
    assert [each.planned_ns for each in done] == [15 * NS_PER_MS, 40 * NS_PER_MS]
    for each in done:
        assert each.planned_ns <= each.begun_ns
        assert each.begun_ns + 10 * NS_PER_MS <= each.ended_ns
    assert [each.generation for each in done] == [2, 2]
    assert not made.away


def test_one_that_never_began_was_not_measured() -> None:
    """Work that was done sooner than thought leaves nothing to be disturbed."""
    supervisor = conducted(Made(), planned("crash", 20), then=at_once)

    (found,) = supervisor.findings()

    assert (found.level, found.code) == (Level.INVALID, "disturbance-missed")
    assert supervisor.done[0].begun_ns == -1


def test_who_was_stopped_goes_on_whatever_breaks_the_trial_off() -> None:
    """A stopped process would hear no word, and be left behind."""
    made = Made()

    async def broken_off(supervisor: Supervisor) -> None:
        while not made.process.signals:
            await asyncio.sleep(0.001)

    supervisor = conducted(made, planned("pause", 0, for_ms=60_000), then=broken_off)

    assert made.process.signals == [signal.SIGSTOP, signal.SIGCONT]
    assert supervisor.done[0].ended_ns == -1
    assert [each.code for each in supervisor.findings()][:1] == ["disturbance-missed"]


def test_a_next_generation_that_does_not_come_breaks_the_trial_off() -> None:
    """Nobody would do the work any more, and the lag would be taken for the system's."""
    made = Made(fails=True)

    async def until_told(supervisor: Supervisor) -> None:
        while not made.broken[0].done():
            await asyncio.sleep(0.001)

    conducted(made, planned("crash", 0), then=until_told)

    with pytest.raises(RuntimeError, match="no next generation"):
        made.broken[0].result()
