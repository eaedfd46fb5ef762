"""Loads of more messages than a trial keeps rows of: which of them can be counted as they go.

What is through is counted and left out (docs/adr/0052), so nothing may be asked of it later: what
became of it under another fault, in which order its key was handled, or whether a limit took it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.core import text
from bench.spec.expiring import evicts
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.workload import MAX_MESSAGES, Workload

ABOVE = f"above {text.count(MAX_MESSAGES)} messages a trial is counted as it goes"


def is_soak(workload: Workload) -> bool:
    """Say whether a load has more messages than a trial keeps rows of."""
    phases = workload.phases
    return any(each.messages_in(phases) > MAX_MESSAGES for each in workload.offers.values())


@dataclass(frozen=True, slots=True)
class _Plain:
    """A setting that is to be what it is by itself, or one of some values.

    Attributes:
        key: dotted.
        allowed: values that will do.
    """

    key: str
    allowed: tuple[Any, ...]

    def told(self) -> str:
        """Return what is allowed, in words."""
        words = ("left out" if each in (None, ()) else str(each).lower() for each in self.allowed)
        return " or ".join(words)


_PLAIN = (
    _Plain("client", ("wire",)),
    _Plain("publish.mode", ("async", "one-by-one")),
    _Plain("publish.expect", ("nothing",)),
    _Plain("publish.ttl_ns", (None,)),
    _Plain("publish.rollup", ("none",)),
    _Plain("consumer.ordered", (False,)),
    _Plain("consumer.ack_policy", ("explicit", "all", "none")),
    _Plain("consumer.max_deliver", (None,)),
    _Plain("ack.in_progress_ns", (None,)),
    _Plain("ack.double", (False,)),
    _Plain("ack.whole_batches", (False,)),
    _Plain("failure.dead_letters", (False,)),
    _Plain("handler.run", ("virtual",)),
    _Plain("handler.check", ((),)),
    _Plain("handler.per_key", ("none",)),
    _Plain("handler.retry", (None,)),
    _Plain("handler.breaker", (None,)),
    _Plain("handler.call", (None,)),
    _Plain("effect.idempotency", ("none",)),
    _Plain("effect.written", (False,)),
    _Plain("stream.history", (None,)),
    _Plain("stream.subject_delete_marker_ttl_ns", (None,)),
    _Plain("disturbances", (None, ())),
)


def unfit(settings: Settings, workload: Workload) -> Iterator[Objection]:
    """Yield what a soak cannot be measured under."""
    if not is_soak(workload):
        return
    for plain in _PLAIN:
        found: Any = settings
        for name in plain.key.split("."):
            found = getattr(found, name)
        if found not in plain.allowed:
            key = plain.key.removesuffix("_ns")
            yield Objection(key=key, what=_WHAT.format(found=_said(found)), allowed=plain.told())
    if evicts(settings.stream):
        what = (
            f"a load {ABOVE}, which cannot tell what a limit of the stream took from what is lost"
        )
        yield Objection(
            key="stream",
            what=what,
            allowed="retention workqueue or interest without max_age, max_msgs and max_bytes, or "
            "discard new",
        )


_WHAT = f"{{found}} cannot be told of a load that {ABOVE.removeprefix('above ')}: it is {ABOVE}"


def _said(found: object) -> str:
    return "this" if isinstance(found, tuple) or not str(found).isalnum() else f"'{found}'"
