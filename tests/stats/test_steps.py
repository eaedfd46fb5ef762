"""Where the level of a history changed."""

import math

import numpy as np
import pytest

from bench.stats import steps
from bench.stats.steps import Step, middle, steps_of
from tests.stats.histories import KINDS, YEAR, Array

WAVE = [1.0, 1.02, 0.99, 1.01, 0.98]
"""Runs as they are: they differ by some percent, and do not take after each other."""


def runs(*levels: tuple[int, float]) -> list[float]:
    """Return a history of levels: so many runs about each."""
    return [level * WAVE[place * 2 % 5] for count, level in levels for place in range(count)]


def places(values: list[float]) -> list[int]:
    return [step.place for step in steps_of(values)]


@pytest.mark.parametrize("factor", [1.1, 1 / 1.1, 2.0, 1000.0])
def test_a_step_is_found_where_it_is_as_soon_as_five_runs_show_it(factor: float) -> None:
    """Up and down alike: a figure that improved is news, too."""
    (step,) = steps_of(runs((40, 10.0), (5, 10.0 * factor)))

    assert (step.place, step.seen) == (40, 44)
    assert step.before == 10.0
    assert step.after == 10.0 * factor
    assert math.copysign(1, step.strength) == math.copysign(1, factor - 1)


def test_four_runs_are_no_level() -> None:
    """The fifth may be as before."""
    assert places(runs((40, 10.0), (4, 20.0))) == []
    assert places(runs((40, 10.0), (4, 20.0), (40, 10.0))) == []


def test_a_spike_moves_nothing() -> None:
    """One run on a host that was busy, a hundred times over."""
    values = runs((80, 10.0))
    values[30], values[60] = 1000.0, 0.001

    assert steps_of(values) == ()


def test_nothing_is_told_before_there_is_a_history() -> None:
    """What thirty runs differ by is known; what ten do is not."""
    assert places(runs((29, 10.0), (20, 20.0))) == [29]  # seen once there are thirty to compare
    assert places(runs((10, 10.0), (19, 20.0))) == []
    for length in range(34):
        assert steps_of(runs((length, 1.0))) == ()
    assert steps_of([1.0] * 29 + [9.0] * 5) == ()


def test_what_was_seen_once_stays_seen() -> None:
    """A step that vanished the next day would be believed by nobody."""
    values = runs((40, 10.0), (12, 11.5), (40, 14.0))
    seen: list[Step] = []
    for length in range(len(values)):
        found = steps_of(values[: length + 1])
        assert [step.seen for step in found][: len(seen)] == [step.seen for step in seen]
        assert all(abs(new.place - old.place) <= 5 for new, old in zip(found, seen, strict=False))
        seen = list(found)

    assert [step.place for step in seen] == [40, 52]


def test_a_level_that_ends_soon_is_found_at_both_ends() -> None:
    """A bad release that was taken back after two weeks."""
    found = steps_of(runs((60, 10.0), (14, 13.0), (30, 10.0)))

    assert [step.place for step in found] == [60, 74]
    assert [(step.before, step.after) for step in found] == [(10.0, 13.0), (13.0, 10.0)]


def test_a_step_that_nobody_minds_is_none() -> None:
    """Four percent, however sure."""
    assert places([1.0] * 100 + [1.04] * 100) == []
    assert places([1.0] * 100 + [1.06] * 100) == [100]


def test_runs_that_are_all_alike_are_a_history() -> None:
    """An open loop's rate is the same each day, until it is not."""
    assert places([1000.0] * 365) == []
    assert places([1000.0] * 50 + [900.0] * 20) == [50]
    assert places([0.0] * 50) == []
    assert places([0.0] * 50 + [5.0] * 10) == [50]
    assert places([5.0] * 50 + [0.0] * 10) == [50]


def test_slow_drift_is_no_step() -> None:
    """A host that gets slower by a tenth in a year steps nowhere."""
    wave = [WAVE[place * 2 % 5] for place in range(YEAR)]

    assert places([each * 1.1 ** (place / YEAR) for place, each in enumerate(wave)]) == []


def test_runs_that_begin_to_scatter_more_are_not_taken_for_another_level() -> None:
    """The median is what it was; a quiet past would make any five of them a step."""
    quiet = runs((60, 10.0))
    loud = [10.0 * (1 + 20 * (WAVE[place * 2 % 5] - 1)) for place in range(60)]

    assert steps_of(quiet + loud) == ()


def test_the_median_of_what_a_number_just_holds_is_a_number() -> None:
    """Records are input: half of twice the largest would be infinite."""
    assert middle([1e308, 1.5e308]) == 1.25e308
    assert middle([3.0, 1.0, 2.0]) == 2.0
    assert middle([0.0, 0.0]) == 0.0
    assert len(steps_of([1e308, 1e-308] * 30)) == 0
    assert places([1e308] * 40 + [1e-300] * 9) == [40]


def test_a_thousand_runs_step_where_they_do() -> None:
    """Three years of a run a day; each level of some months."""
    levels = [(150, 10.0), (200, 12.0), (250, 9.0), (100, 11.0), (300, 7.0)]

    assert places(runs(*levels)) == [150, 350, 600, 700]


def years(kind: str, count: int, scatter: float) -> list[Array]:
    rng = np.random.default_rng((7, list(KINDS).index(kind)))
    return [np.exp(scatter * KINDS[kind](rng, YEAR)) for _ in range(count)]


@pytest.mark.simulates
@pytest.mark.parametrize("kind", KINDS)
def test_years_without_a_step_stay_far_from_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 5.6 a handful of 10 000 years shows a step; of these eight not one does even at 5.

    Some of them are as far as 4.
    """
    monkeypatch.setattr(steps, "LIMIT", 5.0)
    scatter = 0.03 if kind.startswith("drift") else 0.2

    assert [steps_of(list(year)) for year in years(kind, 8, scatter)] == [()] * 8


@pytest.mark.simulates
def test_a_step_of_ten_percent_in_noise_of_three_is_found_within_ten_runs_or_so() -> None:
    """An alarm that never rings is never false."""
    rng = np.random.default_rng(5)
    after = []
    for _ in range(20):
        logs = rng.normal(0, 0.03, 85)
        logs[60:] += math.log(1.1)
        (step,) = steps_of(list(np.exp(logs)))
        assert abs(step.place - 60) <= 2
        after.append(step.seen - 60 + 1)

    assert np.median(after) <= 8
    assert max(after) <= 20
