"""Which rate to try next, from all that was tried so far (MEASUREMENT.md R15).

Pure: the state of a search is what was tried, so whoever reads the records knows how to go on. The
range is bracketed by doubling and halved in short probes; what they found is confirmed in soaks
that the search did not see. A rate of which the soaks cannot say that it meets the goal is given up
for one a little lower. What was said too darkly is looked at once more: the miss that bounds all by
a longer probe, and the rate halfway between the first that is confirmed and the next by soaks.

With probes that scatter by 15 % and a capacity that wobbles by 3 %, a search without soaks was more
than 2 % too high in 14 % of cases; tests/seek simulates what this one is.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bench.plan.model import Purpose

WIDTH = 1.045
"""Rates so close are not told apart by probes; from a factor of 2 it takes four halvings."""

EDGE = 1.2
"""Closer than this to the edge probes are longer."""

STEP = 0.975
"""What was not confirmed is given up for so much of it; the next one that is not for twice that."""

MOST_REFUSED = 7
"""So many rates that soaks did not confirm, each lower, and the search is over."""

LEAST_SOAKS, MOST_SOAKS = 5, 10
"""Soaks of a rate: so many, and one by one so many more while they could say either."""

MOST_SPOILT = 3
"""Probes of one rate that are invalid for reasons of their own before it is given up."""

MOST_PROBES = 14
"""So many, and the highest rate that met the goal is soaked."""

MOST_DOUBLINGS = 8
"""Over a wider range the factor is larger than 2."""


class Said(StrEnum):
    """What a probe, or the soaks of a rate, say."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    NOT_OFFERED = "not offered"
    SPOILT = "spoilt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A probe, or all soaks of a rate.

    Attributes:
        rate_per_s: that was to be offered.
        publishers: processes that offered it.
        purpose: of the trials.
        said: what they say.
        trials: so many, invalid ones among them.
    """

    rate_per_s: float
    publishers: int
    purpose: Purpose
    said: Said
    trials: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Within what to seek.

    Attributes:
        low_per_s, high_per_s: rates, 0 < low <= high.
        publishers: of the workload.
        most_publishers: that this host has cores for, at least `publishers`.
    """

    low_per_s: float
    high_per_s: float
    publishers: int = 1
    most_publishers: int = 1

    @property
    def factor(self) -> float:
        """By what the rate rises until a goal is missed."""
        doublings = math.log2(self.high_per_s / self.low_per_s)
        return max(2.0, math.pow(2.0, doublings / MOST_DOUBLINGS))


@dataclass(frozen=True, slots=True)
class Next:
    """What to try.

    Attributes:
        rate_per_s: to offer.
        publishers: processes that offer it.
        purpose: of the trial.
    """

    rate_per_s: float
    publishers: int
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Between which rates the goal is missed, as far as probes say.

    Attributes:
        met_per_s: the highest rate that met it; None where none did.
        missed_per_s: the lowest that missed it; None where none did.
        blind_per_s: the lowest that could not be offered; None where all could.
    """

    met_per_s: float | None
    missed_per_s: float | None
    blind_per_s: float | None

    @property
    def above_per_s(self) -> float | None:
        """The lowest rate that there is nothing to seek at or above."""
        both = (self.missed_per_s, self.blind_per_s)
        return min((rate for rate in both if rate is not None), default=None)


class Ending(StrEnum):
    """How a search ended."""

    CONFIRMED = "confirmed"
    AT_LEAST = "at least"
    BELOW = "below the range"
    UNCONFIRMED = "not confirmed"
    NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found.

    Attributes:
        ending: `confirmed` a rate between two others, `at least` one beyond which nothing could be
            offered or sought, `below the range` where the lowest rate misses the goal, `not
            confirmed` where soaks bore out none of what probes met, and `not told` where not even
            the lowest rate could be measured.
        confirmed_per_s: the highest rate of which the soaks say that it meets the goal; None of the
            last three.
        above_per_s: the lowest rate above it that was not confirmed; None where none was tried.
    """

    ending: Ending
    confirmed_per_s: float | None
    above_per_s: float | None


def next_step(bounds: Bounds, tried: Sequence[Tried]) -> Next | None:
    """Return what to try next; None where the search is over.

    Args:
        bounds: within what to seek.
        tried: probes in the order they ran, and the soaks of each rate as one, by their first.
    """
    soaks = [each for each in tried if each.purpose is Purpose.SOAK]
    probes = [each for each in tried if each.purpose is not Purpose.SOAK]
    publishers = max((each.publishers for each in tried), default=bounds.publishers)
    if not soaks and (probe := _next_probe(bounds, probes, publishers)):
        return replace(probe, rate_per_s=_written(bounds, probe.rate_per_s))
    rate = _next_soak(bounds, edge(probes), soaks)
    return None if rate is None else Next(_written(bounds, rate), publishers, Purpose.SOAK)


def _written(bounds: Bounds, rate_per_s: float) -> float:
    """Return a rate as people write it, in four digits, within the range."""
    rounded = float(f"{rate_per_s:.4g}")
    return min(max(rounded, bounds.low_per_s), bounds.high_per_s)


def found(bounds: Bounds, tried: Sequence[Tried]) -> Found:
    """Return what a search that is over has found."""
    soaks = [each for each in tried if each.purpose is Purpose.SOAK]
    between = edge([each for each in tried if each.purpose is not Purpose.SOAK])
    confirmed = _confirmed(soaks)
    if confirmed is None:
        lowest = min((each.rate_per_s for each in soaks), default=between.missed_per_s)
        return Found(
            ending=_unconfirmed(bounds, between, soaks), confirmed_per_s=None, above_per_s=lowest
        )
    above = min((each for each in (_refused(soaks), between.above_per_s) if each), default=None)
    sure = above is not None and _was_offered(above, tried)
    return Found(
        ending=Ending.CONFIRMED if sure else Ending.AT_LEAST,
        confirmed_per_s=confirmed,
        above_per_s=above,
    )


def _was_offered(rate_per_s: float, tried: Sequence[Tried]) -> bool:
    """Say whether any look at a rate says something of the server."""
    alike = {each.said for each in tried if each.rate_per_s == rate_per_s}
    return bool(alike & {Said.MISSED, Said.OPEN})


def _unconfirmed(bounds: Bounds, between: Edge, soaks: Sequence[Tried]) -> Ending:
    """Return how a search ended that confirmed nothing."""
    if not soaks:
        return Ending.NOT_TOLD if between.missed_per_s is None else Ending.BELOW
    lowest = min(soaks, key=lambda each: each.rate_per_s)
    missed = lowest.said is Said.MISSED and lowest.rate_per_s <= bounds.low_per_s
    return Ending.BELOW if missed else Ending.UNCONFIRMED


def edge(probes: Sequence[Tried]) -> Edge:
    """Return between which rates the goal is missed, as far as probes say."""
    met = max(_rates(probes, Said.MET), default=None)
    over = [each for each in probes if met is None or each.rate_per_s > met]
    blind = (*_rates(over, Said.NOT_OFFERED), *_rates(over, Said.SPOILT))
    return Edge(
        met_per_s=met,
        missed_per_s=min(_rates(over, Said.MISSED), default=None),
        blind_per_s=min(blind, default=None),
    )


def _rates(tried: Iterable[Tried], said: Said) -> list[float]:
    return [each.rate_per_s for each in tried if each.said is said]


def _next_probe(bounds: Bounds, probes: Sequence[Tried], publishers: int) -> Next | None:
    if not probes:
        return Next(bounds.low_per_s, publishers, Purpose.SHORT)
    if again := _again(bounds, probes):
        return again
    between = edge(probes)
    met, above = between.met_per_s, between.above_per_s
    if met is None or len(probes) >= MOST_PROBES:
        return None
    if above is None:
        higher = min(met * bounds.factor, bounds.high_per_s)
        return None if met >= bounds.high_per_s else Next(higher, publishers, Purpose.SHORT)
    if above <= met * WIDTH:
        return _doubted(between, probes, publishers)
    purpose = Purpose.LONG if above <= met * EDGE else Purpose.SHORT
    return Next(math.sqrt(met * above), publishers, purpose)


def _doubted(between: Edge, probes: Sequence[Tried], publishers: int) -> Next | None:
    """Return the miss that bounds all once more, longer: one hiccup must not halve a capacity."""
    missed = between.missed_per_s
    if missed is None or missed != between.above_per_s:
        return None
    alike = [each for each in probes if each.rate_per_s == missed and each.said is Said.MISSED]
    long = any(each.purpose is Purpose.LONG for each in alike)
    return None if long or len(alike) > 1 else Next(missed, publishers, Purpose.LONG)


def _again(bounds: Bounds, probes: Sequence[Tried]) -> Next | None:
    """Return the last probe once more, where it is no evidence yet, or is all that there is."""
    last = probes[-1]
    alike = [each for each in probes if each.rate_per_s == last.rate_per_s]
    if last.said is Said.NOT_OFFERED and last.publishers < bounds.most_publishers:
        return Next(last.rate_per_s, last.publishers + 1, last.purpose)
    spoilt = len(_rates(alike, Said.SPOILT))
    if last.said is Said.SPOILT and spoilt < MOST_SPOILT:
        return Next(last.rate_per_s, last.publishers, last.purpose)
    lowest = last.rate_per_s == bounds.low_per_s
    if last.said is Said.MISSED and lowest and len(_rates(alike, Said.MISSED)) == 1:
        return Next(last.rate_per_s, last.publishers, Purpose.LONG)
    return None


def _next_soak(bounds: Bounds, between: Edge, soaks: Sequence[Tried]) -> float | None:
    if between.met_per_s is None:
        return None
    if not soaks:
        return between.met_per_s
    last, confirmed = soaks[-1], _confirmed(soaks)
    if last.said is Said.OPEN and last.trials < MOST_SOAKS:
        return last.rate_per_s
    if confirmed is None:
        lower = max(last.rate_per_s * STEP ** len(soaks), bounds.low_per_s)
        over = last.rate_per_s <= bounds.low_per_s or len(soaks) >= MOST_REFUSED
        return None if over else lower
    above = _refused(soaks) or between.missed_per_s
    if above is None or last.rate_per_s != confirmed:
        return None
    halfway = math.sqrt(confirmed * above)
    return halfway if not _raised(soaks, confirmed) else None


def _raised(soaks: Sequence[Tried], confirmed: float) -> bool:
    """Say whether a rate was confirmed above another one: the one look upwards was had."""
    return any(each.said is Said.MET and each.rate_per_s < confirmed for each in soaks)


def _confirmed(soaks: Sequence[Tried]) -> float | None:
    return max(_rates(soaks, Said.MET), default=None)


def _refused(soaks: Sequence[Tried]) -> float | None:
    """Return the lowest rate above every confirmed one that soaks did not confirm."""
    confirmed = _confirmed(soaks) or 0.0
    unsure = (each.rate_per_s for each in soaks if each.said is not Said.MET)
    return min((rate for rate in unsure if rate > confirmed), default=None)
