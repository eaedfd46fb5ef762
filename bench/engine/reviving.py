"""Has another process take the place of each that ended itself at a message, as planned.

Like the supervisor of disturbances, whose records and findings are the same: but when it happens
is decided by the messages, and known afterwards.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bench.core.text import plural
from bench.core.units import NS_PER_S
from bench.engine.clock import now_ns
from bench.engine.crashing import CrashBook
from bench.engine.findings import invalid
from bench.engine.fleet import Fleet, Worker
from bench.engine.jobs import ObserverJob, next_generation
from bench.engine.supervisor import Supervisor, findings_of
from bench.record.schema import Disturbed, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashing:
    """The messages at which processes of a role end themselves.

    Attributes:
        role: of the processes.
        away_ns: by message id, how long the process stays away.
        path: where processes write down that they end.
    """

    role: str
    away_ns: Mapping[int, int]
    path: Path


class Reviver:
    """Does what a Supervisor does, for processes that end themselves.

    Attributes:
        done: crashes in the order they came.
    """

    def __init__(self, fleet: Fleet, crashing: Crashing) -> None:
        """Begin the book; call within a running event loop.

        Args:
            fleet: whose processes they are.
            crashing: where they end.
        """
        self._fleet = fleet
        self._crashing = crashing
        self._book = CrashBook.create(crashing.path, [*crashing.away_ns])
        self._start_ns = 0
        self._firsts: Mapping[str, ObserverJob] = {}
        self._generations: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._away = 0
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._befell: list[str] = []
        self.done: list[Disturbed] = []

    async def prepare(self, observers: Sequence[ObserverJob]) -> None:
        """Start a process for each crash, that waits to take the place of whoever ends."""
        self._firsts = {job.role: job for job in observers}
        any_of_them, crashes = observers[:1], len(self._crashing.away_ns)
        numbers = range(2, crashes + 2)
        await asyncio.gather(*(self._fleet.keep_spare(any_of_them, n) for n in numbers))

    def begin(self, start_ns: int) -> None:
        """Watch for those that end; `start_ns` is the trial's."""
        self._start_ns = start_ns
        self._fleet.broken.append(self._failed)
        for worker in self._fleet.with_role(self._crashing.role):
            self._watch(worker)

    async def end(self) -> None:
        """Revive nobody more."""
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._failed.done():
            self._failed.exception()

    def no_more(self) -> None:
        """Go on: a message may come to its crash when the load is over."""

    def findings(self) -> Iterator[Finding]:
        """Yield what is to be said of crashes, and what was to be expected of them."""
        for each, role in zip(self.done, self._befell, strict=True):
            yield from findings_of(each, [role])
        if missed := self._book.missed:
            text = (
                f"at {plural(missed, 'message')} of {len(self._crashing.away_ns)} no consumer "
                "crashed: it did not come to that step, and what was asked was not measured"
            )
            yield invalid("disturbance-missed", text)

    def _ended(self, pid: int) -> bool:
        return self._book.ended_ns(pid) is not None

    def _watch(self, worker: Worker) -> None:
        worker.may_end = self._ended
        task = asyncio.create_task(self._revive(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _revive(self, worker: Worker) -> None:
        await worker.fell
        self._away += 1
        self._fleet.away = True
        try:
            await self._replace(worker)
        except Exception as error:  # noqa: BLE001 - whoever conducts the trial is told
            if not self._failed.done():
                self._failed.set_exception(error)
        finally:
            self._away -= 1
            self._fleet.away = self._away > 0

    async def _replace(self, worker: Worker) -> None:
        job, place = worker.job, len(self.done)
        assert isinstance(job, ObserverJob)  # noqa: S101 - nobody else ends itself
        begun_ns = (self._book.ended_ns(worker.pid) or now_ns()) - self._start_ns
        away_ns = self._crashing.away_ns[self._book.message_of(worker.pid)]
        generation = self._generations.get(job.role, 1) + 1
        self._generations[job.role] = generation
        self.done.append(
            Disturbed(
                do="crash",
                part=self._crashing.role,
                planned_ns=begun_ns,
                for_ns=away_ns,
                begun_ns=begun_ns,
                generation=generation,
            )
        )
        self._befell.append(job.role)
        self._fleet.leave_out(worker)
        left_ns = begun_ns + self._start_ns + away_ns - now_ns()
        await asyncio.sleep(max(0, left_ns) / NS_PER_S)
        next_one = next_generation(self._firsts[job.role], generation)
        coming = await self._fleet.take_place(next_one, self._start_ns)
        self.done[place] = replace(self.done[place], ended_ns=now_ns() - self._start_ns)
        self._watch(coming)


Supervising = Supervisor | Reviver
"""Who sees to it that processes end and begin again."""


def reviver(fleet: Fleet, crashing: Crashing | None) -> Reviver | None:
    """Return who revives the processes of a trial; None where none ends itself."""
    return None if crashing is None else Reviver(fleet, crashing)
