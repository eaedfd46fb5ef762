"""The worker processes of a trial, seen from the conductor."""

import asyncio
import signal
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.core.errors import MeasurementError, ServerUnavailableError
from bench.engine.channel import Channel, ChannelClosedError
from bench.engine.jobs import (
    Broke,
    Done,
    DriverJob,
    Finished,
    HostJob,
    Job,
    ObserverJob,
    Progress,
    Ready,
    Replaced,
    SamplerJob,
    Start,
    Stop,
    Through,
    has_role,
    next_generation,
)
from bench.engine.nursery import Forked, UnbornError, bear, how_ended
from bench.engine.recorder import done_msgs, load_consumer

READY_TIMEOUT_S = 30.0
END_TIMEOUT_S = 15.0
_STDERR_TAIL_CHARS = 400


class WorkerError(MeasurementError):
    """A worker does not go on.

    Attributes:
        role: of the worker.
    """

    def __init__(self, role: str, how: str) -> None:
        super().__init__(f"{role} {how}")
        self.role = role


class WorkerDiedError(WorkerError):
    """A worker ended before it was asked to."""


class WorkerBrokeError(WorkerError):
    """A worker's work cannot go on; it lives and will hand over what it has recorded."""


class Worker:
    """One worker process.

    Attributes:
        job: what it does.
        role: `publisher-0`, `consumer-0`, `sampler`.
        ready, finished, done: resolve when the worker says so; all fail with WorkerDiedError when
            it ends before its Done.
        broken: fails with WorkerBrokeError when its work cannot go on, with WorkerDiedError when
            it ends before its Done.
        progress: what it last said.
        killed: it was ended on purpose, and its end is nobody's failure.
        may_end: says of a process whether it ended itself as planned.
        fell: resolves when it did.
    """

    def __init__(self, job: Job, process: Forked, stderr_path: Path) -> None:
        loop = asyncio.get_running_loop()
        self.job = job
        self.role = job.role
        self.ready: asyncio.Future[None] = loop.create_future()
        self.finished: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[Done] = loop.create_future()
        self.broken: asyncio.Future[None] = loop.create_future()
        self.progress = Progress()
        self.killed = False
        self.may_end: Callable[[int], bool] = lambda _: False
        self.fell: asyncio.Future[None] = loop.create_future()
        self._told_through = False
        self._process = process
        self._stderr_path = stderr_path
        self._channel = Channel(process.stdout, process.stdin)
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, job: Job, directory: Path, generation: int = 1) -> "Worker":
        """Start a process for a job; what it prints goes to a file in `directory`.

        One of a later generation waits until the job is handed over.
        """
        later = "" if generation == 1 else f".g{generation}"
        stderr_path = directory / f"{job.role}{later}.stderr"
        try:
            process = await bear(stderr_path)
        except UnbornError as error:
            raise WorkerDiedError(job.role, f"could not begin: {error}") from None
        worker = cls(job, process, stderr_path)
        if generation == 1:
            await worker.hand_over()
        return worker

    async def hand_over(self) -> None:
        """Tell it its job."""
        await self._tell(self.job)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def begin(self, start_ns: int) -> None:
        """Tell the instant of the trial's start."""
        await self._tell(Start(start_ns))

    async def replaced(self, role: str, pid: int) -> None:
        """Tell a sampler that another process has this role now."""
        await self._tell(Replaced(role, pid))

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal; none where it is gone."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def kill(self) -> None:
        """End the process at once, on purpose."""
        self.killed = True
        self.signal(signal.SIGKILL)
        await self._process.wait()

    async def through(self) -> None:
        """Say that nothing more will be driven; once, however often it is called."""
        if not self._told_through:
            self._told_through = True
            await self._tell(Through())

    async def stop(self) -> None:
        """Ask for what it has recorded; `done` resolves with it."""
        await self._tell(Stop())

    async def end(self) -> None:
        """End the process if it still runs; never raises."""
        self._listening.cancel()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        self._process.let_go()

    async def _tell(self, message: object) -> None:
        with suppress(ChannelClosedError):  # its death is noticed and told by the listener
            await self._channel.send(message)

    async def _listen(self) -> None:
        try:
            while not self.done.done():
                self._hear(await self._channel.receive())
        except ChannelClosedError:
            if self.killed:
                return
            if self.may_end(self.pid):
                self.killed = True
                await self._process.wait()
                _fail(self.done, WorkerDiedError(self.role, "ended itself, as planned"))
                self.fell.set_result(None)
                return
            error = WorkerDiedError(self.role, await self._how_it_died())
            for future in (self.ready, self.finished, self.done, self.broken):
                _fail(future, error)

    def _hear(self, message: object) -> None:
        match message:
            case Ready():
                self.ready.set_result(None)
            case Progress():
                self.progress = message
            case Finished():
                self.finished.set_result(None)
            case Broke():
                _fail(self.broken, WorkerBrokeError(self.role, f"cannot go on: {message.reason}"))
            case Done():
                self.done.set_result(message)

    async def _how_it_died(self) -> str:
        code = await self._process.wait()
        text = self._stderr_path.read_text(errors="replace").strip()
        last_line = text.splitlines()[-1] if text else "without a word"
        return how_ended(code, last_line[-_STDERR_TAIL_CHARS:])


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # not every future has a waiter at every moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """A worker that was killed on purpose.

    Attributes:
        job: its own.
        last: what it last said of itself.
        progress: what it had done, by its record; what it had begun somebody else does again.
    """

    job: ObserverJob
    last: Progress
    progress: Progress


class Fleet:
    """All workers of a trial.

    Attributes:
        workers: that live; who takes the place of another one is among them from then on.
        spares: processes that wait for their turn to take a place.
        fallen: those whose places were taken, in the order they fell.
        broken: futures that fail when something else than a worker keeps the trial from going on.
        away: somebody is not there, and will be.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.workers: list[Worker] = []
        self.spares: list[Worker] = []
        self.fallen: list[Fallen] = []
        self.broken: list[asyncio.Future[None]] = []
        self.away = False

    async def start(self, jobs: Sequence[Job]) -> None:
        """Start a worker for each job, all at once; one that cannot begin leaves no other behind.

        Raises:
            WorkerDiedError: one could not begin.
        """
        await _begun([Worker.start(job, self._directory) for job in jobs], self.workers)

    def with_role(self, role: str) -> list[Worker]:
        """Return the workers of a role: `consumer-0`, `consumer-1` of `consumer`."""
        return [worker for worker in self.workers if has_role(worker.role, role)]

    async def keep_spare(self, jobs: Sequence[ObserverJob], generation: int) -> None:
        """Start processes that wait to take the places of who does these jobs."""
        next_ones = [next_generation(job, generation) for job in jobs]
        starting = [Worker.start(job, self._directory, generation) for job in next_ones]
        await _begun(starting, self.spares)

    async def kill(self, role: str) -> None:
        """End all processes of a role at once, on purpose; their records stay."""
        falling = self.with_role(role)
        await asyncio.gather(*(worker.kill() for worker in falling))
        for worker in falling:
            self.leave_out(worker)

    def leave_out(self, worker: Worker) -> None:
        """Go on without a worker that has ended, on purpose; its record stays."""
        self.workers = [each for each in self.workers if each is not worker]
        self.fallen.append(_fallen(worker))

    async def take_places(self, role: str, start_ns: int) -> None:
        """Have the next spare of each process of a role take its place, and begin.

        Raises:
            WorkerDiedError: one ended.
            ServerUnavailableError: one did not become ready in time.
        """
        own = [spare for spare in self.spares if has_role(spare.role, role)]
        next_ones = {spare.role: spare for spare in reversed(own)}
        await self.let_in([*next_ones.values()], start_ns)

    async def take_place(self, job: ObserverJob, start_ns: int) -> Worker:
        """Have a spare do this job, whatever it was started for, and begin; raises as above."""
        spare = self.spares[0]
        spare.job, spare.role = job, job.role
        await self.let_in([spare], start_ns)
        return spare

    async def let_in(self, coming: Sequence[Worker], start_ns: int) -> None:
        """Have spares do their jobs and begin; raises as above."""
        self.spares = [spare for spare in self.spares if spare not in coming]
        self.workers += coming
        for worker in coming:
            await self.tell_sampler(worker.role, worker.pid)
        await asyncio.gather(*(worker.hand_over() for worker in coming))
        await self.ready()
        await asyncio.gather(*(worker.begin(start_ns) for worker in coming))

    async def tell_sampler(self, role: str, pid: int) -> None:
        """Have CPU and memory of a role read from this process from now on."""
        for worker in self.of(SamplerJob):
            await worker.replaced(role, pid)

    async def ready(self) -> None:
        """Wait until every worker is connected and waits for the start.

        Raises:
            WorkerDiedError: one ended.
            ServerUnavailableError: one did not become ready in time.
        """
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await asyncio.gather(*(worker.ready for worker in self.workers))
        except TimeoutError:
            late = [worker.role for worker in self.workers if not worker.ready.done()]
            raise ServerUnavailableError(
                f"{', '.join(late)}: not connected within {READY_TIMEOUT_S:.0f} s"
            ) from None

    async def begin(self, start_ns: int, later: Collection[str] = ()) -> None:
        """Tell every worker the instant of the start: the barrier.

        Args:
            start_ns: that instant.
            later: parts whose workers are told at another one.
        """
        told = (worker for worker in self.workers if not _is_of(worker.job, later))
        await asyncio.gather(*(worker.begin(start_ns) for worker in told))

    async def begin_later(self, start_ns: int, parts: Collection[str]) -> None:
        """Tell the workers of these parts, who were left out, the instant of the trial's start."""
        told = (worker for worker in self.workers if _is_of(worker.job, parts))
        await asyncio.gather(*(worker.begin(start_ns) for worker in told))

    async def retire(self, parts: Collection[str]) -> None:
        """Have the workers of these parts let go of the server, and live on for their last word.

        Raises:
            WorkerDiedError: one ended.
            MeasurementError: one did not let go in time.
        """
        told = [worker for worker in self.workers if _is_of(worker.job, parts)]
        await asyncio.gather(*(worker.through() for worker in told))
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                await asyncio.gather(*(worker.finished for worker in told))
        except TimeoutError:
            late = ", ".join(worker.role for worker in told if not worker.finished.done())
            raise MeasurementError(f"{late}: still connected after {END_TIMEOUT_S:.0f} s") from None

    async def collect(self) -> dict[str, Done]:
        """Stop all workers and return what each that still lives has to say, by role."""
        await asyncio.gather(*(worker.stop() for worker in self.workers))
        if self.workers:
            await asyncio.wait([worker.done for worker in self.workers], timeout=END_TIMEOUT_S)
        return {
            worker.role: worker.done.result()
            for worker in self.workers
            if worker.done.done() and worker.done.exception() is None
        }

    def ends(self) -> dict[str, str]:
        """Return how workers ended that did not say their last word, by role."""
        ended = (worker for worker in self.workers if worker.done.done())
        return {w.role: str(error) for w in ended if (error := w.done.exception()) is not None}

    def of(self, job: type[Job]) -> list[Worker]:
        """Return the workers that have such a job."""
        return [worker for worker in self.workers if isinstance(worker.job, job)]

    async def through(self) -> bool:
        """Say whether all was driven that is to be, and put right where somebody does that.

        Who does is told when nothing more comes, and says when he has finished.
        """
        if not all(worker.finished.done() for worker in self.of(DriverJob)):
            return False
        mending = [worker for worker in self.workers if _mends(worker.job)]
        for worker in mending:
            await worker.through()
        return all(worker.finished.done() for worker in mending)

    def observers(self) -> list[ObserverJob]:
        """Return the jobs of all who observe, those first whose places others took."""
        jobs = [worker.job for worker in self.workers]
        each = (job.jobs if isinstance(job, HostJob) else (job,) for job in jobs)
        living = [job for some in each for job in some if isinstance(job, ObserverJob)]
        return [*(fallen.job for fallen in self.fallen), *living]

    def of_part(self, part: str) -> Progress:
        """Return the progress of the workers of a part, added up."""
        told = [_told(worker.job, worker.progress, part) for worker in self.workers]
        told += [_told(fallen.job, fallen.progress, part) for fallen in self.fallen]
        return added([progress for progress in told if progress is not None])

    def total(self, shown: str) -> Progress:
        """Return the progress of all workers, added up.

        Of deliveries and times it has those of the part that is shown: of several consumers each
        receives for itself.
        """
        of_all, of_one = added([each.progress for each in self.workers]), self.of_part(shown)
        return replace(
            of_all,
            received=of_one.received,
            handled=of_one.handled,
            acked=of_one.acked,
            recent_ns_p99=of_one.recent_ns_p99,
        )

    async def end(self) -> None:
        """End every process that still runs."""
        await asyncio.gather(*(worker.end() for worker in (*self.workers, *self.spares)))


async def _begun(starting: Sequence[Coroutine[Any, Any, Worker]], known: list[Worker]) -> None:
    """Have workers started and known; raise what kept one from it when all others are known."""
    came = await asyncio.gather(*starting, return_exceptions=True)
    known += [each for each in came if isinstance(each, Worker)]
    for each in came:
        if isinstance(each, BaseException):
            raise each


def _fallen(worker: Worker) -> Fallen:
    """Return what is left of a worker; only what it was through with is done."""
    assert isinstance(worker.job, ObserverJob)  # noqa: S101 - nobody else is killed
    done = done_msgs(load_consumer(worker.job.record_path))
    progress = Progress(received=done, handled=done, acked=done)
    return Fallen(job=worker.job, last=worker.progress, progress=progress)


def _mends(job: Job) -> bool:
    return isinstance(job, ObserverJob) and job.mending is not None


def _told(job: Job, progress: Progress, part: str) -> Progress | None:
    """Return what a worker has done of a part; None where it has nothing to do with it."""
    match job:
        case DriverJob() | ObserverJob():
            return progress if job.part == part else None
        case HostJob():
            return progress.parts.get(part)
        case SamplerJob():
            return None


def _is_of(job: Job, parts: Collection[str]) -> bool:
    jobs = job.jobs if isinstance(job, HostJob) else (job,)
    return any(not isinstance(each, SamplerJob) and each.part in parts for each in jobs)


def added(known: Sequence[Progress]) -> Progress:
    """Return several progresses as one.

    Of times and lag, which do not add up, it has the largest.
    """
    return Progress(
        sent=sum(progress.sent for progress in known),
        stored=sum(progress.stored for progress in known),
        settled=sum(progress.settled for progress in known),
        received=sum(progress.received for progress in known),
        handled=sum(progress.handled for progress in known),
        acked=sum(progress.acked for progress in known),
        recent_ns_p99=max((progress.recent_ns_p99 for progress in known), default=-1),
        lag_msgs=max((progress.lag_msgs for progress in known), default=-1),
    )
