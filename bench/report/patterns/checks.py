"""Checks of what must always hold: broken ones with their first instance, then what was not tried.

What holds is one line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.core import text
from bench.core.marks import State
from bench.report.model import Point, Points


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Something that must always hold, and what came of it.

    Attributes:
        name: what must hold: `Every watcher sees the last revision of each key`.
        tried: it could have been broken at all in this run.
        broken: instances that break it.
        of: instances that were looked at, and what they are: `4 000 keys`.
        first: the first broken one: where, when, in which trial.
        href: where that is seen; empty without such a place.
        reason: why it was not tried.
    """

    name: str
    tried: bool
    broken: int = 0
    of: str = ""
    first: str = ""
    href: str = ""
    reason: str = ""

    @property
    def state(self) -> State:
        """What came of it; one that was not tried does not hold."""
        if self.broken:
            return State.FAILS
        return State.HOLDS if self.tried else State.UNKNOWN


def points(checks: Sequence[Checked]) -> Points:
    """Return broken checks, those that were not tried, and in one line those that hold."""
    broken, untried, holding = (
        [each for each in checks if each.state is state]
        for state in (State.FAILS, State.UNKNOWN, State.HOLDS)
    )
    return Points(
        (*map(_broken, broken), *map(_untried, untried), *_holding(holding)), stacked=True
    )


def _broken(check: Checked) -> Point:
    count = text.count(check.broken) + (f" of {check.of}" if check.of else "")
    first = f"; first: {check.first}" if check.first else ""
    found = f"{check.name}: {count}{first}"
    return Point(State.FAILS, "broken", found, href=check.href, link="its timeline")


def _untried(check: Checked) -> Point:
    return Point(State.UNKNOWN, "not tried", ": ".join(filter(None, [check.name, check.reason])))


def _holding(checks: Sequence[Checked]) -> Iterator[Point]:
    if checks:
        word = f"{text.count(len(checks))} {'holds' if len(checks) == 1 else 'hold'}"
        yield Point(State.HOLDS, word, ", ".join(check.name for check in checks))
