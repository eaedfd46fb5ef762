"""One stream: publishers on one side, consumers that share a JetStream consumer on the other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, model_validator

from bench.core import text
from bench.core.units import NS_PER_S
from bench.spec.applied_parts import with_effects
from bench.spec.bad import BAD, REPLAYED, BadMessage
from bench.spec.base import Loose, MisfitError
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, driving, observing
from bench.spec.crashes import Crash, check_few
from bench.spec.dealt import Dealt
from bench.spec.doubled import Doubling, with_duplicates
from bench.spec.effects import WRITING
from bench.spec.expiring import AGED_OUT, EVICTED, MARKERS, ROLLED_UP, evicts, expiring
from bench.spec.failed_parts import with_failures
from bench.spec.faults import WRITE_ERROR, Fault
from bench.spec.filling import PUBLISH
from bench.spec.handler import ConsumeHandler, Handler
from bench.spec.keys import Act
from bench.spec.outages import Outage, check_within
from bench.spec.paced_parts import EVERY, paced, with_pace
from bench.spec.payloads import MIN_BYTES
from bench.spec.retried import with_retrying
from bench.spec.told_parts import TOLD, told, with_told
from bench.spec.variant import AckTiming, Settings
from bench.spec.waiting import known, with_wait
from bench.spec.work import FORMATS
from bench.spec.workload import (
    FEW_SUBJECTS,
    MAX_MESSAGES,
    MAX_SOAK_MESSAGES,
    Consume,
    Load,
    Phases,
)

USES = frozenset(
    {
        "stream",
        "publish",
        "consumer",
        "pull",
        "ack",
        "failure",
        "handler",
        "effect",
        "server",
        "client",
    }
)


class FaultyConsume(Consume):
    """Who takes messages, of which some do not go well.

    Attributes:
        consumers: consumer processes sharing one JetStream consumer.
        workers: messages one process handles at a time.
        handler: what is done with each.
        faults: what is wrong with some, each with its share of all messages, when handlers cannot
            do their work, `outage`, at which messages a process ends itself, `crash`, and which
            are bad in themselves, `malformed` or of an `unknown-version`; nothing when left out.
    """

    handler: ConsumeHandler = ConsumeHandler()
    faults: Annotated[
        tuple[Annotated[Fault | Outage | Crash | BadMessage, Discriminator("kind")], ...], Loose
    ] = ()

    @classmethod
    def of(cls, consumers: int, workers: int, handler: Handler) -> "FaultyConsume":
        """Return who takes messages that all go well."""
        same = ConsumeHandler.of(handler)
        return cls.model_construct(consumers=consumers, workers=workers, handler=same, faults=())

    @property
    def dealt(self) -> tuple[Fault | BadMessage, ...]:
        """What is wrong with some messages."""
        return tuple(fault for fault in self.faults if isinstance(fault, Fault | BadMessage))

    @property
    def bad(self) -> tuple[BadMessage, ...]:
        """Which messages are bad in themselves."""
        return tuple(fault for fault in self.faults if isinstance(fault, BadMessage))

    @property
    def outages(self) -> tuple[Outage, ...]:
        """When what handlers depend on is away."""
        return tuple(fault for fault in self.faults if isinstance(fault, Outage))

    @property
    def crashes(self) -> tuple[Crash, ...]:
        """At which messages a process ends itself."""
        return tuple(fault for fault in self.faults if isinstance(fault, Crash))

    def in_proportion(self, window_ns: int, short_ns: int) -> Self:
        """Return the same with the outages of a window as they fit into a shorter one."""
        outages = tuple(each.in_proportion(window_ns, short_ns) for each in self.outages)
        return self.model_copy(update={"faults": (*self.dealt, *self.crashes, *outages)})

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if sum(fault.share for fault in self.dealt) > 1:
            raise MisfitError(
                "faults",
                what="more than all messages would have a fault",
                allowed="shares that add up to 100% at most",
            )
        return self


class Stream(Dealt):
    """One stream with publishers on one side and consumers on the other.

    Attributes:
        kind: which parts take part; `stream` is one stream with publishers and consumers.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        publish: how messages are offered.
        consume: who takes them.
        phases: how long a trial lasts; a matrix may set its own.
        trace: what messages are dealt from, in place of subjects, sizes and rate; none when left
            out.
    """

    kind: Literal["stream"]
    publish: Doubling
    consume: FaultyConsume = FaultyConsume()
    phases: Phases = Phases()

    @property
    def puts(self) -> bool:
        """Whether handlers put messages into a bucket."""
        return "kv" in self.consume.handler.work

    def writes(self, settings: Settings) -> bool:
        """Say whether effects of handlers are written, into a bucket."""
        effect = settings.effect
        return effect.written or effect.idempotency in WRITING or bool(self.consume.crashes)

    def keeps_beside(self, settings: Settings) -> bool:
        """Say whether its trials keep more than the stream: letters, effects, what handlers put."""
        puts = self.writes(settings) or "kv" in self.consume.handler.work
        return puts or super().keeps_beside(settings)

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later, and is not said of who publishes or takes messages, or of subjects."""
        well = {} if self.consume.faults else {"faults": True}
        plain = {"consume": {**well, "handler": self.consume.handler.unsaid}}
        once = {} if self.publish.duplicates else {"publish": {"duplicates"}}
        return {**super().unsaid, **plain, **once}

    def _can_be_signed(self) -> None:
        kinds = [each.kind for each in self.consume.bad if "signature" in each.checks]
        if not kinds:
            return
        headers, least = self.publish.headers, MIN_BYTES[self.payload.format]
        if "signature" not in headers:
            raise MisfitError(
                "publish",
                "headers",
                what=f"messages are to be {' and '.join(dict.fromkeys(kinds))}, and none is signed",
                allowed="with headers: [signature]",
            )
        if "tampered" in kinds and min(self.payload.sizes) <= least:
            raise MisfitError(
                "payload",
                "sizes",
                what="a message that is tampered with is to have something besides its id",
                allowed=f"above {least}B",
            )
        if REPLAYED not in kinds:
            return
        if kinds.count(REPLAYED) > 1 or self.publish.duplicates is not None:
            raise MisfitError(
                "consume",
                "faults",
                what="which messages say another one again is dealt once",
                allowed="one fault of the kind replayed, or publish.duplicates",
            )
        if "message-id" in headers:
            raise MisfitError(
                "publish",
                "headers",
                what="by its message-id the stream would refuse what is replayed, and no handler "
                "would see it",
                allowed="no message-id, or no fault of the kind replayed",
            )

    @model_validator(mode="after")
    def _can_be_worked_on(self) -> Self:
        form = self.payload.format
        for each in self.consume.handler.work:
            if (needed := FORMATS.get(each, form)) != form:
                raise MisfitError(
                    "payload",
                    "format",
                    what=f"handlers are to do {each}, and {form} is nothing for that",
                    allowed=f"{needed}, or no {each} in consume.handler.work",
                )
        return self

    @model_validator(mode="after")
    def _can_be_bad(self) -> Self:
        self._can_be_signed()
        bad = [each.kind for each in self.consume.bad if "envelope" in each.checks]
        if bad and self.payload.format != "event-envelope":
            raise MisfitError(
                "payload",
                "format",
                what=f"messages are to be {' and '.join(dict.fromkeys(bad))}, and "
                f"{self.payload.format} has nothing that a handler could check",
                allowed="event-envelope",
            )
        return self

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        consume, acts = self.consume, (*self.publish.acts, *self._replays)
        faults = tuple(each for each in consume.dealt if each.kind != REPLAYED)
        outages, crashes = consume.outages, consume.crashes
        return {
            part: replace(load, acts=acts, faults=faults, outages=outages, crashes=crashes)
            for part, load in super().loads.items()
        }

    @property
    def _replays(self) -> tuple[Act, ...]:
        """What some messages are in place of one of their own."""
        return tuple(
            Act(
                name=REPLAYED,
                share=each.share,
                again=True,
                turns=self.publish.publishers,
                after_ns=each.age_ns or 0,
            )
            for each in self.consume.bad
            if each.kind == REPLAYED
        )

    @property
    def again(self) -> float:
        """What share of the messages says another one again."""
        return sum(act.share for act in (*self.publish.acts, *self._replays))

    def in_short(self, phases: Phases) -> Self:
        """Return the load for a look, over shorter phases; raises as `with_phases` does."""
        consume = self.consume.in_proportion(self.phases.measure_ns, phases.measure_ns)
        return super(Stream, self.model_copy(update={"consume": consume})).in_short(phases)

    @property
    def most_messages(self) -> int:
        """How many messages a trial may offer: many more where each is through when it is done."""
        return MAX_SOAK_MESSAGES

    def _check_load(self, phases: Phases) -> None:
        super()._check_load(phases)
        if self.publish.messages_in(phases) > MAX_MESSAGES:
            self._check_soak()
        check_within(self.consume.outages, phases.measure_ns)
        messages = self.publish.window_rate_msgs_per_s * phases.measure_ns / NS_PER_S
        check_few(self.consume.crashes, messages, messages * self._sound)

    def _check_soak(self) -> None:
        """Raise where something is asked of all messages when they are long counted."""
        handler, publish = self.consume.handler, self.publish
        odd = {
            ("trace",): self.trace is not None,
            ("disturbances",): bool(self.disturbances),
            ("publish", "duplicates"): publish.duplicates is not None,
            ("publish", "headers"): "signature" in publish.headers,
            ("consume", "faults"): bool(self.consume.faults),
            ("consume", "handler"): handler != ConsumeHandler(),
            ("subjects",): len(self.subjects.names) > FEW_SUBJECTS,
        }
        for key, found in odd.items():
            if found:
                raise MisfitError(*key, what=_WHAT_OF_SOAKS, allowed=_ALLOWED_OF_SOAKS[key])

    @property
    def _sound(self) -> float:
        """What share of the messages no fault befalls, of those that say no other again."""
        befallen = sum(each.share for each in self.consume.dealt if each.kind != REPLAYED)
        return (1 - self.again) * (1 - befallen)

    def share_of(self, part: str) -> float:
        """Return what share of the messages a part is due: each once, however often it comes."""
        return 1.0 if part == PUBLISH else 1.0 - self.again

    @property
    def busy(self) -> Handler:
        """What is done with each message."""
        return self.consume.handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""
        consume = self.consume.model_copy(update={"handler": handler})
        return self.model_copy(update={"consume": consume})

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        publish, consume = self.publish, self.consume
        return (
            f"{self.rate_told} offered by "
            f"{text.plural(publish.publishers, 'publisher')} ({self.arrivals_told}), "
            f"payload {self.payload.told()}{self.dealt_told}{self._doubled()}; "
            f"{text.plural(consume.consumers, 'consumer')} with "
            f"{text.plural(consume.workers, 'worker')}, {consume.handler.told()}{self._faulty()}"
        )

    def _doubled(self) -> str:
        return f", {self.publish.duplicates.told()}" if self.publish.duplicates else ""

    def _faulty(self) -> str:
        dealt = ", ".join(fault.told() for fault in self.consume.dealt)
        crashes = "".join(f"; {crash.told()}" for crash in self.consume.crashes)
        outages = "".join(f"; {outage.told()}" for outage in self.consume.outages)
        return (f"; of the messages {dealt}" if dealt else "") + crashes + outages


_WHAT_OF_SOAKS = (
    f"a load of more than {text.count(MAX_MESSAGES)} messages a trial is counted as it goes, which "
    "cannot be done with this"
)
_ALLOWED_OF_SOAKS = {
    ("trace",): "no trace, or a shorter window",
    ("disturbances",): "none, or a shorter window",
    ("publish", "duplicates"): "none, or a shorter window",
    ("publish", "headers"): "message-id, trace, correlation-id, or a shorter window",
    ("consume", "faults"): "none, or a shorter window",
    ("consume", "handler"): "handlers that take no time, or a shorter window",
    ("subjects",): f"up to {FEW_SUBJECTS} subjects, or a shorter window",
}


def cast_of(settings: Settings, workload: Stream | None = None) -> Cast:
    """Return its parts; one that never acknowledges has nothing that an ack would end."""
    aged = () if settings.publish.ttl_ns is None else (AGED_OUT,)
    rolled = () if settings.publish.rollup == "none" else (ROLLED_UP,)
    evicted = (EVICTED,) if evicts(settings.stream) and not _again(workload) else ()
    marked = () if settings.stream.subject_delete_marker_ttl_ns is None else (MARKERS,)
    found = with_pace(with_told(_cast_of(settings, workload), told(settings)), paced(settings))
    if workload is not None and _tells_waits(settings, workload):
        found = with_wait(found)
    return expiring(with_retrying(found), *aged, *rolled, *evicted, *marked)


def _again(workload: Stream | None) -> str:
    """Return what messages are called that say another one again; nothing where none does."""
    return "" if workload is None else next((a.name for a in workload.loads[PUBLISH].acts), "")


def _tells_waits(settings: Settings, workload: Stream) -> bool:
    """Say whether it is known when handlers begin."""
    known_ = known(settings, workload.consume.handler)
    return known_ and not workload.consume.outages and not workload.writes(settings)


def _cast_of(settings: Settings, workload: Stream | None) -> Cast:
    """Return its parts with what they count where handlers fail."""
    again = _again(workload)
    cast = _CASTS[again][settings.ack.timing]
    letters = settings.failure.dead_letters
    takes = FaultyConsume() if workload is None else workload.consume
    faults, called = takes.faults, takes.handler.call is not None or bool(takes.handler.work)
    effects = settings.effect.idempotency != "none" or settings.effect.written
    handler = settings.handler
    asks = handler.check or handler.breaker is not None
    if not (faults or again or letters or effects or called or asks):
        return cast
    bad = tuple(dict.fromkeys(each.kind for each in takes.bad))
    found = with_failures(cast, letters=letters, outages=bool(takes.outages), bad=bad)
    if workload is None or not workload.writes(settings):
        return found
    refused = any(each.kind == WRITE_ERROR for each in workload.consume.dealt)
    return with_effects(found, crashes=bool(workload.consume.crashes), refused=refused)


def _cast(*, acks: bool, early: bool = False, again: str = "") -> Cast:
    publish = driving(
        "publish",
        role="publisher",
        answered=STORED,
        fails=(*UNSTORED, Entry(name="stream_msgs", untold=True, counts="held")),
    )
    consume = observing("consume", flow=publish, role="consumer", acks=acks, some=bool(again))
    whole = () if early or not acks else ("end_to_end",)
    plain = Cast(
        parts=(publish, consume),
        # An ack before the handler ends the end-to-end time, however late the work is done.
        ranked=(*whole, "completion"),
        done="acked" if acks else "handled",
    )
    return with_duplicates(plain, replayed=again == REPLAYED) if again else plain


def _casts(again: str) -> Mapping[AckTiming, Cast]:
    return {
        "after-handler": _cast(acks=True, again=again),
        "after-validation": _cast(acks=True, early=True, again=again),
        "per-batch": _cast(acks=True, again=again),
        "cumulative": _cast(acks=True, again=again),
        "none": _cast(acks=False, again=again),
    }


_CASTS = {again: _casts(again) for again in ("", "duplicate", REPLAYED)}
"""By what some messages are that say another one again, and by `ack.timing`."""

_FAILING = with_failures(_CASTS[""]["after-handler"], letters=True, outages=True, bad=BAD)
FAULTY = with_retrying(with_effects(_FAILING, crashes=True, refused=True))
"""Where some handlers fail, or may be asked to do their work again."""

TELLING = with_wait(with_told(_CASTS[""]["after-handler"], TOLD))
"""Where processes count what they say besides acks, and tell when handlers begin."""

PACED = with_pace(_CASTS[""]["after-handler"], EVERY)
"""Where messages wait for others of their subject, handlers try again, and breakers open."""

REPLAYING = with_retrying(with_failures(_CASTS[REPLAYED]["after-handler"], bad=BAD))
"""Where some messages are old ones that are replayed."""

DOUBLED = with_retrying(with_failures(_CASTS["duplicate"]["after-handler"]))
"""Where some messages are published twice."""

EXPIRING = expiring(_CASTS[""]["after-handler"], AGED_OUT, ROLLED_UP, EVICTED, MARKERS)
"""Where messages leave the stream by themselves."""
