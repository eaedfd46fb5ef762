"""The lag slope: known answers, the library's answers, and how it does on simulated lags."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import theilslopes

from bench.analysis.figures import LagVerdict
from bench.analysis.lag import lag_verdict
from bench.stats.slope import batch_means, theil_sen

Array = NDArray[np.float64]

RATE = 5000.0
MARGIN = 0.01 * RATE


def times_s(window_s: float) -> Array:
    """Ten samples a second."""
    return np.arange(0, window_s, 0.1)


def test_batch_means_by_hand() -> None:
    """0 to 4 s in two batches: the last instant belongs to the last batch."""
    times, means = batch_means(
        np.array([0.0, 1, 2, 3, 4]), np.array([1.0, 3, 10, 20, 30]), batches=2
    )

    assert times.tolist() == [0.5, 3.0]
    assert means.tolist() == [2.0, 20.0]


@pytest.mark.parametrize(("begin_s", "step_s"), [(100.0, 1.0), (0.0, 0.1), (7.0, 60.0)])
def test_batches_are_cut_from_the_first_instant_to_the_last(begin_s: float, step_s: float) -> None:
    """The same five at any time and speed: a window begins when its warm-up has ended."""
    instants_s: Array = begin_s + step_s * np.arange(5.0)

    times, means = batch_means(instants_s, np.array([1.0, 3, 10, 20, 30]), batches=2)

    assert times == pytest.approx([begin_s + 0.5 * step_s, begin_s + 3 * step_s])
    assert means.tolist() == [2.0, 20.0]


def test_a_straight_line_has_its_own_slope() -> None:
    """A consumer with half the needed speed at 100 msg/s falls 50 msg/s behind."""
    t_s = times_s(60)

    slope = theil_sen(t_s, 7 + 50 * t_s, confidence=0.90)

    assert slope is not None
    assert (slope.value, slope.low, slope.high) == pytest.approx((50, 50, 50))


def test_a_constant_series_has_slope_zero_without_width() -> None:
    """A lag of 0 throughout is the best case there is and may not end in a warning or a NaN."""
    slope = theil_sen(times_s(60), np.zeros(600), confidence=0.90)

    assert slope is not None
    assert (slope.value, slope.low, slope.high) == (0, 0, 0)


def test_a_burst_does_not_tilt_the_slope() -> None:
    """One tenth of the window a hundred times as high: the median of slopes does not follow."""
    t_s = times_s(100)
    lag = np.where((t_s >= 80) & (t_s < 90), 1000.0, 10.0)

    slope = theil_sen(t_s, lag, confidence=0.90)

    assert slope is not None
    assert slope.value == 0


def test_too_few_samples_give_no_slope() -> None:
    """Five samples cannot tell a slope from a wobble."""
    assert theil_sen(np.arange(5.0), np.arange(5.0), confidence=0.90) is None


def test_a_window_full_of_gaps_gives_no_slope() -> None:
    """A server that answered only at both ends was not observed in between."""
    t_s = np.array([0, 0.1, 0.2, 0.3, 59.8, 59.9, 60.0])

    assert theil_sen(t_s, t_s, confidence=0.90) is None


@given(means=st.lists(st.integers(-50, 50), min_size=10, max_size=10))
def test_slope_and_interval_equal_scipys(means: list[int]) -> None:
    """Ours exists to save an import of a second, not to be another estimator; ties included."""
    t_s = np.arange(10.0)
    values = np.array(means, dtype=np.float64)

    ours = theil_sen(t_s, values, confidence=0.90)
    theirs = theilslopes(values, t_s, alpha=0.90)

    assert ours is not None
    assert ours.value == pytest.approx(theirs.slope)
    assert ours.low == pytest.approx(theirs.low_slope)
    assert ours.high == pytest.approx(theirs.high_slope)


def test_six_batches_have_a_slope_and_an_interval_within_their_slopes() -> None:
    """Gaps in the middle leave 6 of 10 batches; of 15 slopes no interval is wider than them all."""
    t_s = np.array([0.0, 1, 2, 7, 8, 9])
    values = np.array([0.0, 3, 1, 9, 6, 20])

    narrow, wide = (theil_sen(t_s, values, confidence=level) for level in (0.90, 0.9999))
    theirs = theilslopes(values, t_s, alpha=0.90)

    assert narrow is not None
    assert wide is not None
    assert (narrow.low, narrow.high) == pytest.approx((theirs.low_slope, theirs.high_slope))
    assert (wide.low, wide.high) == (-3.0, 14.0)  # of 6 to 20, and of 9 to 6


def test_instants_that_are_all_the_same_have_no_slope() -> None:
    """A clock that stood still says nothing about a second."""
    assert theil_sen(np.full(60, 5.0), np.arange(60.0), confidence=0.90) is None


def simulated_lag(rng: np.random.Generator, t_s: Array, slope: float) -> Array:
    """A sawtooth of 2000 (pull batches) under AR(1) noise of sd 600, phi 0.9 a second."""
    phi = 0.9**0.1
    shocks = rng.normal(0, 600 * np.sqrt(1 - phi**2), len(t_s))
    shocks[0] = rng.normal(0, 600)
    sawtooth = 2000 * ((t_s + rng.uniform(0, 3.7)) % 3.7) / 3.7
    noise: Array = lfilter([1], [1, -phi], shocks)
    return slope * t_s + sawtooth + noise


def verdicts(true_share: float, *, trials: int = 200) -> Counter[LagVerdict]:
    """Verdicts over simulated windows of 120 s whose true slope is a share of the rate."""
    rng = np.random.default_rng(37)
    t_s = times_s(120)
    counted: Counter[LagVerdict] = Counter()
    for _ in range(trials):
        slope = theil_sen(t_s, simulated_lag(rng, t_s, true_share * RATE), confidence=0.90)
        assert slope is not None
        counted[lag_verdict(slope.low, slope.high, MARGIN)] += 1
    return counted


def test_a_stable_lag_is_called_stable() -> None:
    """ "Surely not 0, therefore growing" would be wrong here in 17 to 29 % of windows."""
    counted = verdicts(0.0)

    assert counted[LagVerdict.STABLE] >= 196
    assert counted[LagVerdict.GROWING] + counted[LagVerdict.DRAINING] == 0


def test_a_growing_lag_is_called_growing() -> None:
    """At twice the margin a window of 120 s leaves no doubt."""
    assert verdicts(0.02)[LagVerdict.GROWING] >= 196


def test_a_lag_at_the_margin_is_mostly_called_inconclusive() -> None:
    """At the margin itself either word is wrong half the time; false certainty stays rare."""
    counted = verdicts(0.01)

    assert counted[LagVerdict.INCONCLUSIVE] >= 140
    assert counted[LagVerdict.GROWING] <= 40


def test_a_draining_lag_is_called_draining() -> None:
    """The mirror image: a backlog of the warm-up that is worked off."""
    assert verdicts(-0.02)[LagVerdict.DRAINING] >= 196
