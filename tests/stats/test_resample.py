"""How often equal cells look red, held to gates that are drawn afresh."""

import numpy as np
import pytest

from bench.stats.compare import change_between, smallest_visible
from bench.stats.resample import _red, false_red_share


def test_equal_cells_are_red_as_rarely_as_drawn_ones() -> None:
    """Normal differences of 5 % and a margin of 1 %: t > 2.13 on 5 blocks and > 1.83 on all 10.

    Each alone is red in 5 % of cases; both, as the ten hold the five, in some 3 %.
    """
    rng = np.random.default_rng(1)
    differences = rng.normal(0, 0.05, 400).tolist()
    drawn = rng.normal(0, 0.05, (20_000, 10))

    found = false_red_share(differences, margin=0.01, blocks=5, rng=rng)

    assert found == pytest.approx(red_share(drawn), abs=0.01)
    assert found <= 0.05


def red_share(drawn: np.typing.NDArray[np.float64]) -> float:
    """The same rule, written out: both t above their tabulated one-sided 5 % and the mean above."""
    red = np.ones(len(drawn), dtype=bool)
    for blocks, critical in ((5, 2.132), (10, 1.833)):
        part = drawn[:, :blocks]
        t = part.mean(axis=1) / (part.std(axis=1, ddof=1) / np.sqrt(blocks))
        red &= (t > critical) & (part.mean(axis=1) >= 0.01)
    return float(red.mean())


def test_the_draws_scatter_as_the_differences_do() -> None:
    """Differences of +1 and -1, a margin of 0.7 on 5 blocks and on 10, by hand.

    Red on five takes all five +1 (4 of 5 have a mean of 0.6): 1 in 32. On ten it then takes a mean
    of 0.8 or more, 4 or 5 of the other five: 6 in 32. Together 6 in 1024, 0.59 %. Were the draws
    1.41 times as large, 3 of the other five would do: 16 in 1024, 1.56 %.
    """
    rng = np.random.default_rng(3)

    found = false_red_share([1.0, -1.0], margin=0.7, blocks=5, rng=rng)

    assert found == pytest.approx(6 / 1024, abs=4 * np.sqrt(0.0059 / 4000))


def test_the_second_look_is_at_twice_as_many_blocks() -> None:
    """Differences of +1 and -1 and a margin of 0.5: all of the five, and 3 of the other five.

    By hand 16 in 1024, 1.56 %. On fifteen blocks it would take 7 of the other ten: 0.54 %.
    """
    rng = np.random.default_rng(4)

    found = false_red_share([1.0, -1.0], margin=0.5, blocks=5, rng=rng)

    assert found == pytest.approx(16 / 1024, abs=4 * np.sqrt(0.0156 / 4000))


def test_each_block_has_a_difference_of_its_own() -> None:
    """One block in three scatters tenfold, and a mean with such a block in it is seldom sure.

    Simulated apart from this code with 400 000 gates: 0.87 %. One difference for all blocks would
    make it 1.56 %, as with any that are alike.
    """
    rng = np.random.default_rng(6)

    found = false_red_share([1.0, 1.0, 10.0], margin=0.01, blocks=5, rng=rng)

    assert found == pytest.approx(0.0087, abs=4 * np.sqrt(0.0087 / 4000))


def test_red_is_what_is_surely_worse_and_by_the_margin() -> None:
    """Five blocks each, by hand: -2 to 2 around a mean scatter by an error of 0.7071.

    A t of 2.2 is beyond 2.132, tabulated for 4 degrees of freedom and one-sided 5 %, and one of
    2.05 is not. The last have no scatter, and no change.
    """
    around = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    rows = np.array([2.2 * 0.7071 + around, 2.05 * 0.7071 + around, 3.0 + around, 0.0 * around])

    assert _red(rows, 1.0).tolist() == [True, False, True, False]
    assert _red(rows, 2.0).tolist() == [False, False, True, False]
    assert _red(rows, 3.0).tolist() == [False, False, True, False]
    assert _red(rows, 0.0).tolist() == [True, False, True, False]


def test_a_wide_margin_is_never_red() -> None:
    """Differences of 1 % do not add up to 50 %."""
    rng = np.random.default_rng(2)

    assert false_red_share([0.01, -0.01, 0.005], margin=0.5, blocks=5, rng=rng) == 0.0


def test_the_smallest_visible_change_shrinks_with_blocks() -> None:
    """Noncentral t, 80 % power, one-sided 5 %: 1.359 on 5 pairs, 0.853 on 10, of a spread of 1."""
    assert smallest_visible(1.0, 5) == pytest.approx(1.359, abs=0.001)
    assert smallest_visible(1.0, 10) == pytest.approx(0.853, abs=0.001)


def test_an_unpaired_change_by_hand() -> None:
    """1 to 5 against 3 to 7: 2, variances of 2.5, so an error of 1 on 8 df; tabulated t 1.860."""
    found = change_between([1.0, 2.0, 3.0, 4.0, 5.0], [3.0, 4.0, 5.0, 6.0, 7.0])

    assert found is not None
    assert (found.worse, found.low, found.high) == pytest.approx((2.0, 0.140, 3.860), abs=1e-3)
    assert found.p_worse == pytest.approx(0.0403, abs=1e-4)
    assert found.pairs == 5


def test_the_side_that_scatters_says_how_well_the_error_is_known() -> None:
    """1, 1, 1, 1 against 2, 3, 4: by Welch 2 degrees of freedom, not the 5 of a common variance.

    A difference of 2, an error of 1 / √3, tabulated t 2.920: 1.686 to either side.
    """
    found = change_between([1.0] * 4, [2.0, 3.0, 4.0])

    assert found is not None
    assert (found.low, found.high) == pytest.approx((2 - 1.686, 2 + 1.686), abs=1e-3)
    assert found.pairs == 3


def test_ranks_of_an_unpaired_change_by_hand() -> None:
    """All three after lie above all three before: one of 20 ways to deal out six ranks."""
    found = change_between([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])

    assert found is not None
    assert found.p_worse_by_ranks == pytest.approx(1 / 20)


def test_too_few_values_are_no_comparison() -> None:
    """Of either run."""
    assert change_between([1.0, 2.0], [1.0, 2.0, 3.0]) is None


def test_values_without_scatter_need_no_division_by_zero() -> None:
    """Bytes of a message are the same in every trial."""
    found = change_between([1.0] * 3, [2.0] * 3)

    assert found is not None
    assert (found.low, found.high, found.p_worse) == (1.0, 1.0, 0.0)
