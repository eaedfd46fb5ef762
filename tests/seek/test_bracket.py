"""The search by itself, over capacities of known truth."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats

from bench.plan.model import Purpose
from bench.seek.ahead import most_left
from bench.seek.bracket import (
    LEAST_SOAKS,
    MOST_PROBES,
    MOST_REFUSED,
    MOST_SOAKS,
    Bounds,
    Ending,
    Found,
    Next,
    Said,
    Tried,
    found,
    next_step,
)

BOUNDS = Bounds(low_per_s=100, high_per_s=20_000)


@dataclass
class Walk:
    """A search that asks somebody who knows.

    Attributes:
        bounds: within what.
        probe: what a probe of a rate says.
        soaks: what so many soaks of a rate say; whoever is asked may keep figures.
        tried: probes in their order, then the soaks of each rate.
    """

    bounds: Bounds
    probe: Callable[[float, Purpose, int], Said]
    soaks: Callable[[float, int], Said]
    probes: list[Tried] = field(default_factory=list)
    soaked: dict[float, int] = field(default_factory=dict)

    @property
    def tried(self) -> list[Tried]:
        return self.probes + [
            _tried(rate, Purpose.SOAK, self.soaks(rate, count), trials=count)
            for rate, count in self.soaked.items()
        ]

    def run(self) -> Found:
        while (step := next_step(self.bounds, self.tried)) is not None:
            self.step(step)
            assert len(self.probes) + sum(self.soaked.values()) < 200
        return found(self.bounds, self.tried)

    def step(self, step: Next) -> None:
        if step.purpose is Purpose.SOAK:
            self.soaked[step.rate_per_s] = self.soaked.get(step.rate_per_s, 0) + 1
        else:
            said = self.probe(step.rate_per_s, step.purpose, step.publishers)
            self.probes.append(_tried(step.rate_per_s, step.purpose, said, step.publishers))


def _tried(
    rate: float, purpose: Purpose, said: Said, publishers: int = 1, trials: int = 1
) -> Tried:
    return Tried(rate_per_s=rate, publishers=publishers, purpose=purpose, said=said, trials=trials)


def _sharp(capacity: float) -> Walk:
    """A capacity that everybody sees the same way."""

    def soaks(rate: float, count: int) -> Said:
        if count < LEAST_SOAKS:
            return Said.OPEN
        return Said.MET if rate <= capacity else Said.MISSED

    return Walk(
        bounds=BOUNDS,
        probe=lambda rate, *_: Said.MET if rate <= capacity else Said.MISSED,
        soaks=soaks,
    )


@pytest.mark.parametrize("capacity", [100, 101, 250, 1999, 2000, 2001, 7321, 19_000])
def test_a_sharp_capacity_is_found_within_a_few_percent(capacity: float) -> None:
    walk = _sharp(capacity)

    result = walk.run()

    assert result.ending is Ending.CONFIRMED
    assert result.confirmed_per_s is not None
    assert result.above_per_s is not None
    assert result.confirmed_per_s <= capacity < result.above_per_s
    assert result.confirmed_per_s >= 0.95 * capacity
    assert len(walk.probes) <= MOST_PROBES


def test_what_the_lowest_rate_misses_is_below_the_range_and_was_looked_at_twice() -> None:
    walk = _sharp(99)

    result = walk.run()

    assert (result.ending, result.confirmed_per_s) == (Ending.BELOW, None)
    assert [each.rate_per_s for each in walk.probes] == [100, 100]
    assert not walk.soaked


def test_what_the_highest_rate_meets_is_confirmed_there_and_more_is_not_claimed() -> None:
    walk = _sharp(50_000)

    result = walk.run()

    assert (result.ending, result.confirmed_per_s) == (Ending.AT_LEAST, 20_000)
    assert result.above_per_s is None
    assert walk.soaked == {20_000: LEAST_SOAKS}


def test_a_generator_at_its_end_gets_more_processes_then_bounds_what_is_known() -> None:
    """It says nothing about the server: what was confirmed is a lower bound."""
    walk = _sharp(50_000)
    walk.bounds = Bounds(low_per_s=100, high_per_s=20_000, publishers=1, most_publishers=2)
    walk.probe = lambda rate, _, processes: (
        Said.NOT_OFFERED if rate > 3000 * processes else Said.MET
    )

    result = walk.run()

    assert result.ending is Ending.AT_LEAST
    assert result.confirmed_per_s is not None
    assert 0.95 * 6000 <= result.confirmed_per_s <= 6000
    assert {each.publishers for each in walk.probes} == {1, 2}


def test_what_could_not_be_measured_at_all_is_not_told() -> None:
    walk = _sharp(2000)
    walk.probe = lambda *_: Said.SPOILT

    result = walk.run()

    assert (result.ending, result.confirmed_per_s) == (Ending.NOT_TOLD, None)
    assert len(walk.probes) == 3


def test_a_spoilt_probe_is_repeated() -> None:
    walk, spoilt = _sharp(2000), iter([Said.SPOILT, Said.SPOILT])
    sharp = walk.probe
    walk.probe = lambda *about: next(spoilt, None) or sharp(*about)

    result = walk.run()

    assert result.confirmed_per_s is not None
    assert 1900 <= result.confirmed_per_s <= 2000


def test_one_hiccup_does_not_halve_a_capacity() -> None:
    walk, hiccups = _sharp(2000), {3}
    sharp = walk.probe

    def probe(rate: float, purpose: Purpose, publishers: int) -> Said:
        return Said.MISSED if len(walk.probes) in hiccups else sharp(rate, purpose, publishers)

    walk.probe = probe
    result = walk.run()

    assert result.confirmed_per_s is not None
    assert result.confirmed_per_s >= 0.95 * 2000


def test_soaks_that_never_decide_confirm_nothing() -> None:
    walk = _sharp(2000)
    walk.soaks = lambda *_: Said.OPEN

    result = walk.run()

    assert (result.ending, result.confirmed_per_s) == (Ending.UNCONFIRMED, None)
    assert set(walk.soaked.values()) == {MOST_SOAKS}
    assert len(walk.soaked) == MOST_REFUSED


def test_a_rate_that_soaks_refuse_is_given_up_for_a_lower_one() -> None:
    """Probes that flatter are not believed."""
    walk = _sharp(1500)
    walk.probe = lambda rate, *_: Said.MET if rate <= 2000 else Said.MISSED

    result = walk.run()

    assert result.confirmed_per_s is not None
    assert 0.95 * 1500 <= result.confirmed_per_s <= 1500


def test_whoever_goes_on_from_what_was_tried_asks_the_same() -> None:
    """There is no other state than the records."""
    walk = _sharp(2000)
    walk.run()
    tried = walk.tried

    for count in range(len(walk.probes)):
        step = next_step(BOUNDS, tried[:count])
        assert step is not None
        assert (step.rate_per_s, step.purpose) == (tried[count].rate_per_s, tried[count].purpose)


TRUE = 0.878
"""Of the rate at which the server is full: where the goal is in the evidence of the method."""

GOAL = -math.log(1 - TRUE)


class Noisy:
    """A p99 that rises towards a capacity, with the noise of real trials.

    Trials see the server full at rates that scatter by 3 %, and read a p99 that scatters by 15 %
    in a short probe; longer ones by as much less as their length says.
    """

    def __init__(self, seed: int, hiccups: float) -> None:
        self.random, self.hiccups = np.random.default_rng(seed), hiccups
        self.low = 0.02 * math.exp(self.random.uniform(0, math.log(2)))
        self.read: dict[float, list[float]] = {}

    def walk(self) -> Walk:
        bounds = Bounds(low_per_s=self.low, high_per_s=250 * self.low)
        return Walk(bounds=bounds, probe=self.probe, soaks=self.soaks)

    def _log_p99(self, rate: float, windows: float) -> float:
        full = rate / math.exp(self.random.normal(0, 0.03))
        if full >= 1:
            return math.inf
        return -math.log(1 - full) + self.random.normal(0, 0.15 / math.sqrt(windows))

    def probe(self, rate: float, purpose: Purpose, publishers: int) -> Said:
        del publishers
        hiccup = 1.6 if self.random.random() < self.hiccups else 0.0
        read = self._log_p99(rate, 1 if purpose is Purpose.SHORT else 3) + hiccup
        return Said.MET if read <= GOAL else Said.MISSED

    def soaks(self, rate: float, count: int) -> Said:
        read = self.read.setdefault(rate, [])
        while len(read) < count:
            read.append(self._log_p99(rate, 4))
        if count < LEAST_SOAKS:
            return Said.MISSED if count >= 3 and min(read) > GOAL else Said.OPEN
        mean = float(np.mean(read))
        if not mean <= GOAL:
            return Said.MISSED
        spread = float(np.std(read, ddof=1)) / math.sqrt(count)
        bound = mean + float(stats.t.ppf(0.95, count - 1)) * spread
        return Said.MET if bound <= GOAL else Said.OPEN


@pytest.mark.parametrize("hiccups", [0.0, 0.03])
def test_what_a_noisy_search_confirms_is_hardly_ever_too_much(hiccups: float) -> None:
    """At most 1 % of searches more than 2 % too high, and a median error of at most 3 %.

    What is tried here 400 times was 0 of 2000, and 2.7 %, with other seeds.
    """
    errors, probes = [], []
    for seed in range(400):
        walk = Noisy(seed, hiccups).walk()
        result = walk.run()
        assert result.confirmed_per_s is not None
        errors.append(result.confirmed_per_s / TRUE - 1)
        probes.append(len(walk.probes))

    assert np.mean(np.array(errors) > 0.02) <= 0.01
    assert np.median(np.abs(errors)) <= 0.03
    assert max(probes) <= MOST_PROBES


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        (Said.NOT_OFFERED, Ending.AT_LEAST),
        (Said.OPEN, Ending.CONFIRMED),
        (Said.MISSED, Ending.CONFIRMED),
    ],
)
def test_soaks_that_could_not_be_offered_are_no_upper_bound(said: Said, ending: Ending) -> None:
    """What lies above is not known to miss: the host was too small for it."""
    walk = _sharp(1e9)
    walk.soaks = lambda rate, count: said if rate > 19_800 else _met(count)

    ended = walk.run()

    assert ended.ending is ending
    assert ended.confirmed_per_s is not None
    assert ended.confirmed_per_s <= 19_800 < (ended.above_per_s or 0)


def _met(count: int) -> Said:
    return Said.MET if count >= LEAST_SOAKS else Said.OPEN


def _moody(seed: int) -> Walk:
    """Looks that say anything: no search takes longer than where nothing fits together."""
    random = np.random.default_rng(seed)
    said = [Said.MET, Said.MISSED, Said.NOT_OFFERED, Said.SPOILT]
    soaked: dict[tuple[float, int], Said] = {}

    def soaks(rate: float, count: int) -> Said:
        may = [Said.OPEN] if count < LEAST_SOAKS else [Said.MET, Said.MISSED, Said.OPEN, Said.OPEN]
        return soaked.setdefault((rate, count), Said(random.choice(may)))

    return Walk(
        bounds=Bounds(low_per_s=100, high_per_s=20_000, publishers=1, most_publishers=4),
        probe=lambda *_: Said(random.choice(said, p=[0.5, 0.3, 0.1, 0.1])),
        soaks=soaks,
    )


@pytest.mark.parametrize("seed", range(60))
def test_no_search_takes_more_than_was_said_to_be_left(seed: int) -> None:
    """`At most 40 more` is believed by whoever waits for it."""
    walk = _moody(seed) if seed % 2 else Noisy(seed, 0.03).walk()
    left: list[tuple[int, int]] = []
    taken = next_step(walk.bounds, walk.tried)
    while taken is not None:
        left.append(most_left(walk.bounds, walk.tried))
        walk.step(taken)
        taken = next_step(walk.bounds, walk.tried)

    came = len(walk.probes) + sum(walk.soaked.values())
    assert all(sum(each) >= came - after for after, each in enumerate(left))
