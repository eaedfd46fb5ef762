"""One stream: publishers on one side, consumers that share a JetStream consumer on the other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import field_validator, model_validator

from bench.core import text
from bench.spec.base import Loose, MisfitError
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, driving, observing
from bench.spec.dealt import Dealt
from bench.spec.doubled import Doubling, with_duplicates
from bench.spec.failed_parts import with_failures
from bench.spec.faults import Fault
from bench.spec.handler import Handler
from bench.spec.filling import PUBLISH
from bench.spec.variant import AckTiming, Settings
from bench.spec.workload import Consume, Load, Phases

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
        faults: what is wrong with some, each with its share of all messages; nothing when left out.
    """

    faults: Annotated[tuple[Fault, ...], Loose] = ()

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if sum(fault.share for fault in self.faults) > 1:
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

    @field_validator("publish", mode="before")
    @classmethod
    def _offered(cls, publish: Any) -> Any:
        return Doubling.of(publish)

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later, and is not said of who publishes or takes messages, or of subjects."""
        well = {} if self.consume.faults else {"consume": {"faults"}}
        once = {} if self.publish.duplicates else {"publish": {"duplicates"}}
        return {**super().unsaid, **well, **once}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        faults, acts = self.consume.faults, self.publish.acts
        loads = super().loads.items()
        return {part: replace(load, faults=faults, acts=acts) for part, load in loads}

    def share_of(self, part: str) -> float:
        """Return what share of the messages a part is due: each once, however often it comes."""
        twice = self.publish.duplicates
        return 1.0 if part == PUBLISH or twice is None else 1.0 - twice.share

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
        told = ", ".join(fault.told() for fault in self.consume.faults)
        return f"; of the messages {told}" if told else ""


def cast_of(settings: Settings, workload: Stream | None = None) -> Cast:
    """Return its parts; one that never acknowledges has nothing that an ack would end."""
    twice = workload is not None and workload.publish.duplicates is not None
    cast = (_DOUBLED if twice else _CASTS)[settings.ack.timing]
    letters = settings.failure.dead_letters
    faulty = twice or (workload is not None and bool(workload.consume.faults))
    if faulty or letters or settings.effect.idempotency != "none":
        return with_failures(cast, letters=letters)
    return cast


def _cast(*, acks: bool, early: bool = False, twice: bool = False) -> Cast:
    publish = driving(
        "publish",
        role="publisher",
        answered=STORED,
        fails=(*UNSTORED, Entry(name="stream_msgs", untold=True, counts="held")),
    )
    consume = observing("consume", flow=publish, role="consumer", acks=acks, some=twice)
    whole = () if early or not acks else ("end_to_end",)
    plain = Cast(
        parts=(publish, consume),
        # An ack before the handler ends the end-to-end time, however late the work is done.
        ranked=(*whole, "completion"),
        done="acked" if acks else "handled",
    )
    return with_duplicates(plain) if twice else plain


def _casts(*, twice: bool = False) -> Mapping[AckTiming, Cast]:
    return {
        "after-handler": _cast(acks=True, twice=twice),
        "after-validation": _cast(acks=True, early=True, twice=twice),
        "per-batch": _cast(acks=True, twice=twice),
        "cumulative": _cast(acks=True, twice=twice),
        "none": _cast(acks=False, twice=twice),
    }


_CASTS, _DOUBLED = _casts(), _casts(twice=True)
"""By `ack.timing`; of messages of which some are published twice."""

FAULTY = with_failures(_CASTS["after-handler"], letters=True)
"""Where some handlers fail, or may be asked to do their work again."""

DOUBLED = with_failures(_DOUBLED["after-handler"])
"""Where some messages are published twice."""
