"""A value in a bucket and an event in a stream, written one after the other by one operation."""

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import NS_PER_MS, format_duration, format_rate, format_share
from bench.spec import paired_parts
from bench.spec.base import MisfitError, Share
from bench.spec.cast import Cast
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.kept import DEFAULT_DUPLICATE_WINDOW_NS, unkept
from bench.spec.keys import Act, Choice, Entities
from bench.spec.objection import Objection
from bench.spec.paired_parts import REPAIR, WRITE
from bench.spec.stored import stored_bytes
from bench.spec.variant import PublishSettings, Settings, WritesSettings
from bench.spec.workload import Header, Load, Payload, Phases, Publish, Workload

USES = frozenset({"stream", "bucket", "writes", "server", "client"})

MOST_CRASHES = 0.9
SOONEST_LOOK_NS = 10 * NS_PER_MS

STATUS_BYTES = 9
"""What an entry of an outbox says before its event: `pending` or `published`."""

ENTRY_KEY_BYTES = 17
"""The id behind the key of an entry of an outbox."""

_BUCKET_HEADER_BYTES = 64
"""`Nats-Expected-Last-Subject-Sequence` of what a reconciler writes."""

_UNKEPT = "what goes by itself cannot be compared with what was written"


class Write(Publish):
    """How operations are offered, each of which writes a value and an event.

    Attributes:
        publishers: writer processes; they share the rate, and each entity belongs to one of them.
        rate_msgs_per_s: offered rate of all writers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due operation, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most operations under way per writer; what is due beyond that waits, and its
            waiting counts as slip.
        headers: what each event carries beside its payload; with an outbox `message-id` always.
        crashes: share of the operations that their writer leaves behind between two writes.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="writers")
    crashes: Share | None = None

    @property
    def acts(self) -> tuple[Act, ...]:
        """Where operations are left behind: half of them at the first place, half at the last."""
        share = (self.crashes or 0.0) / 2
        return tuple(Act(name=name, share=share) for name in paired_parts.CRASHES if share)

    @model_validator(mode="after")
    def _leaves_whole_ones(self) -> Self:
        if (self.crashes or 0.0) > MOST_CRASHES:
            raise MisfitError(
                "crashes",
                what="hardly an operation is done whole",
                allowed=f"up to {format_share(MOST_CRASHES)}",
            )
        return self


class DualWrite(Workload):
    """Operations that each write a value of a bucket and an event of a stream.

    Attributes:
        kind: which parts take part; `dual-write` is a value and an event at a time.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        entities: what operations are about.
        payload: how large events and values are, and what is in them.
        write: how operations are offered.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["dual-write"]
    entities: Entities = Entities()
    payload: Payload
    write: Write
    phases: Phases = Phases()

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {WRITE: self.write}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its operations are made from, by the part that drives them."""
        entities = self.entities
        load = Load(
            publish=self.write,
            subjects=entities.names,
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
            choice=Choice(
                distribution=entities.distribution,
                skew=entities.skew,
                writers=self.write.publishers,
            ),
            acts=self.write.acts,
        )
        return {WRITE: load}

    @property
    def busy(self) -> Handler:
        """What is done with each event: nobody takes them."""
        return Handler()

    def keeps_beside(self, settings: Settings) -> bool:
        """Say whether its trials keep more than the stream: a bucket has what was written."""
        del settings
        return True

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load: nobody handles anything."""
        del handler
        return self

    @property
    def addressed(self) -> tuple[str, ...]:
        """Every subject that is published to, without jetbench's prefix: one of a kind."""
        return self.entities.names.names[:1]

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included: an event, or an entry of an outbox."""
        event = header_bytes(_event_headers(self), how)
        return max(self.payload.sizes) + max(event, STATUS_BYTES + _BUCKET_HEADER_BYTES)

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what an event and its value take in a store on the mean."""
        headers = _event_headers(self)
        event = stored_bytes(self.entities.names, self.payload, headers, how)
        return 2 * event + STATUS_BYTES + ENTRY_KEY_BYTES

    def share_of(self, part: str) -> float:
        """Return what share of the operations a part is about."""
        return (self.write.crashes or 0.0) if part == REPAIR else 1.0

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        write, entities = self.write, self.entities
        crashes = (
            f", {format_share(write.crashes)} left between two writes" if write.crashes else ""
        )
        return (
            f"{format_rate(write.rate_msgs_per_s)} operations by "
            f"{text.plural(write.publishers, 'writer')} ({write.arrivals}){crashes}, each a value "
            f"and an event about one of {text.plural(entities.count, 'entity', 'entities')} "
            f"({entities.distribution}), payload {self.payload.told()}"
        )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.entities.distribution == "latest":
            raise MisfitError(
                "entities",
                "distribution",
                what="nothing is read that was written last",
                allowed="uniform, zipfian, hotspot, sequential",
            )
        if self.entities.count < self.write.publishers:
            raise MisfitError(
                "entities",
                "count",
                what="fewer than writers",
                allowed=f"{self.write.publishers} or more",
            )
        return self


def _event_headers(workload: DualWrite) -> tuple[Header, ...]:
    return paired_parts.event_headers(workload.write.headers, "outbox")


def cast_of(settings: Settings, workload: DualWrite | None) -> Cast:
    """Return its parts; without crashes nothing is to be put right."""
    del settings
    return paired_parts.cast(crashes=workload is None or bool(workload.write.crashes))


def objections(settings: Settings, workload: DualWrite) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream or bucket."""
    del workload
    return (*unkept(settings, _UNKEPT), *_looks(settings.writes))


def _looks(writes: WritesSettings) -> Iterator[Objection]:
    usual = WritesSettings()
    if writes.reconcile != "interval" and writes.every_ns != usual.every_ns:
        what = f"means nothing with writes.reconcile {writes.reconcile}"
        against = ("writes.reconcile",)
        yield Objection(key="writes.every", against=against, what=what, allowed="leave it out")
    elif not SOONEST_LOOK_NS <= writes.every_ns <= 3600 * usual.every_ns:
        what = f"no time from one look to the next: {format_duration(writes.every_ns)}"
        allowed = f"{format_duration(SOONEST_LOOK_NS)} to 1h"
        yield Objection(key="writes.every", what=what, allowed=allowed)


def cautions(settings: Settings, workload: DualWrite) -> tuple[Objection, ...]:
    """Return what may surprise: ids that a stream forgets before an event is published again."""
    writes, window_ns = settings.writes, settings.stream.duplicate_window_ns
    window_ns = DEFAULT_DUPLICATE_WINDOW_NS if window_ns is None else window_ns
    if not workload.write.crashes or writes.strategy != "outbox" or writes.reconcile == "none":
        return ()
    phases = workload.phases
    until_ns = {
        "interval": 2 * writes.every_ns,
        "after-window": phases.warmup_ns + phases.measure_ns,
    }[writes.reconcile]
    if until_ns < window_ns:
        return ()
    what = (
        f"the stream forgets a Nats-Msg-Id after {format_duration(window_ns)}, and an event is "
        f"published again up to {format_duration(until_ns)} later: expect it twice"
    )
    return (Objection(key="stream.duplicate_window", what=what),)


def notes(name: str, workload: DualWrite) -> Iterator[str]:
    """Yield what an author may not mean: without crashes no half is ever missing."""
    if not workload.write.crashes:
        yield f"{name}: write.crashes is left out: nothing is left between two writes"
