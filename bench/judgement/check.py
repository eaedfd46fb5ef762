"""A check of the trust panel: what was found, and the limit that it is held against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.core import text
from bench.core.marks import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One reason to believe the run, or not to.

    Attributes:
        name: of the check.
        state: what came of it.
        found: the figures that say so.
        threshold: what it is held against.
        meaning: what follows where it does not hold.
        grave: a doubt of it leaves nothing decided, for it need not touch all cells alike.
    """

    name: str
    state: State
    found: str
    threshold: str
    meaning: str
    grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one value of each trial is held against.

    Attributes:
        name: of the check.
        at_most: largest value that holds.
        written: writes a value with its unit.
        beyond: what a value above it makes of the check.
        meaning: what follows where it does not hold.
    """

    name: str
    at_most: float
    written: Callable[[float], str]
    beyond: State
    meaning: str


def of_values(values: Sequence[float], limit: Limit) -> Check:
    """Return a check of one value a trial against a limit; unknown without values."""
    above = sum(value > limit.at_most for value in values)
    return Check(
        name=limit.name,
        state=State.UNKNOWN if not values else limit.beyond if above else State.HOLDS,
        found=value_range(values, limit.written) + (f"; above in {above}" if above else ""),
        threshold=f"at most {limit.written(limit.at_most)} in every trial",
        meaning=limit.meaning,
    )


def value_range(values: Sequence[float], written: Callable[[float], str]) -> str:
    """Write the least and the greatest value of the trials."""
    if not values:
        return "not recorded"
    low, high = written(min(values)), written(max(values))
    over = f"over {text.plural(len(values), 'trial')}"
    return f"{low} {over}" if low == high else f"{low} to {high} {over}"
