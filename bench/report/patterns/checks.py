"""Checks of what must always hold: broken ones with their first instance, then what was not tried.

What holds is one line.
"""

from collections.abc import Iterator, Sequence

from bench.core import text
from bench.core.marks import State
from bench.judgement.kinds import Checked
from bench.report.model import Point, Points


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
        word = f"{text.count(len(checks))} {'check holds' if len(checks) == 1 else 'checks hold'}"
        yield Point(State.HOLDS, word, ", ".join(check.name for check in checks))
