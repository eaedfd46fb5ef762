"""Events of a stream into a read model in a bucket, which others watch."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import format_rate, format_share
from bench.spec.base import MisfitError, Share, Spec
from bench.spec.cast import (
    FIGURES_BEGIN,
    STORED,
    UNSTORED,
    Cast,
    Entry,
    Part,
    Weight,
    driving,
    observing,
    spans,
)
from bench.spec.expiring import limited
from bench.spec.filling import PUBLISH
from bench.spec.filters import matching
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.keyed import Get, Watch, check_watchers
from bench.spec.keyed_parts import reading_the_model, watching
from bench.spec.keys import Act, Choice, Entities
from bench.spec.objection import Objection
from bench.spec.stored import stored_bytes
from bench.spec.stream_settings import StreamSettings
from bench.spec.told_parts import asking
from bench.spec.variant import PublishSettings, Settings
from bench.spec.workload import Load, Payload, Phases, Publish, Workload

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "bucket", "server", "client"})

PROJECT, READ = "project", "read"
MOST_OTHERS = 0.9
"""Of the events: a model is to have something in it."""

MIN_VALUE_BYTES = 48
"""What the model knows of a key: its last event, that one's sequence, and a count."""


class Events(Publish):
    """How events are offered.

    Attributes:
        publishers: publisher processes; they share the rate, and each entity belongs to one.
        rate_msgs_per_s: offered rate of all publishers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due message, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most messages without a PubAck per publisher; what is due beyond that waits,
            and its waiting counts as slip. In the mode `one-by-one` of a variant it is 1.
        headers: what each message carries beside its payload.
        ends: share of the events that end their entity: the model takes its value away.
        repeats: share of the events that are the one before of their publisher once more, under
            its id, as after a PubAck that was lost. The stream stores both.
    """

    ends: Share | None = None
    repeats: Share | None = None

    @property
    def acts(self) -> tuple[Act, ...]:
        """What some events do in place of bringing a value; none where all bring one."""
        found = (
            Act(name="end", share=self.ends or 0.0, empty=True),
            Act(name="repeat", share=self.repeats or 0.0, again=True, turns=self.publishers),
        )
        return tuple(act for act in found if act.share)

    @model_validator(mode="after")
    def _leaves_values(self) -> Self:
        if self.repeats and (self.ends or 0.0) + self.repeats > MOST_OTHERS:
            raise MisfitError(
                "repeats",
                what="with the ends, hardly an event brings a value",
                allowed=f"ends and repeats up to {format_share(MOST_OTHERS)} together",
            )
        if self.repeats and "message-id" in self.headers:
            raise MisfitError(
                "headers",
                what="a stream stores no message-id twice: it would refuse what is repeated",
                allowed="no message-id, or no repeats",
            )
        return self


class Project(Spec):
    """Who makes the model of the events.

    Attributes:
        processes: that share its consumer. The events of an entity come to any of them, and
            nothing keeps their order.
        workers: values that one process changes at a time.
        order: events of one entity wait for each other (`per-key`), or not (`none`): then one
            that is overtaken is taken for a repeat, and the model lacks it.
        tries: how often a change is tried before it is given up.
    """

    processes: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=16, ge=1, le=10_000)
    order: Literal["per-key", "none"] = "per-key"
    tries: int = Field(default=100, ge=1, le=10_000)

    @model_validator(mode="after")
    def _keeps_order_alone(self) -> Self:
        if self.processes > 1 and self.order != "none":
            raise MisfitError(
                "order",
                what="events of an entity come to any of several processes: nothing keeps it",
                allowed="none, or one process",
            )
        return self

    def told(self) -> str:
        """Return who changes how many values, as a clause for the report."""
        each = f"{text.plural(self.workers, 'value')} at a time"
        if self.processes == 1:
            return f"a projector changes {each}"
        return f"{self.processes} projectors change {each} each, order {self.order}"


class Projected(Workload):
    """Events that a projector makes a read model of, and who watches the model.

    Attributes:
        kind: which parts take part; `projection` is events into a bucket.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        entities: what events are about.
        payload: how large events and values are, and what is in them.
        publish: how events are offered.
        project: who makes the model.
        read: how the model is read; not at all when left out.
        watch: name -> a watcher of the model.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["projection"]
    entities: Entities = Entities()
    payload: Payload
    publish: Events
    project: Project = Project()
    read: Get | None = None
    watch: dict[str, Watch] = Field(default_factory=dict)
    phases: Phases = Phases()

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later, and is not said."""
        once = {} if self.publish.repeats else {"publish": {"repeats"}}
        alone = {"project": {"processes"}} if self.project.processes == 1 else {}
        return {**super().unsaid, **once, **alone, **({} if self.read else {"read": True})}

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {PUBLISH: self.publish, **({READ: self.read} if self.read else {})}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its events and reads are made from, by the part that drives them."""
        entities = self.entities
        choice = Choice(distribution=entities.distribution, skew=entities.skew)
        events = Load(
            publish=self.publish,
            subjects=entities.names,
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
            choice=replace(choice, writers=self.publish.publishers),
            acts=self.publish.acts,
        )
        if self.read is None:
            return {PUBLISH: events}
        return {PUBLISH: events, READ: replace(events, publish=self.read, choice=choice, acts=())}

    @property
    def busy(self) -> Handler:
        """What is done with each event besides: nothing; the projector does its work."""
        return Handler()

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load: a projector's work is not simulated."""
        del handler
        return self

    @property
    def addressed(self) -> tuple[str, ...]:
        """Every subject that is published to, without jetbench's prefix: one of a kind."""
        return self.entities.names.names[:1]

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        return max(self.payload.sizes) + header_bytes(self.publish.headers, how)

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what an operation takes in a store on the mean: an event its value as well."""
        events, headers = self.publish.rate_msgs_per_s, self.publish.headers
        each = 2 * stored_bytes(self.entities.names, self.payload, headers, how)
        return each * events / self.rate_msgs_per_s

    def kept_by(self, part: str, settings: Settings) -> StreamSettings:
        """Return the settings of the stream that a part's consumer takes from."""
        return settings.bucket.as_stream() if part in self.watch else settings.stream

    def keeps_beside(self, settings: Settings) -> bool:
        """Say whether its trials keep more than is asked about: the model, where nobody watches."""
        return not self.watch or super().keeps_beside(settings)

    def share_of(self, part: str) -> float:
        """Return what share of the events a part is due; entities counted alike."""
        firsts = 1.0 if part in (PUBLISH, READ) else 1.0 - (self.publish.repeats or 0.0)
        watch, names = self.watch.get(part), self.entities.names.names
        matched = 1.0 if watch is None else len(matching(watch.subjects, names)) / len(names)
        return firsts * matched

    def sees_all(self, watch: Watch) -> bool:
        """Say whether a watcher's filter matches every key."""
        names = self.entities.names.names
        return watch.filter == ">" or len(matching(watch.subjects, names)) == len(names)

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        publish = self.publish
        others = "".join(
            f", {format_share(share)} of them {words}"
            for share, words in ((publish.ends, "ends"), (publish.repeats, "repeats"))
            if share
        )
        return (
            f"{format_rate(publish.rate_msgs_per_s)} events by "
            f"{text.plural(publish.publishers, 'publisher')} ({publish.arrivals}){others}, about "
            f"{text.plural(self.entities.count, 'entity', 'entities')} "
            f"({self.entities.distribution}), payload {self.payload.told()}; {self.project.told()}"
            f"{self._read()}{self._watched()}"
        )

    def _read(self) -> str:
        if (read := self.read) is None:
            return ""
        readers = text.plural(read.publishers, "reader")
        return f"; read at {format_rate(read.rate_msgs_per_s)} by {readers} ({read.arrivals})"

    def _watched(self) -> str:
        names = [
            name if self.sees_all(each) else f"{name} ({each.filter})"
            for name, each in self.watch.items()
        ]
        return f"; watched by {text.listed(names)}" if names else ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if min(self.payload.sizes) < MIN_VALUE_BYTES:
            raise MisfitError(
                "payload",
                "sizes",
                what="too small for what the model knows of a key",
                allowed=f"{MIN_VALUE_BYTES}B or more",
            )
        if self.payload.format != "random-bytes":
            raise MisfitError(
                "payload",
                "format",
                what="the model puts its own words in a value's place",
                allowed="random-bytes",
            )
        if self.entities.distribution == "latest":
            raise MisfitError(
                "entities",
                "distribution",
                what="nothing is read that was written last",
                allowed="uniform, zipfian, hotspot, sequential",
            )
        if self.entities.count < self.publish.publishers:
            raise MisfitError(
                "entities",
                "count",
                what="fewer than publishers",
                allowed=f"{self.publish.publishers} or more",
            )
        return self

    @model_validator(mode="after")
    def _watchers_fit(self) -> Self:
        taken = (PUBLISH, PROJECT, *((READ,) if self.read else ()), *FIGURES_BEGIN)
        check_watchers(self.watch, self.entities.names.names, taken)
        return self


_PUBLISH = driving(
    PUBLISH,
    role="publisher",
    answered=STORED,
    fails=(*UNSTORED, Entry(name="stream_msgs", untold=True, counts="held")),
)


def _projecting(*, acks: bool, some: bool) -> Part:
    """Return the projector, that is due each event once where some are repeated."""
    plain = observing(PROJECT, flow=_PUBLISH, role="projector", acks=acks, some=some)
    means = "events that are no repeats"
    entries = (
        replace(each, means=means) if each.name == "expected" else each for each in plain.entries
    )
    return replace(plain, entries=(*entries, *_OF_MODEL))


_OF_MODEL = (
    Entry(
        name="conflicts",
        means="tries in which another writer was faster",
        weight=Weight.NOTED,
        ruled=True,
    ),
    Entry(
        name="repeats",
        means="events that the model had already, or a later one of their entity",
        weight=Weight.NOTED,
        ruled=True,
    ),
    Entry(
        name="unchanged",
        means="changes of the model that were refused, or given up",
        weight=Weight.SHORTFALL,
        ruled=True,
    ),
    Entry(
        name="misprojected",
        means="entities whose value is not what their events come to",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        check="The model is what the events come to, computed apart",
    ),
    Entry(
        name="reapplied",
        means="events that values count beyond those of their entity",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        check="An event that comes again changes nothing",
    ),
)


def cast_of(settings: Settings, workload: Projected | None) -> Cast:
    """Return its parts; usually one watcher."""
    repeats = workload is not None and bool(workload.publish.repeats)
    projecting = _projecting(acks=settings.ack.timing != "none", some=repeats)
    projecting = projecting if repeats else limited(projecting, settings.stream)
    project = asking(projecting, pulls=settings.consumer.mode == "pull")
    watches = {"watch": Watch()} if workload is None else workload.watch
    watchers = tuple(
        watching(
            name,
            _PUBLISH,
            several=len(watches) > 1,
            some=repeats or (workload is not None and not workload.sees_all(watch)),
        )
        for name, watch in watches.items()
    )
    one = settings.bucket.num_replicas == 1
    reads = workload is not None and workload.read is not None
    reading = (reading_the_model(READ, one=one),) if reads else ()
    plain = Cast(parts=(_PUBLISH, project, *reading, *watchers), ranked=(), done="")
    own = {(part.name, span.name): time for time, (part, span) in spans(plain).items()}
    visible = tuple(own[part.name, "delivery"] for part in watchers[:1])
    return replace(
        plain,
        ranked=(*visible, own[PROJECT, "completion"]),
        done=plain.instant(project, project.own[-1].name),
    )


def objections(settings: Settings, workload: Projected) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream or bucket."""
    del workload
    found = []
    if settings.ack.timing in ("after-validation", "none"):
        what = "an event that is acknowledged before the model has it is lost with the projector"
        allowed = "after-handler, per-batch, cumulative"
        found.append(Objection(key="ack.timing", what=what, allowed=allowed))
    return tuple(found)


def notes(name: str, workload: Projected) -> Iterator[str]:
    """Yield what an author may not mean: without order the model lacks events."""
    project = workload.project
    if project.order == "none" and project.workers * project.processes > 1:
        yield (
            f"{name}: project.order none: an event that a later one of its entity overtakes is "
            "taken for a repeat, and the model lacks it"
        )
