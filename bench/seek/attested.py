"""What the confirmation says: a gain is what fresh blocks show, which the search did not see.

The incumbent is named before they run, so that nothing is chosen by them and one comparison is all
there is. A finalist that does not hold a constraint gives its place to the next that does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.figures import CellFigures
from bench.analysis.metrics import Measure
from bench.analysis.paired import Contrast, contrast, lacking
from bench.seek.constrained import Held, Holds
from bench.spec.metrics import Better
from bench.spec.space import Point
from bench.stats.compare import CONFIDENCE, MIN_PAIRS_TO_FAIL

FELL_BACK = 0.30
"""So much lost of what the search had seen it gain, by logarithms, and a point fell back."""

MATTERS = 0.05
"""A gain that is surely less than this is none that anybody looks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A point in the confirmation.

    Attributes:
        point: what is set.
        cell: its figures there.
        held: of the constraints, and of keeping up.
        gains: against the base, one for each objective; empty with too few blocks.
        is_sound: so few of its trials, and of the base's, are invalid that the others bear witness.
    """

    point: Point
    cell: CellFigures
    held: Held
    gains: tuple[Contrast, ...]
    is_sound: bool


def gains_of(
    measures: Sequence[Measure], base: CellFigures, cell: CellFigures
) -> tuple[Contrast, ...]:
    """Return how a cell differs from the base, one for each metric; empty with too few blocks."""
    found = [contrast(measure, base, cell) for measure in measures]
    each = tuple(one for one in found if one is not None)
    return each if len(each) == len(measures) else ()


def first_holding(finalists: Sequence[Attested]) -> int | None:
    """Return which finalist is the one to judge: the first that holds, else that may.

    Constraints alone choose it, never how much it gains.
    """
    for wanted in (Holds.HOLDS, Holds.OPEN):
        for place, each in enumerate(finalists):
            if each.held.holds is wanted:
                return place
    return None


def better(measures: Sequence[Measure], found: Attested) -> bool:
    """Say whether a point is surely better than the base.

    Of two objectives: surely in one of them, allowed for there being two, and in the other no
    worse by the best estimate.
    """
    if (
        not found.gains
        or not found.is_sound
        or any(lacking(measure, found.cell) for measure in measures)
    ):
        return False
    if any(gain.fell_behind[1] or gain.found.pairs < MIN_PAIRS_TO_FAIL for gain in found.gains):
        return False
    level = (1 - CONFIDENCE) / len(measures)
    sure = any(_surely(m, g, level) for m, g in zip(measures, found.gains, strict=True))
    return sure and all(_no_worse(m, g) for m, g in zip(measures, found.gains, strict=True))


def _surely(measure: Measure, gain: Contrast, level: float) -> bool:
    visible = abs(gain.change) > measure.resolution or not gain.relative
    return gain.found.worse < 0 and gain.p < level and visible


def _no_worse(measure: Measure, gain: Contrast) -> bool:
    return gain.found.worse <= 0 or (gain.relative and abs(gain.change) <= measure.resolution)


def surely_little(measures: Sequence[Measure], found: Attested) -> bool:
    """Say whether a point is surely better by less than anybody looks for, in every objective."""
    if not found.gains or not found.is_sound:
        return False
    return all(_little(m, gain) for m, gain in zip(measures, found.gains, strict=True))


def _little(measure: Measure, gain: Contrast) -> bool:
    margin = gain.margin(_share(measure, MATTERS))
    before, _ = gain.fell_behind
    return margin is not None and not before and gain.found.low > -margin


def fell_back(measures: Sequence[Measure], seen: Sequence[float], found: Attested) -> bool:
    """Say whether a point lost much of what it had seemed to gain, or breaks a constraint.

    Args:
        measures: of the objectives.
        seen: how it differed from the base as the search saw it, a share for each objective.
        found: of the confirmation.
    """
    if found.held.holds is Holds.BREAKS:
        return True
    each = zip(measures, seen, found.gains, strict=False)
    of_note = ((m, share, gain) for m, share, gain in each if seems_to_gain(m, share))
    scales = ((_scale(m, gain, share), _scale(m, gain, gain.change)) for m, share, gain in of_note)
    return any(after >= (1 - FELL_BACK) * before for before, after in scales)


def seems_to_gain(measure: Measure, change: float) -> bool:
    """Say whether a change is a gain that anybody looks for: of a smaller one noise is most."""
    return (change if measure.metric.better is Better.HIGHER else -change) >= MATTERS


def _share(measure: Measure, better_by: float) -> float:
    """Return a change by which a metric is better, below 0 where less is."""
    return better_by if measure.metric.better is Better.HIGHER else -better_by


def _scale(measure: Measure, gain: Contrast, share: float) -> float:
    """Return a change on a scale on which more is worse."""
    sign = -1.0 if measure.metric.better is Better.HIGHER else 1.0
    return sign * (math.log1p(max(share, -0.999)) if gain.logarithmic else share)
