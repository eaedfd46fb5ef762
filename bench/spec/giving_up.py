"""Consumers that deliver only so often: what the server gives up is counted."""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Part, Weight

EXHAUSTED = Entry(
    name="exhausted",
    means="given up by the server: delivered as often as it may be, not acknowledged in time",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="No message was delivered for the last time and given up",
)
"""Of a part whose consumer delivers only so often; a late acknowledgement changes nothing."""


def giving_up(cast: Cast) -> Cast:
    """Return a cast whose consumers each give up what was delivered so often."""
    parts = (
        replace(part, entries=(*part.entries, EXHAUSTED)) if _is_tracked(part) else part
        for part in cast.parts
    )
    return replace(cast, parts=tuple(parts))


def _is_tracked(part: Part) -> bool:
    """Say whether a server keeps account of a part's deliveries until they are acknowledged."""
    told = {each.name for each in part.entries}
    return {"redelivered", "acked"} <= told and bool(part.levels)
