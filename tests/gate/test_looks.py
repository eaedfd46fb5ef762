"""What one rule says at its limits, and in which words; mutants of it survived all other tests."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, LagFigures, LagVerdict, TrialFigures
from bench.gate.rules import Case, Look, look
from bench.spec.criteria import parse_criterion
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.stats.compare import Verdict
from tests.analysis import runs
from tests.gate.figures import counting, trial_of, with_trials

CELL = runs.cell("new")


def cell_of(values_ms: Sequence[float]) -> CellFigures:
    return with_trials(CELL, [trial_of(CELL, b, v) for b, v in enumerate(values_ms, start=1)])


def asked(
    rule: str,
    candidate: CellFigures,
    baseline: CellFigures | None = None,
    *,
    first: int | None = None,
) -> Look:
    case = Case(workload="w", rule=parse_criterion(rule), candidate=candidate, baseline=baseline)
    return look(case, first=first)


def lag_of(trial: TrialFigures) -> LagFigures:
    assert trial.lag is not None
    return trial.lag


def unseen(cell: CellFigures, *blocks: int) -> CellFigures:
    """The cell, had nobody seen its lag in these blocks."""
    return with_trials(
        cell.cell,
        [replace(t, lag=None) if t.record.block in blocks else t for t in cell.trials],
    )


def test_a_limit_is_screened_by_the_first_blocks_alone() -> None:
    """The screen of a gate must not know what the blocks after it said."""
    cell = cell_of([10.0, 10.0, 10.0, 99.0, 99.0])

    assert asked("p99 < 20ms", cell).verdict is Verdict.INCONCLUSIVE
    found = asked("p99 < 20ms", cell, first=3)
    assert (found.verdict, found.blocks) == (Verdict.PASS, 3)


@pytest.mark.parametrize(
    ("blocks", "words"),
    [((2,), "1 valid trial of the {} has no peak lag"), ((2, 4), "2 valid trials of the {} have")],
)
def test_trials_that_do_not_speak_are_counted_on_either_side(
    blocks: tuple[int, ...], words: str
) -> None:
    """Three of five that hold a rule do not hold it for the other two."""
    whole = cell_of([10.0] * 5)
    partly = unseen(whole, *blocks)
    rule = "lag_peak vs baseline <= +10%"

    candidate, baseline = asked(rule, partly, whole), asked(rule, whole, partly)

    assert candidate.verdict is baseline.verdict is Verdict.INCONCLUSIVE
    assert f"within +10 %, but {words.format('candidate')}" in candidate.reason
    assert f"within +10 %, but {words.format('baseline')}" in baseline.reason


def test_too_few_blocks_are_counted_in_the_reason() -> None:
    """Who reads it must know how many to add."""
    two, five = cell_of([10.0, 10.0]), cell_of([10.0] * 5)
    words = "2 valid blocks with end-to-end p99; at least 3 are needed"

    for found in (asked("p99 < 20ms", two), asked("p99 vs baseline <= +10%", two, five)):
        assert (found.verdict, found.reason, found.blocks) == (Verdict.INCONCLUSIVE, words, 2)


def test_only_blocks_that_both_sides_have_are_counted() -> None:
    """Lag is known in blocks 1, 2 and 3 of one and in 3, 4 and 5 of the other: one is shared."""
    cell = cell_of([10.0] * 5)

    found = asked("lag_peak vs baseline <= +10%", unseen(cell, 1, 2), unseen(cell, 4, 5))

    assert found.reason.startswith("1 valid block with ")
    assert found.blocks == 1


def test_without_a_baseline_a_comparison_says_nothing() -> None:
    """It was not measured under this workload; that is no pass."""
    found = asked("p99 vs baseline <= +10%", cell_of([10.0] * 5))

    assert (found.verdict, found.blocks) == (Verdict.INCONCLUSIVE, 0)
    assert found.reason == "the baseline was not measured under this workload"


def test_a_look_at_a_change_keeps_the_candidates_figure() -> None:
    """gate.json and every view show it."""
    found = asked("p99 vs baseline <= +10%", cell_of([12.0] * 5), cell_of([10.0] * 5))

    assert found.value == pytest.approx(12e6)
    assert not found.at_least
    assert (
        found.reason == "+20 % (90 % interval +20 %, no spread seen): worse, and by +10 % or more"
    )


def test_a_share_of_nothing_asks_for_a_fixed_limit() -> None:
    """Nothing was redelivered before: no percentage of it is a margin."""
    cell = cell_of([10.0] * 5)

    found = asked("redelivered_ratio vs baseline <= +10%", cell, cell)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.startswith("the baseline is 0, so no change is a share of it (")
    assert found.reason.endswith("); set a fixed limit")


def test_surely_worse_but_perhaps_within_the_margin_says_both() -> None:
    """Logs of 0.05 to 0.13 have mean 0.09 and an interval of 0.06 to 0.12; log 1.1 is 0.0953."""
    old = [10.0] * 5
    new = [10.0 * 2.718281828 ** (0.05 + 0.02 * block) for block in range(5)]

    found = asked("p99 vs baseline <= +10%", cell_of(new), cell_of(old))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.endswith(": worse, but perhaps by less than +10 %")


def test_few_blocks_that_show_no_difference_do_not_claim_to() -> None:
    """Half as long and twice as long: nothing can be seen, on three blocks or on thirty."""
    found = asked("p99 vs baseline <= +10%", cell_of([5.0, 20.0, 10.0]), cell_of([10.0] * 3))

    assert found.reason.endswith(": could be no change, could be +10 % or more")


def test_a_time_is_averaged_by_logarithms_and_a_peak_is_not() -> None:
    """5, 20, 5, 20 and 10 ms are 10 ms; peaks of 0, 10, 10, 10 and 70 messages are 20."""
    cell = cell_of([5.0, 20.0, 5.0, 20.0, 10.0])
    peaks = [0.0, 10.0, 10.0, 10.0, 70.0]
    trials = [
        replace(trial, lag=replace(lag_of(trial), peak_msgs=peak))
        for trial, peak in zip(cell.trials, peaks, strict=True)
    ]

    assert asked("p99 < 1s", cell).value == pytest.approx(10e6)
    assert asked("lag_peak <= 500", with_trials(CELL, trials)).value == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("rule", "blocks", "end"),
    [
        ("p99 < 20ms", 5, "the rule holds"),
        ("p99 < 4ms", 5, "the rule is broken"),
        ("p99 < 4ms", 4, "4 blocks can show a difference but fail nothing; that takes 5"),
        ("p99 < 10ms", 5, "could be on either side of the limit"),  # it is 10 ms exactly
    ],
)
def test_a_limit_says_what_was_found_and_what_follows(rule: str, blocks: int, end: str) -> None:
    """The figure, its interval, and what the rule makes of them."""
    found = asked(rule, cell_of([10.0] * blocks))

    assert found.reason == f"10.0 ms (90 % interval 10.0 ms, no spread seen): {end}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("lag_peak < 10", Verdict.INCONCLUSIVE),
        ("lag_peak <= 10", Verdict.PASS),
        ("lag_peak > 10", Verdict.INCONCLUSIVE),
        ("lag_peak >= 10", Verdict.PASS),
    ],
)
def test_a_figure_that_is_its_limit_exactly_holds_what_allows_it(rule: str, said: Verdict) -> None:
    """10 in every block: "below 10" is not met, and not surely missed by an interval either."""
    assert asked(rule, cell_of([10.0] * 5)).verdict is said


def test_a_number_of_messages_is_no_share() -> None:
    """14 refused of 14 000 are more than 10, though less than a tenth of a percent."""
    sound = [trial_of(CELL, block, 10.0) for block in range(1, 5)]
    cell = with_trials(CELL, [*sound, counting(trial_of(CELL, 5, 10.0), refused=14)])

    allowed, broken = asked("refused <= 14", cell), asked("refused <= 10", cell)

    assert (broken.verdict, broken.value, broken.blocks) == (Verdict.FAIL, 14.0, 5)
    assert (allowed.verdict, allowed.value, allowed.blocks) == (Verdict.PASS, 14.0, 5)
    assert allowed.reason == "at most 14 (0.100 %) in 5 trials"
    assert asked("lost == 0", cell).reason == "at most 0 in 5 trials"


def test_a_lag_that_nobody_saw_at_all_says_nothing() -> None:
    """Not stable, not growing: unknown."""
    cell = unseen(cell_of([10.0] * 5), 1, 2, 3, 4, 5)

    found = asked("lag.verdict == stable", cell)

    assert (found.verdict, found.blocks) == (Verdict.INCONCLUSIVE, 0)
    assert found.reason == "the lag was not sampled"


def test_a_lag_that_cannot_be_told_breaks_no_rule_and_holds_none() -> None:
    """But the one that asks for just that."""
    cell = replace(cell_of([10.0] * 5), lag_verdict=LagVerdict.INCONCLUSIVE)

    stable = asked("lag.verdict == stable", cell)

    assert stable.verdict is Verdict.INCONCLUSIVE
    assert stable.reason == "the lag's slope could be on either side of the margin"
    assert asked("lag.verdict != growing", cell).verdict is Verdict.INCONCLUSIVE
    assert asked("lag.verdict == inconclusive", cell).verdict is Verdict.PASS


def test_it_takes_three_blocks_to_call_a_lag_stable_and_five_to_call_it_growing() -> None:
    """R8, for lag too; an invalid trial is no block."""
    three, two = cell_of([10.0] * 3), cell_of([10.0] * 2)
    growing = replace(cell_of([10.0] * 4), lag_verdict=LagVerdict.GROWING)

    held, few = asked("lag.verdict == stable", three), asked("lag.verdict == stable", two)
    red = asked("lag.verdict == stable", growing)

    assert (held.verdict, held.reason, held.blocks) == (Verdict.PASS, "the lag is stable", 3)
    assert (few.verdict, few.blocks) == (Verdict.INCONCLUSIVE, 2)
    assert (red.verdict, red.blocks) == (Verdict.INCONCLUSIVE, 4)
    assert red.reason == "the lag is growing in 4 blocks, but it takes 5 to say so"


def test_trials_whose_lag_was_not_sampled_are_counted() -> None:
    """Four stable blocks do not vouch for the fifth."""
    found = asked("lag.verdict == stable", unseen(cell_of([10.0] * 5), 3))

    assert (found.verdict, found.blocks) == (Verdict.INCONCLUSIVE, 4)
    assert found.reason == "the lag is stable, but in 1 valid trial it was not sampled"


def test_a_figure_below_one_is_averaged_as_a_share_too() -> None:
    """0.1, 0.2 and 0.4 µs: each twice the one before, so 0.2 is the middle, and not 0.23."""
    cpu = [0.1, 0.2, 0.4]
    trials = [
        replace(trial_of(CELL, b, 10.0), cpu_us_per_msg={"server": us})
        for b, us in enumerate(cpu, 1)
    ]

    found = asked("server_cpu < 900ns", with_trials(CELL, trials))

    assert found.value == pytest.approx(0.2)


def test_of_a_limit_of_nothing_nothing_is_a_share() -> None:
    """Whatever takes time takes more than none."""
    assert asked("p99 > 0ms", cell_of([10.0] * 5)).verdict is Verdict.PASS


def test_the_interval_of_a_figure_is_no_point() -> None:
    """Blocks that scatter by a thousandth leave some doubt, and the reason shows it."""
    found = asked("p99 < 30ms", cell_of([20.00, 20.01, 20.02, 20.01, 20.00]))

    assert found.reason == "20.0 ms (90 % interval 20.00 ms to 20.02 ms): the rule holds"


def test_a_figure_just_beyond_its_limit_does_not_read_like_it() -> None:
    """`20.0 ms: the rule is broken` sends its reader to look for a fault of ours."""
    found = asked("p99 < 20ms", cell_of([20.03, 20.04, 20.05, 20.04, 20.03]))

    assert found.verdict is Verdict.FAIL
    assert found.reason.startswith("20.04 ms (90 % interval 20.03 ms to 20.05 ms): ")


def test_an_end_that_is_below_the_limit_does_not_read_as_the_limit() -> None:
    """9.997 ms against 10 ms: three digits would write 10.0 ms for what holds the rule."""
    found = asked("p99 < 10ms", cell_of([9.997] * 5))

    assert found.verdict is Verdict.PASS
    assert "10.0 ms" not in found.reason


def test_a_change_beyond_its_margin_does_not_read_as_the_margin() -> None:
    """+10.4 % in every block: two digits would write the +10 % that the rule allows."""
    found = asked("p99 vs baseline <= +10%", cell_of([11.04] * 5), cell_of([10.0] * 5))

    assert found.verdict is Verdict.FAIL
    assert found.reason.startswith("+10.4 % (90 % interval +10.4 %, no spread seen)")


def test_what_cannot_be_decided_says_by_how_many_blocks() -> None:
    """Three valid of five are too few to trust; five of too few messages are five."""
    spoilt = with_trials(
        CELL, [trial_of(CELL, block, 10.0 if block > 2 else None) for block in range(1, 6)]
    )

    invalid, rough = asked("p99 < 20ms", spoilt), asked("p99.9 < 20ms", cell_of([10.0] * 5))

    assert (invalid.verdict, invalid.blocks) == (Verdict.INVALID, 3)
    assert (rough.verdict, rough.blocks) == (Verdict.INCONCLUSIVE, 5)


def test_a_count_without_a_ledger_is_told() -> None:
    """The trial was kept, and what became of its messages was not."""
    trial = trial_of(CELL, 1, 10.0)
    bare = replace(trial, record=replace(trial.record, ledger=None))

    found = asked("lost == 0", with_trials(CELL, [bare]))

    assert (found.verdict, found.reason) == (
        Verdict.INCONCLUSIVE,
        "no valid trial has a ledger",
    )


@pytest.mark.parametrize(
    ("rule", "said", "reason"),
    [
        ("evicted <= 1%", Verdict.PASS, "nothing of its settings brings it about"),
        ("false_alarms == 0", Verdict.PASS, "nothing of its settings brings it about"),
        ("evicted > 5", Verdict.INCONCLUSIVE, "it is not counted under its settings"),
        ("overtaken == 0", Verdict.INCONCLUSIVE, "it is not counted under its settings"),
    ],
)
def test_what_a_variant_does_not_count_is_0_only_where_no_setting_of_it_does_it(
    rule: str, said: Verdict, reason: str
) -> None:
    """Without a limit nothing is evicted; where nobody looks for order, some may be overtaken."""
    found = asked(rule, cell_of([10.0]))

    assert (found.verdict, found.reason) == (said, reason)


def test_what_records_do_not_count_is_not_0_where_a_setting_does_it() -> None:
    """Versions that knew of no limits counted what one took as lost."""
    limited = runs.cell("new", settings=Settings.model_validate({"stream": {"max_msgs": 50}}))
    found = asked("evicted == 0", with_trials(limited, [trial_of(limited, 1, 10.0)]))

    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "its records do not tell")


def test_what_a_limit_may_have_taken_is_not_held_to_be_0_because_nobody_counts() -> None:
    """Of messages that are published twice nobody tells what a limit took."""
    tree = {"stream": {"max_msgs": 50}}
    limited = runs.cell("new", settings=Settings.model_validate(tree))
    profile = limited.workload.model_dump(by_alias=True)
    again = {"headers": ["message-id"], "duplicates": {"share": "10%"}}
    profile["publish"] = {**profile["publish"], **again}
    twice = replace(limited, workload=Stream.model_validate(profile))

    found = asked("evicted == 0", with_trials(twice, [trial_of(twice, 1, 10.0)]))

    assert not twice.cast.having("evicted")
    assert (found.verdict, found.reason) == (
        Verdict.INCONCLUSIVE,
        "it is not counted under its settings",
    )
