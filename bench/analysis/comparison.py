"""Cells side by side: estimates over their trials, ranks, and what the blocks can tell apart."""

import math
from collections.abc import Mapping, Sequence

from bench.analysis.figures import CellFigures, Estimate, TrialFigures
from bench.analysis.metrics import MEASURES, Measure
from bench.analysis.validity import reproach_of
from bench.spec.metrics import Better
from bench.stats.estimate import MIN_TRIALS, arithmetic_mean, geometric_mean

CONFIDENCE = 0.90


def estimates(trials: Sequence[TrialFigures]) -> Mapping[str, Estimate]:
    """Return a cell's estimates by metric key, over its valid trials; absent where none has it."""
    valid = [trial for trial in trials if trial.record.valid]
    each = {measure.metric.key: _estimate(measure, valid) for measure in MEASURES}
    return {key: estimate for key, estimate in each.items() if estimate is not None}


def best(cells: Sequence[CellFigures]) -> Mapping[str, str]:
    """Return, by metric key, the id of the cell with the best estimate.

    Absent where fewer than two cells have the metric, where neither way is better, and where the
    best two are the same within the metric's resolution. The best is a rank, not a proof:
    `separable` says whether the blocks tell two cells apart. A cell that is invalid by itself is
    not ranked.
    """
    sound = [cell for cell in cells if not reproach_of(cell)]
    winners = {measure.metric.key: _winner(measure, sound) for measure in MEASURES}
    return {key: cell_id for key, cell_id in winners.items() if cell_id is not None}


def separable(a: Estimate, b: Estimate) -> bool | None:
    """Say whether the blocks that two cells share tell their estimates apart.

    By the 90 % t interval of the paired log ratio; of the difference where a value is 0 or less.
    None with fewer than 3 shared blocks: then nothing can be said.
    """
    pairs = [(a.by_block[k], b.by_block[k]) for k in a.by_block.keys() & b.by_block.keys()]
    if len(pairs) < MIN_TRIALS:
        return None
    positive = all(left > 0 and right > 0 for left, right in pairs)
    differences = [math.log(left / right) if positive else left - right for left, right in pairs]
    mean = arithmetic_mean(differences, confidence=CONFIDENCE)
    return mean.low is not None and mean.high is not None and not mean.low <= 0 <= mean.high


def _estimate(measure: Measure, trials: Sequence[TrialFigures]) -> Estimate | None:
    values = [(trial.record.block, measure.of_trial(trial)) for trial in trials]
    by_block = {block: value for block, value in values if value is not None}
    if not by_block or (measure.of_all and len(by_block) < len(trials)):
        return None
    mean = geometric_mean if measure.logarithmic else arithmetic_mean
    over_trials = mean(list(by_block.values()), confidence=CONFIDENCE)
    return Estimate(
        value=over_trials.value, low=over_trials.low, high=over_trials.high, by_block=by_block
    )


def _winner(measure: Measure, cells: Sequence[CellFigures]) -> str | None:
    key, better = measure.metric.key, measure.metric.better
    values = [(cell.estimates[key].value, cell.cell.id) for cell in cells if key in cell.estimates]
    if len(values) < 2 or better is Better.NEITHER:
        return None
    (first, cell_id), (second, _) = sorted(values, reverse=better is Better.HIGHER)[:2]
    same = abs(first - second) <= measure.resolution * max(abs(first), abs(second))
    return None if same else cell_id
