"""How long messages wait in a consumer's process until their handler begins."""

from dataclasses import replace

from bench.spec.cast import Cast, Instant, Part, Side, Span
from bench.spec.retried import RECKONED
from bench.spec.variant import Settings
from bench.spec.workload import Consume

BEGUN, WAIT = "begun", "wait"


def with_wait(cast: Cast) -> Cast:
    """Return a cast whose parts that take messages tell how long those wait for their handler."""

    def telling(part: Part) -> Part:
        if part.side is not Side.OBSERVES:
            return part
        received, *others = part.own
        due = part.instants[: len(part.instants) - len(part.own)]
        return replace(
            part,
            instants=(*due, received, Instant(name=BEGUN, entry="handled"), *others),
            spans=(Span(name=WAIT, begin=received.name, end=BEGUN), *part.spans),
        )

    return replace(cast, parts=tuple(map(telling, cast.parts)))


def noted(part: Part) -> tuple[Instant, ...]:
    """Return the instants of its own that a process notes; the others are reckoned."""
    return tuple(each for each in part.own if each.name not in (BEGUN, *RECKONED))


def known(settings: Settings, consume: Consume) -> bool:
    """Say whether it is known when a handler began: it ended, and took what it was to take."""
    handler = consume.handler
    other = any(getattr(handler, key, None) for key in ("cycle_ns", "work", "call"))
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
