"""A valid trial in which nothing of the window finished: the worst block, never a missing one.

The made-up window is 12 s long, with a drain of 1 s behind it.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.analysis.deciding import decisions
from bench.analysis.figures import CellFigures, TrialFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import readings
from bench.gate.calibration import calibrate
from bench.gate.criteria import answer
from bench.gate.rules import Case, Look, look
from bench.gate.verdict import Sides, judge
from bench.record.schema import ProcessUsage
from bench.spec.criteria import parse_criterion
from bench.stats.compare import Verdict
from tests.analysis import runs
from tests.gate.figures import BASELINE, figures_of, gates, trial_of, with_trials
from tests.parts import without_acks

P99 = measure_of("end_to_end_ns_p99")
OLD, NEW = runs.cell("old"), runs.cell("new")
SERVER = ProcessUsage(role="server", cpu_ns=3_000_000, cpu_share=0.1, rss_bytes_peak=10**8)


def stalled(trial: TrialFigures) -> TrialFigures:
    """The same trial, had nothing of its window been stored: the server took 3 ms of CPU for it."""
    assert trial.record.window_counts is not None
    never = ("stored", "received", "handled", "acked")
    counts = {**trial.record.window_counts, **dict.fromkeys(never, 0)}
    record = replace(trial.record, window_counts=counts, processes=(SERVER,))
    rates = {**trial.rates, **dict.fromkeys(never, 0.0)}
    return replace(trial, record=record, times={}, rates=rates)


def cell(name: str, *, stalls: Sequence[int] = (), blocks: int = 5) -> CellFigures:
    """A cell of 10 ms in every block but those that stall."""
    place = NEW if name == "new" else OLD
    each = [trial_of(place, block, 10.0 + block / 100) for block in range(1, blocks + 1)]
    return with_trials(place, [stalled(t) if t.record.block in stalls else t for t in each])


def judged(rule: str, candidate: CellFigures, baseline: CellFigures | None = None) -> Look:
    criterion = parse_criterion(rule)
    against = (baseline or cell("old")) if criterion.versus_baseline else None
    return look(Case(workload="w", rule=criterion, candidate=candidate, baseline=against))


RULES = (
    "p99 < 20ms",
    "p50 < 20ms",
    "acked_rate >= 1/s",
    "p99 vs baseline <= +10%",
    "p50 vs baseline <= +10%",
    "acked_rate vs baseline >= -10%",
)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("blocks", [4, 30])
def test_one_stalled_block_lets_no_rule_pass(rule: str, blocks: int) -> None:
    """Left out, three of four blocks were as good as ever; thirty blocks make it no better."""
    assert judged(rule, cell("new", blocks=blocks), cell("old", blocks=blocks)).verdict is (
        Verdict.PASS
    )

    found = judged(rule, cell("new", stalls=[2], blocks=blocks), cell("old", blocks=blocks))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "fell behind" in found.reason
    assert found.blocks == blocks


@pytest.mark.parametrize("rule", RULES[:2])
def test_blocks_that_all_stall_break_a_limit(rule: str) -> None:
    """No message came in 13 s: neither 20 ms nor anything else that a rule may ask.

    How likely it is that the limit holds all the same cannot be told of values that are too low.
    """
    found = judged(rule, cell("new", stalls=range(1, 6)))

    assert (found.verdict, found.at_least, found.p_margin) == (Verdict.FAIL, True, None)
    assert found.reason == (
        "13.0 s (90 % interval 13.0 s, no spread seen): the rule is broken; it fell behind, "
        "and the true figure is longer still"
    )


def test_cpu_that_served_nothing_is_more_and_not_longer() -> None:
    """3 ms of CPU in each block, and no message that it was for."""
    found = judged("server_cpu < 100us", cell("new", stalls=range(1, 6)))

    assert found.verdict is Verdict.FAIL
    assert found.reason.endswith("; it fell behind, and the true figure is more still")


@pytest.mark.parametrize("rule", [RULES[3], RULES[5]])
def test_blocks_that_all_stall_are_a_regression(rule: str) -> None:
    """Against a baseline that took 10 ms, and 100 messages a second."""
    found = judged(rule, cell("new", stalls=range(1, 6)))

    assert (found.verdict, found.p_margin) == (Verdict.FAIL, None)
    assert found.reason.endswith(
        "; it fell behind, and the true figure is longer still"
        if "p99" in rule
        else "; it fell behind: in a block nothing came at all"
    )


@pytest.mark.parametrize("rule", RULES[3:])
@pytest.mark.parametrize("stalls", [[2], [1, 2, 3, 4, 5]])
def test_a_stalled_baseline_decides_nothing(rule: str, stalls: list[int]) -> None:
    """The candidate is not good because the baseline stood still, nor bad for it."""
    found = judged(rule, cell("new"), cell("old", stalls=stalls))

    assert (found.verdict, found.p_margin) == (Verdict.INCONCLUSIVE, None)
    assert found.reason.startswith("the baseline ")


@pytest.mark.parametrize("behind", ["old", "new"])
def test_a_verdict_tells_which_side_is_more_than_its_value(behind: str) -> None:
    """A view that wrote 13 s without its `≥` would show a bound as a figure."""
    cells = [cell(name, stalls=[2] if name == behind else []) for name in ("old", "new")]
    figures = figures_of(runs.plan([OLD, NEW], blocks=5), {"small-events": cells})

    (outcome,) = judge(figures, gates("p99 vs baseline <= +10%"), Sides(baseline=BASELINE)).outcomes

    assert outcome.baseline_at_least is (behind == "old")
    assert outcome.candidate_at_least is (behind == "new")


def test_a_candidate_that_fell_behind_is_named_for_it() -> None:
    """At least 13 s in one block; 20 s of the baseline's are no proof that it was less."""
    slow = with_trials(OLD, [trial_of(OLD, block, 20_000.0 + block) for block in range(1, 6)])

    found = judged("p99 vs baseline <= +10%", cell("new", stalls=[2]), slow)

    assert (found.verdict, found.p_margin) == (Verdict.INCONCLUSIVE, None)
    assert found.reason.startswith("the candidate fell behind, ")


def test_a_reason_says_both_that_it_fell_behind_and_that_ranks_disagree() -> None:
    """8 s before, and at least 13 s in four blocks of five; a little less than 8 s in the first.

    By t it is surely worse; of ranks 2 of 32 are as far to that side: a two-sided p of 4 / 32.
    """
    old = with_trials(OLD, [trial_of(OLD, block, 8000.0) for block in range(1, 6)])
    faster = trial_of(NEW, 1, 7990.0)
    new = with_trials(NEW, [faster, *cell("new", stalls=range(2, 6)).trials[1:]])

    found = judged("p99 vs baseline <= +10%", new, old)

    assert found.verdict is Verdict.FAIL
    assert found.reason.endswith(
        "; it fell behind, and the true figure is longer still"
        "; the rank test does not see it so (p 0.12)"
    )


def test_what_never_came_counts_as_longer_than_anything_measured() -> None:
    """Window and drain are 13 s; no message of this trial's window can have taken longer."""
    found = readings(P99, cell("new", stalls=[2]))

    assert (found[2].value, found[2].at_least) == (13e9, True)
    assert not found[1].at_least


def test_cpu_that_served_no_message_is_more_than_one_would_have_cost() -> None:
    """3 ms of CPU and nothing stored: left out, a server that only burns time would look frugal."""
    found = readings(measure_of("server_cpu_us_per_msg"), cell("new", stalls=[2]))

    assert (found[2].value, found[2].at_least) == (3000.0, True)


def test_a_stalled_cell_has_no_estimate() -> None:
    """A mean over the blocks that went well would be shown as the cell's."""
    estimates = cell("new", stalls=[2]).estimates

    assert "end_to_end_ns_p99" not in estimates
    assert estimates["acked_msgs_per_s"].value == 0  # a rate is known even then


def test_a_stalled_candidate_is_not_apart_as_the_faster_one() -> None:
    """Faster wherever it finished anything; where it did not, nobody can tell how slow it is."""
    fast = with_trials(NEW, [trial_of(NEW, block, 1.0 + block / 1000) for block in range(1, 31)])
    behind = with_trials(NEW, [stalled(fast.trials[0]), *fast.trials[1:]])
    old = cell("old", blocks=30)

    sound, unsure = (decisions([old, new])[P99.metric.key] for new in (fast, behind))

    assert sound.worse("old", "new")
    assert not unsure.worse("old", "new")


def test_a_variant_that_never_acks_has_not_stalled() -> None:
    """It has no end-to-end time for a reason of its own."""
    never = [
        replace(trial, record=without_acks(trial.record), times={}, rates={})
        for trial in cell("new").trials
    ]

    assert readings(P99, with_trials(NEW, never)) == {}


def test_a_stall_gives_no_margin_to_gate_by() -> None:
    """Equal cells of which one stalled scatter by more than anybody can tell."""
    one, other = cell("old", stalls=[2]), cell("new")
    plan = runs.plan([one.cell, other.cell], blocks=5)

    found = calibrate(figures_of(plan, {"small-events": [one, other]}))

    (p99,) = (scatter for scatter in found.scatters if scatter.metric == "end_to_end_ns_p99")
    assert (p99.blocks, p99.margin) == (5, None)


def test_a_stalled_variant_is_not_recommended() -> None:
    """It may meet the criteria or not; what finished in time does not say so."""
    cells = [cell("new", stalls=[2])]
    plan = replace(runs.plan([NEW], blocks=5), success=("p99 < 20ms",))

    found = answer(figures_of(plan, {"small-events": cells}))

    assert found is not None
    assert (found.recommended, found.verdict) == ("", Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("rule", ["lag.verdict == stable", "lag_peak <= 10"])
def test_a_block_whose_lag_nobody_saw_lets_no_rule_pass(rule: str) -> None:
    """The server answered no question in one of the blocks: its lag may have been anything."""
    seen = cell("new")
    unseen = with_trials(NEW, [replace(seen.trials[0], lag=None), *seen.trials[1:]])

    assert judged(rule, seen).verdict is Verdict.PASS
    assert judged(rule, unseen).verdict is Verdict.INCONCLUSIVE
    assert "lag_msgs_peak" not in unseen.estimates


@pytest.mark.parametrize("rule", RULES[3:])
def test_a_baseline_that_stalled_meets_no_rule_against_itself(rule: str) -> None:
    """Nobody can be told from it, so it alone would meet the rule, and be recommended."""
    plan = replace(
        runs.plan([OLD, NEW], blocks=5), quick=False, success=(rule,), baseline="pull-batch/old"
    )

    found = answer(figures_of(plan, {"small-events": [cell("old", stalls=(2, 3)), cell("new")]}))

    assert found is not None
    assert (found.recommended, found.verdict) == ("", Verdict.INCONCLUSIVE)
    assert "it is the baseline and fell behind" in found.standings[0].marks[0].reason


def test_a_rule_that_asks_for_few_passes_where_nothing_came() -> None:
    """100 acks a second in four blocks and none in one: at most 200 in each of them."""
    assert judged("acked_rate <= 200/s", cell("new", stalls=[2])).verdict is Verdict.PASS
