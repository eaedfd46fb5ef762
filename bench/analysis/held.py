"""One thing that holds up a live consumer, as every rule tells of it."""

from dataclasses import dataclass

from bench.core.units import NS_PER_S, human_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One thing that holds up a consumer.

    Attributes:
        name: of it, as in METRICS.md.
        words: the figures that say so.
        turn: what to do about it.
    """

    name: str
    words: str
    turn: str


def long(duration_s: float) -> str:
    """Write how long something takes or took."""
    return human_duration(round(duration_s * NS_PER_S))
