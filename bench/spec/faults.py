"""Messages that do not go well, and what a consumer does about one that it could not handle.

Which message has which fault is dealt by seed and id, so that two runs of one seed fail alike; what
is done about it is a setting, so that variants can be compared under the same faults.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core.units import format_share, human_duration
from bench.spec.base import Count, Duration, MisfitError, Share, Spec

FaultKind = Literal["transient", "permanent", "silent", "slow", "write-error"]

FAILING: tuple[FaultKind, ...] = ("transient", "permanent")
"""Those whose handler ends without success, whatever it does."""

WRITE_ERROR: FaultKind = "write-error"

_PASSING: tuple[FaultKind, ...] = ("transient", "silent", WRITE_ERROR)
"""Those that some deliveries have, and later ones do not."""


class Fault(Spec):
    """What is wrong with a share of the messages.

    Attributes:
        kind: of `transient` the handler fails for the first `times` deliveries, of `permanent` for
            each of them; `silent` is handled, and not acknowledged for the first `times`
            deliveries; `slow` is handled in a `time` of its own, at every delivery; of a
            `write-error` the bucket refuses the effect for the first `times` deliveries.
        share: of all messages, dealt exactly and at random places.
        times: deliveries that fail, that are not acknowledged, or whose effect is refused.
        time_ns: how long its handler takes when it fails, or is slow; as long as any other when
            left out.
    """

    kind: FaultKind
    share: Share
    times: Count | None = Field(default=None, le=1_000_000)
    time_ns: Duration | None = Field(default=None, alias="time")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "slow" and self.time_ns is None:
            raise MisfitError(what="a slow fault takes a time", allowed="time: 1.5s, say")
        if self.kind == "silent" and self.time_ns is not None:
            raise MisfitError(
                "time",
                what="a silent message is handled like any other",
                allowed="no time, or another fault beside it",
            )
        if self.kind in ("permanent", "slow") and self.times is not None:
            raise MisfitError(
                "times",
                what=f"a {self.kind} fault is one at every delivery",
                allowed=f"no times, or kind {', '.join(_PASSING)}",
            )
        return self

    @property
    def deliveries(self) -> int | None:
        """How many deliveries of a message have the fault; None for all."""
        return self.times or 1 if self.kind in _PASSING else None

    def told(self) -> str:
        """Return what it is, in words."""
        often = {None: "always", 1: "once"}.get(self.deliveries, f"{self.deliveries} times")
        how = {
            "transient": f"fails {often}",
            "permanent": "always fails",
            "silent": f"is not acknowledged {often}",
            "slow": "is slow",
            "write-error": f"is refused by the bucket {often}",
        }[self.kind]
        takes = f" in {human_duration(self.time_ns)}" if self.time_ns is not None else ""
        return f"{format_share(self.share)} {how}{takes}"


class FailureSettings(Spec):
    """What a consumer does with a message whose handler failed.

    Attributes:
        answer: `nak` asks for it again, `term` wants it never again; `none` says nothing, so that
            it comes again when `ack_wait` is over.
        delay_ns: how long the server waits after a nak; not at all when left out.
        attempts: the delivery that is the last: a message that fails then is wanted never again.
            As many as the server makes (`consumer.max_deliver`) when left out.
        dead_letters: what is given up, by the consumer or by the server, is published to a stream
            of its own; the consumer says that it wants a message never again when that is stored.
    """

    answer: Literal["nak", "term", "none"] = "nak"
    delay_ns: Duration | None = Field(default=None, alias="delay")
    attempts: Count | None = None
    dead_letters: bool = False


LETTER_BYTES = 300
"""What a dead letter is larger than its message, by the headers that say what became of it."""

AS_USUAL = FailureSettings()
