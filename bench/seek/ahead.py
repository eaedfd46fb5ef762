"""What a search may still take, at most: what is found decides how much of it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from bench.analysis.figures import RunFigures
from bench.plan.estimate import Ahead, ahead_of, peak_store_bytes
from bench.plan.model import Cell, Plan, Purpose, Search
from bench.plan.seeking import Wanted, cell_of, search_of
from bench.seek.bracket import (
    MOST_PROBES,
    MOST_REFUSED,
    MOST_SOAKS,
    MOST_SPOILT,
    STEP,
    Bounds,
    Said,
    Tried,
    edge,
)
from bench.seek.state import Sought, sought, unbegun

DEEPEST = STEP ** sum(range(1, MOST_REFUSED))
"""The last rate that is soaked is so much of the first."""


def ahead(plan: Plan, figures: RunFigures | None) -> Ahead:
    """Return what the searches of a run may still take, trials that are planned among it.

    Windows are longest at the lowest rate that may come, and stores largest at the highest.

    Args:
        plan: of the run.
        figures: of what was measured; None of one that has just begun.
    """
    search = search_of(plan)
    each = unbegun(search) if figures is None else sought(figures)
    due = [found for found in each if not found.over]
    long = ahead_of(chain.from_iterable(_longest(found, search) for found in due))
    large = chain.from_iterable(_largest(found, search) for found in due)
    return replace(long, peak_store_bytes=peak_store_bytes(list(large)))


def _longest(found: Sought, search: Search) -> Iterator[tuple[Cell, int]]:
    """Yield the longest probe and soak that may come, with how many."""
    tried = [each.tried for each in found.attempts]
    probes, soaks = most_left(found.bounds, tried)
    lowest, deepest = _lowest(found.bounds, tried)
    yield _cell(found, search, lowest, Purpose.LONG), probes
    yield _cell(found, search, deepest, Purpose.SOAK), soaks


def _largest(found: Sought, search: Search) -> Iterator[Cell]:
    """Yield those with most messages: nothing beyond the lowest miss is tried again."""
    between = edge([each.tried for each in found.attempts])
    highest = between.above_per_s or found.bounds.high_per_s
    for purpose in (Purpose.LONG, Purpose.SOAK):
        yield _cell(found, search, highest, purpose)


def most_left(bounds: Bounds, tried: Sequence[Tried]) -> tuple[int, int]:
    """Return how many probes and how many soaks may still come, at most.

    Args:
        bounds: within what is sought.
        tried: as `next_step` takes it.
    """
    soaks = [each for each in tried if each.purpose is Purpose.SOAK]
    if soaks:
        return 0, _soaks_left(soaks)
    # Above the limit of probes only the last one is repeated: the lowest, once, that misses.
    more_publishers = max(0, bounds.most_publishers - bounds.publishers)
    most = MOST_PROBES + MOST_SPOILT + more_publishers + 1
    return max(0, most - len(tried)), MOST_SOAKS * (MOST_REFUSED + 1)


def _soaks_left(soaks: Sequence[Tried]) -> int:
    """Return what may come of the rate that is soaked, of those below it, and of one above."""
    last = soaks[-1]
    of_last = max(0, MOST_SOAKS - last.trials) if last.said is Said.OPEN else 0
    if any(each.said is Said.MET for each in soaks):
        return of_last + (MOST_SOAKS if last.said is Said.MET else 0)
    return of_last + MOST_SOAKS * max(0, MOST_REFUSED + 1 - len(soaks))


def _lowest(bounds: Bounds, tried: Sequence[Tried]) -> tuple[float, float]:
    """Return the lowest rates that probes and soaks may still have."""
    probes = [each for each in tried if each.purpose is not Purpose.SOAK]
    met = edge(probes).met_per_s or bounds.low_per_s
    return met, max(bounds.low_per_s, met * DEEPEST)


def _cell(found: Sought, search: Search, rate_per_s: float, purpose: Purpose) -> Cell:
    publishers = found.bounds.publishers
    wanted = Wanted(base=found.base, rate_per_s=rate_per_s, publishers=publishers, purpose=purpose)
    return cell_of(search, wanted)
