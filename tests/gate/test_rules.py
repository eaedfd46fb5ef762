"""What one rule says about made-up blocks."""

from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, TimeFigures, TrialFigures
from bench.gate.rules import Case, Look, look
from bench.spec.criteria import parse_criterion
from bench.stats.compare import Verdict
from tests.analysis import runs
from tests.gate.figures import Blocks, run_of, time_of, trial_of, with_trials
from tests.parts import Time

STEADY = (10.0, 10.1, 9.9, 10.05, 9.95)
CELL = runs.cell("new")


def judged(rule: str, candidate: Blocks, baseline: Blocks = STEADY) -> Look:
    """What a rule says about end-to-end times in ms, one for each block."""
    figures = run_of({"old": baseline, "new": candidate})
    old, new = figures.workloads[0].cells
    criterion = parse_criterion(rule)
    against = old if criterion.versus_baseline else None
    case = Case(workload="small-events", rule=criterion, candidate=new, baseline=against)
    return look(case)


def of_trials(rule: str, *trials: TrialFigures) -> Look:
    """What a rule says about one cell with these trials."""
    return look(case_of(rule, with_trials(CELL, trials)))


def case_of(rule: str, candidate: CellFigures) -> Case:
    return Case(
        workload="small-events", rule=parse_criterion(rule), candidate=candidate, baseline=None
    )


def slower(factor: float, blocks: int = 5) -> Blocks:
    """The baseline's times, longer by a factor that hardly varies."""
    wobble = (1.0, 1.005, 0.995, 1.002, 0.998)
    return [STEADY[b % 5] * factor * wobble[b % 5] for b in range(blocks)]


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (1.00, Verdict.PASS),
        (1.03, Verdict.PASS),  # surely worse, and surely by less than the margin
        (1.20, Verdict.FAIL),
        (0.50, Verdict.PASS),
    ],
)
def test_a_change_is_judged_against_its_margin(factor: float, said: Verdict) -> None:
    """Blocks that hardly scatter leave no doubt on either side of +10 %."""
    assert judged("p99 vs baseline <= +10%", slower(factor)).verdict is said


def test_a_rate_that_falls_is_worse() -> None:
    """The made-up acked rate is 1000 divided by the time: 25 % longer is 20 % less."""
    assert judged("acked_rate vs baseline >= -10%", slower(1.25)).verdict is Verdict.FAIL
    assert judged("acked_rate vs baseline >= -10%", slower(0.80)).verdict is Verdict.PASS


def test_a_margin_on_the_edge_is_inconclusive() -> None:
    """As much inside as outside: more blocks, not a coin, must decide."""
    found = judged("p99 vs baseline <= +10%", (10.0, 12.5, 10.0, 12.0, 10.5))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "could be no change, could be +10 % or more" in found.reason


def test_the_reason_holds_the_figures() -> None:
    """+20 % by construction; who reads only this line must be able to judge it."""
    found = judged("p99 vs baseline <= +10%", slower(1.20))

    assert found.reason == "+20 % (90 % interval +19.6 % to +20.4 %): worse, and by +10 % or more"
    assert found.contrast is not None
    assert found.contrast.change == pytest.approx(0.20, abs=0.002)
    assert found.blocks == 5


@pytest.mark.parametrize("blocks", [3, 4])
def test_fewer_than_five_blocks_fail_nothing(blocks: int) -> None:
    """A smoke run may show a doubling; it is still no reason to break a build (R8)."""
    found = judged("p99 vs baseline <= +10%", slower(2.0, blocks))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert f"{blocks} blocks can show a difference but fail nothing" in found.reason


def test_two_blocks_say_nothing() -> None:
    """No interval, no verdict."""
    found = judged("p99 vs baseline <= +10%", (10.0, 10.0))

    assert (found.verdict, found.p) == (Verdict.INCONCLUSIVE, None)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("p99 < 20ms", Verdict.PASS),
        ("p99 < 9ms", Verdict.FAIL),
        ("p99 < 10ms", Verdict.INCONCLUSIVE),
        ("p99 > 9ms", Verdict.PASS),
        ("acked_rate >= 90/s", Verdict.PASS),
        ("acked_rate >= 200/s", Verdict.FAIL),
        ("lag_peak <= 10", Verdict.PASS),  # exactly 10 in every trial
        ("redelivered_ratio <= 0%", Verdict.PASS),
        ("lost == 0", Verdict.PASS),
        ("lost > 0", Verdict.FAIL),
        ("lag.verdict == stable", Verdict.PASS),
        ("lag.verdict != growing", Verdict.PASS),
        ("lag.verdict == draining", Verdict.FAIL),
    ],
)
def test_a_limit_is_judged_by_the_interval_over_trials(rule: str, said: Verdict) -> None:
    """10 ms give or take 0.8 %: 10 ms itself may be missed or met."""
    assert judged(rule, STEADY).verdict is said


def test_one_lost_message_fails_even_a_single_block() -> None:
    """Loss is a fact, not a sample: no number of blocks makes it tolerable."""
    found = of_trials("lost == 0", trial_of(CELL, 1, 10.0, lost=1))

    assert found.verdict is Verdict.FAIL
    assert found.reason == "broken in 1 of 1 trial; lost 1 (0.00714 %) in 001-new"


def test_a_growing_lag_fails_after_five_blocks() -> None:
    """It grows by 5 % of the offered rate each second, in every block."""
    trials = [trial_of(CELL, block, 10.0, slope_share=0.05) for block in range(1, 6)]

    assert of_trials("lag.verdict == stable", *trials).verdict is Verdict.FAIL
    assert of_trials("lag.verdict == stable", *trials[:4]).verdict is Verdict.INCONCLUSIVE


def test_a_consumer_that_falls_behind_cannot_pass_by_lacking_a_figure() -> None:
    """2 % of the messages never came: when the drain ended they had waited for its whole second."""
    trials = [behind(block) for block in range(1, 6)]

    assert of_trials("p99 < 999ms", *trials).verdict is Verdict.FAIL
    found = of_trials("p99 < 1100ms", *trials)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "longer still" in found.reason


def behind(block: int) -> TrialFigures:
    """A trial of 20 000 messages, 400 of which were never acked."""
    trial = trial_of(CELL, block, 50.0)
    finished = time_of(50.0, messages=19_600)
    unknown = {p: ns if p < 98 else None for p, ns in finished.percentiles_ns.items()}
    times: dict[str, TimeFigures] = {Time.END_TO_END: replace(finished, percentiles_ns=unknown)}
    return replace(trial, times=times)


def test_a_rough_percentile_decides_nothing() -> None:
    """Of 5000 messages 50 lie beyond p99: it moves by a tenth by chance alone."""
    trials = [trial_of(CELL, block, 10.0, messages=5_000) for block in range(1, 6)]

    assert of_trials("p95 < 20ms", *trials).verdict is Verdict.PASS
    found = of_trials("p99 < 20ms", *trials)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.startswith("50 messages of a trial lie beyond it")


def test_what_the_window_explains_is_the_same_reason_for_every_cell() -> None:
    """1000/s in 5 s leave 50 beyond p99, whatever the trials of a variant counted."""
    phases = CELL.workload.phases.model_copy(update={"measure_ns": 5 * 10**9})
    short = replace(CELL, workload=CELL.workload.model_copy(update={"phases": phases}))
    trials = [trial_of(short, block, 10.0, messages=4_900 + block) for block in range(1, 6)]
    rule = parse_criterion("p99 < 20ms")
    case = Case(workload="w", rule=rule, candidate=with_trials(short, trials), baseline=None)

    assert look(case).reason == (
        "5\u202f000 messages in 5s leave 50 beyond end-to-end p99, and 100 are needed; "
        "a window of 10s or a rate of 2000/s would do"
    )


def test_too_many_invalid_trials_make_the_others_worthless() -> None:
    """One of five may be bad luck; two of five have a cause that touches the others (R12)."""
    one = judged("p99 vs baseline <= +10%", (10.0, None, 10.0, 10.1, 9.9))
    two = judged("p99 vs baseline <= +10%", (10.0, None, 10.0, None, 9.9))

    assert one.verdict is not Verdict.INVALID
    assert two.verdict is Verdict.INVALID
    assert "2 of 5 trials invalid" in two.reason


def test_an_invalid_trial_takes_its_pair_along() -> None:
    """What is left of its block has no partner."""
    assert judged("p99 vs baseline <= +10%", (None, *STEADY[1:])).blocks == 4


def test_a_change_of_nothing_is_told_as_such() -> None:
    """Peak lag was 10 messages in every trial: no percentage of doubt."""
    assert judged("lag_peak vs baseline <= +10%", STEADY).reason.startswith("±0 %")


def test_a_rank_test_that_sees_it_otherwise_is_named() -> None:
    """One block in five far off: all five are worse by ranks, and the t interval spans zero."""
    found = judged("p99 vs baseline <= +10%", (10.5, 10.6, 10.4, 10.6, 40.0))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "the rank test does not see it so (p 0.06)" in found.reason


def test_one_rough_trial_is_enough_to_decide_nothing() -> None:
    """Four trials with 200 messages beyond p99 do not vouch for a fifth that has 99."""
    trials = [trial_of(CELL, block, 10.0) for block in range(1, 5)]

    enough = of_trials("p99 < 20ms", *trials, trial_of(CELL, 5, 10.0, messages=10_000))
    found = of_trials("p99 < 20ms", *trials, trial_of(CELL, 5, 10.0, messages=9_900))

    assert enough.verdict is Verdict.PASS
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.startswith("99 messages of a trial lie beyond it")


def test_a_rough_baseline_decides_nothing_either() -> None:
    """A candidate is not worse, nor as good, because the baseline's p99 moved by chance."""
    sound = [trial_of(CELL, block, 10.0) for block in range(1, 6)]
    rough = [trial_of(CELL, block, 10.0, messages=5_000) for block in range(1, 6)]
    rule = parse_criterion("p99 vs baseline <= +10%")

    found = look(
        Case(
            workload="w",
            rule=rule,
            candidate=with_trials(CELL, sound),
            baseline=with_trials(CELL, rough),
        )
    )

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.startswith("50 messages of a trial lie beyond it")


def test_a_rule_that_asks_for_more_passes_where_the_true_figure_is_more_still() -> None:
    """Each p99 is longer than 1 s: not to be told, and yet surely above 900 ms."""
    found = of_trials("p99 > 900ms", *[behind(block) for block in range(1, 6)])

    assert found.verdict is Verdict.PASS
    assert found.at_least
