"""Rates by hand: each kind from its own count, over the time that it was counted in."""

import math

import numpy as np
import pytest

from bench.analysis.throughput import slice_rates, slice_starts_s, window_length_s, window_rates
from bench.core.units import NS_PER_S
from bench.record.schema import Window
from tests.parts import counts


def window(drained_s: float = 6.0) -> Window:
    """Four seconds from 1 s to 5 s, and a drain."""
    return Window(
        window_start_ns=NS_PER_S, window_end_ns=5 * NS_PER_S, drained_ns=round(drained_s * NS_PER_S)
    )


def slices(last: int = 100) -> dict[str, tuple[int, ...]]:
    """Three seconds of which each kind has other counts."""
    return {
        "offered": (1, 2, last),
        "sent": (0, 0, 0),
        "stored": (3, 4, last),
        "received": (5, 6, last),
        "handled": (0, 0, 0),
        "acked": (7, 8, last),
    }


def test_a_rate_is_its_count_over_the_windows_length() -> None:
    """Each instant its own; of 4 s, warm-up and drain left out."""
    made = counts(offered=400, sent=360, stored=320, received=280, handled=240, acked=200)

    assert window_length_s(window()) == 4.0
    assert window_rates(made, window()) == {
        "offered": 100.0, "sent": 90.0, "stored": 80.0, "received": 70.0, "handled": 60.0,
        "acked": 50.0,
    }  # fmt: skip


def test_every_kind_has_its_own_rate_in_each_slice() -> None:
    """Slices of a second: the rate is the count."""
    rates = {kind: each.tolist() for kind, each in slice_rates(slices(), window(3.0)).items()}

    assert slice_starts_s(slices()).tolist() == [0.0, 1.0, 2.0]
    assert slice_starts_s(slices()).dtype == np.float64
    assert rates == {
        "offered": [1.0, 2.0, 100.0],
        "sent": [0.0, 0.0, 0.0],
        "stored": [3.0, 4.0, 100.0],
        "received": [5.0, 6.0, 100.0],
        "handled": [0.0, 0.0, 0.0],
        "acked": [7.0, 8.0, 100.0],
    }


@pytest.mark.parametrize(
    ("drained_s", "rate"),
    [(3.0, 100.0), (4.0, 100.0), (2.8, 125.0), (2.5, 200.0), (2.4, math.nan)],
)
def test_a_last_slice_counts_for_as_long_as_it_was(drained_s: float, rate: float) -> None:
    """100 messages in 0.8 s are 125 a second; in less than half a second they are no rate."""
    found = slice_rates(slices(), window(drained_s))["acked"].tolist()

    assert found[:2] == [7.0, 8.0]
    assert found[2] == pytest.approx(rate, nan_ok=True)


def test_a_trial_without_slices_has_no_rates() -> None:
    """It broke off before its first second; that is no error."""
    none = {"offered": (), "sent": (), "stored": (), "received": (), "handled": (), "acked": ()}

    assert slice_starts_s(none).tolist() == []
    assert slice_rates(none, window())["stored"].tolist() == []
