"""One stream: publishers on one side, consumers that share a JetStream consumer on the other."""

from bench.spec.cast import Cast, Entry, driving, observing
from bench.spec.variant import Settings


def cast_of(settings: Settings) -> Cast:
    """Return its parts; one that never acknowledges has nothing that an ack would end."""
    return _CASTS[settings.ack.timing]


def _cast(*, acks: bool, early: bool = False) -> Cast:
    publish = driving(
        "publish",
        role="publisher",
        answered="stored",
        entries=(Entry(name="stream_msgs", untold=True),),
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
