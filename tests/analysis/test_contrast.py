"""What a contrast says at its edges: bounds, scales, ranks and readings."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, TrialFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import (
    Contrast,
    Reading,
    bound_sign,
    contrast,
    contrast_between,
    lacking,
    readings,
    typical,
)
from tests.analysis import runs
from tests.analysis.test_deciding import fallen_behind
from tests.gate.figures import run_of, spoilt, trial_of, with_peaks, with_trials

P99, ACKED = measure_of("end_to_end_ns_p99"), measure_of("acked_msgs_per_s")
PEAK, SLOPE = measure_of("lag_msgs_peak"), measure_of("lag_slope_msgs_per_s")
CELL = runs.cell("one")


def cell(*values_ms: float | None) -> CellFigures:
    """A cell of these times by block; None for an invalid trial."""
    return run_of({"one": values_ms}).workloads[0].cells[0]


def peaking(*msgs: float) -> CellFigures:
    return with_peaks(cell(*[10.0] * len(msgs)), msgs)


def with_rates(*acked: float) -> CellFigures:
    """A cell of these acked rates, of 1000 offered."""
    return with_trials(CELL, [_with_rate(each, rate) for each, rate in _each(acked)])


def with_slopes(*slopes: float) -> CellFigures:
    """A cell whose lag rose by so many messages a second."""
    trials = [
        replace(each, lag=None if each.lag is None else replace(each.lag, slope_msgs_per_s=slope))
        for each, slope in _each(slopes)
    ]
    return with_trials(CELL, trials)


def _each(values: Sequence[float]) -> list[tuple[TrialFigures, float]]:
    return [(trial_of(CELL, block, 10.0), value) for block, value in enumerate(values, start=1)]


def _with_rate(trial: TrialFigures, acked: float) -> TrialFigures:
    return replace(trial, rates={**trial.rates, "acked": acked})


def found_of(base: CellFigures, candidate: CellFigures, key: str = P99.metric.key) -> Contrast:
    found = contrast(measure_of(key), base, candidate)
    assert found is not None
    return found


TENTH = found_of(cell(10.0, 20.0, 40.0, 10.0, 20.0), cell(11.0, 22.0, 44.0, 11.0, 22.0))
"""Of 10 % in each of five blocks."""


@pytest.mark.parametrize(
    ("bounds", "sign"),
    [((False, False), ""), ((True, False), "≤ "), ((False, True), "≥ "), ((True, True), "? ")],
)
def test_a_change_carries_the_sign_of_the_bounds_that_it_is_between(
    bounds: tuple[bool, bool], sign: str
) -> None:
    """Of a baseline that took longer than its value the candidate is longer by less, and so on."""
    assert bound_sign(*bounds) == sign
    assert replace(TENTH, at_least=bounds).beside(0.2) == (
        f"{sign}+10 % (90 % interval +10 %, no spread seen)"
    )


def test_beside_a_limit_a_change_is_written_so_that_it_differs_from_it() -> None:
    """+10 % beside a limit of 10 % would read as held, or as broken, and be the other."""
    near = replace(TENTH, change=0.1004, low=0.0997, high=0.3)

    assert near.beside(0.1) == "+10.04 % (90 % interval +9.97 % to +30 %)"
    assert near.beside(0.5) == "+10 % (90 % interval +10 % to +30 %)"


@pytest.mark.parametrize(
    ("change", "bounds", "tellable"),
    [
        (0.1, (False, False), True),
        (0.1, (False, True), True),
        (0.1, (True, False), False),
        (0.1, (True, True), False),
        (-0.1, (False, False), True),
        (-0.1, (False, True), False),
        (-0.1, (True, False), True),
        (-0.1, (True, True), False),
        (0.0, (False, True), False),  # no change so far, and more than that
        (0.0, (True, False), True),
    ],
)
def test_what_is_only_bounded_can_be_told_to_be_more_alone(
    change: float, bounds: tuple[bool, bool], *, tellable: bool
) -> None:
    """A candidate behind its value may be longer still, never shorter; a baseline the reverse."""
    assert replace(TENTH, change=change, at_least=bounds).tellable is tellable


@pytest.mark.parametrize(
    ("low", "high", "p_by_ranks", "pairs", "disagree"),
    [
        (0.1, 0.3, 0.09, 5, False),
        (0.1, 0.3, 0.10, 5, True),
        (0.1, 0.3, 0.10, 4, False),
        (-0.3, -0.1, 0.09, 5, False),
        (-0.3, -0.1, 0.10, 5, True),
        (-0.1, 0.3, 0.10, 5, False),
        (-0.1, 0.3, 0.09, 5, True),
        (-0.1, 0.3, 0.09, 4, False),
        (0.0, 0.3, 0.09, 5, True),  # an interval that touches 0 does not exclude it
        (-0.3, 0.0, 0.09, 5, True),
    ],
)
def test_ranks_disagree_where_they_alone_find_a_change_or_miss_it(
    low: float, high: float, p_by_ranks: float, pairs: int, *, disagree: bool
) -> None:
    """At the 10 % of the interval, and from five blocks on."""
    made = replace(
        TENTH, low=low, high=high, p_by_ranks=p_by_ranks, found=replace(TENTH.found, pairs=pairs)
    )

    assert made.ranks_disagree is disagree


def test_a_change_of_logs_has_the_interval_of_t_and_its_p_values() -> None:
    """Logs of 1.1, 1.2, 1.1, 1.2 and 1.15: by hand from mean, scatter and the table of t."""
    ratios = (1.1, 1.2, 1.1, 1.2, 1.15)
    logs = [math.log(each) for each in ratios]
    mean = sum(logs) / 5
    error = math.sqrt(sum((each - mean) ** 2 for each in logs) / 4 / 5)

    found = found_of(cell(*[10.0] * 5), cell(*[10 * each for each in ratios]))

    assert found.change == pytest.approx(math.exp(mean) - 1)
    assert found.low == pytest.approx(math.exp(mean - 2.1318 * error) - 1, rel=1e-4)
    assert found.high == pytest.approx(math.exp(mean + 2.1318 * error) - 1, rel=1e-4)
    assert found.differences == pytest.approx(logs)
    assert (found.relative, found.logarithmic) == (True, True)
    assert found.p_by_ranks == pytest.approx(2 / 32)
    assert (found.baseline, found.candidate) == pytest.approx((10e6, 10e6 * math.exp(mean)))
    assert (found.at_least, found.fell_behind) == ((False, False), (False, False))


def test_no_change_at_all_has_a_p_of_one() -> None:
    """Twice the one-sided p would be two."""
    same = found_of(cell(*[10.0] * 5), cell(*[10.0] * 5))

    assert (same.p, same.p_by_ranks, same.change, same.smallest_visible) == (1.0, 1.0, 0.0, 0.0)


def test_the_smallest_change_that_would_be_told_has_a_size_and_no_sign() -> None:
    """Of what is better when it is higher as well: a loss that large would be seen."""
    slower = [10.0, 11.0, 10.5, 10.0, 11.0]
    time = found_of(cell(*[10.0] * 5), cell(*slower))
    rate = found_of(cell(*[10.0] * 5), cell(*slower), ACKED.metric.key)

    assert time.smallest_visible == pytest.approx(math.expm1(time.found.smallest_visible))
    assert rate.smallest_visible == pytest.approx(-math.expm1(-rate.found.smallest_visible))
    assert time.found.smallest_visible == pytest.approx(rate.found.smallest_visible)
    assert 0 < rate.smallest_visible < time.smallest_visible
    assert not time.visible.startswith(("+", "n"))


def test_a_rate_of_zero_has_no_log_and_is_a_share_of_the_mean() -> None:
    """400 a second on the mean fall to 300: a quarter less, whichever of the two has the 0."""
    old, new = with_rates(0, 400, 400, 400, 800), with_rates(0, 300, 300, 300, 600)

    found = found_of(old, new, ACKED.metric.key)
    fallen = found_of(with_rates(*[400] * 5), with_rates(0, 400, 400, 400, 400), ACKED.metric.key)

    assert (found.relative, found.logarithmic) == (True, False)
    assert found.change == pytest.approx(-0.25)
    assert found.found.worse == pytest.approx(0.25)
    assert (found.baseline, found.candidate) == (400.0, 300.0)
    assert (fallen.relative, fallen.logarithmic) == (True, False)
    assert fallen.change == pytest.approx(-0.2)
    assert fallen.fell_behind == (False, True)
    assert found.fell_behind == (True, True)
    assert found_of(new, with_rates(*[400] * 5), ACKED.metric.key).fell_behind == (True, False)


@pytest.mark.parametrize(
    ("old", "relative", "change"),
    [
        ((0.0, 0.0, 0.0), False, 6.0),
        ((0.5, 0.5, 0.5), True, 11.0),
        ((-6.0, -6.0, -6.0), False, 12.0),
        ((-1.0, 1.0, 0.0), False, 6.0),
    ],
)
def test_only_of_a_mean_above_zero_there_is_a_share(
    old: tuple[float, ...], change: float, *, relative: bool
) -> None:
    """A lag that drained by 6 a second and now rises by 6 changed by 12 messages a second."""
    found = found_of(with_slopes(*old), with_slopes(6.0, 6.0, 6.0), SLOPE.metric.key)

    assert found.relative is relative
    assert found.change == pytest.approx(change)
    assert found.baseline == pytest.approx(sum(old) / 3)
    assert found.margin(0.1) == (pytest.approx(0.1) if relative else None)


def test_a_margin_has_a_size_whichever_way_is_better() -> None:
    """A share that a rate may fall by is written below 0."""
    rate = found_of(with_rates(0, 400, 400), with_rates(0, 300, 300), ACKED.metric.key)

    assert rate.margin(-0.05) == pytest.approx(0.05)
    assert TENTH.margin(-0.5) == pytest.approx(math.log(2))


def test_a_change_that_fits_no_float_is_very_large_and_no_error() -> None:
    """Unpaired, two of three blocks scatter by so much that its end passes all numbers."""
    found = contrast_between(P99, cell(1e-6, 1e-6, 1e9), cell(1e9, 1e9, 1e-6))

    assert found is not None
    assert found.high > 1e9
    assert math.isfinite(found.high)


def test_bounds_of_either_side_are_told_apart() -> None:
    """One block of three that fell behind makes the mean of the three a bound."""
    old, new = run_of({"old": (10.0,) * 3, "new": (20.0,) * 3}).workloads[0].cells
    behind = fallen_behind(new, {2}, longest_ms=30.0)

    found, mirrored = found_of(old, behind), found_of(behind, old)

    assert (found.at_least, found.fell_behind) == ((False, True), (False, True))
    assert (mirrored.at_least, mirrored.fell_behind) == ((True, False), (True, False))
    assert typical(P99, behind) == Reading(
        value=pytest.approx(10e6 * math.cbrt(12)),  # type: ignore[arg-type]
        at_least=True,
    )


@pytest.mark.parametrize(("count", "compared"), [(3, True), (2, False)])
def test_runs_need_three_trials_each_to_be_compared(count: int, *, compared: bool) -> None:
    """Whichever has fewer; the other has five."""
    five, few = cell(*[10.0] * 5), cell(*[10.0] * count)

    assert (contrast_between(P99, five, few) is not None) is compared
    assert (contrast_between(P99, few, five) is not None) is compared


def test_two_runs_are_compared_by_their_means() -> None:
    """10 ms against 12, 13 and 14: the opposite way round the p value is the same."""
    old, new = cell(10.0, 10.1, 9.9), cell(12.0, 13.0, 14.0)

    there, back = contrast_between(P99, old, new), contrast_between(P99, new, old)

    assert there is not None
    assert back is not None
    assert there.change == pytest.approx((12 * 13 * 14 / (10 * 10.1 * 9.9)) ** (1 / 3) - 1)
    assert (1 + there.change) * (1 + back.change) == pytest.approx(1)
    assert 0 < there.p < 0.05
    assert back.p == pytest.approx(there.p)
    assert back.p_by_ranks == pytest.approx(there.p_by_ranks) == pytest.approx(0.1)


def test_readings_are_of_valid_trials_by_block_whatever_their_order() -> None:
    """With how many messages lie beyond the percentile: one in a hundred of 20 000."""
    three, one = trial_of(CELL, 3, 30.0), trial_of(CELL, 1, 10.0)
    two = spoilt(trial_of(CELL, 2, 20.0), "not-steady")

    found = readings(P99, with_trials(CELL, [three, two, one]))

    assert list(found.items()) == [
        (1, Reading(value=10e6, beyond=200.0)),
        (3, Reading(value=30e6, beyond=200.0)),
    ]


def test_a_rate_of_zero_stalled_and_a_lag_of_zero_did_not() -> None:
    """Nothing came where more is better; of a lag that is the best there is."""
    stalled, steady = readings(ACKED, with_rates(0, 1)).values()
    (lag,) = readings(PEAK, peaking(0)).values()

    assert (stalled.stalled, stalled.fell_behind, stalled.at_least) == (True, True, False)
    assert (steady.stalled, steady.fell_behind) == (False, False)
    assert (lag.stalled, lag.fell_behind) == (False, False)


def test_what_is_typical_is_the_mean_of_logs_unless_one_has_none() -> None:
    """10 and 40 ms are 20; peaks of 0 and 40 messages are 20 as well, and so are rates."""
    assert typical(P99, cell(10.0, 40.0)) == Reading(value=pytest.approx(20e6))  # type: ignore[arg-type]
    assert typical(PEAK, peaking(0, 40)) == Reading(value=20.0)
    assert typical(PEAK, peaking(10, 40)) == Reading(value=25.0)
    assert typical(ACKED, with_rates(0, 40)) == Reading(value=20.0)
    assert typical(ACKED, with_rates(0.25, 1)) == Reading(value=0.5)
    assert typical(P99, cell(None, None)) is None


def test_valid_trials_without_a_reading_are_counted() -> None:
    """One of two valid ones lacks the lag; the invalid one is asked for nothing."""
    silent = replace(trial_of(CELL, 2, 10.0), lag=None)
    trials = [trial_of(CELL, 1, 10.0), silent, trial_of(CELL, 3, None)]

    assert lacking(PEAK, with_trials(CELL, trials)) == 1
    assert lacking(P99, with_trials(CELL, trials)) == 0
    assert typical(PEAK, with_trials(CELL, trials)) is None
