"""One trial, from the start of its workers to what they recorded."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from nats.aio.client import Client

from bench.broker.latest import Held
from bench.broker.letters import Letter
from bench.broker.observe import ConsumerState
from bench.broker.server import Server, log_tail
from bench.core.cancelling import heed_cancel
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_MS, NS_PER_S, human_duration
from bench.engine import clock
from bench.engine.checks import CONDUCTOR
from bench.engine.control import NOTHING_KNOWN, Control
from bench.engine.findings import invalid, warning
from bench.engine.fleet import Fleet, WorkerDiedError, WorkerError
from bench.engine.forgiving import Forgiving
from bench.engine.jobs import (
    LAID_WITHIN_NS,
    Done,
    DriverJob,
    Job,
    ObserverJob,
    Progress,
    SamplerJob,
    Watched,
    hosted,
)
from bench.engine.lastwords import clock_findings, done_findings, gap_findings
from bench.engine.losses import Backlog
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.reviving import Crashing, Supervising, reviver
from bench.engine.setting_back import SettingBack, WasSetBack, set_back
from bench.engine.stall import Stall, StallWatch
from bench.engine.stories import Came, Sent, came_to, driven_by, observed, sent_by
from bench.engine.supervisor import Supervisor
from bench.engine.tending import Tending
from bench.engine.work import Pass, Share, Work, ended_ns, is_done
from bench.record.schema import Disturbed, Finding, Window
from bench.spec.disturbances import Disturbance
from bench.spec.workload import Phases

START_LEAD_NS = 100 * NS_PER_MS
"""From telling the workers the start to the start itself: more than a message to each takes."""

DRAIN_POLL_S = 0.05
WORK_POLL_NS = 100 * NS_PER_MS

SHORT_WORK_NS = 500 * NS_PER_MS
"""Of a shorter window a handful of samples tells lag and CPU."""
SERVER_DEATH_NOTICE_S = 0.5
"""How long after a broken connection the news of the server's death may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a trial is conducted with.

    Attributes:
        server: it runs against.
        client: the conductor's own connection.
        watched: consumers, already made.
        drivers, observers, sampler: the workers; `pids` of the sampler are filled in here.
        phases: of the workload.
        acks: parts that acknowledge.
        shown: the part whose late times whoever watches is shown.
        directory: for the workers' files.
        work: laid before it, and to be done in it; None where load is offered alone.
        setting_back: of a consumer within its window; None where none is.
        disturbances: what is done to the system meanwhile.
        crashing: where processes end themselves; None where none does.
        soak: what is done for one while it lasts; None where rows are kept to the end.
    """

    server: Server
    client: Client
    watched: tuple[Watched, ...]
    drivers: tuple[DriverJob, ...]
    observers: tuple[ObserverJob, ...]
    sampler: SamplerJob
    phases: Phases
    acks: frozenset[str]
    shown: str
    directory: Path
    work: Work | None = None
    setting_back: SettingBack | None = None
    disturbances: tuple[Disturbance, ...] = ()
    crashing: Crashing | None = None
    soak: Tending | None = None

    @property
    def shares(self) -> Mapping[str, Share]:
        """What is to be done of the work, by part."""
        return self.work.shares if self.work is not None else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where a trial is, for whoever watches.

    Attributes:
        phase: `laying`, `starting`, `warm-up`, `window` or `drain`.
        elapsed_ns: since the trial's start; negative before it.
        progress: totals of all workers.
    """

    phase: str
    elapsed_ns: int
    progress: Progress


Watch = Callable[[Moment], None]
R = TypeVar("R")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a trial left behind, whole or broken off.

    Attributes:
        completed: all phases were run.
        drained: everything was delivered and settled before the drain's time was up.
        start_ns: the trial's start on CLOCK_MONOTONIC; 0 when it never began.
        window: phase limits; None when the window did not end.
        released_ns: when later passes of the work were let go, from the trial's start, by part.
        backlogs: what the server held when the drain had ended, by the part that it held it for.
        store_disk_bytes: size of the embedded server's store then; -1 when unknown.
        drivers, observers: records of the workers that lived to save them, by part.
        fallen: records of those of them that were killed, by part.
        sent, came: the same of each process, and of each that took its place.
        rows: the sampler's.
        ack_events: the server's own ack times, as the sampler heard them.
        given_up: messages that the server gave up, by part; absent where nobody can tell.
        given_up_seqs: their places in the stream, as far as they were heard, by part.
        done, ends: the last words of each worker, by role; how those ended that had none.
        stall_ns_max: longest time the conductor's event loop did not turn.
        stalls: of each process that was killed, what its loop did until then, by role.
        disturbances: as they were carried out.
        held: the last message of each subject when all was over; None where it was not told.
        letters: what was given up and posted; likewise.
        set_back: what was done to a consumer within the window; None where nothing was.
        jobs: of the workers that observe.
        soak: what folded it as it went; None where rows were kept to the end.
        findings: what happened on the way.
    """

    completed: bool = False
    drained: bool = False
    start_ns: int = 0
    window: Window | None = None
    released_ns: dict[str, int] = field(default_factory=dict)
    backlogs: dict[str, Backlog] = field(default_factory=dict)
    store_disk_bytes: int = -1
    drivers: Mapping[str, Sequence[PublisherRecord]] = field(default_factory=dict)
    observers: Mapping[str, Sequence[ConsumerRecord]] = field(default_factory=dict)
    fallen: Mapping[str, Sequence[ConsumerRecord]] = field(default_factory=dict)
    sent: Sequence[Sent] = ()
    came: Sequence[Came] = ()
    rows: tuple[Mapping[str, int | None], ...] = ()
    ack_events: tuple[tuple[int, int], ...] = ()
    given_up: Mapping[str, int] = field(default_factory=dict)
    given_up_seqs: Mapping[str, Sequence[int]] = field(default_factory=dict)
    done: Mapping[str, Done] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    stall_ns_max: int = 0
    stalls: dict[str, Sequence[Stall]] = field(default_factory=dict)
    disturbances: tuple[Disturbed, ...] = ()
    held: Held | None = None
    letters: Sequence[Letter] | None = None
    set_back: WasSetBack | None = None
    jobs: tuple[ObserverJob, ...] = ()
    soak: Tending | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def forgiving(self) -> Forgiving:
        """What is to be expected of its disturbances."""
        return Forgiving(done=self.disturbances, start_ns=self.start_ns)


async def conduct(scene: Scene, watch: Watch) -> Outcome:
    """Run a trial; the only place that knows the order of its phases.

    A worker or server that dies ends the trial early: what the others saw is kept, and the reason
    stands in the findings. Questions of our own that the server does not answer end nothing.
    """
    nothing = {each.part: NOTHING_KNOWN for each in scene.watched}
    outcome = Outcome(backlogs=nothing, jobs=scene.observers, soak=scene.soak)
    controls = [Control(scene.client, each) for each in scene.watched]
    fleet = Fleet(scene.directory)
    supervisor = reviver(fleet, scene.crashing) or Supervisor(
        fleet, scene.disturbances, scene.phases.warmup_ns, scene.server.restart
    )
    offset_ns = clock.wall_offset_ns()
    stalls = StallWatch()
    try:
        try:
            if scene.work is not None:
                await _laid(scene, scene.work, outcome, watch)
            await _start(scene, fleet, supervisor, outcome)
            for control in controls:
                control.start_ns = outcome.start_ns
            with stalls.watching():
                await _load(scene, fleet, outcome, watch, controls)
                supervisor.no_more()
                await _drain(scene, fleet, outcome, watch, controls)
            outcome.completed = True
        except MeasurementError as error:
            outcome.findings.append(await _reason(scene, error))
        outcome.stall_ns_max = stalls.longest_ns
        await supervisor.end()
        outcome.disturbances = tuple(supervisor.done)
        outcome.done = await fleet.collect()
        outcome.ends = fleet.ends()
        if scene.soak is not None:
            await scene.soak.end()
        if scene.server.ended is None or not scene.server.ended.done():
            looks = await asyncio.gather(*(control.final_look() for control in controls))
            for control, look in zip(controls, looks, strict=True):
                outcome.backlogs[control.watched.part] = look
        _gather(scene, fleet, outcome)
        gaps = [words for control in controls for words in control.gaps.words()]
        outcome.findings += gap_findings(CONDUCTOR, gaps, outcome.forgiving)
        outcome.findings += supervisor.findings() if outcome.completed else ()
    finally:
        await asyncio.shield(_end(supervisor, fleet))
    outcome.findings += clock_findings(clock.wall_offset_ns() - offset_ns)
    return outcome


async def _end(supervisor: Supervising, fleet: Fleet) -> None:
    await supervisor.end()
    await fleet.end()


async def _start(scene: Scene, fleet: Fleet, supervisor: Supervising, outcome: Outcome) -> None:
    await fleet.start([*scene.drivers, *hosted(scene.observers, scene.shown)])
    pids = {worker.role: worker.pid for worker in fleet.workers}
    if scene.server.pid is not None:
        pids["server"] = scene.server.pid
    await fleet.start([replace(scene.sampler, watched=scene.watched, pids=pids)])
    await supervisor.prepare(scene.observers)
    await fleet.ready()
    outcome.start_ns = clock.now_ns() + START_LEAD_NS
    if scene.soak is not None:
        scene.soak.begin(outcome.start_ns)
    await fleet.begin(outcome.start_ns, scene.shares)
    supervisor.begin(outcome.start_ns)


async def _laid(scene: Scene, work: Work, outcome: Outcome, watch: Watch) -> None:
    if not work.laid:
        complaints = await lay(work.laying, scene.directory, scene.server, watch, scene.shown)
        outcome.findings += complaints
    await work.prepare()


async def lay(
    jobs: Sequence[DriverJob], directory: Path, server: Server, watch: Watch, shown: str = ""
) -> Sequence[Finding]:
    """Have work laid by processes of their own, which are over then; return what they complain of.

    Raises:
        MeasurementError: one of them, or the server, has died.
    """
    fleet = Fleet(directory)
    try:
        await fleet.start(jobs)
        await fleet.ready()
        begun_ns = clock.now_ns()
        await fleet.begin(begun_ns)
        while not all(worker.finished.done() for worker in fleet.workers):
            elapsed_ns = clock.now_ns() - begun_ns - LAID_WITHIN_NS  # before the start, and rising
            watch(Moment(phase="laying", elapsed_ns=elapsed_ns, progress=fleet.total(shown)))
            await _live(server, fleet, DRAIN_POLL_S)
        done = await fleet.collect()  # their window is full all the time
        return [
            finding
            for role, each in done.items()
            for finding in done_findings(role, replace(each, window_full_msgs=0))
        ]
    finally:
        await asyncio.shield(fleet.end())


async def _load(
    scene: Scene, fleet: Fleet, outcome: Outcome, watch: Watch, controls: Sequence[Control]
) -> None:
    """Wait out warm-up and window; work is let go between them, and ends the window when done."""
    window_start_ns = scene.phases.warmup_ns
    window_end_ns = window_start_ns + scene.phases.measure_ns
    await _wait(scene, fleet, outcome, watch, ("warm-up", window_start_ns))
    if scene.setting_back is not None:
        await _wait(scene, fleet, outcome, watch, ("window", scene.setting_back.at_ns))
        await _set_back(scene.setting_back, outcome, controls)
    if scene.work is None:
        await _wait(scene, fleet, outcome, watch, ("window", window_end_ns))
    elif await _passed(scene, fleet, outcome, watch, controls):
        window_end_ns = min(window_end_ns, clock.now_ns() - outcome.start_ns)
    outcome.window = Window(
        window_start_ns=window_start_ns, window_end_ns=window_end_ns, drained_ns=window_end_ns
    )


async def _passed(
    scene: Scene, fleet: Fleet, outcome: Outcome, watch: Watch, controls: Sequence[Control]
) -> bool:
    """Have the work done, pass after pass; say whether that was before the window's time was up."""
    before: Pass | None = None
    until_ns = scene.phases.warmup_ns + scene.phases.measure_ns
    for each in scene.work.passes if scene.work is not None else ():
        if before is not None:
            await fleet.retire(before.shares)
            now_ns = clock.now_ns() - outcome.start_ns
            outcome.released_ns |= dict.fromkeys(each.shares, now_ns)
        await each.release()
        await fleet.begin_later(outcome.start_ns, each.shares)
        done = False
        while not done and (now_ns := clock.now_ns() - outcome.start_ns) < until_ns:
            soon_ns = min(now_ns + WORK_POLL_NS, until_ns)
            await _wait(scene, fleet, outcome, watch, ("window", soon_ns))
            done = await _work_done(fleet, controls, each.shares)
        if not done:
            return False
        before = each
    return True


async def _set_back(
    setting_back: SettingBack, outcome: Outcome, controls: Sequence[Control]
) -> None:
    control = next(each for each in controls if each.watched.part == setting_back.part)
    outcome.set_back = await set_back(setting_back, await control.consumer(), outcome.start_ns)


async def _wait(
    scene: Scene, fleet: Fleet, outcome: Outcome, watch: Watch, phase: tuple[str, int]
) -> None:
    """Wait until an instant, ns from the trial's start, in a phase of this name."""
    name, until_ns = phase
    while (elapsed_ns := clock.now_ns() - outcome.start_ns) < until_ns:
        watch(Moment(phase=name, elapsed_ns=elapsed_ns, progress=fleet.total(scene.shown)))
        _tend(scene, fleet)
        await _live(scene.server, fleet, min(0.2, (until_ns - elapsed_ns) / NS_PER_S))


def _tend(scene: Scene, fleet: Fleet) -> None:
    if scene.soak is not None:
        scene.soak.look({worker.role: worker.progress for worker in fleet.workers})


async def _work_done(
    fleet: Fleet, controls: Sequence[Control], shares: Mapping[str, Share]
) -> bool:
    of_part = {control.watched.part: control for control in controls}
    for part, share in shares.items():
        if not is_done(share, await of_part[part].consumer(), fleet.of_part(part)):
            return False
    return True


async def _drain(
    scene: Scene, fleet: Fleet, outcome: Outcome, watch: Watch, controls: Sequence[Control]
) -> None:
    """Wait until everything that was stored is delivered and settled, or the drain's time is up."""
    window = outcome.window
    assert window is not None  # noqa: S101 - the window has just ended
    # What is offered beside work goes on to the end of its schedule.
    offered_ns = scene.phases.warmup_ns + scene.phases.measure_ns
    until_ns = outcome.start_ns + offered_ns + scene.phases.drain_ns
    outcome.drained = await _drained(scene, fleet, controls)
    while not outcome.drained and clock.now_ns() < until_ns:
        elapsed_ns = clock.now_ns() - outcome.start_ns
        watch(Moment(phase="drain", elapsed_ns=elapsed_ns, progress=fleet.total(scene.shown)))
        _tend(scene, fleet)
        await _live(scene.server, fleet, DRAIN_POLL_S)
        outcome.drained = await _drained(scene, fleet, controls)
    outcome.store_disk_bytes = scene.server.store_disk_bytes()
    outcome.window = Window(
        window_start_ns=window.window_start_ns,
        window_end_ns=window.window_end_ns,
        drained_ns=clock.now_ns() - outcome.start_ns,
    )


async def _drained(scene: Scene, fleet: Fleet, controls: Sequence[Control]) -> bool:
    if fleet.away:
        return False
    some = {part for part, share in scene.shares.items() if not share.whole}
    whole = [each for each in controls if each.watched.part not in some]
    asked = await asyncio.gather(*(control.consumer() for control in whole))
    states = {each.watched.part: state for each, state in zip(whole, asked, strict=True)}
    through = await fleet.through()
    told = [each for each in scene.observers if each.mending is None and each.part not in some]
    settled = all(_settled(scene, fleet, each.part) for each in told)
    arrived = all(_arrived(scene, fleet, each, states.get(each.part)) for each in told)
    held = any(state is not None and state.lag_msgs > 0 for state in states.values())
    done = await _work_done(fleet, controls, scene.shares)
    return through and settled and arrived and done and not held


def _arrived(scene: Scene, fleet: Fleet, job: ObserverJob, state: ConsumerState | None) -> bool:
    """Say whether all has come that was sent to an observer.

    The server counts a message as delivered when it leaves, not when it arrives. Who acknowledges
    says so itself.
    """
    received = fleet.of_part(job.part).received
    if not job.sparse:
        return received >= fleet.of_part(job.flow).stored
    if job.binding.mode == "listen":  # no server knows what was sent to it
        return received >= job.rows
    return job.part in scene.acks or (state is not None and received >= state.delivered_msgs)


def _settled(scene: Scene, fleet: Fleet, part: str) -> bool:
    told = fleet.of_part(part)
    acked = part not in scene.acks or told.acked == told.received
    return told.handled == told.received and acked


async def _live(server: Server, fleet: Fleet, seconds: float) -> None:
    """Sleep, but fail as soon as the server or a worker is dead, or a worker cannot go on."""
    heed_cancel()
    broken: list[asyncio.Future[Any]] = [*(each.broken for each in fleet.workers), *fleet.broken]
    if server.ended is not None:
        broken.append(server.ended)
    failed, _ = await asyncio.wait(broken, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for future in failed:
        future.result()
    if failed:  # the server's future has a result, not an error
        raise MeasurementError("the server ended")


async def _reason(scene: Scene, error: MeasurementError) -> Finding:
    """Return why a trial broke off; a dead server explains whatever else was seen first."""
    ended = scene.server.ended
    if ended is not None and scene.server.directory is not None:
        with suppress(TimeoutError):
            code = await asyncio.wait_for(asyncio.shield(ended), SERVER_DEATH_NOTICE_S)
            text = (
                f"nats-server ended with code {code} during the trial; "
                f"its log ends: {log_tail(scene.server.directory)}"
            )
            return invalid("server-ended", text, "server")
    code_word = "worker-died" if isinstance(error, WorkerDiedError) else "broken-off"
    return invalid(code_word, str(error), error.role if isinstance(error, WorkerError) else "")


def _gather(scene: Scene, fleet: Fleet, outcome: Outcome) -> None:
    """Read what the workers saved and turn their complaints into findings."""
    if scene.soak is None:
        _read(scene, fleet, outcome)
    jobs: tuple[Job, ...] = (*scene.drivers, *scene.observers, scene.sampler)
    for role in dict.fromkeys(job.role for job in jobs):
        if (done := outcome.done.get(role)) is not None:
            outcome.rows += done.rows
            outcome.ack_events += done.ack_events
            outcome.given_up = {**outcome.given_up, **done.given_up}
            outcome.given_up_seqs = {**outcome.given_up_seqs, **done.given_up_seqs}
            outcome.findings += done_findings(role, done, outcome.forgiving)
        elif outcome.completed:
            how = outcome.ends.get(role, f"{role} did not answer the stop")
            text = f"{how}; what it had written until then is kept"
            outcome.findings.append(invalid("worker-silent", text, role))
    for each in fleet.fallen:
        faults = Done(faults=each.last.faults)
        outcome.findings += done_findings(each.job.role, faults, outcome.forgiving)
        known = outcome.stalls.get(each.job.role, ())
        outcome.stalls |= {each.job.role: (*known, *each.last.stalls)}


def _read(scene: Scene, fleet: Fleet, outcome: Outcome) -> None:
    """Read what the workers wrote down of messages."""
    laying = scene.work.laying if scene.work is not None else ()
    outcome.sent = sent_by((*laying, *scene.drivers))
    outcome.came = came_to(fleet.observers())
    outcome.drivers, outcome.observers = driven_by(outcome.sent), observed(outcome.came)
    outcome.fallen = observed(came_to([each.job for each in fleet.fallen]))
    _end_with_work(scene, outcome)


def _end_with_work(scene: Scene, outcome: Outcome) -> None:
    """Have a window that was over before its time end with the last message of the work."""
    window, planned_ns = outcome.window, scene.phases.warmup_ns + scene.phases.measure_ns
    if not scene.shares or window is None or window.window_end_ns >= planned_ns:
        return
    end_ns = ended_ns(scene.shares, outcome.observers) - outcome.start_ns + 1  # it is within it
    if window.window_start_ns < end_ns < planned_ns:
        outcome.window = replace(window, window_end_ns=end_ns)
    if (took_ns := end_ns - window.window_start_ns) < SHORT_WORK_NS:
        text = f"the work was done in {human_duration(took_ns)}: lay more, to see what it cost"
        outcome.findings.append(warning("work-short", text))
