"""A history that is laid before, and a consumer that goes through a part of it again."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import format_rate
from bench.spec.base import MisfitError, Spec
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, Part, Weight, driving, observing
from bench.spec.expiring import limited
from bench.spec.failed_parts import counting_failures
from bench.spec.faults import AS_USUAL
from bench.spec.filling import PUBLISH, Storing
from bench.spec.handler import Handler
from bench.spec.laid import FILL, SHORT_MSGS, Laying, laying, load_of, working
from bench.spec.laid import objections as of_laid
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.waiting import taking
from bench.spec.workload import Consume, Load, Phases, Publish

USES = frozenset(
    {"stream", "publish", "consumer", "pull", "ack", "failure", "handler", "server", "client"}
)

REPLAY, LIVE = "replay", "live"

MOST_TIMES = 5

SHORTEST_GAP_NS = 1_000_000
"""A server waits for no gap as short as this when it keeps the original pace."""


def passes(times: int) -> tuple[str, ...]:
    """Return the parts that go through the window one after the other: `replay`, `replay_2`."""
    return (REPLAY, *(f"{REPLAY}_{number}" for number in range(2, times + 1)))


class Replaying(Spec):
    """Which part of the history is gone through again, and by whom.

    Attributes:
        by: `reset` sets a consumer that was through with everything back to the first sequence;
            `new-consumer` is one that never saw any of it.
        start: `by-sequence`, or `by-time`: at the instant at which that message was stored.
        first: stream sequence of the first message.
        last: of the last one; the newest of the history when left out. It is frozen: what is
            stored later is passed over.
        pacing: `instant`, or `original`: as far apart as the messages were stored.
        times: it goes through it so often, one time after the other, each by itself.
        consumers: processes that share the consumer.
        workers: messages that one process handles at a time; more than one keep no order.
        handler: what is done with each.
    """

    by: Literal["reset", "new-consumer"] = "reset"
    start: Literal["by-sequence", "by-time"] = "by-sequence"
    first: int = Field(default=1, ge=1)
    last: int | None = Field(default=None, ge=1)
    pacing: Literal["instant", "original"] = "instant"
    times: int = Field(default=1, ge=1, le=MOST_TIMES)
    consumers: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=1, ge=1, le=10_000)
    handler: Handler = Handler()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise MisfitError("last", what="lies before first", allowed=f"{self.first} or more")
        if self.by == "reset" and self.start == "by-time":
            what = "a consumer is reset to a sequence, not to a time"
            raise MisfitError(
                "start", what=what, allowed="by-sequence, or with it by: new-consumer"
            )
        if self.by == "reset" and self.pacing == "original":
            what = "a reset loses the pacing"
            raise MisfitError("pacing", what=what, allowed="instant, or with it by: new-consumer")
        return self


class Live(Spec):
    """Traffic that goes on meanwhile.

    Attributes:
        publish: how messages are offered.
        consume: who takes them, by a consumer of their own.
    """

    publish: Publish
    consume: Consume = Consume()


class Replay(Storing):
    """A history, and a consumer that goes through a part of it again.

    Attributes:
        kind: which parts take part; `replay` is a stream with a history and a consumer of it.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        history: what is laid before.
        replay: which part of it is gone through again, and by whom.
        live: traffic beside it; none when left out.
        phases: `measure` is the longest time that the replay may take, all times of it together;
            its window ends with it.
    """

    kind: Literal["replay"]
    history: Laying
    replay: Replaying = Replaying()
    live: Live | None = None
    phases: Phases = Phases()

    @property
    def bounds(self) -> tuple[int, int]:
        """First and last stream sequence of the window."""
        return self.replay.first, self.replay.last or self.history.messages

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {PUBLISH: self.live.publish} if self.live else {}

    @property
    def laid(self) -> Mapping[str, int]:
        """Messages that are there before a trial begins, by the part that lays them."""
        return {FILL: self.history.messages}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        publish = self.live.publish if self.live else Publish.model_validate({"rate": "1/s"})
        like = Load(
            publish=publish,
            subjects=self.subjects,
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
        )
        found = {FILL: load_of(like, self.history.messages)}
        if self.live:
            found[PUBLISH] = replace(like, handler=self.live.consume.handler)
        return found

    @property
    def busy(self) -> Handler:
        """What is done with each message of the history."""
        return self.replay.handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler of what is replayed."""
        replaying = self.replay.model_copy(update={"handler": handler})
        return self.model_copy(update={"replay": replaying})

    def in_short(self, phases: Phases) -> Self:
        """Return the load for a look: a short history, of which the same share is replayed."""
        history = self.history.at_most(SHORT_MSGS)
        scale = history.messages / self.history.messages
        first, last = (max(1, round(each * scale)) for each in self.bounds)
        replaying = self.replay.model_copy(update={"first": first, "last": last})
        short = super().in_short(phases)
        return short.model_copy(update={"history": history, "replay": replaying})

    def share_of(self, part: str) -> float:
        """Return what share of its flow's operations a part is due: of the history its window."""
        first, last = self.bounds
        own = part in passes(self.replay.times)
        return (last - first + 1) / self.history.messages if own else 1.0

    def told(self) -> str:
        """Return who goes through what, as a clause for the report."""
        replaying, (first, last) = self.replay, self.bounds
        how = "reset to" if replaying.by == "reset" else "new at"
        pacing = ", at its original pace" if replaying.pacing == "original" else ""
        pacing += f", {replaying.times} times in a row" if replaying.times > 1 else ""
        return (
            f"a history of {text.count(self.history.messages)} messages{self.history.told()}, "
            f"payload {self.payload.told()}; a consumer {how} {text.count(first)} goes through "
            f"{text.count(last - first + 1)} of them{pacing}: "
            f"{text.plural(replaying.consumers, 'process', 'processes')} with "
            f"{text.plural(replaying.workers, 'worker')}, {replaying.handler.told()}"
            f"{self._beside()}"
        )

    def _beside(self) -> str:
        if self.live is None:
            return ""
        publish = self.live.publish
        rate = format_rate(publish.rate_msgs_per_s)
        return f"; beside it {rate} ({publish.arrivals} arrivals) with a consumer of their own"

    @model_validator(mode="after")
    def _window_lies_in_the_history(self) -> Self:
        for key in ("first", "last"):
            given = getattr(self.replay, key)
            if given is not None and given > self.history.messages:
                raise MisfitError(
                    "replay",
                    key,
                    what=f"lies beyond the history of {self.history.messages} messages",
                    allowed=f"1 to {self.history.messages}",
                )
        if self.replay.pacing == "original" and self.history.rate_msgs_per_s is None:
            raise MisfitError(
                "replay",
                "pacing",
                what="a history that is laid as fast as it goes has no pace of its own",
                allowed="instant, or with it history.rate",
            )
        if self.replay.pacing == "original" and self.history.every_ns <= SHORTEST_GAP_NS:
            raise MisfitError(
                "history",
                "rate",
                what="a server that keeps the original pace does not wait for gaps of 1 ms or less",
                allowed="below 1000/s, or pacing: instant",
            )
        return self


_OWN = (
    Entry(
        name="passed_over",
        means="deliveries from beyond the window, which were not handled",
        weight=Weight.NOTED,
        ruled=True,
    ),
    Entry(
        name="outside",
        means="messages from outside the window that were handled",
        weight=Weight.SHORTFALL,
        ruled=True,
        check="Nothing outside the window was handled",
    ),
)

_IN_ORDER = Entry(
    name="misfolded",
    means="subjects whose event handled last is not their last of the window",
    weight=Weight.SHORTFALL,
    ruled=True,
    check="The state that a replay comes to is that of a fold over the window",
)
_IN_NO_ORDER = replace(_IN_ORDER, weight=Weight.NOTED, check="")
"""Several handle at a time, and nobody promised an order."""


_PACED = (
    Entry(
        name="hurried",
        means="messages that came sooner after the release than they were stored after the first",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        check="A replay at the original pace keeps its messages as far apart as they were stored",
    ),
    Entry(
        name="trailing",
        means="messages that came later than at the original pace, by a tenth and 100 ms or more",
        weight=Weight.NOTED,
        ruled=True,
        untold=True,
    ),
)

_ALIKE = Entry(
    name="state_differs",
    means="subjects whose count or last event is another than after the first time",
    weight=Weight.SHORTFALL,
    ruled=True,
    check="Each time comes to the state of the first: last event and count of each subject",
)
_ALIKE_IN_NO_ORDER = replace(_ALIKE, weight=Weight.NOTED, check="")

_UNDISTURBED = Entry(
    name="disturbed",
    means="live messages missing or out of order, and by how many the lag grew beside the replay",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="The live consumer is undisturbed: all of it, in order, and its lag does not grow",
)


def cast_of(settings: Settings, workload: Replay | None) -> Cast:
    """Return its parts; usually a replay alone, which has the names of all that may be counted."""
    acks = settings.ack.timing != "none"
    live = workload is not None and workload.live is not None
    fill = laying(alone=not live)
    replaying = Replaying() if workload is None else workload.replay
    names = passes(replaying.times)
    own = [_counted(replaying, later=name != REPLAY) for name in names]
    if workload is None:
        own = [(*own[0], *_PACED, _ALIKE, _UNDISTURBED)]
    replays = [
        taking(
            working(name, flow=fill, role="replayer", acks=acks, own=entries),
            settings,
            None if workload is None else workload.replay.handler,
        )
        for name, entries in zip(names, own, strict=True)
    ]
    before = f"{REPLAY}." if live or len(names) > 1 else ""
    early = settings.ack.timing == "after-validation"
    whole = () if early or not acks else (f"{before}end_to_end",)
    if settings.handler.call is not None:
        replays = list(map(counting_failures, replays))
    return Cast(
        parts=(fill, *_live(settings, workload), *replays),
        ranked=(*whole, f"{before}completion"),
        done=f"{before}{replays[0].own[-1].name}",
    )


def _calling() -> Cast:
    plain = cast_of(Settings(), None)
    return replace(plain, parts=tuple(map(counting_failures, plain.parts)))


def _counted(replaying: Replaying, *, later: bool) -> tuple[Entry, ...]:
    """Return what is counted of one time by itself; of a later one it is held against the first."""
    one = replaying.consumers * replaying.workers == 1
    paced = _PACED if replaying.pacing == "original" else ()
    folded, alike = (_IN_ORDER, _ALIKE) if one else (_IN_NO_ORDER, _ALIKE_IN_NO_ORDER)
    return (*_OWN, folded, *paced, *([alike] if later else []))


def _live(settings: Settings, workload: Replay | None) -> tuple[Part, ...]:
    """Return the parts of what comes meanwhile; none where nothing does."""
    if workload is None or workload.live is None:
        return ()
    acks = settings.ack.timing != "none"
    publish = driving(PUBLISH, role="publisher", answered=STORED, fails=UNSTORED)
    plain = observing(LIVE, flow=publish, role=f"{LIVE}.consumer", acks=acks)
    live = taking(limited(plain, settings.stream), settings, workload.live.consume.handler)
    return publish, replace(live, entries=(*live.entries, _UNDISTURBED))


def objections(settings: Settings, workload: Replay) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream."""
    found = [*of_laid(settings, workload, workload.history.messages)]
    if settings.stream.retention != "limits":
        what = "what was taken once is gone, and cannot be replayed"
        found.append(Objection(key="stream.retention", what=what, allowed="limits"))
    if settings.handler.workers is not None:
        what = "how many it handles at a time is the workload's, and says whether it keeps order"
        found.append(Objection(key="handler.workers", what=what, allowed="replay.workers"))
    if workload.replay.by == "reset" and settings.ack.timing == "none":
        what = "a consumer that acknowledges nothing is through with nothing, and cannot be reset"
        found.append(Objection(key="ack.timing", what=what, allowed="another, or by: new-consumer"))
    return (*found, *_failing(settings))


def _failing(settings: Settings) -> Iterator[Objection]:
    """Yield what is to be done about failures where there are none, or where nobody keeps them."""
    failure = settings.failure
    if failure.dead_letters:
        what = "a replay has no stream for what is given up; what was is `undone` or `stuck`"
        allowed = "no dead_letters, or a workload of the kind stream with consume.handler.call"
        yield Objection(key="failure.dead_letters", what=what, allowed=allowed)
    elif settings.handler.call is None and failure != AS_USUAL:
        key = next(key for key, value in failure if value != getattr(AS_USUAL, key))
        what = "nothing fails where no function of yours is called"
        allowed = "leave it out, or with it handler.call"
        yield Objection(key=f"failure.{key.removesuffix('_ns')}", what=what, allowed=allowed)


CALLING = _calling()
"""Where a function of a user is called, which may raise."""
