"""One stream: publishers on one side, consumers that share a JetStream consumer on the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from bench.core import text
from bench.core.units import format_rate
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, driving, observing
from bench.spec.filling import Filling
from bench.spec.handler import Handler
from bench.spec.stored import stored_bytes
from bench.spec.traced import Traced
from bench.spec.variant import PublishSettings, Settings
from bench.spec.workload import Consume, Load, Named, Phases

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "handler", "server", "client"})


class Stream(Filling):
    """One stream with publishers on one side and consumers on the other.

    Attributes:
        kind: which parts take part; `stream` is one stream with publishers and consumers.
        description: what the load stands for, in a sentence for the report.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        publish: how messages are offered.
        consume: who takes them.
        phases: how long a trial lasts; a matrix may set its own.
        trace: what messages are dealt from, in place of subjects, sizes and rate; none when left
            out.
    """

    kind: Literal["stream"]
    trace: Traced | None = None
    consume: Consume = Consume()
    phases: Phases = Phases()

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.trace.names if self.trace else self.subjects.names

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        usual = super().loads
        if self.trace is None:
            return usual
        # Workers have a directory of their own.
        trace = self.trace.model_copy(update={"file": str(Path(self.trace.file).absolute())})
        return {part: replace(load, subjects=trace, trace=trace) for part, load in usual.items()}

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean."""
        named: Named = self.trace or self.subjects
        return stored_bytes(named, self.payload, self.publish.headers, how)

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
            f"{format_rate(publish.rate_msgs_per_s)} offered by "
            f"{text.plural(publish.publishers, 'publisher')} ({self._arrivals()}), "
            f"payload {self.payload.told()}{self._dealt()}; "
            f"{text.plural(consume.consumers, 'consumer')} with "
            f"{text.plural(consume.workers, 'worker')}, {consume.handler.told()}"
        )

    def _arrivals(self) -> str:
        if self.trace is None or self.trace.times == "publish":
            return f"{self.publish.arrivals} arrivals"
        return f"on the mean, by a trace at {self.trace.speed:g} times its speed"

    def _dealt(self) -> str:
        return "" if self.trace is None else f", dealt from {self.trace.file}"


def cast_of(settings: Settings, workload: Stream | None = None) -> Cast:
    """Return its parts; one that never acknowledges has nothing that an ack would end."""
    del workload
    return _CASTS[settings.ack.timing]


def _cast(*, acks: bool, early: bool = False) -> Cast:
    publish = driving(
        "publish",
        role="publisher",
        answered=STORED,
        fails=(*UNSTORED, Entry(name="stream_msgs", untold=True, counts="held")),
    )
    consume = observing("consume", flow=publish, role="consumer", acks=acks)
    whole = () if early or not acks else ("end_to_end",)
    return Cast(
        parts=(publish, consume),
        # An ack before the handler ends the end-to-end time, however late the work is done.
        ranked=(*whole, "completion"),
        done="acked" if acks else "handled",
    )


_CASTS = {
    "after-handler": _cast(acks=True),
    "after-validation": _cast(acks=True, early=True),
    "per-batch": _cast(acks=True),
    "cumulative": _cast(acks=True),
    "none": _cast(acks=False),
}
"""By `ack.timing`."""
