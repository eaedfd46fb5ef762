"""Changes of a candidate against a baseline, by hand."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.analysis.figures import PERCENTILES, CellFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import Contrast, contrast, contrast_between, readings, typical
from tests.analysis import runs
from tests.analysis.test_deciding import fallen_behind
from tests.gate.figures import Blocks, run_of, time_of, trial_of, with_peaks, with_trials
from tests.parts import Time

P99 = measure_of("end_to_end_ns_p99")
OLD = (10.0, 20.0, 40.0, 10.0, 20.0)


def contrasted(old: Blocks, new: Blocks, key: str = "end_to_end_ns_p99") -> Contrast | None:
    """What a candidate's times change, ms by block."""
    base, candidate = run_of({"old": old, "new": new}).workloads[0].cells
    return contrast(measure_of(key), base, candidate)


def test_a_change_is_the_ratio_within_blocks() -> None:
    """The host drifts by a factor of four; each block is 10 % longer, so the change is 10 %."""
    found = contrasted(OLD, [each * 1.1 for each in OLD])

    assert found is not None
    assert (found.change, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1), abs=1e-6)
    assert found.relative
    assert found.baseline == pytest.approx(10e6 * 2 ** (4 / 5))  # (1 · 2 · 4 · 1 · 2)^(1/5) = 2^0.8


def test_a_rate_that_falls_is_a_change_below_zero_and_worse() -> None:
    """The made-up acked rate is 1000 over the time: 25 % longer is 20 % less."""
    found = contrasted(OLD, [each * 1.25 for each in OLD], "acked_msgs_per_s")

    assert found is not None
    assert found.change == pytest.approx(-0.2)
    assert found.found.worse == pytest.approx(math.log(1.25))
    assert found.low <= found.change <= found.high


def test_a_margin_is_taken_on_the_scale_of_the_differences() -> None:
    """+10 % is log 1.1 of a time; -10 % is -log 0.9 of a rate."""
    time, rate = contrasted(OLD, OLD), contrasted(OLD, OLD, "acked_msgs_per_s")

    assert time is not None
    assert rate is not None
    assert time.margin(0.10) == pytest.approx(math.log(1.1))
    assert rate.margin(-0.10) == pytest.approx(-math.log(0.9))


def test_what_may_be_zero_changes_by_shares_of_the_baselines_mean() -> None:
    """Peak lag is 10 messages in every trial of these; a log of 0 there is not."""
    found = contrasted(OLD, OLD, "lag_msgs_peak")

    assert found is not None
    assert (found.relative, found.logarithmic, found.change) == (True, False, 0.0)
    assert found.margin(0.10) == pytest.approx(0.10)
    assert found.p == 1.0


def test_of_a_baseline_of_zero_nothing_is_a_share() -> None:
    """Nothing was redelivered before: twice nothing is no margin."""
    found = contrasted(OLD, OLD, "redelivered_share")

    assert found is not None
    assert not found.relative
    assert found.margin(0.10) is None


def test_only_shared_valid_blocks_are_compared() -> None:
    """Block 2 is invalid in one, block 3 in the other."""
    found = contrasted((10.0, None, 10.0, 10.0, 10.0), (11.0, 11.0, None, 11.0, 11.0))

    assert found is not None
    assert found.found.pairs == 3
    assert contrasted((10.0, None, 10.0, 10.0), (11.0, 11.0, None, 11.0)) is None


def test_the_first_blocks_can_be_taken_alone() -> None:
    """The screen of a gate goes by them, however many came on top."""
    base, candidate = run_of({"old": OLD, "new": (10.0, 20.0, 40.0, 99.0, 99.0)}).workloads[0].cells

    found = contrast(P99, base, candidate, first=3)

    assert found is not None
    assert (found.change, found.found.pairs) == (0.0, 3)


def test_p_values_are_two_sided_and_the_same_both_ways() -> None:
    """1 to 5: t = 4.243 on 4 df is 0.0132 two-sided, and all of five signs are 2 / 32."""
    new = [old * math.exp(i / 10) for i, old in enumerate(OLD, start=1)]
    there, back = contrasted(OLD, new), contrasted(new, OLD)

    assert there is not None
    assert back is not None
    assert there.p == pytest.approx(0.0132, abs=1e-4)
    assert there.p_by_ranks == pytest.approx(1 / 16)
    assert (back.p, back.p_by_ranks) == pytest.approx((there.p, there.p_by_ranks))


def test_below_five_blocks_ranks_cannot_disagree() -> None:
    """Of four signs, all alike still have a p of 1 in 8."""
    found = contrasted((10.0,) * 4, (11.0, 11.1, 10.9, 11.0))

    assert found is not None
    assert found.low > 0
    assert not found.ranks_disagree


def test_runs_without_shared_blocks_are_compared_unpaired() -> None:
    """The host's drift is in the interval now: 10 % is lost where blocks differ fourfold."""
    old = run_of({"a": OLD}).workloads[0].cells[0]
    new = run_of({"a": [each * 1.1 for each in OLD]}).workloads[0].cells[0]

    found = contrast_between(P99, old, new)

    assert found is not None
    assert found.change == pytest.approx(0.1)
    assert found.low < 0 < found.high
    assert found.differences == ()


def test_a_trial_without_the_figure_has_no_reading() -> None:
    """The made-up trials know nothing of the server's CPU."""
    cell = run_of({"a": OLD}).workloads[0].cells[0]

    assert readings(measure_of("server_cpu_us_per_msg"), cell) == {}
    assert list(readings(P99, cell)) == [1, 2, 3, 4, 5]


def test_a_share_is_one_of_the_mean_and_not_of_the_median() -> None:
    """Peaks of 0, 10, 10, 10 and 70 messages are 20 on the mean: 5 more each are a quarter."""
    old = (0, 10, 10, 10, 70)

    found = contrast(measure_of("lag_msgs_peak"), peaking(old), peaking([each + 5 for each in old]))

    assert found is not None
    assert (found.baseline, found.candidate) == (20.0, 25.0)
    assert (found.change, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))
    assert found.differences == pytest.approx((0.25,) * 5)
    assert found.written(found.change) == "+25 %"


def test_a_baseline_that_is_mostly_zero_still_has_a_share() -> None:
    """The median of its peaks is 0, the mean is not: twice as much is +100 %."""
    found = contrast(
        measure_of("lag_msgs_peak"), peaking((0, 0, 0, 0, 50)), peaking((10, 10, 10, 10, 60))
    )

    assert found is not None
    assert found.relative
    assert found.change == pytest.approx(1.0)


def peaking(msgs: Sequence[float]) -> CellFigures:
    """A cell whose lag had these peaks, by block."""
    return with_peaks(run_of({"a": [10.0] * len(msgs)}).workloads[0].cells[0], msgs)


@pytest.mark.parametrize(
    ("behind", "told", "tellable"),
    [
        ((False, False), r"×\d\.\d\d \(×\d\.\d\d to ×\d\.\d\d\)", True),
        ((False, True), r"≥ ×\d\.\d\d \(×\d\.\d\d or more\)", True),
        ((True, False), r"≤ ×\d\.\d\d \(×\d\.\d\d or less\)", False),
        ((True, True), "n/a", False),
    ],
)
def test_a_run_differs_from_another_by_no_more_than_their_bounds_tell(
    behind: tuple[bool, bool], told: str, tellable: bool
) -> None:
    """10 ms and 40 ms, or longer: the second is longer unless the first is, too."""
    cells = run_of({"a": (10.0, 10.1, 9.9), "b": (40.0, 40.4, 39.6)}).workloads[0].cells
    blocks = {1, 2, 3}
    old, new = (
        fallen_behind(cell, blocks, longest_ms=ms) if fell else cell
        for cell, ms, fell in zip(cells, (10.0, 40.0), behind, strict=True)
    )

    found = contrast_between(P99, old, new)

    assert found is not None
    assert re.fullmatch(told, found.told), found.told
    assert found.tellable is tellable
    assert (found.visible == "n/a") is any(behind)


def test_a_trial_that_tells_nothing_of_a_figure_leaves_no_mean_of_the_others() -> None:
    """Its messages were too few for a percentile: who knows what it would have been."""
    cell = runs.cell("new")
    silent = trial_of(cell, 2, 10.0)
    few = replace(time_of(10.0), percentiles_ns=dict.fromkeys(PERCENTILES))
    silent = replace(silent, times={Time.END_TO_END: few})

    whole = typical(P99, with_trials(cell, [trial_of(cell, 1, 10.0), trial_of(cell, 2, 10.0)]))

    assert whole is not None
    assert whole.value == pytest.approx(10e6)
    assert typical(P99, with_trials(cell, [trial_of(cell, 1, 10.0), silent])) is None
