import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.plan.arrivals import burst_ns, constant_ns, intended_ns, poisson_ns, ramp_ns
from tests.plan.examples import workload


def test_constant_arrivals_are_spaced_by_the_rate() -> None:
    """3 a second: 0, 333.3 ms, 666.6 ms, and 1 s to the nanosecond again."""
    assert constant_ns(3, 2 * NS_PER_S).tolist() == [
        0,
        333_333_333,
        666_666_666,
        1_000_000_000,
        1_333_333_333,
        1_666_666_666,
    ]


def test_a_high_constant_rate_does_not_drift() -> None:
    """A step rounded to 1429 ns would put the last of 700 000 messages 300 us late."""
    due_ns = constant_ns(700_000, NS_PER_S)

    assert len(due_ns) == 700_000
    assert abs(due_ns[-1] - 699_999 * NS_PER_S / 700_000) < 1


@given(rate=st.floats(0.1, 20_000), span_ms=st.integers(1, 5_000))
def test_a_constant_schedule_stays_in_its_span_and_never_goes_back(
    rate: float, span_ms: int
) -> None:
    """A publisher that slept until message i must never find message i + 1 in its past."""
    span_ns = span_ms * 1_000_000
    due_ns = constant_ns(rate, span_ns)

    assert due_ns[0] == 0
    assert due_ns[-1] < span_ns
    assert np.all(np.diff(due_ns) >= 0)
    assert abs(len(due_ns) - rate * span_ns / NS_PER_S) <= 1


@given(rate=st.floats(0.1, 20_000), span_ms=st.integers(0, 5_000), seed=st.integers(0, 2**48 - 1))
def test_a_poisson_schedule_offers_exactly_its_rate(rate: float, span_ms: int, seed: int) -> None:
    """A count that varied by chance would make compared trials differ by its square root."""
    span_ns = span_ms * 1_000_000
    due_ns = poisson_ns(rate, span_ns, np.random.default_rng(seed))

    assert len(due_ns) == round(rate * span_ns / NS_PER_S)
    assert np.all(np.diff(due_ns) >= 0)
    assert np.all((due_ns >= 0) & (due_ns < span_ns))


@pytest.mark.parametrize("seed", range(8))
def test_poisson_gaps_are_exponential(seed: int) -> None:
    """Kolmogorov-Smirnov against Exp(rate). Constant arrivals fail it at any level."""
    due_ns = poisson_ns(1_000, 10 * NS_PER_S, np.random.default_rng(seed))
    gaps_s = np.diff(due_ns) / NS_PER_S

    assert stats.kstest(gaps_s, stats.expon(scale=1e-3).cdf).pvalue > 0.01
    even = np.full(len(gaps_s), 1e-3)
    assert stats.kstest(even, stats.expon(scale=1e-3).cdf).pvalue < 1e-12


def test_poisson_counts_vary_as_those_of_a_poisson_process() -> None:
    """Counts of 100 ms slices scatter with variance/mean near 1; even arrivals have 0.

    Given the total, slices are multinomial: variance/mean is 1 - 1/slices = 0.99 here, with a
    standard error of sqrt(2/100) = 0.14.
    """
    due_ns = poisson_ns(1_000, 10 * NS_PER_S, np.random.default_rng(3))
    counts, _ = np.histogram(due_ns, bins=100, range=(0, 10 * NS_PER_S))

    assert counts.var() / counts.mean() == pytest.approx(0.99, abs=4 * 0.14)


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_the_window_holds_rate_times_its_length(arrivals: str) -> None:
    """The offered rate is a known number, not a measured one."""
    load = workload(rate="1000/s", arrivals=arrivals, warmup="1s", measure="2s")
    due_ns = intended_ns(load.publish, load.phases, np.random.default_rng(1))

    assert len(due_ns) == 3000
    assert np.count_nonzero(due_ns >= NS_PER_S) == 2000
    assert np.all(np.diff(due_ns) >= 0)


def test_a_trial_may_have_no_warmup() -> None:
    """A look at a cold start."""
    load = workload(arrivals="poisson", warmup="0s")

    assert len(intended_ns(load.publish, load.phases, np.random.default_rng(1))) == 2000


@given(rate=st.floats(10, 5000), every_ms=st.integers(10, 2000), share=st.floats(0.01, 1.0))
def test_a_burst_offers_its_rate_within_its_part_of_each_period(
    rate: float, every_ms: int, share: float
) -> None:
    """As many messages as at a constant rate, none of them due in the silence."""
    every_ns = every_ms * NS_PER_MS
    during_ns = max(1, int(every_ns * share))

    due_ns = burst_ns(rate, 3 * NS_PER_S, every_ns, during_ns)

    assert due_ns.size == constant_ns(rate, 3 * NS_PER_S).size
    assert (due_ns % every_ns < during_ns).all()
    assert (np.diff(due_ns) >= 0).all()


def test_a_burst_of_a_tenth_is_ten_times_as_dense() -> None:
    """1000/s in bursts of 100 ms a second: 1000 messages 0.1 ms apart, then 900 ms of nothing."""
    due_ns = burst_ns(1000.0, 2 * NS_PER_S, NS_PER_S, 100 * NS_PER_MS)

    assert due_ns[999] == 99_900_000
    assert due_ns[1000] == NS_PER_S


def test_a_ramp_rises_evenly() -> None:
    """From 100/s to 300/s over 10 s: 2000 messages; 750 in the first half, 1250 in the second."""
    due_ns = ramp_ns(100.0, 300.0, 10 * NS_PER_S)

    assert due_ns.size == 2000
    assert np.count_nonzero(due_ns < 5 * NS_PER_S) == 750


@given(start=st.floats(1, 2000), stop=st.floats(1, 2000), span_s=st.integers(1, 20))
def test_a_ramp_offers_the_mean_of_its_rates_and_never_goes_back(
    start: float, stop: float, span_s: int
) -> None:
    """Rising or falling, the count is the area under the rate."""
    due_ns = ramp_ns(start, stop, span_s * NS_PER_S)

    assert abs(due_ns.size - (start + stop) / 2 * span_s) <= 1
    assert (np.diff(due_ns) >= 0).all()
    assert due_ns.size == 0 or (due_ns[0] >= 0 and due_ns[-1] < span_s * NS_PER_S)


def test_a_level_ramp_is_a_constant_rate() -> None:
    """The quadratic must not break down where there is nothing to solve."""
    assert np.abs(ramp_ns(250.0, 250.0, NS_PER_S) - constant_ns(250.0, NS_PER_S)).max() <= 1
