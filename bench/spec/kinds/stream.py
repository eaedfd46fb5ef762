"""One stream: publishers on one side, consumers that share a JetStream consumer on the other."""

from typing import Literal, Self

from bench.core import text
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, driving, observing
from bench.spec.dealt import Dealt
from bench.spec.handler import Handler
from bench.spec.variant import Settings
from bench.spec.workload import Consume, Phases

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "handler", "server", "client"})


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
    consume: Consume = Consume()
    phases: Phases = Phases()

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
            f"payload {self.payload.told()}{self.dealt_told}; "
            f"{text.plural(consume.consumers, 'consumer')} with "
            f"{text.plural(consume.workers, 'worker')}, {consume.handler.told()}"
        )


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
