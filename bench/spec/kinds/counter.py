"""Counters: messages that say what they add, and a stream that keeps the sums.

Source: ADR-49 of NATS, as tried on nats-server 2.15.1.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from bench.core import text
from bench.core.units import format_rate, format_share
from bench.spec.base import Loose, MisfitError, Share, Spec
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, Weight, driving, observing
from bench.spec.filling import PUBLISH
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes, id_place
from bench.spec.kept import unkept
from bench.spec.keys import Act
from bench.spec.objection import Objection
from bench.spec.stored import stored_bytes
from bench.spec.variant import PublishSettings, Settings
from bench.spec.waiting import taking
from bench.spec.workload import (
    MIN_PAYLOAD_BYTES,
    Consume,
    Header,
    Load,
    Payload,
    Phases,
    Publish,
    Subjects,
    Workload,
)

USES = frozenset(
    {"stream", "publish", "consumer", "pull", "ack", "handler", "server", "client", "counters"}
)

CONSUME = "consume"
ADDS = "Nats-Incr"

MOST = 2**31
_SUM_BYTES = 24
"""What a server writes in place of a payload: `{"val":"12345678901"}`."""

_NO_BATCH = ("atomic", "fast")


class Addition(Spec):
    """What some of the messages add.

    Attributes:
        by: a whole number, also below 0.
        share: of the messages.
    """

    by: int = Field(ge=-MOST, le=MOST)
    share: Share


class Adding(Publish):
    """How additions are offered.

    Attributes:
        publishers: publisher processes; they share the rate.
        rate_msgs_per_s: offered rate of all publishers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due message, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most messages without a PubAck per publisher; what is due beyond that waits,
            and its waiting counts as slip. In the mode `one-by-one` of a variant it is 1.
        headers: what each message carries, of which one at least holds its id: there is no payload.
    """

    headers: Annotated[tuple[Header, ...], Loose] = ("correlation-id",)

    @field_validator("headers")
    @classmethod
    def _hold_an_id(cls, headers: tuple[Header, ...]) -> tuple[Header, ...]:
        if id_place(headers) is None:
            what = "an addition has no payload, so that a header must hold its id"
            raise MisfitError(what=what, allowed="message-id, trace or correlation-id")
        return headers


class Counting(Workload):
    """Counters that a stream keeps, one for each subject, and consumers that follow them.

    Attributes:
        kind: which parts take part; `counter` is a stream whose messages add to sums.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        subjects: the counters.
        adds: what some messages add; the rest adds 1.
        publish: how additions are offered.
        consume: who takes them, each with the sum that it led to.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["counter"]
    subjects: Subjects = Subjects()
    adds: Annotated[tuple[Addition, ...], Loose] = ()
    publish: Adding
    consume: Consume = Consume()
    phases: Phases = Phases()

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {PUBLISH: self.publish}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        load = Load(
            publish=self.publish,
            subjects=self.subjects,
            payload=_PAYLOAD,
            handler=self.busy,
            phases=self.phases,
            usual=_act(1, 1.0),
            acts=tuple(_act(each.by, each.share) for each in self.adds),
            bare=True,
        )
        return {PUBLISH: load}

    @property
    def busy(self) -> Handler:
        """What is done with each message."""
        return self.consume.handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""
        consume = self.consume.model_copy(update={"handler": handler})
        return self.model_copy(update={"consume": consume})

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.subjects.names

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        return _SUM_BYTES + header_bytes(self.publish.headers, how) + _line_bytes(self.adds)

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what an addition takes in a store on the mean, with the sum that it led to."""
        kept = stored_bytes(self.subjects, _PAYLOAD, self.publish.headers, how)
        return kept - MIN_PAYLOAD_BYTES + _SUM_BYTES + _line_bytes(self.adds)

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        publish, consume = self.publish, self.consume
        counters = text.plural(len(self.subjects.combined), "counter")
        told = "".join(f", {format_share(each.share)} of them {each.by:+d}" for each in self.adds)
        return (
            f"{format_rate(publish.rate_msgs_per_s)} additions to {counters} offered by "
            f"{text.plural(publish.publishers, 'publisher')} ({publish.arrivals} arrivals){told}; "
            f"{text.plural(consume.consumers, 'consumer')} with "
            f"{text.plural(consume.workers, 'worker')}, {consume.handler.told()}"
        )

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if sum(each.share for each in self.adds) > 1:
            raise MisfitError(
                "adds",
                what="more than all messages would add something else",
                allowed="shares that add up to 100% at most",
            )
        return self


_PAYLOAD = Payload.model_validate({"sizes": f"{MIN_PAYLOAD_BYTES}B"})
"""Of a message that has none: what makes payloads wants to know of one."""


def _act(by: int, share: float) -> Act:
    return Act(name=f"add {by}", share=share, headers=((ADDS, f"{by:+d}"),))


def _line_bytes(adds: Sequence[Addition]) -> int:
    return max(len(f"{ADDS}: {by:+d}\r\n") for by in (1, *(each.by for each in adds)))


MISADDED = Entry(
    name="misadded",
    means="counters that are not what was confirmed to be added to them",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="Each counter is what was confirmed to be added to it",
)


def cast_of(settings: Settings, workload: Counting | None = None) -> Cast:
    """Return its parts."""
    handler = None if workload is None else workload.consume.handler
    timing = settings.ack.timing
    acks = timing != "none"
    held = Entry(name="stream_msgs", untold=True, counts="held")
    publish = driving(
        PUBLISH, role="publisher", answered=STORED, fails=(*UNSTORED, MISADDED, held)
    ).calling("addition")
    consume = observing(CONSUME, flow=publish, role="consumer", acks=acks)
    consume = taking(consume, settings, handler)
    whole = ("end_to_end",) if acks and timing != "after-validation" else ()
    return Cast(
        parts=(publish, consume),
        ranked=(*whole, "completion"),
        done="acked" if acks else "handled",
    )


def objections(settings: Settings, workload: Counting) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream."""
    return tuple(_objections(settings, workload))


def _objections(settings: Settings, workload: Counting) -> Iterator[Objection]:
    del workload
    lost = "a counter begins with 0 again when its last message is gone"
    if settings.stream.retention != "limits":
        lost = "a stream of counters keeps what limits let it keep (10052)"
    yield from unkept(settings, lost)
    if settings.stream.discard == "new":
        what = "a stream of counters refuses nothing that is new (10052)"
        yield Objection(key="stream.discard", what=what, allowed="old")
    if settings.publish.mode in _NO_BATCH:
        yield Objection(
            key="publish.mode",
            what="each message says what it adds, and ours of a batch say nothing of their own",
            allowed="async or one-by-one",
        )
    if settings.publish.expect != "nothing":
        yield Objection(
            key="publish.expect",
            what="an addition may not expect a sequence (10171)",
            allowed="nothing",
        )
