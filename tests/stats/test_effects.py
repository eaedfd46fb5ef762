"""How much of what differs factors explain, on outcomes whose truth is planted."""

from itertools import product

import numpy as np
import pytest

from bench.stats.effects import Array, Effect, Factor, Fit, fit

LEVELS = (3, 4, 2)


def coded(points: Array) -> list[Factor]:
    """Each column of points as a factor of its levels."""
    return [
        Factor(name=name, columns=(column[:, None] == np.unique(column)[None, 1:]).astype(float))
        for name, column in zip("abc", points.T, strict=False)
    ]


def fitted(slopes: Array, *, pair: float = 0.0, seed: int = 1, blocks: int = 8) -> Fit:
    """A fit of all points in each block: effects of a and b as given, none of c; noise of 0.1."""
    rng = np.random.default_rng(seed)
    grid = np.array(list(product(*map(range, LEVELS))), dtype=float)
    points = np.tile(grid, (blocks, 1))
    numbers = np.repeat(np.arange(blocks), len(grid))
    a, b, c = points.T
    values = slopes[0] * a + slopes[1] * (b == 2) + pair * (a == 2) * c
    values = values + rng.normal(0, 0.1, len(points)) + rng.normal(0, 1.0, blocks)[numbers]
    found = fit(values, numbers, coded(points))
    assert found is not None
    return found


def of(effects: tuple[Effect, ...], *names: str) -> Effect:
    return next(each for each in effects if each.names == names)


def test_shares_are_those_of_the_variance_that_was_planted() -> None:
    """0.3 · a has a variance of 0.09 · 2/3, 0.2 at one of four levels of b 0.04 · 3/16."""
    found = fitted(np.array([0.3, 0.2]))
    whole = 0.06 + 0.0075 + 0.01

    assert of(found.main, "a").share == pytest.approx(0.06 / whole, abs=0.05)
    assert of(found.main, "b").share == pytest.approx(0.0075 / whole, abs=0.04)
    assert of(found.main, "c").share == pytest.approx(0.0, abs=0.01)
    assert found.unexplained == pytest.approx(0.01 / whole, abs=0.04)


def test_a_factor_that_means_nothing_scatters_around_0_and_is_hardly_ever_clear() -> None:
    """Else each knob of a run of equal settings would matter a little."""
    runs = [fitted(np.array([0.0, 0.0]), seed=seed) for seed in range(60)]
    shares = [each.share for found in runs for each in found.main]
    clear = [any(e.p * 6 < 0.05 for e in (*found.main, *found.pairs)) for found in runs]

    assert abs(float(np.mean(shares))) < 0.005
    assert sum(clear) <= 8


def test_intervals_hold_what_was_planted() -> None:
    truth = 0.06 / 0.07
    runs = [of(fitted(np.array([0.3, 0.0]), seed=seed).main, "a") for seed in range(40)]
    held = [e.low is not None and e.high is not None and e.low <= truth <= e.high for e in runs]

    assert sum(held) >= 30


def test_what_two_do_together_is_told_apart_from_what_each_does() -> None:
    apart, together = fitted(np.array([0.3, 0.2])), fitted(np.array([0.3, 0.2]), pair=0.4)

    assert of(apart.pairs, "a", "c").p > 0.01
    assert of(together.pairs, "a", "c").p < 1e-6
    assert of(together.pairs, "a", "c").share > of(together.pairs, "a", "b").share + 0.05


def test_slopes_say_what_each_level_changes_beside_all_others() -> None:
    found = of(fitted(np.array([0.3, 0.2])).main, "a")

    assert found.slopes == pytest.approx((0.3, 0.6), abs=0.06)


def test_what_befalls_a_block_is_no_effect() -> None:
    """Each value of a factor in blocks of its own: nobody can tell it from the blocks."""
    numbers = np.repeat(np.arange(6), 4)
    points = np.column_stack([numbers % 2, np.tile([0, 1, 0, 1], 6)]).astype(float)
    values = 5.0 * points[:, 0] + 0.1 * points[:, 1]
    found = fit(values + np.random.default_rng(2).normal(0, 0.01, 24), numbers, coded(points))

    assert found is not None
    assert [each.names for each in found.main] == [("b",)]


def test_with_fewer_than_three_blocks_there_is_no_interval() -> None:
    found = of(fitted(np.array([0.3, 0.0]), blocks=2).main, "a")

    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize("size", [0, 1, 4])
def test_of_too_few_outcomes_nothing_is_said(size: int) -> None:
    points = np.array(list(product(*map(range, LEVELS))), dtype=float)[:size].reshape(size, 3)

    assert fit(np.arange(size, dtype=float), np.ones(size, dtype=int), coded(points)) is None


def test_outcomes_that_are_all_alike_say_nothing() -> None:
    points = np.tile(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), (6, 1))

    assert fit(np.ones(12), np.repeat(np.arange(6), 2), coded(points)) is None
