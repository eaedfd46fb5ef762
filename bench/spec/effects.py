"""What keeps an effect from being made twice, where a consumer may crash, and what comes of both.

An effect is one added to a value of its message. A strategy knows by a marker, or by the value
itself, that the effect of a message was made; what it knows when the process is gone decides what
becomes of a message that comes again (docs/adr/0042).
"""

from dataclasses import dataclass
from typing import Literal, get_args

Idempotency = Literal[
    "none",
    "overwrite",
    "sequence-guard",
    "marker-first",
    "marker-last",
    "marker-in-value",
    "memory",
]

CrashPoint = Literal["after-receive", "after-effect", "after-marker", "before-ack"]

CRASH_POINTS: tuple[CrashPoint, ...] = get_args(CrashPoint)
"""In the order in which a handler comes by them; a marker that is first comes before the effect."""

WRITING: tuple[Idempotency, ...] = (
    "overwrite",
    "sequence-guard",
    "marker-first",
    "marker-last",
    "marker-in-value",
)
"""Those that need a store: their effects are written, and so are their markers."""

MARKING: tuple[Idempotency, ...] = ("marker-first", "marker-last")
"""Those whose marker stands by itself, and may be kept for a time only."""

UNMARKED: tuple[Idempotency, ...] = ("none", "overwrite")
"""Those that mark nothing."""

_OUTLIVES: dict[Idempotency, tuple[CrashPoint, ...]] = {
    "sequence-guard": ("after-marker", "before-ack"),
    "marker-first": ("after-marker", "after-effect", "before-ack"),
    "marker-last": ("after-marker", "before-ack"),
    "marker-in-value": ("after-effect", "after-marker", "before-ack"),
}
"""By strategy, the points at which what tells of an effect is written, and outlives the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a message at which its consumer crashed.

    Attributes:
        at: the step at which the process ended.
        again: it came once more, and was handled to the end; it never does where it had been
            acknowledged, or where nobody waits for an acknowledgement.
        forgotten: its marker's time was over by then.
        overtaken: a later message of its key had been handled by then.
    """

    at: CrashPoint
    again: bool
    forgotten: bool = False
    overtaken: bool = False


def effects_expected(idempotency: Idempotency, fate: Fate) -> int:
    """Return how many effects such a message has when all is over: 0, 1 or 2.

    Args:
        idempotency: what keeps its effect from being made twice.
        fate: what became of it.
    """
    first = _made_before(idempotency, fate.at)
    if not fate.again or _is_known(idempotency, fate):
        return first
    return 1 if idempotency == "overwrite" else first + 1


def _made_before(idempotency: Idempotency, at: CrashPoint) -> int:
    """Return how many effects a message had when the process ended."""
    claimed_only = idempotency == "marker-first" and at == "after-marker"
    return 0 if at == "after-receive" or claimed_only else 1


def _is_known(idempotency: Idempotency, fate: Fate) -> bool:
    """Say whether whoever takes it again takes it for done."""
    if idempotency == "sequence-guard" and fate.overtaken:
        return True
    if idempotency in MARKING and fate.forgotten:
        return False
    return fate.at in _OUTLIVES.get(idempotency, ())
