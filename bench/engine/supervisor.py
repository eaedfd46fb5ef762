"""Carries out what is to be done to the system at planned instants, and notes when it was.

A process that is killed has another one take its place, which was started before the trial and
waits: what a Python interpreter needs to begin is no part of what is measured. It is the next
generation, with a record file of its own.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from bench.core.units import NS_PER_MS, NS_PER_S, human_duration
from bench.engine.clock import Alarm, now_ns
from bench.engine.findings import invalid, warning
from bench.engine.fleet import Fleet
from bench.engine.forgiving import forgiven, told
from bench.engine.jobs import ObserverJob, has_role
from bench.record.schema import Disturbed, Finding
from bench.spec.disturbances import SERVER, Disturbance

LATE_NS = 100 * NS_PER_MS
"""A disturbance that begins so much later than planned is told."""

Restart = Callable[[float], Awaitable[int]]
"""Stops the server, starts it again after so many seconds, and returns its new process's id."""


class Supervisor:
    """Does to the processes of a trial what is planned.

    Attributes:
        done: disturbances as they were carried out so far, those that are still to come last.
    """

    def __init__(
        self,
        fleet: Fleet,
        planned: Sequence[Disturbance],
        window_start_ns: int,
        restart: Restart | None = None,
    ) -> None:
        """Be ready to begin; call within a running event loop.

        Args:
            fleet: whose processes they are.
            planned: what is to be done, by its instants.
            window_start_ns: since when those count, from the trial's start.
            restart: of the server; None where it is not ours.
        """
        self._fleet = fleet
        self._restart = restart
        self._alarm = Alarm()
        self._start_ns = 0
        self._over = False
        self._acting: asyncio.Task[None] | None = None
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done = [_planned(each, window_start_ns) for each in planned]
        for index, each in enumerate(self.done):
            befell = sum(one.part == each.part for one in self.done[:index] if one.do == "crash")
            self.done[index] = replace(each, generation=befell + 1 + (each.do == "crash"))

    async def prepare(self, observers: Sequence[ObserverJob]) -> None:
        """Start the processes that are to take the places of those that will be killed."""
        for each in self.done:
            if each.do == "crash":
                jobs = [job for job in observers if has_role(job.role, each.part)]
                await self._fleet.keep_spare(jobs, each.generation)

    def begin(self, start_ns: int) -> None:
        """Carry out what is planned, beside whatever else goes on; `start_ns` is the trial's."""
        self._start_ns = start_ns
        self._fleet.broken.append(self._failed)
        self._acting = asyncio.create_task(self._act())

    async def end(self) -> None:
        """Begin nothing more, and let whoever is stopped go on."""
        if self._acting is not None:
            self._acting.cancel()
            with suppress(asyncio.CancelledError):
                await self._acting
        self._alarm.close()
        if self._failed.done():
            self._failed.exception()

    def no_more(self) -> None:
        """Begin nothing more: the window is over. What has begun is carried on."""
        self._over = True
        if self._acting is not None and not self._fleet.away:
            self._acting.cancel()

    async def _act(self) -> None:
        try:
            for index, each in enumerate(self.done):
                await self._until(each.planned_ns)
                if self._over:
                    return
                await self._carry_out(index)
        except Exception as error:  # noqa: BLE001 - whoever conducts the trial is told
            self._failed.set_exception(error)

    async def _carry_out(self, index: int) -> None:
        each = self.done[index]
        self._fleet.away = True
        begun_ns = now_ns() - self._start_ns
        self.done[index] = each = replace(each, begun_ns=begun_ns)
        act = {"crash": self._crash, "pause": self._pause, "restart-server": self._again}[each.do]
        ended_ns = await act(each)
        self.done[index] = replace(each, ended_ns=ended_ns - self._start_ns)
        self._fleet.away = False

    async def _crash(self, each: Disturbed) -> int:
        await self._fleet.kill(each.part)
        await self._until(each.begun_ns + each.for_ns)
        await self._fleet.take_places(each.part, self._start_ns)
        return now_ns()

    async def _pause(self, each: Disturbed) -> int:
        stopped = self._fleet.with_role(each.part)
        try:
            for worker in stopped:
                worker.signal(signal.SIGSTOP)
            await self._until(each.begun_ns + each.for_ns)
            ended_ns = now_ns()  # before they go on: they may be through with it before we are
        finally:
            for worker in stopped:
                worker.signal(signal.SIGCONT)
        return ended_ns

    async def _again(self, each: Disturbed) -> int:
        assert self._restart is not None  # noqa: S101 - refused beforehand
        pid = await self._restart(each.for_ns / NS_PER_S)
        ended_ns = now_ns()
        await self._fleet.tell_sampler(SERVER, pid)
        return ended_ns

    async def _until(self, at_ns: int) -> None:
        """Wait until an instant, from the trial's start."""
        await self._alarm.until(self._start_ns + at_ns)

    def findings(self) -> Iterator[Finding]:
        """Yield what is to be said of disturbances, and what was to be expected of them."""
        fallen = [each.job.role for each in self._fleet.fallen]
        for each in self.done:
            yield from findings_of(each, fallen)


def _planned(each: Disturbance, window_start_ns: int) -> Disturbed:
    at_ns = window_start_ns + each.at_ns
    return Disturbed(do=each.do, part=each.part, planned_ns=at_ns, for_ns=each.for_ns)


def findings_of(each: Disturbed, fallen: Sequence[str]) -> Iterator[Finding]:
    """Yield what is to be said of a disturbance, and what was to be expected of it.

    Args:
        each: as it was carried out.
        fallen: names of the processes that ended, by it or by another one.
    """
    if each.begun_ns < 0:
        text = f"{told(each)} never began: the window was over before"
        yield invalid("disturbance-missed", text)
        return
    if each.ended_ns < 0:
        text = f"{told(each)} began and did not end: nobody knows how the system goes on"
        yield invalid("disturbance-missed", text, at_ns=each.begun_ns)
    late_ns = each.begun_ns - each.planned_ns
    if late_ns > LATE_NS:
        text = f"{told(each)} began {human_duration(late_ns)} late"
        yield warning("disturbance-late", text, at_ns=each.begun_ns)
    if each.do == "crash":
        befallen = (role for role in fallen if has_role(role, each.part))
        for role in dict.fromkeys(befallen):
            died = invalid("worker-died", f"{role} was killed by SIGKILL", role, each.begun_ns)
            yield forgiven(died, each)
