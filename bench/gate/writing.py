"""What a gate found, as people read it: a figure, and a change with its interval."""

from bench.analysis.paired import bound_sign
from bench.core import text
from bench.gate.verdict import GateOutcome
from bench.spec.metrics import metric_of


def candidate_figure(outcome: GateOutcome) -> str:
    """Write the candidate's figure, with `≥` where it is more; empty where there is none."""
    return _figure(outcome.candidate_value, outcome, at_least=outcome.candidate_at_least)


def _figure(amount: float | None, outcome: GateOutcome, *, at_least: bool) -> str:
    if amount is None:
        return ""
    if not outcome.unit:
        return text.count(round(amount))
    written = metric_of(outcome.metric).written(amount, limit=outcome.limit)
    return f"{'≥ ' if at_least else ''}{written}"


def change(outcome: GateOutcome) -> str:
    """Write an outcome's change with its interval; empty where nothing was compared."""
    if outcome.change is None or outcome.low is None or outcome.high is None:
        return ""
    metric, relative, margin = metric_of(outcome.metric), outcome.relative, outcome.margin
    middle = metric.written_change(outcome.change, relative=relative, limit=margin)
    ends = metric.written_interval(outcome.low, outcome.high, relative=relative, limit=margin)
    sign = bound_sign(outcome.baseline_at_least, outcome.candidate_at_least)
    return f"{sign}{middle} ({ends})"
