"""How long messages wait in a consumer's process until their handler begins."""

from dataclasses import replace

from bench.spec.cast import Cast, Instant, Part, Side, Span
from bench.spec.handler import Handler
from bench.spec.retried import RECKONED
from bench.spec.told_parts import asking
from bench.spec.variant import Settings

BEGUN, WAIT = "begun", "wait"


def with_wait(cast: Cast) -> Cast:
    """Return a cast whose parts that take messages tell how long those wait for their handler."""
    parts = (waiting(each) if each.side is Side.OBSERVES else each for each in cast.parts)
    return replace(cast, parts=tuple(parts))


def waiting(part: Part) -> Part:
    """Return a part that takes messages and tells how long those wait for their handler."""
    received, *others = part.own
    due = part.instants[: len(part.instants) - len(part.own)]
    return replace(
        part,
        instants=(*due, received, Instant(name=BEGUN, entry="handled"), *others),
        spans=(Span(name=WAIT, begin=received.name, end=BEGUN), *part.spans),
    )


def noted(part: Part) -> tuple[Instant, ...]:
    """Return the instants of its own that a process notes; the others are reckoned."""
    return tuple(each for each in part.own if each.name not in (BEGUN, *RECKONED))


def taking(part: Part, settings: Settings, handler: Handler | None) -> Part:
    """Return a part that takes messages, and tells what is known of how it takes them.

    Args:
        part: of a JetStream consumer.
        settings: as they are for that.
        handler: what is done with each; None where nobody knows when that began.
    """
    begins = handler is not None and known(settings, handler)
    return asking(waiting(part) if begins else part, pulls=settings.consumer.mode == "pull")


def known(settings: Settings, handler: Handler) -> bool:
    """Say whether it is known when a handler began: it ended, and took what it was to take."""
    other = any(getattr(handler, key, None) for key in ("cycle_ns", "work", "call"))
    other = other or settings.handler.call is not None
    alone = settings.handler.retry is None and settings.handler.per_key != "latest"
    plain = alone and not settings.ack.whole_batches
    return handler.time.mean_ns > 0 and not other and plain


def without_wait(cast: Cast) -> Cast:
    """Return a cast as it was before waits were told."""

    def before(part: Part) -> Part:
        return replace(
            part,
            instants=tuple(each for each in part.instants if each.name != BEGUN),
            spans=tuple(each for each in part.spans if each.name != WAIT),
        )

    return replace(cast, parts=tuple(map(before, cast.parts)))
