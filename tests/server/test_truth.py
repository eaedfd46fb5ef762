"""Known truth: where the answer can be worked out by hand, the figures must give it."""

from pathlib import Path

import pytest

from bench.analysis.figures import LagVerdict, TrialFigures
from bench.analysis.summary import summarise_trial
from bench.core.units import NS_PER_MS
from bench.spec.variant import Settings
from tests.parts import Time
from tests.server.running import complaints, plan_of, run_trial, sound, workload

pytestmark = pytest.mark.nats

HANDLER_NS = 20 * NS_PER_MS
ONE_WORKER = {"workers": 1, "handler": {"time": "20ms"}}


def figures_of(directory: Path, rate: str, measure: str) -> TrialFigures:
    load = workload(rate, measure, consume=ONE_WORKER, drain="1s")
    kept = run_trial(directory, load, {})
    cell = plan_of(load, Settings()).cell("cell")
    return summarise_trial(kept.record, kept.intervals, kept.samples, cell)


def test_a_consumer_that_keeps_up_adds_its_handler_and_does_not_fall_behind(tmp_path: Path) -> None:
    """A constant 20 ms handler with a free worker adds 20 ms, and a busy host some more.

    Each message's handler takes no less, so no percentile does. How much more it is on a quiet
    host is measured by `make client-truth`. At a fifth of what the worker can do there is no lag
    that could grow either.
    """
    figures = figures_of(tmp_path, "10/s", "12s")

    assert sound(figures.record), complaints(figures.record)
    end_to_end = figures.times[Time.END_TO_END].percentiles_ns[50.0]
    delivery = figures.times[Time.DELIVERY].percentiles_ns[50.0]
    assert end_to_end is not None
    assert delivery is not None
    three_digits = 1e-3 * end_to_end
    assert HANDLER_NS - three_digits <= end_to_end - delivery < 2 * HANDLER_NS
    assert figures.lag is not None
    assert figures.lag.verdict is not LagVerdict.GROWING
    assert abs(figures.lag.slope_msgs_per_s) < 1


def test_a_consumer_at_half_the_rate_falls_behind_by_the_difference(tmp_path: Path) -> None:
    """100 msg/s offered, 50 handled: the lag grows by 50 msg/s, a result and not a fault."""
    figures = figures_of(tmp_path, "100/s", "10s")

    assert sound(figures.record), complaints(figures.record)
    assert figures.lag is not None
    assert figures.lag.slope_msgs_per_s == pytest.approx(50, rel=0.1)
    assert figures.lag.verdict is LagVerdict.GROWING
    assert figures.record.ledger is not None
    assert figures.record.ledger["lost"] == 0
    assert figures.record.ledger["backlog"] > 300
