"""The shapes of what is kept of a run. Times are integer nanoseconds.

Trial times count from the trial's start (its first intended instant), on CLOCK_MONOTONIC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bench.record.finals import Final
from bench.spec.cast import Cast
from bench.spec.disturbances import Action

TRIAL_SCHEMA_VERSION = 2
MOST_ATTEMPTS = 16
"""What came more often is counted with what came so often."""

ENVIRONMENT_SCHEMA_VERSION = 1


class Level(StrEnum):
    """How much a finding weighs."""

    NOTE = "note"
    WARNING = "warning"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a reader of the trial must know.

    Attributes:
        level: one of level `invalid` makes the trial invalid.
        code: stable kebab-case word, e.g. `generator-saturated`.
        text: a sentence with the figures that say so.
        role: whom it befell, as in ProcessUsage, or `conductor`; empty where it is the trial's as a
            whole, and in records of versions that did not say.
        at_ns: when, or when first, from the trial's start; -1 where it is the trial's as a whole,
            and in records of versions that did not say.
        forgiven_by: the disturbance that it was to be expected of, `crash of consumer at 3s`, and
            that it counts for nothing because of; empty where it counts.
    """

    level: Level
    code: str
    text: str
    role: str = ""
    at_ns: int = -1
    forgiven_by: str = ""

    @property
    def counts(self) -> bool:
        """Whether it says anything against its trial."""
        return not self.forgiven_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Phase limits, ns from the trial's start: warm-up from 0, window, then drain."""

    window_start_ns: int
    window_end_ns: int
    drained_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """A disturbance as it was carried out; ns from the trial's start.

    Attributes:
        do: `crash`, `pause` or `restart-server`.
        part: role of the processes that it befell; empty where it was the server.
        planned_ns: when it was to begin.
        for_ns: how long whom it befell was to stay away.
        begun_ns: when it began; -1 where it never did.
        ended_ns: when all whom it befell were there again; -1 where they never were.
        generation: of processes that were killed, the number of those that came after; else 1.
        recovery_ns: of each part that has a lag, how long after the end it was back to what it was
            before the first disturbance; -1 where it was not within the window.
    """

    do: Action
    part: str
    planned_ns: int
    for_ns: int
    begun_ns: int = -1
    ended_ns: int = -1
    generation: int = 1
    recovery_ns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUsage:
    """What one process used within the window.

    Attributes:
        role: `server`, `publisher-0`, `consumer-0`, `sampler`.
        cpu_ns: CPU time within the window; -1 where it cannot be read (a remote server).
        cpu_share: of one core, cpu_ns / window length; -1 likewise.
        rss_bytes_peak: largest resident set sampled; -1 likewise.
        wait_share: of the window, ready to run without a core, over all its threads; -1 likewise.
        cpu_share_peak: the largest of any second of the window, of the whole where that is shorter;
            -1 likewise, and in records of versions that kept none.
        rss_bytes_mean: mean of the resident sets sampled; -1 likewise.
        in_bytes_per_s: what its TCP connections took in within the window; -1 where none was seen,
            and in records of versions that did not look.
        out_bytes_per_s: what they gave and the other side took; -1 likewise.
    """

    role: str
    cpu_ns: int
    cpu_share: float
    rss_bytes_peak: int
    wait_share: float = -1.0
    cpu_share_peak: float = -1.0
    rss_bytes_mean: int = -1
    in_bytes_per_s: float = -1.0
    out_bytes_per_s: float = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLoad:
    """What the host's cores did within the window, beside what each process of ours used.

    Attributes:
        steal_share: of all cores' time, taken by the hypervisor; -1 where nobody counts it.
        throttled_share: of the window, waited for our control group's quota; -1 likewise.
        busy_share: of all cores' time, something ran; -1 likewise.
        others_share: of all cores' time, something ran that was not of the trial: other processes,
            interrupts, a server on this host that jetbench did not start; -1 likewise.
    """

    steal_share: float
    throttled_share: float
    busy_share: float = -1.0
    others_share: float = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AckCheck:
    """The server's own measure of ack times beside ours, for a sample of messages.

    The server counts from its delivery to the ack's arrival, we from receipt to the ack's
    hand-over: the difference is the way there and back, a little above 0.

    Attributes:
        messages: in the sample.
        server_ns_p50, ours_ns_p50: medians.
        difference_ns_p50: median of server - ours, message by message.
        below_zero: messages of which the server's time is the shorter; ours lies within it, so
            each of them speaks against one of the two measures.
    """

    messages: int
    server_ns_p50: int
    ours_ns_p50: int
    difference_ns_p50: int
    below_zero: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How the workers of a part were used within the window.

    Attributes:
        workers: messages that its processes handle at a time, together.
        busy_share: time in handlers that ended in the window, of all workers' time; with those
            that do work, from when it had its worker.
        handler_ns_mean: of those handlers; 0 where there was none.
        held_ns_mean: from receipt to ack of the messages that they handled; 0 without acks.
        handler_ns_p99: as handler_ns_mean.
        in_loop: handlers have the event loop of their process for themselves, one after the other:
            each process is one worker, and handlers take what they have of the loop.
        written_ns_mean: of handler_ns_mean, what passes beyond the handlers' own time, with what
            they read and write on the server; 0 where they do not.
        in_turn: a message waits for those of its key that came before, whoever is free.
    """

    workers: int
    busy_share: float
    handler_ns_mean: int
    held_ns_mean: int
    handler_ns_p99: int = 0
    in_loop: bool = False
    written_ns_mean: int = 0
    in_turn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """What took part in a trial: the server's and the client library's version."""

    server_version: str
    client: str
    client_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """What `trial.json` holds: everything of a trial but its histograms and samples.

    What is told of the parts of its workload is told by flat names (`bench.spec.cast`).

    Attributes:
        schema_version: of trial.json.
        trial_id, cell_id, block, seed: as in the plan.
        started_utc: ISO 8601, wall clock.
        completed: all phases were run; False when the trial broke off.
        cast: what took part; says what the names below mean.
        window, window_counts, slices, ledger, processes: None or empty when it broke off early.
        window_counts: instant -> operations within the window, by when it happened.
        slices: instant -> operations in each second of the trial, likewise; slice k covers
            [k, k + 1) s from the trial's start, the last may be cut short by the drain.
        ledger: entry -> count over the whole trial, warm-up included, of distinct operations where
            it counts operations; -1 when nobody can tell.
        peaks: level -> the most within the window, by our own instants: exact; empty in records of
            versions that had the server's lag alone.
        oldest_ns: level -> the highest age of what waited longest in it, within the window, by our
            own instants; empty in records of versions that kept none.
        negative_times: times below zero; they make a trial invalid.
        overflows: times beyond the histogram's range.
        host: None when it was not sampled.
        handling: how workers were used, by the part; absent where nobody can tell how long its
            handlers took, and in records of versions that did not tell.
        attempts: by part, how many messages came once, twice, …; empty in records of versions that
            did not tell.
        finals: the state that handlers of a user came to, by part; empty where none is called, and
            in records of versions that asked for none.
        ack_check: None where the variant does not ack each message, or the server told nothing.
        sha256_of: digest of each other file of the trial, as it was written; empty in records of
            versions that kept none.
        store_disk_bytes: disk used by the embedded server's store at the end; -1 when unknown.
        findings: everything a reader must know; one of level `invalid` makes the trial invalid.
        disturbances: what was done to the system, in the order of its instants.
    """

    schema_version: int
    trial_id: str
    cell_id: str
    block: int
    seed: int
    started_utc: str
    completed: bool
    cast: Cast
    window: Window | None
    window_counts: Mapping[str, int] | None
    slices: Mapping[str, tuple[int, ...]] | None
    ledger: Mapping[str, int] | None
    processes: tuple[ProcessUsage, ...]
    store_disk_bytes: int
    software: Software | None
    findings: tuple[Finding, ...]
    peaks: Mapping[str, int] = field(default_factory=dict)
    oldest_ns: Mapping[str, int] = field(default_factory=dict)
    negative_times: int = 0
    overflows: int = 0
    host: HostLoad | None = None
    ack_check: AckCheck | None = None
    disturbances: tuple[Disturbed, ...] = ()
    handling: Mapping[str, Handling] = field(default_factory=dict)
    attempts: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    finals: Mapping[str, Final] = field(default_factory=dict)
    sha256_of: Mapping[str, str] = field(default_factory=dict, compare=False)

    def known(self, entry: str) -> int | None:
        """Return an entry of the ledger; None when nobody can tell it, or there is no such."""
        count = -1 if self.ledger is None else self.ledger.get(entry, -1)
        return None if count < 0 else count

    @property
    def valid(self) -> bool:
        """Whether its figures may be used."""
        return self.completed and all(f.level is not Level.INVALID for f in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where and with what a run was measured, `environment.json`; holds no secret.

    Attributes:
        host: hostname.
        os, kernel, architecture, cpu_model: as the system names them.
        cpus: usable by this process.
        memory_bytes: of the host.
        store_filesystem: type of the file system under the embedded store; empty when not ours.
        python, jetbench, packages: versions.
        server: `embedded` or the URL without its secrets.
        server_version: as the server says.
        command: the command line, secrets masked.
        started_utc: ISO 8601.
        load_average_1m: before the run began.
    """

    schema_version: int
    host: str
    os: str
    kernel: str
    architecture: str
    cpu_model: str
    cpus: int
    memory_bytes: int
    store_filesystem: str
    python: str
    jetbench: str
    packages: dict[str, str]
    server: str
    server_version: str
    command: str
    started_utc: str
    load_average_1m: float
