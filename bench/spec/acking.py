"""When variants acknowledge, and whether that differs between them.

End-to-end time ends with the ack, and the acked rate counts acks. Between variants that ack at
different moments a better one may mean that less was waited for, not that more was done;
completion, the handler's end, is the same moment for all (docs/METRICS.md).
"""

from collections.abc import Iterable

from bench.spec.cast import tail
from bench.spec.metrics import Metric
from bench.spec.variant import Settings


def ack_moments(variants: Iterable[Settings]) -> tuple[str, ...]:
    """Return the moments at which these variants acknowledge, each once, in their order."""
    return tuple(dict.fromkeys(map(_moment, variants)))


def acks_differ(variants: Iterable[Settings]) -> bool:
    """Say whether end-to-end times of these variants end at different moments."""
    return len(ack_moments(variants)) > 1


def acks_early(variants: Iterable[Settings]) -> bool:
    """Say whether one of these variants acknowledges a message before its handler.

    Its end-to-end time then says nothing of the work, however late that is done.
    """
    return any(settings.ack.timing == "after-validation" for settings in variants)


def misleads(metric: Metric | None, variants: Iterable[Settings]) -> str:
    """Say why these variants should not be held to a figure; empty where they may.

    Args:
        metric: that a rule limits or a recommendation goes by; None for a count.
        variants: that are compared by it.
    """
    compared = tuple(variants)
    moments = ack_moments(compared)
    if metric is None or tail(metric.source.of) not in ("end_to_end", "acked"):
        return ""
    if len(moments) < 2:
        return f"{metric.title} {_BEFORE}" if acks_early(compared) else ""
    return (
        f"{metric.title} goes by the ack, and these variants acknowledge at different moments "
        f"({', '.join(moments)}): what acks sooner is not done sooner; completion compares the work"
    )


_BEFORE = (
    "goes by an ack that comes before the handler, however late the work is done; completion "
    "tells that"
)


def _moment(settings: Settings) -> str:
    if settings.consumer.flow_acks:
        return f"{settings.ack.timing}, when flow control asks"
    return f"{settings.ack.timing}, confirmed" if settings.ack.double else settings.ack.timing
