"""The drift over a window: known answers, and how often noise alone is flagged."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from bench.stats.steady import BATCHES, Trend, trend

PLACES = [(batch + 0.5) / BATCHES for batch in range(BATCHES)]


def test_an_exponential_rise_is_read_exactly() -> None:
    """A figure that doubles over the window changed by +100 %, whatever its unit."""
    found = trend(PLACES, [1000 * 2**place for place in PLACES])

    assert found is not None
    assert found.change == pytest.approx(1.0)
    assert found.drifting


def test_a_small_drift_is_not_flagged() -> None:
    """5 % over the window is sure, but matters to nobody."""
    found = trend(PLACES, [math.exp(0.05 * place) for place in PLACES])

    assert found is not None
    assert found.low > 0
    assert not found.drifting


def test_interval_by_hand() -> None:
    """Logs -1, 1, 0, 0, 1, -1: slope 0; residuals' sum of squares 4, 4 degrees of freedom, s = 1.

    Places scatter by 17.5 / 36 around their mean; t(4 df, 95th percentile) = 2.132 from the table,
    so the interval reaches 2.132 / sqrt(17.5 / 36) = 3.058.
    """
    found = trend(PLACES, np.exp([-1.0, 1, 0, 0, 1, -1]).tolist())

    assert found is not None
    assert found.change == pytest.approx(0, abs=1e-12)
    assert math.log1p(found.high) == pytest.approx(3.058, abs=2e-3)
    assert math.log1p(found.low) == pytest.approx(-3.058, abs=2e-3)


def test_equal_batches_do_not_drift() -> None:
    """No scatter at all is no reason for a division by zero."""
    found = trend(PLACES, [300.0] * BATCHES)

    assert found is not None
    assert (found.change, found.low, found.high) == (0, 0, 0)


def test_a_batch_of_nothing_has_no_trend() -> None:
    """The log of a rate of 0 is no number; a consumer that stood still shows elsewhere."""
    assert trend(PLACES, [10.0, 10.0, 0.0, 10.0, 10.0, 10.0]) is None


def test_a_figure_below_one_has_a_trend_and_an_endless_one_none() -> None:
    """Half a message a second that becomes a quarter fell by half; of ∞ there is no line."""
    found = trend(PLACES, [0.5 * 0.5**place for place in PLACES])

    assert found is not None
    assert found.change == pytest.approx(-0.5)
    assert found.drifting
    assert trend(PLACES, [10.0, 10.0, math.inf, 10.0, 10.0, 10.0]) is None


@pytest.mark.parametrize(("places", "values"), [(5, 6), (6, 5), (7, 7)])
def test_a_line_through_other_than_six_batches_is_refused(places: int, values: int) -> None:
    """Its interval is that of four degrees of freedom."""
    with pytest.raises(ValueError, match=f"through 6 batches, got {values}"):
        trend([batch / 7 for batch in range(places)], [10.0] * values)


@pytest.mark.parametrize(
    ("low", "change", "high", "drifting"),
    [
        (0.01, 0.11, 0.21, True),
        (-0.21, -0.11, -0.01, True),
        (0.00, 0.11, 0.22, False),  # perhaps it kept still
        (-0.22, -0.11, 0.00, False),
        (0.05, 0.10, 0.15, False),  # surely moved, and not by more than 10 %
        (-0.15, -0.10, -0.05, False),
    ],
)
def test_what_drifts_moves_surely_and_by_more_than_a_tenth(
    low: float, change: float, high: float, drifting: bool
) -> None:
    """R5 asks for both, up and down."""
    assert Trend(change=change, low=low, high=high).drifting is drifting


def flagged_share(noise: float, amplitude: float) -> float:
    """How often windows of 120 s after 30 s of warm-up are flagged.

    One figure a second with AR(1) noise (phi 0.5), and a transient that fades with a time constant
    of 30 s: the model on which R5 was chosen.
    """
    rng = np.random.default_rng(39)
    shocks = rng.normal(0, noise * math.sqrt(1 - 0.5**2), (400, 120))
    shocks[:, 0] = rng.normal(0, noise, 400)
    level = 1 + amplitude * np.exp(-(30.5 + np.arange(120)) / 30)
    windows = level * np.exp(lfilter([1], [1, -0.5], shocks, axis=1))
    batches = windows.reshape(400, BATCHES, 20).mean(axis=2)
    trends = [trend(PLACES, window.tolist()) for window in batches]
    return sum(found is not None and found.drifting for found in trends) / len(trends)


@pytest.mark.simulates
@pytest.mark.parametrize(("noise", "most"), [(0.02, 0.0), (0.04, 0.01), (0.08, 0.04)])
def test_a_settled_trial_is_hardly_ever_flagged(noise: float, most: float) -> None:
    """A flag makes a trial invalid: noise alone must not do that. R5 was chosen at 0, 0 and 2 %."""
    assert flagged_share(noise, amplitude=0.0) <= most


@pytest.mark.simulates
@pytest.mark.parametrize(("noise", "least"), [(0.02, 0.97), (0.04, 0.87), (0.08, 0.55)])
def test_a_warm_up_that_was_too_short_is_found(noise: float, least: float) -> None:
    """The first batch still lies a seventh above the last. R5 was chosen at 90 to 100 %."""
    assert flagged_share(noise, amplitude=0.5) >= least
