"""The verdict on a whole run: the family of gates, what is final, and how a command ends."""

import math
import re
from dataclasses import replace

import pytest

from bench.core.errors import ExitCode, UsageError
from bench.gate.verdict import GateResult, Sides, exit_code, judge, looks_red
from bench.plan.model import VariantName
from bench.spec.variant import Settings
from bench.stats.compare import Verdict
from tests.gate.figures import BASELINE, Blocks, counting, gates, run_of, with_trials

SIDES = Sides(baseline=BASELINE)
OLD = (10.0, 10.1, 9.9, 10.05, 9.95, 10.0, 10.1, 9.9, 10.05, 9.95)
RULE = "p99 vs baseline <= +10%"


def scaled(factors: Blocks) -> Blocks:
    return [old * factor for old, factor in zip(OLD, factors, strict=False) if factor is not None]


SLOWER = scaled((1.20, 1.21, 1.19, 1.22, 1.18, 1.20, 1.21, 1.19, 1.22, 1.18))
CHANCE = scaled((1.12, 1.30, 1.05, 1.30, 1.12, 0.98, 0.90, 1.00, 0.95, 0.97))
"""Red on five blocks, nothing on ten."""


def verdict_of(new: Blocks, old: Blocks = OLD, *, planned: int = 5) -> GateResult:
    """The verdict on a candidate after so many planned blocks and those that came on top."""
    figures = run_of({"old": old[: len(new)], "new": new}, planned=planned)
    return judge(figures, gates(RULE), SIDES)


def test_a_planted_change_is_red_and_stays_red() -> None:
    """20 % on the first five blocks and on all ten."""
    figures = run_of({"old": OLD[:5], "new": SLOWER[:5]})

    assert looks_red(figures, gates(RULE), SIDES) == ("small-events",)
    assert verdict_of(SLOWER).verdict is Verdict.FAIL


def test_a_change_that_does_not_come_back_is_not_red() -> None:
    """What five blocks showed by chance is gone on ten (R9)."""
    figures = run_of({"old": OLD[:5], "new": CHANCE[:5]})

    assert looks_red(figures, gates(RULE), SIDES) == ("small-events",)
    assert verdict_of(CHANCE).verdict is not Verdict.FAIL


def test_what_the_screen_did_not_flag_cannot_become_red() -> None:
    """Looking again until it is red would be the same cheat as until it is green."""
    late = scaled((1.0, 1.3, 0.9, 1.1, 1.2, 1.3, 1.3, 1.3, 1.3, 1.3))

    result = verdict_of(late)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "the first 5 blocks did not say so" in result.outcomes[0].reason


def test_confirmed_gates_need_no_further_blocks() -> None:
    """Twice is enough: there is no third look."""
    figures = run_of({"old": OLD, "new": SLOWER}, planned=5)

    assert looks_red(figures, gates(RULE), SIDES) == ()


def test_a_red_that_was_not_confirmed_says_so() -> None:
    """`gate RUN` judges the blocks that there are; a gate that measures adds as many."""
    (warning,) = verdict_of(SLOWER[:5]).warnings

    assert warning.startswith("small-events, end_to_end_p99 vs baseline <= +10%: red on 5 blocks")
    assert verdict_of(SLOWER).warnings == ()


def test_each_verdict_stands_beside_the_chance_that_belongs_to_it() -> None:
    """A pass is sure that the margin is not reached, a fail that the candidate is worse at all."""
    (passed,) = verdict_of(OLD[:5]).outcomes
    (failed,) = verdict_of(SLOWER).outcomes

    assert (passed.p, passed.p_margin) == (1.0, 0.0)  # equal in every block: no doubt is left
    assert failed.p_adjusted is not None
    assert failed.p_margin is not None
    assert failed.p_adjusted < 0.05
    assert failed.p_margin > 0.95


def test_an_outcome_tells_both_sides_and_what_lies_between() -> None:
    """10 ms and 12 ms by construction; of two-sided ranks five alike signs have 2 / 32."""
    (failed,) = verdict_of(SLOWER[:5]).outcomes

    assert (failed.baseline, failed.candidate) == ("pull-batch/old", "pull-batch/new")
    assert (failed.metric, failed.figure, failed.unit) == (
        "end_to_end_ns_p99",
        "end-to-end p99",
        "ns",
    )
    assert failed.baseline_value == pytest.approx(10e6, rel=0.001)
    assert failed.candidate_value == pytest.approx(12e6, rel=0.001)
    assert (failed.relative, failed.margin, failed.limit, failed.blocks) == (True, 0.10, None, 5)
    assert failed.change == pytest.approx(0.20, abs=0.001)
    assert failed.low is not None
    assert failed.high is not None
    assert 0.18 < failed.low < 0.20 < failed.high < 0.22
    assert failed.p_by_ranks == pytest.approx(2 / 32)


def test_an_outcome_without_a_baseline_has_one_side() -> None:
    """A count has no unit either, and the lag no value."""
    figures = run_of({"old": OLD[:5], "new": OLD[:5]})

    found = judge(figures, gates("lost == 0", "lag.verdict == stable"), SIDES).outcomes

    assert [(each.metric, each.figure, each.unit, each.baseline) for each in found] == [
        ("lost", "lost messages", "", ""),
        ("lag.verdict", "lag", "", ""),
    ]
    assert [(each.candidate_value, each.margin, each.limit, each.change) for each in found] == [
        (0.0, None, None, None),
        (None, None, None, None),
    ]


def test_a_change_from_nothing_is_no_share() -> None:
    """One in a hundred redelivered, where none was: that is +1 %, and not so many times more."""
    figures = run_of({"old": OLD[:5], "new": OLD[:5]})
    (workload,) = figures.workloads
    old, new = workload.cells
    some = with_trials(new.cell, [counting(trial, redelivered=140) for trial in new.trials])
    figures = replace(figures, workloads=(replace(workload, cells=(old, some)),))

    (outcome,) = judge(figures, gates("redelivered_ratio vs baseline <= +10%"), SIDES).outcomes

    assert not outcome.relative
    assert outcome.change == pytest.approx(0.01)


def test_a_fixed_limit_has_both_chances_too() -> None:
    """9.9 to 10.1 ms against 10 ms: as likely above as below, so neither is small."""
    figures = run_of({"old": OLD[:5], "new": OLD[:5]})

    (outcome,) = judge(figures, gates("p99 < 10ms"), SIDES).outcomes

    assert (outcome.verdict, outcome.limit) == (Verdict.INCONCLUSIVE, 10e6)
    assert outcome.p == pytest.approx(0.5, abs=0.02)
    assert outcome.p_margin == pytest.approx(0.5, abs=0.02)


def test_many_gates_ask_more_of_each() -> None:
    """Red alone, and among three not: Holm multiplies the smallest p of a family by its size.

    By hand: differences of 0, 0.1, … 0.4 have mean 0.2 and error 0.0707; t = 2.83 on 4 degrees of
    freedom is p = 0.0237, and three times that is above 5 %.
    """
    new = [old * math.exp(d / 10) for old, d in zip(OLD, range(5), strict=False)]
    one = judge(run_of({"old": OLD[:5], "new": new}), gates(RULE), SIDES)
    three = judge(
        run_of({"old": OLD[:5], "new": new}, workloads=("a", "b", "c")), gates(RULE), SIDES
    )

    assert one.outcomes[0].p == pytest.approx(0.0237, abs=1e-4)
    assert one.verdict is Verdict.FAIL
    assert three.outcomes[0].p_adjusted == pytest.approx(3 * 0.0237, abs=3e-4)
    assert three.verdict is Verdict.INCONCLUSIVE
    assert "with all goals allowed for" in three.outcomes[0].reason


def test_the_worst_gate_is_the_verdict_and_comes_first() -> None:
    """Fail outranks invalid outranks inconclusive outranks pass."""
    figures = run_of({"old": OLD[:5], "new": SLOWER[:5]})
    result = judge(figures, gates("lost == 0", RULE, "lag.verdict == stable", "p50 < 12ms"), SIDES)

    assert [str(outcome.verdict) for outcome in result.outcomes] == [
        "fail",
        "inconclusive",
        "pass",
        "pass",
    ]
    assert result.verdict is Verdict.FAIL
    assert result.sentence.startswith(
        "1 of 4 goals missed: end_to_end_p99 vs baseline <= +10% under small-events: +20 %"
    )


@pytest.mark.parametrize(
    ("new", "fails", "code"),
    [
        (OLD[:5], True, ExitCode.OK),
        (SLOWER[:5], False, ExitCode.FAILED),
        (OLD[:2], True, ExitCode.INCONCLUSIVE),
        (OLD[:2], False, ExitCode.OK),
        ((10.0, None, None, 10.0, 10.0), False, ExitCode.INVALID),
    ],
)
def test_a_command_ends_by_its_worst_gate(new: Blocks, fails: bool, code: ExitCode) -> None:
    """0, 1, 3 and 4 are what CI goes by; only not knowing may be told to pass."""
    assert exit_code(verdict_of(new), inconclusive_fails=fails) is code


def test_a_margin_below_what_could_be_seen_is_warned_about() -> None:
    """A gate of 10 % on blocks that scatter by 30 % is a lamp without a bulb."""
    noisy = scaled((0.7, 1.3, 0.8, 1.2, 1.0))

    (warning,) = verdict_of(noisy).warnings

    assert re.search(r"the margin of \+10 % is below \d+ %, the smallest worsening", warning)


def test_a_rule_on_a_baseline_needs_one() -> None:
    """Judging against nothing would pass everything."""
    figures = run_of({"old": OLD[:5], "new": OLD[:5]})

    with pytest.raises(UsageError, match="--baseline CONFIG/VARIANT"):
        judge(figures, gates(RULE), Sides(baseline=None))


def test_a_baseline_that_was_not_measured_is_told() -> None:
    """A name of another run, say."""
    gone = VariantName(config="pull-batch", variant="gone")

    with pytest.raises(UsageError, match="gone was not measured under small-events"):
        judge(run_of({"new": OLD[:5]}), gates(RULE), Sides(baseline=gone))


def test_rules_without_a_baseline_are_asked_of_every_variant() -> None:
    """A run without sides is judged as it stands."""
    figures = run_of({"old": OLD[:5], "new": SLOWER[:5]})
    result = judge(figures, gates("p99 < 11ms"), Sides(baseline=None))

    assert [(o.candidate, str(o.verdict)) for o in result.outcomes] == [
        ("pull-batch/new", "fail"),
        ("pull-batch/old", "pass"),
    ]


def test_only_named_candidates_are_judged() -> None:
    """A matrix holds variants that are known to be slow."""
    figures = run_of({"old": OLD[:5], "new": OLD[:5], "slow": SLOWER[:5]})
    new = VariantName(config="pull-batch", variant="new")

    result = judge(figures, gates(RULE), Sides(baseline=BASELINE, candidates=(new,)))

    assert [outcome.candidate for outcome in result.outcomes] == ["pull-batch/new"]


def test_an_invalid_baseline_of_the_run_leaves_nothing_to_judge() -> None:
    """Five sound cells and a limit that asks for no baseline: it failed beside them (R12)."""
    cells = dict.fromkeys("abcde", OLD[:5]) | {"old": (None, None, 10.0, 10.0, 10.0)}
    figures = run_of(cells, changes={"baseline": "pull-batch/old"})

    found = judge(figures, gates("p99 < 20ms"), SIDES)

    assert [str(outcome.verdict) for outcome in found.outcomes] == ["invalid"] * 5


def test_a_workload_that_was_not_measured_is_told() -> None:
    """Rules about it would otherwise pass by never being asked."""
    rules = gates("lost == 0", own={"smal-events": ["p99 < 1s"]})

    with pytest.raises(UsageError, match="did you mean 'small-events'"):
        judge(run_of({"old": OLD[:5]}), rules, Sides(baseline=None))


def test_a_run_without_a_candidate_is_told() -> None:
    """Nothing to judge is not a pass."""
    with pytest.raises(UsageError, match="no rule is about a cell"):
        judge(run_of({"old": OLD[:5]}), gates(RULE), SIDES)


def test_a_verdict_comes_out_the_same_when_judged_again() -> None:
    """Everything is told from the records, the screen too."""
    assert verdict_of(SLOWER) == verdict_of(SLOWER)


def test_an_ack_that_comes_sooner_is_warned_of() -> None:
    """A candidate that acks before its handler passes any rule on end-to-end times."""
    early = Settings.model_validate({"ack": {"timing": "after-validation"}})
    figures = run_of({"old": OLD[:5], "new": SLOWER[:5]})
    (workload,) = figures.workloads
    old, new = workload.cells
    changed = replace(new, cell=replace(new.cell, settings=early))
    figures = replace(figures, workloads=(replace(workload, cells=(old, changed)),))

    warnings = judge(figures, gates(RULE, "lost == 0"), SIDES).warnings

    assert any("what acks sooner is not done sooner" in warning for warning in warnings)
    assert not any("acks sooner" in each for each in verdict_of(SLOWER).warnings)
