"""What a cell comes to over its trials: an estimate for each metric."""

from collections.abc import Mapping, Sequence

from bench.analysis.figures import Estimate, TrialFigures
from bench.analysis.metrics import Measure, measures_of
from bench.stats.estimate import arithmetic_mean, geometric_mean

CONFIDENCE = 0.90


def estimates(trials: Sequence[TrialFigures]) -> Mapping[str, Estimate]:
    """Return a cell's estimates by metric key; absent where a valid trial lacks the metric."""
    valid = [trial for trial in trials if trial.record.valid]
    measures = measures_of(trial.record.cast for trial in valid)
    each = {measure.metric.key: _estimate(measure, valid) for measure in measures}
    return {key: estimate for key, estimate in each.items() if estimate is not None}


def _estimate(measure: Measure, trials: Sequence[TrialFigures]) -> Estimate | None:
    values = [(trial.record.block, measure.of_trial(trial)) for trial in trials]
    by_block = {block: value for block, value in values if value is not None}
    if not by_block or len(by_block) < len(trials):
        return None  # what a trial lacks it lacks for a bad reason, and the others would flatter
    mean = geometric_mean if measure.logarithmic else arithmetic_mean
    over_trials = mean(list(by_block.values()), confidence=CONFIDENCE)
    return Estimate(
        value=over_trials.value, low=over_trials.low, high=over_trials.high, by_block=by_block
    )
