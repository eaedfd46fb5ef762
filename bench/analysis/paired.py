"""What a candidate changes against a baseline, one metric at a time (MEASUREMENT.md R6 to R8).

Changes are shares of the baseline wherever there are any: by logarithms for figures above 0, as
difference ÷ mean of the baseline for others. A baseline of 0 leaves the plain difference.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from bench.analysis.comparison import CONFIDENCE
from bench.analysis.figures import CellFigures
from bench.analysis.metrics import Measure
from bench.core import text
from bench.spec.metrics import Better, Metric
from bench.stats.compare import MIN_PAIRS_TO_FAIL, Change, change, change_between
from bench.stats.estimate import geometric_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric's value in one trial.

    Attributes:
        value: in the metric's unit.
        at_least: the true value is larger and cannot be told; too many messages never came so far.
        stalled: it is 0 where more is better: nothing came so far at all.
        beyond: messages beyond a percentile; None for other figures.
    """

    value: float
    at_least: bool = False
    stalled: bool = False
    beyond: float | None = None

    @property
    def fell_behind(self) -> bool:
        """Whether the trial is worse than its value can say."""
        return self.at_least or self.stalled


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """How a metric of a candidate differs from that of a baseline.

    Attributes:
        metric: compared.
        baseline, candidate: means over the compared trials, in the metric's unit.
        relative: the changes are shares of the baseline; else differences in the metric's unit.
        change: of the candidate; positive is more, whichever way is better.
        low, high: its 90 % interval.
        smallest_visible: size of the smallest true worsening that would be found in 80 % of cases.
        p: two-sided, of "no change", by t.
        p_by_ranks: the same by ranks; stands beside it, decides nothing.
        differences: within blocks, on the scale of `found`, by block; empty between runs.
        found: on the scale of the differences, positive is worse; what gates judge.
        logarithmic: that scale is one of logarithms.
        at_least: whether the baseline, and whether the candidate, has values that are too low.
        fell_behind: likewise, has trials that are worse than any value can say.
    """

    metric: Metric
    baseline: float
    candidate: float
    relative: bool
    change: float
    low: float
    high: float
    smallest_visible: float
    p: float
    p_by_ranks: float
    differences: tuple[float, ...]
    found: Change
    logarithmic: bool
    at_least: tuple[bool, bool]
    fell_behind: tuple[bool, bool]

    @property
    def ranks_disagree(self) -> bool:
        """Whether the rank test says otherwise; below 5 blocks it cannot say anything.

        Of this one comparison by itself, as a rule that was written down beforehand asks for it.
        """
        excluded = not self.low <= 0 <= self.high
        enough = self.found.pairs >= MIN_PAIRS_TO_FAIL
        return enough and excluded is not (self.p_by_ranks < 1 - CONFIDENCE)

    def written(self, amount: float) -> str:
        """Write a change: a share of the baseline, or a difference in the metric's unit."""
        return self.metric.written_change(amount, relative=self.relative)

    @property
    def tellable(self) -> bool:
        """Whether the change can be told in its direction: a bound can be told to be more alone."""
        baseline, candidate = self.at_least
        return not (baseline if self.change > 0 else candidate) and not all(self.at_least)

    @property
    def told(self) -> str:
        """The change and its interval, as far as bounds leave any: `≥ +5.2 % (+1.0 % or more)`."""
        if all(self.at_least):
            return text.NA
        baseline, candidate = self.at_least
        ends = self.metric.written_interval(self.low, self.high, relative=self.relative)
        if candidate:
            ends = f"{self.written(self.low)} or more"
        elif baseline:
            ends = f"{self.written(self.high)} or less"
        return f"{bound_sign(*self.at_least)}{self.written(self.change)} ({ends})"

    @property
    def visible(self) -> str:
        """The smallest change that would have been told; n/a beside bounds: they do not scatter."""
        return text.NA if any(self.at_least) else self.written(self.smallest_visible).lstrip("+")

    def beside(self, limit: float) -> str:
        """Write the change and its 90 % interval, so that each differs from a limit that it is not.

        `+5.2 % (90 % interval +1.0 % to +9.4 %)`. The limit is a share of the baseline.
        """
        middle = self.metric.written_change(self.change, relative=self.relative, limit=limit)
        ends = self.metric.written_interval(
            self.low, self.high, relative=self.relative, limit=limit
        )
        return f"{bound_sign(*self.at_least)}{middle} (90 % interval {ends})"

    def margin(self, share: float) -> float | None:
        """Return a margin given as a share of the baseline, on the scale of `found`.

        Args:
            share: what may change, such as 0.05, or -0.05 where higher is better; not 0.

        Returns:
            Above 0; None where the baseline is 0, and nothing is a share of it.
        """
        if not self.relative:
            return None
        return abs(math.log1p(share)) if self.logarithmic else abs(share)


def bound_sign(baseline_at_least: bool, candidate_at_least: bool) -> str:
    """Return what stands before a change between figures that may be more than their values."""
    if baseline_at_least and candidate_at_least:
        return "? "
    return "≤ " if baseline_at_least else "≥ " if candidate_at_least else ""


def readings(measure: Measure, cell: CellFigures) -> dict[int, Reading]:
    """Return a metric's value, or what it exceeds, in each valid trial that has one, by block."""
    found: dict[int, Reading] = {}
    for trial in cell.trials:
        if not trial.record.valid:
            continue
        value = measure.of_trial(trial)
        bound = measure.at_least(trial) if value is None else None
        if value is not None:
            stalled = value == 0 and measure.metric.better is Better.HIGHER
            found[trial.record.block] = Reading(
                value=value, stalled=stalled, beyond=measure.beyond(trial)
            )
        elif bound is not None:
            found[trial.record.block] = Reading(value=bound, at_least=True)
    return dict(sorted(found.items()))


def typical(measure: Measure, cell: CellFigures) -> Reading | None:
    """Return the mean over a cell's valid trials of what a metric is or exceeds.

    None where one of them tells neither: it bears no witness, and the others may flatter.
    """
    found = list(readings(measure, cell).values())
    if not found or lacking(measure, cell):
        return None
    values = [each.value for each in found]
    logarithmic = measure.logarithmic and all(value > 0 for value in values)
    mean = _mean(values, _Scale.LOGARITHMIC if logarithmic else _Scale.PLAIN)
    return Reading(value=mean, at_least=any(each.at_least for each in found))


def lacking(measure: Measure, cell: CellFigures) -> int:
    """Return how many valid trials of a cell have no reading of a metric, and bear no witness."""
    return sum(trial.record.valid for trial in cell.trials) - len(readings(measure, cell))


def contrast(
    measure: Measure, baseline: CellFigures, candidate: CellFigures, *, first: int | None = None
) -> Contrast | None:
    """Return how a candidate differs, by the blocks that both share; None with fewer than 3.

    Args:
        measure: the metric and how it is come by.
        baseline: a cell.
        candidate: another cell of the same run and workload.
        first: only so many shared blocks, the earliest; all when None.
    """
    before, after = readings(measure, baseline), readings(measure, candidate)
    shared = sorted(before.keys() & after.keys())[:first]
    return _contrast(measure, [before[k] for k in shared], [after[k] for k in shared], paired=True)


def contrast_between(
    measure: Measure, baseline: CellFigures, candidate: CellFigures
) -> Contrast | None:
    """Return how a cell of another run differs; None where one has fewer than 3 valid trials.

    For a look only: the runs share no blocks, and a drift of the host counts as a change (R10).
    """
    before, after = readings(measure, baseline), readings(measure, candidate)
    return _contrast(measure, list(before.values()), list(after.values()), paired=False)


class _Scale(Enum):
    LOGARITHMIC = 0
    SHARE = 1
    PLAIN = 2


def _contrast(
    measure: Measure, before: Sequence[Reading], after: Sequence[Reading], *, paired: bool
) -> Contrast | None:
    old, new = [each.value for each in before], [each.value for each in after]
    scale = _scale(measure, old, new)
    sign = -1.0 if measure.metric.better is Better.HIGHER else 1.0
    base = _worse_scale(old, old, scale, sign)
    changed = _worse_scale(new, old, scale, sign)
    found, opposite = _changes(base, changed, paired=paired)
    if found is None or opposite is None:
        return None
    ends = sorted(_back(end, scale, sign) for end in (found.low, found.high))
    return Contrast(
        metric=measure.metric,
        baseline=_mean(old, scale),
        candidate=_mean(new, scale),
        relative=scale is not _Scale.PLAIN,
        change=_back(found.worse, scale, sign),
        low=ends[0],
        high=ends[1],
        smallest_visible=abs(_back(found.smallest_visible, scale, sign)),
        p=min(1.0, 2 * min(found.p_worse, opposite.p_worse)),
        p_by_ranks=min(1.0, 2 * min(found.p_worse_by_ranks, opposite.p_worse_by_ranks)),
        differences=tuple(_subtracted(changed, base)) if paired else (),
        found=found,
        logarithmic=scale is _Scale.LOGARITHMIC,
        at_least=(any(r.at_least for r in before), any(r.at_least for r in after)),
        fell_behind=(any(r.fell_behind for r in before), any(r.fell_behind for r in after)),
    )


def _changes(
    base: Sequence[float], changed: Sequence[float], *, paired: bool
) -> tuple[Change | None, Change | None]:
    """Return the change, and the change in the opposite direction."""
    if not paired:
        return change_between(base, changed), change_between(changed, base)
    return change(_subtracted(changed, base)), change(_subtracted(base, changed))


def _subtracted(these: Sequence[float], those: Sequence[float]) -> list[float]:
    return [this - that for this, that in zip(these, those, strict=True)]


def _scale(measure: Measure, old: Sequence[float], new: Sequence[float]) -> _Scale:
    if measure.logarithmic and all(value > 0 for value in (*old, *new)):
        return _Scale.LOGARITHMIC
    return _Scale.SHARE if old and np.mean(old) > 0 else _Scale.PLAIN


def _worse_scale(
    values: Sequence[float], old: Sequence[float], scale: _Scale, sign: float
) -> list[float]:
    if scale is _Scale.LOGARITHMIC:
        return [sign * math.log(value) for value in values]
    unit = float(np.mean(old)) if scale is _Scale.SHARE else 1.0
    return [sign * value / unit for value in values]


def _back(worse: float, scale: _Scale, sign: float) -> float:
    # A change of e^700 is as good as endless, and more would not fit a float.
    return math.expm1(min(sign * worse, 700.0)) if scale is _Scale.LOGARITHMIC else sign * worse


def _mean(values: Sequence[float], scale: _Scale) -> float:
    if scale is _Scale.LOGARITHMIC:
        return geometric_mean(values, confidence=CONFIDENCE).value
    return float(np.mean(values))
