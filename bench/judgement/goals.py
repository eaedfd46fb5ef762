"""What was asked to hold, by a gate or by the criteria of a matrix, and what came of it."""

from collections.abc import Mapping, Sequence

from bench.analysis.figures import RunFigures
from bench.core import text
from bench.gate.criteria import Answer, Mark, Standing
from bench.gate.states import STATES
from bench.gate.verdict import P_MARGIN_WORDS, P_WORDS, GateOutcome, GateResult, label
from bench.gate.writing import candidate_figure, change
from bench.judgement.model import Goal
from bench.spec.criteria import LAG_VERDICT
from bench.stats.compare import Verdict

READINGS = {
    Verdict.PASS: "kept",
    Verdict.FAIL: "missed",
    Verdict.INCONCLUSIVE: "undecided",
    Verdict.INVALID: "not measured",
}

_ORDER = tuple(READINGS[each] for each in (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE))


def goals_of(
    figures: RunFigures, gate: GateResult | None, answer: Answer | None
) -> tuple[Goal, ...]:
    """Return the goals of a gate, else of the criteria: missed, undecided, kept."""
    if gate is not None:
        lags = {
            (workload.name, label(cell)): cell.lag_verdict or ""
            for workload in figures.workloads
            for cell in workload.cells
        }
        return _sorted([_of_outcome(outcome, lags) for outcome in gate.outcomes])
    if answer is None:
        return ()
    return _sorted([_of_mark(s, mark) for s in answer.standings for mark in s.marks])


def _sorted(goals: Sequence[Goal]) -> tuple[Goal, ...]:
    def place(goal: Goal) -> int:
        return _ORDER.index(goal.reading) if goal.reading in _ORDER else len(_ORDER)

    return tuple(sorted(goals, key=place))


def _of_outcome(outcome: GateOutcome, lags: Mapping[tuple[str, str], str]) -> Goal:
    lag = lags.get((outcome.workload, outcome.candidate), "")
    compares = outcome.margin is not None and outcome.relative
    return Goal(
        workload=outcome.workload,
        candidate=outcome.candidate,
        rule=outcome.rule,
        state=STATES[outcome.verdict],
        reading=READINGS[outcome.verdict],
        reason=outcome.reason,
        found=change(outcome).partition(" (")[0]
        or (lag if outcome.metric == LAG_VERDICT else candidate_figure(outcome)),
        chances=_chances(outcome),
        change=outcome.change if compares else None,
        low=outcome.low if compares else None,
        high=outcome.high if compares else None,
        margin=outcome.margin if compares else None,
    )


def _chances(outcome: GateOutcome) -> str:
    pairs = ((P_WORDS, outcome.p_adjusted), (P_MARGIN_WORDS, outcome.p_margin))
    return "; ".join(f"{words}: {text.p_value(p)}" for words, p in pairs if p is not None)


def _of_mark(standing: Standing, mark: Mark) -> Goal:
    return Goal(
        workload=mark.workload,
        candidate=standing.variant,
        rule=mark.rule,
        state=STATES[mark.verdict],
        reading=READINGS[mark.verdict],
        reason=mark.reason,
        found="",
    )
