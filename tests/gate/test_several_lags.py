"""What is said of a lag that several parts have: the worst of them is what holds."""

from dataclasses import replace

import pytest

from bench.analysis.figures import LagFigures, LagVerdict, TrialFigures
from bench.analysis.lag import over_parts
from bench.gate.rules import Case, Look, look
from bench.spec.criteria import parse_criterion
from bench.stats.compare import Verdict
from tests.gate import several
from tests.gate.several import lag


def judged(rule: str, *trials: TrialFigures) -> Look:
    """What a rule says about one cell with these trials."""
    candidate = several.with_trials(trials)
    return look(Case(workload="w", rule=parse_criterion(rule), candidate=candidate, baseline=None))


def beside(first: LagFigures, second: LagFigures, worst: LagFigures) -> list[TrialFigures]:
    """Five trials with these lags of both consumers, of which one is farthest behind."""
    both = {"billing": first, "audit": second}
    return [replace(several.trial(block, both), lag=worst) for block in range(1, 6)]


def test_the_peak_of_all_is_the_highest_though_another_part_has_the_worse_verdict() -> None:
    """`lag_peak < 100msgs` passed by the ten of who scatters, beside five thousand that wait."""
    scatters = lag(LagVerdict.INCONCLUSIVE, -0.05)
    waits = lag(LagVerdict.STABLE, peak=5000.0)

    for trials in (beside(scatters, waits, scatters), beside(waits, scatters, scatters)):
        found = judged("lag_peak < 100", *trials)
        assert (found.verdict, found.value) == (Verdict.FAIL, 5000.0)
        assert several.with_trials(trials).estimates["lag_msgs_peak"].value == 5000.0


def test_the_slope_of_all_is_the_steepest() -> None:
    """Not that of who has the worse verdict."""
    scatters, rises = lag(LagVerdict.INCONCLUSIVE, -0.05), lag(LagVerdict.STABLE, 0.009)

    cell = several.with_trials(beside(scatters, rises, scatters))

    assert cell.estimates["lag_slope_msgs_per_s"].value == pytest.approx(9.0)


def test_of_all_there_is_no_peak_where_that_of_one_is_not_known() -> None:
    """It may be the highest."""
    grows = lag(LagVerdict.GROWING, 0.05)
    trials = [replace(several.trial(b, {"audit": grows}), lag=grows) for b in range(1, 6)]

    cell = several.with_trials(trials)

    assert "lag_msgs_peak" not in cell.estimates
    assert cell.estimates["audit.lag_msgs_peak"].value == 10.0


def test_who_slowly_falls_behind_is_not_hidden_by_who_scatters() -> None:
    """Audit is on either side of 1 % a second; that billing drains is no merit of its."""
    calm, grows = lag(LagVerdict.STABLE, 0.0095), lag(LagVerdict.INCONCLUSIVE, 0.0105)
    drains = lag(LagVerdict.INCONCLUSIVE, -0.05)
    rising = [(calm, drains), (calm, drains), (calm, drains), (calm, drains), (grows, grows)]
    trials = [
        replace(several.trial(b, {"billing": drains, "audit": audit}), lag=worst)
        for b, (audit, worst) in enumerate(rising, start=1)
    ]

    assert several.with_trials(trials).lag_verdict is LagVerdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("known", "said"), [(LagVerdict.STABLE, None), (LagVerdict.GROWING, LagVerdict.GROWING)]
)
def test_of_a_lag_that_one_part_does_not_tell_only_the_worst_is_said(
    known: LagVerdict, said: LagVerdict | None
) -> None:
    """That the others stand still is no promise for it; that they fall behind is enough."""
    share = 0.02 if known is LagVerdict.GROWING else 0.0
    trials = [several.trial(block, {"audit": lag(known, share)}) for block in range(1, 6)]

    assert over_parts(trials) is said
