"""What a worker process is told, and what it says while it works and when it is done.

Plain data, pickled over a pipe between processes of our own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from bench.broker.admin import Names
from bench.broker.endpoint import Endpoint
from bench.clients.buckets import Bucket
from bench.clients.pairs import Form
from bench.clients.port import Binding
from bench.core.units import NS_PER_S
from bench.engine.asking import AT_ONCE, Asking
from bench.engine.commanding import Command
from bench.engine.feeding import Fed
from bench.engine.rotating import NOTHING_CLOSED, Closed
from bench.engine.stall import Stall
from bench.engine.stepping import Step
from bench.plan.traffic import Load
from bench.record.finals import Final
from bench.spec.calls import STATE, Call
from bench.spec.effects import Idempotency
from bench.spec.faults import AS_USUAL, FailureSettings
from bench.spec.trying import BreakerSettings, PerKey, RetrySettings
from bench.spec.variant import AckTiming, HandlerCheck, HandlerRun, PublishSettings
from bench.spec.work import WorkKind

LAID_WITHIN_NS = 600 * NS_PER_S
"""How long it may take at most, beyond its own pace, to lay what is there before a trial."""

Doing = Literal[
    "publish",
    "ask",
    "put",
    "read",
    "recall",
    "update",
    "create",
    "save",
    "gather",
    "scan",
    "pair",
    "command",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """How a process of a soak records (bench.engine.rotating).

    Attributes:
        fed: where the messages stand.
        every_ns: from one closing of its rows to the next.
        ahead_rows: that there is to be room for beyond those that are closed.
    """

    fed: Fed
    every_ns: int
    ahead_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverJob:
    """One process that drives operations.

    Attributes:
        part: of the cast.
        role: `publisher-0`, …
        endpoint, client: how to connect.
        load, seed: the traffic, computed anew in the worker.
        how: messages are confirmed.
        does: what an operation is: a message that is published, a core request that is asked, a
            key that is written, read or created, a counter that is updated, a group of keys that is
            saved or gathered, a scan of keys, a value and an event, a key that is read through
            a cache, or a command that is asked.
        share, shares: it sends the messages whose id modulo `shares` is `share`.
        subject_prefix: stands before every subject.
        record_path: where it keeps its PublisherRecord.
        bucket: whose keys are read, updated or created.
        form: of a value and an event.
        soak: how it records where it is one; None else.
        every_ns: of what is laid before a trial: time between two messages, 0 for as fast as it
            goes; None where messages are sent when they are due.
    """

    part: str
    role: str
    endpoint: Endpoint
    client: str
    load: Load
    seed: int
    how: PublishSettings
    does: Doing
    share: int
    shares: int
    subject_prefix: str
    record_path: Path
    bucket: Bucket | None = None
    every_ns: int | None = None
    form: Form | None = None
    soak: Soak | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """How a process puts right what has one half alone.

    Attributes:
        form: of values and events.
        bucket, stream: names of the streams that hold them.
        every_ns: from one look to the next while operations are driven; 0 for none then.
    """

    form: Form
    bucket: str
    stream: str
    every_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an observer does on the server with each message.

    Attributes:
        bucket: whose values are changed.
        prefix: of its keys.
        workers: changes under way at a time.
        ordered: what is about one key waits for what came before about it.
        step: of workflows, whose states the values are.
        command: how commands are handled, whose entities the values are. Without either of the
            two the values are a read model.
    """

    bucket: Bucket
    prefix: str
    workers: int
    ordered: bool
    step: Step | None = None
    command: Command | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How a handler makes an effect on the server, beside waiting for its time.

    Attributes:
        idempotency: what keeps it from being made twice.
        bucket: whose values are written.
        prefix: of its keys.
        marker_ttl_s: how long a marker is kept; 0 for ever.
        book: where is written at which messages a process ended itself; None where none is to.
    """

    idempotency: Idempotency
    bucket: Bucket
    prefix: str
    marker_ttl_s: int = 0
    book: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverJob:
    """One process that observes operations.

    Attributes:
        part, flow: of the cast; what it does, and what it observes.
        role: `consumer-0`, …; jobs of one role are done by one process, side by side.
        endpoint, client, binding: how to connect and what to take from.
        load, seed: the traffic, for the handler times.
        workers: messages that it handles at a time.
        run: how handlers are carried out.
        timing, ack_batch: when to acknowledge.
        in_progress_ns: how often the server is told of what is in hand; 0 for never.
        asking: when more is asked for.
        whole_batches: one failure returns its whole ack batch.
        per_key: which messages are handled one after the other.
        retry: how often its handlers try within a delivery; None for once.
        breaker: when it leaves alone what its handlers depend on; None for never.
        sparse: it is due some of the operations alone.
        rows: deliveries that it has room for without growing; 0 for one of each operation.
        record_path: where it keeps its ConsumerRecord.
        effect: what it does with each message; None where a handler's time alone passes.
        mending: what it looks for by itself and puts right; None where messages come to it.
        bounds: first and last stream sequence that it is to handle; what comes from beyond them it
            passes over, and it asks for no more then. None where all that comes is to be handled.
        idempotency: what keeps it from handling a message again.
        failure: what it does with a message whose handler failed.
        max_deliver: how often the server delivers a message at most; None without end.
        letters: the stream and consumer of which it posts what is given up; None where nothing is.
        applied: how its handlers make effects on the server; None where their time alone passes.
        call: the user's function that is its handler; None where there is none.
        state: name of the function of its module that says what state it came to.
        work: what its handlers do besides.
        puts_into: the stream of the bucket that they put messages into; empty where they do not.
        checks: what its handlers look at of each message.
        max_age_ns: how old a signature may be; 0 for as old as it likes.
        soak: how it records where it is one; None else.
    """

    part: str
    flow: str
    role: str
    endpoint: Endpoint
    client: str
    binding: Binding
    load: Load
    seed: int
    workers: int
    run: HandlerRun
    timing: AckTiming
    ack_batch: int
    record_path: Path
    sparse: bool = False
    rows: int = 0
    effect: Effect | None = None
    mending: Mending | None = None
    bounds: tuple[int, int] | None = None
    idempotency: Idempotency = "none"
    failure: FailureSettings = AS_USUAL
    max_deliver: int | None = None
    letters: Names | None = None
    applied: Applied | None = None
    call: Call | None = None
    state: str = STATE
    work: tuple[WorkKind, ...] = ()
    puts_into: str = ""
    checks: tuple[HandlerCheck, ...] = ()
    max_age_ns: int = 0
    in_progress_ns: int = 0
    asking: Asking = AT_ONCE
    whole_batches: bool = False
    per_key: PerKey = "none"
    retry: RetrySettings | None = None
    breaker: BreakerSettings | None = None
    soak: Soak | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostJob:
    """One process that does several observers' work, each with its own record.

    Attributes:
        role: of all of them.
        jobs: theirs, at least two.
        shown: the part whose late times whoever watches is shown.
    """

    role: str
    jobs: tuple[ObserverJob, ...]
    shown: str


def has_role(process: str, role: str) -> bool:
    """Say whether a process is one of a role, as `consumer-0` is of `consumer`."""
    return process.rpartition("-")[0] == role


def next_generation(job: ObserverJob, generation: int) -> ObserverJob:
    """Return the job of who takes the place of one that was killed, with a record of his own.

    Args:
        job: of the first one.
        generation: his number, from 2 on.
    """
    path = job.record_path
    return replace(job, record_path=path.with_name(f"{path.stem}.g{generation}{path.suffix}"))


def hosted(jobs: Sequence[ObserverJob], shown: str) -> tuple[ObserverJob | HostJob, ...]:
    """Return what each process is told: observers of one role share one.

    Args:
        jobs: of observers.
        shown: the part whose late times whoever watches is shown.
    """
    by_role: dict[str, list[ObserverJob]] = {}
    for job in jobs:
        by_role.setdefault(job.role, []).append(job)
    return tuple(
        each[0] if len(each) == 1 else HostJob(role=role, jobs=tuple(each), shown=shown)
        for role, each in by_role.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A consumer that the server is asked about while a trial lasts, and when it is over.

    Attributes:
        part: that it delivers to.
        names: of it and its stream, already made.
        tracked: its messages are acknowledged.
        max_deliver: of the consumer; None when there is no limit.
        prefix: of the columns that tell of it in the samples.
        laid_seq: the stream's last sequence before the trial; its messages come after it.
        laid_msgs: how many messages the stream held then.
        ttl_ns: how long each message is kept; 0 for as long as the stream keeps any.
        anew: its client has it made anew where something is missing.
    """

    part: str
    names: Names
    tracked: bool
    max_deliver: int | None
    prefix: str = ""
    laid_seq: int = 0
    laid_msgs: int = 0
    ttl_ns: int = 0
    anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Where it is heard that somebody else changes streams.

    Attributes:
        streams: their names; none where nothing is to be heard.
        requests: by what anybody asks of the API, in place of what it answers: processes of ours
            ask it for each operation, and the server would tell of all that as well.
    """

    streams: tuple[str, ...] = ()
    requests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerJob:
    """The sampler process.

    Attributes:
        role: `sampler`.
        endpoint: how to connect.
        watched: consumers to ask about.
        pids: role -> process to read CPU and memory of; the sampler adds itself.
        seed: of the sampling instants.
        hearing: what others change of the trial's streams.
        alone: the stream of a trial without a consumer; none where one is watched.
        beside: other streams that no consumer takes from, and that fill the store as well.
        spill: where its rows go while a soak lasts, of which fewer are taken; None else.
    """

    role: str
    endpoint: Endpoint
    watched: tuple[Watched, ...]
    pids: Mapping[str, int]
    seed: int
    hearing: Hearing = Hearing()
    alone: tuple[Names, ...] = ()
    beside: tuple[Names, ...] = ()
    spill: Path | None = None


Job = DriverJob | ObserverJob | HostJob | SamplerJob


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker is connected and waits for the start."""


@dataclass(frozen=True, slots=True)
class Start:
    """Begin; the trial's start, CLOCK_MONOTONIC ns, lies a moment ahead."""

    start_ns: int


@dataclass(frozen=True, slots=True)
class Through:
    """Nothing more is for you: look for the last time, or let go of the server; then say Finished.

    Who drives has driven all that was to be driven, or a pass of the work is over.
    """


@dataclass(frozen=True, slots=True)
class Replaced:
    """Another process has taken the place of one that was sampled, in this role."""

    role: str
    pid: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is in hand, save and say Done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a worker has done so far, told a few times a second; for whoever watches.

    Attributes:
        sent, stored, settled: of a publisher; messages.
        received, handled, acked: of a consumer; deliveries.
        recent_ns_p99: p99 of end-to-end over its last acks (completion where it never acks); -1
            while there are too few.
        lag_msgs: what the server last told the sampler; -1 while it told nothing.
        parts: of each observer, by its part, where one process does the work of several.
        faults, stalls: of an observer, as Done tells them at last: one that is killed never does.
        closed, closed_ns: of a soak's record, and when; all that happened before is told by then.
    """

    sent: int = 0
    stored: int = 0
    settled: int = 0
    received: int = 0
    handled: int = 0
    acked: int = 0
    recent_ns_p99: int = -1
    lag_msgs: int = -1
    parts: Mapping[str, "Progress"] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    stalls: tuple[Stall, ...] = ()
    closed: Closed = NOTHING_CLOSED
    closed_ns: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A publisher has sent everything and has every answer, or will wait no longer.

    Of one who puts right what has one half alone: nothing is left to be put right. Of a consumer:
    it has let go of the server.
    """


@dataclass(frozen=True, slots=True)
class Broke:
    """The work cannot go on; what was recorded so far is kept until the Stop."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The last word of a worker.

    Attributes:
        faults: what went wrong with the connection, in words.
        refusals: kinds of answers that refuse, with their counts.
        raised: what the user's handler raised, with counts.
        window_full_msgs: messages that were due while the publisher's window was full.
        awaited_ns: how long messages were due in the window while batches waited for answers.
        again: answers to messages that had theirs.
        stalls: when the event loop did not turn for long (bench.engine.stall).
        counts: what it counted by itself, by the part that it observes for and by what is counted.
        gaps: what the sampler asked and got no answer to, in words.
        ack_events: the server's own ack times, as the sampler heard them.
        given_up: messages that the server gave up, as the sampler heard, by part; absent where it
            could not hear of any.
        given_up_seqs: their places in the stream, as far as they were heard, by part.
        hands: what others did to the trial's streams, as the sampler heard, and when.
        unheard: why that could not be heard; empty where it could.
        finals: the state that the user's handlers came to, by the part.
        rows: the sampler's samples; empty for the others, whose arrays are in their file.
    """

    faults: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    window_full_msgs: int = 0
    awaited_ns: int = 0
    again: int = 0
    stalls: tuple[Stall, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    ack_events: tuple[tuple[int, int], ...] = ()
    given_up: Mapping[str, int] = field(default_factory=dict)
    given_up_seqs: Mapping[str, Sequence[int]] = field(default_factory=dict)
    hands: tuple[tuple[int, str], ...] = ()
    unheard: str = ""
    finals: Mapping[str, Final] = field(default_factory=dict)
    rows: tuple[Mapping[str, int | None], ...] = ()
