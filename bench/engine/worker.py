"""The program of worker processes: `python -m bench.engine.worker`, of which each is forked.

It is told its job over standard input and answers over standard output. When the conductor is
gone, in whatever way, the worker ends at once.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import uvloop

from bench.broker import admin
from bench.broker.link import abandon
from bench.clients.factory import (
    keyed,
    make_commander,
    make_pairs,
    make_publisher,
    make_requester,
)
from bench.clients.faults import SILENCES, is_forbidden
from bench.clients.natspy_puts import NatsPyPuts
from bench.clients.pairs import Steps, writes_before_crash
from bench.clients.port import ConsumerLink, IntArray, Messages, PublisherLink, TaskLink
from bench.core.noted import Noted
from bench.engine import soaking
from bench.engine.affecting import Taking, make_affecting
from bench.engine.applied import crasher_of, open_written
from bench.engine.applying import Applying
from bench.engine.attending import NeverBegunError, attend, started
from bench.engine.channel import Channel, ChannelClosedError
from bench.engine.clock import Alarm
from bench.engine.doing import does, open_doing
from bench.engine.ending import end
from bench.engine.failing import FailingTasks
from bench.engine.final import finals_told
from bench.engine.fleet import added
from bench.engine.forking import fork_for
from bench.engine.hands import Listener
from bench.engine.jobs import (
    LAID_WITHIN_NS,
    Applied,
    Done,
    DriverJob,
    Effect,
    Finished,
    HostJob,
    Job,
    Mending,
    ObserverJob,
    Progress,
    Replaced,
    SamplerJob,
    Through,
)
from bench.engine.letters import Letters, open_letters
from bench.engine.linking import consumer_link, free_stop_of, held, said_by, task_link
from bench.engine.mishaps import acks_of, away_of, fates_of, may_fail, returning
from bench.engine.publisher import OpenLoopPublisher
from bench.engine.reconciler import Reconciler
from bench.engine.recorder import ConsumeRecorder, PublishRecorder
from bench.engine.sampler import Sampler
from bench.engine.sharing import offered, share, tell_times
from bench.engine.tasks import TaskConsumer
from bench.engine.took import Took, took_path
from bench.engine.virtual import virtual
from bench.plan.traffic import Traffic, Traffics, make_traffic
from bench.spec.workload import Publish

_ASKING = {"ask": make_requester, "command": make_commander}

CONDUCTOR_GONE = 3


async def publish(job: DriverJob, channel: Channel) -> Done:
    """Send this publisher's share of the traffic in open loop."""
    traffic = make_traffic(job.load, job.seed)
    messages = share(traffic, job)
    said = replace(messages, ids=traffic.carried[messages.ids])
    recorder = PublishRecorder(messages.ids, job.record_path, said.ids != messages.ids)
    offer = offered(job)
    link = _driving_link(job, said, recorder, offer)
    await link.open()
    start_ns = await started(channel)
    tell_times(messages, job, traffic, start_ns)
    window_ns = job.load.phases.window_ns(start_ns)
    publisher = OpenLoopPublisher(link, recorder, offer, free_stop_of(link), window_ns)
    due_ns, answers_until_ns = _schedule(job, start_ns, traffic.intended_ns[messages.ids])

    async def work() -> None:
        await publisher.run(due_ns, answers_until_ns)
        await channel.send(Finished())

    stalls = await attend(
        channel,
        work(),
        lambda: Progress(
            sent=publisher.sent,
            stored=recorder.stored_msgs,
            settled=recorder.settled,
            recent_ns_p99=recorder.recent_ns_p99(due_ns, publisher.sent),
        ),
    )
    await link.close()
    return Done(
        faults=tuple(link.faults),
        refusals=recorder.refusals,
        window_full_msgs=publisher.window_full_msgs,
        awaited_ns=publisher.awaited_ns,
        again=recorder.again,
        stalls=tuple(stalls.long),
    )


def _schedule(job: DriverJob, start_ns: int, intended_ns: IntArray) -> tuple[IntArray, int]:
    """Return when each message is to leave, and until when answers are waited for."""
    if job.every_ns is not None:
        due_ns = start_ns + np.arange(intended_ns.size, dtype=np.int64) * job.every_ns
        return due_ns, start_ns + intended_ns.size * job.every_ns + LAID_WITHIN_NS
    phases = job.load.phases
    until_ns = start_ns + phases.warmup_ns + phases.measure_ns + phases.drain_ns
    return start_ns + intended_ns, until_ns


def _driving_link(
    job: DriverJob, messages: Messages, recorder: PublishRecorder, offer: Publish
) -> PublisherLink:
    if job.form is not None:
        crashes = writes_before_crash(job.form.strategy, len(messages.acts))
        steps = Steps(messages, job.form, crashes)
        return make_pairs(job.client, job.endpoint, steps, recorder)
    if (ask := _ASKING.get(job.does)) is not None:
        within_ns = offer.answer_within_ns or 0
        return ask(job.client, job.endpoint, messages, recorder, within_ns)
    if job.bucket is not None and job.does != "publish":
        return keyed(job.does, job.client)(job.endpoint, messages, recorder, job.bucket)
    return make_publisher(job.client, job.endpoint, messages, recorder, job.how)


async def consume(jobs: Sequence[ObserverJob], channel: Channel, shown: str = "") -> Done:
    """Take, handle and acknowledge until told to stop; of several observers side by side.

    Args:
        jobs: of observers, at least one.
        channel: to the conductor.
        shown: the part whose late times are told, of several.
    """
    traffics = Traffics()
    observers = [await _observer(job, traffics.of(job.load, job.seed)) for job in jobs]
    start_ns = await started(channel)
    for each in observers:
        each.opened.starts(start_ns)
    through = asyncio.Event()
    stalls = await attend(
        channel,
        _until(through, observers, channel),
        lambda: _progress(observers, start_ns, shown),
        hear=lambda message: through.set() if isinstance(message, Through) else None,
    )
    if not through.is_set():
        await _let_go(observers)
    counts = {e.part: {**e.opened.counts(), **said_by(e.opened.links)} for e in observers}
    return Done(
        faults=tuple(fault for each in observers for fault in each.faults(several=len(jobs) > 1)),
        refusals=tuple(words for each in observers for words in each.opened.refusals()),
        raised=tuple(words for each in observers for words in each.opened.raised()),
        finals=await finals_told(jobs),
        counts=counts,
        stalls=tuple(stalls.long),
    )


async def _until(
    through: asyncio.Event, observers: "Sequence[_Observer]", channel: Channel
) -> None:
    """Do the work of observers; once nothing more is for them, let go of the server and say so."""
    working = asyncio.create_task(_together([each.opened.run() for each in observers]))
    waiting = asyncio.create_task(_set(through))
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not through.is_set():
            await working
    finally:
        await end(working, waiting)
    if through.is_set():
        await _let_go(observers)
        await channel.send(Finished())


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _let_go(observers: "Sequence[_Observer]") -> None:
    for link in (link for each in observers for link in each.opened.links):
        await link.close()


async def _together(works: Sequence[Coroutine[None, None, None]]) -> None:
    """Do all of it; the first that fails is told, and the others go on until told to stop."""
    await asyncio.gather(*works)


def _progress(observers: "Sequence[_Observer]", start_ns: int, shown: str) -> Progress:
    """Return what observers have done, together and by part."""
    if len(observers) == 1:
        return observers[0].progress(start_ns, late=True)
    parts = {each.part: each.progress(start_ns, late=each.part == shown) for each in observers}
    return replace(added([*parts.values()]), parts=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """Connections of a process that observes, and the work to be done on them.

    Attributes:
        links: in the order to close them.
        run: the work.
        counts: what it counts by itself.
        refusals: why what it does on the server was refused.
        raised: what the user's handler raised.
        starts: takes the instant at which the trial starts.
    """

    links: Sequence[ConsumerLink | TaskLink | PublisherLink | Letters | NatsPyPuts]
    run: Callable[[], Coroutine[None, None, None]]
    counts: Callable[[], Mapping[str, int]] = dict
    refusals: Callable[[], Sequence[str]] = tuple
    raised: Callable[[], Sequence[str]] = tuple
    starts: Callable[[int], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observer:
    """One observer of a process.

    Attributes:
        part: of the cast.
        opened: its connections.
        recorder: keeps what it sees.
        intended_ns: when the operations of its flow are due, from the trial's start, shape (n,).
    """

    part: str
    opened: _Opened
    recorder: ConsumeRecorder
    intended_ns: IntArray

    def progress(self, start_ns: int, *, late: bool) -> Progress:
        """Return what it has done so far; with its late times if they are asked for."""
        recorder = self.recorder
        return Progress(
            received=recorder.received,
            handled=recorder.handled,
            acked=recorder.acked,
            recent_ns_p99=recorder.recent_ns_p99(start_ns + self.intended_ns) if late else -1,
            faults=tuple(self.faults(several=False)),
        )

    def faults(self, *, several: bool) -> Iterator[str]:
        """Yield what went wrong with its connections; one of several is named."""
        for link in self.opened.links:
            for fault in link.faults:
                named = several and not (fault.startswith(SILENCES) or is_forbidden(fault))
                yield _named(self.part, fault) if named else fault


def _named(part: str, fault: str) -> str:
    words = f"{part}: {fault}"
    return fault.said(words) if isinstance(fault, Noted) else words


async def _observer(job: ObserverJob, traffic: Traffic) -> _Observer:
    recorder = ConsumeRecorder(job.rows or traffic.intended_ns.size, job.record_path)
    opened = await _opened(job, recorder, traffic)
    return _Observer(
        part=job.part,
        opened=opened,
        recorder=recorder,
        intended_ns=traffic.intended_ns + (job.load.delay_ns or 0),
    )


async def _opened(job: ObserverJob, recorder: ConsumeRecorder, traffic: Traffic) -> _Opened:
    if job.effect is not None:
        return await _open_effects(job, job.effect, recorder, traffic)
    if job.applied is not None:
        return await _open_written(job, job.applied, recorder, traffic)
    open_link = _open_tasks if job.run == "task" else _open_virtual
    return await open_link(job, recorder, traffic)


async def _open_effects(
    job: ObserverJob, effect: Effect, recorder: ConsumeRecorder, traffic: Traffic
) -> _Opened:
    affecting = make_affecting(Taking(job=job, recorder=recorder, traffic=traffic), effect)
    await affecting.open()
    return _Opened(
        links=(affecting.link, affecting.changes),
        run=affecting.consumer.run,
        counts=affecting.counted,
        refusals=lambda: affecting.consumer.reasons,
    )


async def _open_written(
    job: ObserverJob, how: Applied, recorder: ConsumeRecorder, traffic: Traffic
) -> _Opened:
    letters, away = await open_letters(job), away_of(job)
    fates = fates_of(job, traffic, away)
    applying = Applying(
        how=how,
        recorder=recorder,
        fates=fates,
        traffic=traffic,
        crasher=crasher_of(how),
        letters=letters,
        took=Took(took_path(job.record_path), recorder.room),
    )
    made = await open_written(job, applying)
    opened = _Opened(
        links=made.links,
        run=made.run,
        counts=fates.counted,
        refusals=made.refusals,
        starts=away.starts,
    )
    return _with_letters(opened, letters)


async def _open_virtual(job: ObserverJob, recorder: ConsumeRecorder, traffic: Traffic) -> _Opened:
    link = consumer_link(job)
    letters, away = await open_letters(job), away_of(job)
    fates = fates_of(job, traffic, away)
    fates.reads(link.content)
    handling = (traffic.handler_ns, fates, letters)
    consumer, counts = virtual(job, link, recorder, traffic, (handling, away))
    await link.open(consumer)
    run = partial(consumer.run, pull=job.binding.mode == "pull")
    opened = _Opened(links=(link,), run=run, counts=counts, starts=away.starts)
    return _with_letters(opened, letters)


def _with_letters(opened: _Opened, letters: Letters | None) -> _Opened:
    """Return what is opened with the connection of its letters, which is closed before others."""
    if letters is None:
        return opened
    links = (letters, *opened.links)
    refusals = lambda: (*opened.refusals(), *letters.refusals)  # noqa: E731 - asked at the end
    return replace(opened, links=links, refusals=refusals)


async def _open_tasks(job: ObserverJob, recorder: ConsumeRecorder, traffic: Traffic) -> _Opened:
    link = task_link(job)
    acks = acks_of(job)
    letters, away = await open_letters(job), away_of(job)
    fates = fates_of(job, traffic, away)
    fates.reads(link.content)
    handling = (traffic.handler_ns, fates, letters)
    links: tuple[TaskLink | NatsPyPuts, ...] = (link,)
    raised: Callable[[], Sequence[str]] = tuple
    if does(job):
        doing = await open_doing(job, link, recorder, (acks, handling))
        consumer: TaskConsumer = doing
        raised, links = doing.raised.words, (link, *doing.links)
    elif may_fail(job, traffic):
        consumer = FailingTasks(link, recorder, acks, handling)
    else:
        consumer = TaskConsumer(link, recorder, acks, traffic.handler_ns)
    returning(consumer, job)
    if job.bounds is not None:
        consumer.keep_within(*job.bounds)
    begin = held(link) if job.bounds is not None else None
    await link.open(consumer)

    def starts(start_ns: int) -> None:
        away.starts(start_ns)
        if begin is not None:
            begin()

    opened = _Opened(
        links=links, run=consumer.run, counts=fates.counted, raised=raised, starts=starts
    )
    return _with_letters(opened, letters)


async def mend(job: ObserverJob, mending: Mending, channel: Channel) -> Done:
    """Put right what has one half alone until all is whole, or told to stop."""
    client = await admin.connect(job.endpoint)
    recorder = ConsumeRecorder(0, job.record_path)
    reconciler = Reconciler(client, mending, recorder)
    await started(channel)

    async def work() -> None:
        await reconciler.run()
        await channel.send(Finished())

    stalls = await attend(
        channel,
        work(),
        lambda: Progress(received=recorder.received, handled=recorder.handled),
        hear=lambda message: reconciler.through() if isinstance(message, Through) else None,
    )
    await abandon(client)
    return Done(
        refusals=tuple(reconciler.reasons),
        stalls=tuple(stalls.long),
    )


async def sample(job: SamplerJob, channel: Channel) -> Done:
    """Sample lag, CPU and memory until told to stop."""
    client, listener = await admin.connect(job.endpoint), Listener(job.hearing)
    pids = {**job.pids, job.role: os.getpid()}
    sampler = Sampler(client, job.watched, pids, job.seed, listener)
    sampler.asks_for(job.alone, job.beside)
    if job.spill is not None:
        sampler.spill_to(job.spill)
    start_ns = await started(channel)

    def hear(message: object) -> None:
        if isinstance(message, Replaced):
            sampler.follow(message.role, message.pid)

    await attend(
        channel, sampler.run(start_ns, Alarm()), lambda: Progress(lag_msgs=sampler.lag_msgs), hear
    )
    await abandon(client)
    return Done(
        gaps=sampler.gaps.words(),
        rows=tuple(sampler.rows),
        ack_events=tuple(sampler.ack_events),
        given_up=sampler.heard_over(client),
        given_up_seqs=dict(sampler.given_up_seqs),
        hands=tuple(listener.hands),
        unheard=listener.unheard_over(client),
    )


async def _serve(channel: Channel) -> None:
    job: Job = await channel.receive()
    try:
        done = await _done(job, channel)
    except NeverBegunError:
        done = Done()
    await channel.send(done)


async def _done(job: Job, channel: Channel) -> Done:
    match job:
        case DriverJob() | ObserverJob() if job.soak is not None:
            return await soaking.soak(job, job.soak, channel)
        case DriverJob():
            return await publish(job, channel)
        case ObserverJob(mending=Mending() as mending):
            return await mend(job, mending, channel)
        case ObserverJob():
            return await consume([job], channel)
        case HostJob():
            return await consume(job.jobs, channel, job.shown)
        case SamplerJob():
            return await sample(job, channel)


async def open_channel() -> Channel:
    """Take standard input and output for the channel; what anything prints goes to stderr."""
    loop = asyncio.get_running_loop()
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    reader = asyncio.StreamReader(limit=2**30)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop=loop), output
    )
    transport.set_write_buffer_limits(0)  # what has been sent is out: a process may end upon it
    return Channel(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


async def main() -> None:
    """Serve the one job of this process."""
    try:
        await _serve(await open_channel())
    except ChannelClosedError:
        os._exit(CONDUCTOR_GONE)


def work() -> None:
    """Do the one job of this process, and end."""
    uvloop.run(main())


if __name__ == "__main__":
    fork_for(int(sys.argv[1]), work)
