"""What rules say of a count that several parts have, where nobody can tell that of one."""

import pytest

from bench.analysis import shortfalls
from bench.analysis.figures import TrialFigures, WorkloadFigures
from bench.gate.rules import Case, Look, look
from bench.gate.unasked import falls_short, may_fall_short
from bench.spec.criteria import parse_criterion
from bench.stats.compare import Verdict
from tests.gate import several


def judged(rule: str, *trials: TrialFigures) -> Look:
    """What a rule says about one cell with these trials."""
    candidate = several.with_trials(trials)
    return look(Case(workload="w", rule=parse_criterion(rule), candidate=candidate, baseline=None))


UNKNOWN_AND_LOST = several.trial(1, billing__lost=-1, audit__lost=5)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("lost == 0", Verdict.FAIL),
        ("lost <= 4", Verdict.FAIL),
        ("lost < 5", Verdict.FAIL),
        ("lost <= 0.01%", Verdict.FAIL),
        ("lost == 5", Verdict.INCONCLUSIVE),
        ("lost <= 5", Verdict.INCONCLUSIVE),
        ("lost <= 1%", Verdict.INCONCLUSIVE),
        ("lost != 0", Verdict.INCONCLUSIVE),
        ("lost > 0", Verdict.INCONCLUSIVE),
        ("audit.lost == 0", Verdict.FAIL),
        ("billing.lost == 0", Verdict.INCONCLUSIVE),
    ],
)
def test_a_loss_that_is_known_breaks_a_rule_though_another_is_not(rule: str, said: Verdict) -> None:
    """Nobody can tell whether billing lost any; that audit lost five is a fact."""
    assert judged(rule, UNKNOWN_AND_LOST).verdict is said


def test_what_is_known_of_it_is_said_as_the_least() -> None:
    """Of the 7 000 deliveries that were due to that consumer."""
    found = judged("lost == 0", UNKNOWN_AND_LOST, several.trial(2))

    assert found.reason == "broken in 1 of 2 trials; lost at least 5 (0.0714 %) in 001-new"
    assert shortfalls.total([several.with_trials([UNKNOWN_AND_LOST])], "lost") == 5


def test_a_share_is_that_of_the_part_that_lost_most() -> None:
    """Ten of 7 000 are 0.14 %; of all 21 000 that were due they would be 0.05 % and allowed."""
    lost = several.trial(1, audit__lost=10)

    assert judged("lost <= 0.1%", lost).verdict is Verdict.FAIL
    assert judged("lost <= 0.15%", lost).verdict is Verdict.PASS


@pytest.mark.parametrize("rules", [(), ("lost == 0",), ("audit.lost == 0",)])
def test_a_run_with_such_a_loss_fails(rules: tuple[str, ...]) -> None:
    """`jetbench run` ends with 1, and not with "nobody can tell", however it was asked."""
    cells = (several.with_trials([UNKNOWN_AND_LOST, several.trial(2)]),)
    workload = WorkloadFigures(name="w", cells=cells, decisions={})

    assert falls_short(tuple(map(parse_criterion, rules)), workload)
    allowed = (parse_criterion("lost <= 5"),)
    assert not falls_short(allowed, workload)
    assert may_fall_short(allowed, workload)
