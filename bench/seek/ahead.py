"""What a search may still take, at most: what is found decides how much of it comes."""

from collections.abc import Sequence

from bench.analysis.figures import RunFigures
from bench.plan.estimate import Ahead, longest_trial_s
from bench.plan.model import Purpose, Search
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
from bench.seek.state import Sought, sought

DEEPEST = STEP ** sum(range(1, MOST_REFUSED))
"""The last rate that is soaked is so much of the first."""


def ahead(figures: RunFigures) -> Ahead:
    """Return what the searches of a run may still take, trials that are planned among it."""
    search = search_of(figures.plan)
    each = [_of_one(found, search) for found in sought(figures)]
    return Ahead(
        trials=sum(one.trials for one in each), duration_s=sum(one.duration_s for one in each)
    )


def _of_one(found: Sought, search: Search) -> Ahead:
    if found.over:
        return Ahead(trials=0, duration_s=0.0)
    tried = [each.tried for each in found.attempts]
    probes, soaks = most_left(found.bounds, tried)
    lowest, deepest = _lowest(found.bounds, tried)
    duration_s = probes * _longest_s(found, search, lowest, Purpose.LONG)
    duration_s += soaks * _longest_s(found, search, deepest, Purpose.SOAK)
    return Ahead(trials=probes + soaks, duration_s=duration_s)


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


def _longest_s(found: Sought, search: Search, rate_per_s: float, purpose: Purpose) -> float:
    """Return how long a trial takes whose window has the fewest messages a second."""
    publishers = found.bounds.most_publishers
    wanted = Wanted(base=found.base, rate_per_s=rate_per_s, publishers=publishers, purpose=purpose)
    return longest_trial_s(cell_of(search, wanted))
