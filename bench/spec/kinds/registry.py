"""Every kind of workload by its name, as a workload's `kind:` writes it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Discriminator

from bench.core.units import format_duration
from bench.spec import (
    ageing,
    asking_when,
    buckets,
    calling,
    cast,
    cautions,
    checking,
    disturbed,
    flow_acked,
    jetstream,
    limited,
    marked,
    ordered,
    pacing,
    progress,
    readdressed,
    soaks,
    whole_batches,
)
from bench.spec.cast import Cast, Entry, Weight
from bench.spec.disturbed import Bears
from bench.spec.giving_up import giving_up
from bench.spec.kinds import (
    as_streams,
    backlog,
    command,
    counter,
    dual_write,
    fanout,
    kv,
    projection,
    replay,
    request,
    schedule,
    stream,
    workflow,
)
from bench.spec.kinds.as_streams import Rule
from bench.spec.objection import Objection
from bench.spec.partly import readable
from bench.spec.telling import MOST_TOLD
from bench.spec.variant import Settings
from bench.spec.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of workload.

    Attributes:
        model: of its file.
        uses: the sections of a variant's settings that mean something under it.
        cast: its parts under some settings; of no workload, those that it usually has.
        objections: what is wrong with settings under one.
        cautions: what may surprise about them.
        notes: what its author may not mean, by its name.
        shipped: a workload of the kind and a config that suits it, to start from.
        crashed: roles whose processes begin again, when killed, with what the server has for them.
        restarts: its server may be started again while it is measured.
        looks: its stream is read, when a trial is over, by a consumer of our own without acks.
        ages: its stream may have a past, laid before any trial, and messages may leave it by
            themselves.
        moves: its stream may keep messages under other subjects than they were published under.
        headless: all of its messages carry the headers of the workload, so that they may be
            delivered without their payload.
        singly: what a variant has done with single messages is done: they are looked into, wait for
            others, are told of as in progress, asked for when some wait, and known from markers.
        calls: where a function of a user's is named that its handlers call; empty where none is.
        also: parts that it has under other settings, for what they are called.
    """

    model: type[Workload]
    uses: frozenset[str]
    cast: Callable[[Settings, Any], Cast]
    objections: Rule
    cautions: Rule
    notes: Callable[[str, Any], Iterator[str]]
    shipped: tuple[str, str]
    crashed: tuple[str, ...] = ()
    restarts: bool = False
    looks: bool = False
    ages: bool = False
    moves: bool = False
    headless: bool = False
    singly: bool = False
    calls: Literal["", "workload", "variant"] = ""
    also: tuple[Cast, ...] = ()


KINDS: Mapping[str, Kind] = {
    "stream": Kind(
        model=stream.Stream,
        uses=stream.USES,
        cast=stream.cast_of,
        also=(
            stream.FAULTY,
            stream.DOUBLED,
            stream.REPLAYING,
            stream.EXPIRING,
            stream.TELLING,
            stream.PACED,
        ),
        ages=True,
        moves=True,
        objections=jetstream.workload_objections,
        cautions=cautions.cautions,
        notes=cautions.sharing,
        shipped=("small-events", "pull-batch"),
        headless=True,
        singly=True,
        calls="workload",
        crashed=("consumer",),
        restarts=True,
    ),
    "request": Kind(
        model=request.Request,
        uses=request.USES,
        cast=request.cast_of,
        objections=request.objections,
        cautions=request.cautions,
        notes=request.notes,
        shipped=("request-reply", "request-workers"),
        crashed=("responder",),
    ),
    "kv": Kind(
        model=kv.Kv,
        uses=kv.USES,
        cast=kv.cast_of,
        objections=kv.objections,
        cautions=kv.cautions,
        notes=kv.notes,
        shipped=("kv-session", "kv-direct-get"),
    ),
    "projection": Kind(
        model=projection.Projected,
        uses=projection.USES,
        cast=projection.cast_of,
        objections=lambda settings, workload: (
            *projection.objections(settings, workload),
            *buckets.objections(settings),
            *jetstream.workload_objections(settings, as_streams.stream_of_events(workload)),
        ),
        cautions=lambda _, __: (),
        notes=projection.notes,
        shipped=("projection", "projection-consistency"),
        headless=True,
    ),
    "dual-write": Kind(
        model=dual_write.DualWrite,
        uses=dual_write.USES,
        cast=dual_write.cast_of,
        objections=lambda settings, workload: (
            *dual_write.objections(settings, workload),
            *buckets.objections(settings),
        ),
        cautions=dual_write.cautions,
        notes=dual_write.notes,
        shipped=("dual-write", "dual-write-strategies"),
        looks=True,
    ),
    "replay": Kind(
        model=replay.Replay,
        uses=replay.USES,
        cast=replay.cast_of,
        objections=lambda settings, workload: (
            *replay.objections(settings, workload),
            *jetstream.workload_objections(settings, as_streams.stream_of_work(settings, workload)),
        ),
        cautions=lambda settings, workload: cautions.cautions(
            settings, as_streams.stream_of_work(settings, workload)
        ),
        notes=lambda _, __: iter(()),
        shipped=("replay", "replay-max-in-flight"),
        calls="variant",
        also=(replay.CALLING,),
    ),
    "backlog": Kind(
        model=backlog.Backlog,
        uses=backlog.USES,
        cast=backlog.cast_of,
        objections=lambda settings, workload: (
            *backlog.objections(settings, workload),
            *jetstream.workload_objections(settings, as_streams.stream_of_work(settings, workload)),
        ),
        cautions=lambda settings, workload: cautions.cautions(
            settings, as_streams.stream_of_work(settings, workload)
        ),
        notes=lambda _, __: iter(()),
        shipped=("backlog", "backlog-in-flight"),
        moves=True,
    ),
    "fanout": Kind(
        model=fanout.Fanout,
        uses=fanout.USES,
        cast=fanout.cast_of,
        objections=lambda settings, workload: (
            *fanout.objections(settings, workload),
            *as_streams.of_modes(settings, workload),
            *as_streams.of_streams(
                jetstream.workload_objections, as_streams.of_members(settings, workload)
            ),
        ),
        cautions=lambda settings, workload: as_streams.of_streams(
            cautions.cautions, as_streams.of_members(settings, workload)
        ),
        notes=lambda _, __: iter(()),
        shipped=("fan-out", "slow-neighbour"),
        headless=True,
    ),
    "workflow": Kind(
        model=workflow.Workflow,
        uses=workflow.USES,
        cast=workflow.cast_of,
        objections=lambda settings, workload: (
            *workflow.objections(settings, workload),
            *buckets.objections(settings),
            *as_streams.of_streams(
                jetstream.workload_objections, as_streams.of_steps(settings, workload)
            ),
        ),
        cautions=lambda settings, workload: (
            *workflow.cautions(settings, workload),
            *as_streams.of_streams(cautions.cautions, as_streams.of_steps(settings, workload)),
        ),
        notes=workflow.notes,
        shipped=("workflow", "workflow-steps"),
        looks=True,
    ),
    "command": Kind(
        model=command.Commands,
        uses=command.USES,
        cast=command.cast_of,
        objections=lambda settings, workload: (
            *command.objections(settings, workload),
            *buckets.objections(settings),
        ),
        cautions=command.cautions,
        notes=command.notes,
        shipped=("command", "command-handlers"),
        looks=True,
    ),
    "counter": Kind(
        model=counter.Counting,
        uses=counter.USES,
        cast=counter.cast_of,
        objections=lambda settings, workload: (
            *counter.objections(settings, workload),
            *jetstream.workload_objections(settings, as_streams.stream_of_additions(workload)),
        ),
        cautions=lambda settings, workload: cautions.cautions(
            settings, as_streams.stream_of_additions(workload)
        ),
        notes=lambda _, __: iter(()),
        shipped=("counters", "counters"),
        headless=True,
        crashed=("consumer",),
        restarts=True,
        looks=True,
    ),
    "schedule": Kind(
        model=schedule.Scheduling,
        uses=schedule.USES,
        cast=schedule.cast_of,
        objections=lambda settings, workload: (
            *schedule.objections(settings, workload),
            *jetstream.workload_objections(settings, as_streams.stream_of_schedules(workload)),
        ),
        cautions=lambda settings, workload: cautions.cautions(
            settings, as_streams.stream_of_schedules(workload)
        ),
        notes=lambda _, __: iter(()),
        shipped=("schedules", "schedules"),
        headless=True,
        crashed=("consumer",),
    ),
}

_MODELS = tuple(kind.model for kind in KINDS.values())

if TYPE_CHECKING:
    AnyWorkload = Workload
elif len(_MODELS) == 1:
    AnyWorkload = _MODELS[0]
else:
    AnyWorkload = Annotated[Union[_MODELS], Discriminator("kind")]  # noqa: UP007


def cast_of(workload: Workload, settings: Settings) -> Cast:
    """Return the parts of a workload under these settings."""
    plain = KINDS[workload.kind].cast(settings, workload)
    found = giving_up(plain) if settings.consumer.max_deliver is not None else plain
    ends = workload.disturbed_by(settings) or any(e.crashes for e in workload.loads.values())
    return disturbed.watched_over(found) if ends else found


def fullest_casts(workload: Workload) -> tuple[Cast, ...]:
    """Return the parts of a workload under settings that between them tell all that it may."""
    kind = KINDS[workload.kind]
    each = (giving_up(kind.cast(settings, workload)) for settings in MOST_TOLD)
    return tuple(map(disturbed.watched_over, each))


def asked_of(workload: Workload) -> frozenset[str]:
    """Return what a workload uses of a server: sections of settings, and parts that drive."""
    return KINDS[workload.kind].uses | workload.offers.keys()


def usual_casts() -> tuple[Cast, ...]:
    """Return the parts that each kind usually has, at last those of one that is disturbed."""
    calm = tuple(giving_up(kind.cast(Settings(), None)) for kind in KINDS.values())
    also = tuple(giving_up(cast) for kind in KINDS.values() for cast in kind.also)
    return (*calm, *also, disturbed.watched_over(calm[0]))


def bears(workload: Workload, settings: Settings) -> Bears:
    """Return which disturbances a workload can be measured under."""
    kind = KINDS[workload.kind]
    return Bears(
        paused=tuple(kind.cast(settings, workload).roles),
        crashed=kind.crashed,
        restarts=kind.restarts,
        window_ns=workload.phases.measure_ns,
    )


def objections(settings: Settings, workload: Workload) -> tuple[Objection, ...]:
    """Return what is wrong with settings under a workload of whatever kind."""
    return tuple(chain.from_iterable(map(readable, _rules(settings, workload))))


def _rules(settings: Settings, workload: Workload) -> Iterator[Callable[[], Iterable[Objection]]]:
    """Yield each rule by itself: one that asks for what could not be read hides no other."""
    name, kind = workload.kind, KINDS[workload.kind]
    yield partial(_unused, settings, name)
    yield partial(ageing.unfit, settings, name, [each for each in KINDS if KINDS[each].ages])
    able = [each for each in KINDS if KINDS[each].singly]
    yield from (partial(unfit, settings, name, able) for unfit in _SINGLY)
    yield partial(_called, settings, name)
    yield partial(kind.objections, settings, workload)
    yield from (partial(rule, settings, kind) for rule in _OF_KINDS)
    yield partial(readdressed.unmatched, settings, workload)
    yield partial(_kept_together, settings, workload)
    yield partial(_disturbed, settings, workload)
    yield partial(soaks.unfit, settings, workload)


def cautions_of(settings: Settings, workload: Workload) -> tuple[Objection, ...]:
    """Return what may surprise about settings under a workload of whatever kind."""
    kind = KINDS[workload.kind]
    return (*kind.cautions(settings, workload), *_too_late(kind, settings, workload))


def _too_late(kind: Kind, settings: Settings, workload: Workload) -> Iterator[Objection]:
    """Yield that what a killed consumer had in hand comes again when nobody looks any more."""
    kills = [each for each in workload.disturbed_by(settings) if each.do == "crash"]
    if not kills or "consumer" not in kind.uses or settings.ack.timing == "none":
        return
    wait_ns, left_ns = jetstream.ack_wait_ns(settings), workload.phases.measure_ns - kills[-1].at_ns
    if wait_ns >= left_ns:
        what = (
            f"what a killed consumer had in hand comes again after ack_wait, "
            f"{format_duration(wait_ns)}, when the window is over: it does not recover"
        )
        yield Objection(key="consumer.ack_wait", against=("disturbances",), what=what)


_SINGLY = (
    progress.unfit,
    asking_when.unfit,
    whole_batches.unfit,
    checking.unfit,
    pacing.unfit,
    ordered.unfit,
    flow_acked.unfit,
    marked.unfit,
)
"""Rules of what is done with single messages."""


def _called(settings: Settings, kind: str) -> Iterator[Objection]:
    able = [name for name, each in KINDS.items() if each.calls == "variant"]
    yield from calling.unfit(settings, kind, able, own=KINDS[kind].calls == "workload")


def _of_our_look(settings: Settings, kind: Kind) -> Iterator[Objection]:
    """Yield what a stream may not ask of its consumers where one of them is ours."""
    limits = settings.stream.consumer_limits.model_dump(by_alias=True)
    for key, value in limits.items() if kind.looks else ():
        if value is not None:
            yield Objection(
                key=f"stream.consumer_limits.{key}",
                what="it would hold for the consumer by which jetbench reads the stream at the end",
                allowed="leave it out",
            )


def _moved(settings: Settings, kind: Kind) -> Iterator[Objection]:
    """Yield that messages are looked for under the subjects that they were published under."""
    if settings.stream.subject_transform is not None and "stream" in kind.uses and not kind.moves:
        able = [name for name, each in KINDS.items() if each.moves]
        yield Objection(
            key="stream.subject_transform",
            what="what reads the stream filters by the subjects that messages are published under",
            allowed=f"leave it out, or a workload of the kind {' or '.join(able)}",
        )


def _expired(settings: Settings, kind: Kind) -> Iterator[Objection]:
    """Yield that what leaves by itself would count as lost."""
    if settings.publish.leaves and "publish" in kind.uses and not kind.ages:
        able = [name for name, each in KINDS.items() if each.ages]
        yield Objection(
            key="publish.ttl" if settings.publish.ttl_ns is not None else "publish.rollup",
            what="what is to be there at the end would be gone by itself",
            allowed=f"leave it out, or a workload of the kind {' or '.join(able)}",
        )


def _headless(settings: Settings, kind: Kind) -> Iterator[Objection]:
    """Yield that some messages would be delivered without an id: they carry no headers."""
    if settings.consumer.headers_only and "consumer" in kind.uses and not kind.headless:
        able = [name for name, each in KINDS.items() if each.headless]
        yield Objection(
            key="consumer.headers_only",
            what="not all of its messages carry headers, by which they would be known",
            allowed=f"headers_only: false, or a workload of the kind {' or '.join(able)}",
        )


_OF_KINDS = (_of_our_look, _moved, _expired, _headless)
"""Rules of what a kind is, whatever the workload."""


def _disturbed(settings: Settings, workload: Workload) -> Iterator[Objection]:
    disturbances = workload.disturbed_by(settings)
    yield from disturbed.objections(settings, disturbances, bears(workload, settings))


def _kept_together(settings: Settings, workload: Workload) -> Iterator[Objection]:
    """Yield the stores that hold each of several streams, or a bucket, and not all together."""
    streams = 1 + len(getattr(workload, "streams", ()))
    bucket = "bucket" in KINDS[workload.kind].uses
    of_bucket = Settings(stream=settings.bucket.as_stream(), server=settings.server)
    if not any(any(limited.stores(each)) for each in (settings, of_bucket)):
        yield from limited.stores(settings, streams, bucket=bucket)


def _unused(settings: Settings, kind: str) -> Iterator[Objection]:
    """Yield the settings that mean nothing under a kind of workload."""
    plain, usual = (each.model_dump(by_alias=True) for each in (settings, Settings()))
    for section, value in plain.items():
        if section in KINDS[kind].uses or value == usual[section]:
            continue
        for key, given in value.items() if isinstance(value, dict) else ():
            if given != usual[section][key]:
                what = f"means nothing with a workload of the kind {kind}"
                yield Objection(key=f"{section}.{key}", what=what, allowed="leave it out")


def ruled() -> Mapping[str, Entry]:
    """Return the entries of ledgers that a rule may name, of every kind, by their flat names."""
    of_each = map(cast.ruled, usual_casts())
    return {name: entry for held in of_each for name, (_, entry) in held.items()}


def words_of_weight(weight: Weight) -> tuple[str, ...]:
    """Return the words of those that weigh so much."""
    return tuple(name for name, entry in ruled().items() if entry.weight is weight)
