"""Comparisons: known answers by hand, and how often the rules err on simulated runs."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.stats.compare import Change, Verdict, change, holm, p_reaching, verdict
from tests.stats.unranked import unranked

MARGIN = math.log(1.10)
RUNS = 2000


def test_change_by_hand() -> None:
    """1, 2, 3, 4, 5: mean 3, sd 1.581, error 0.7071; t(4 df) of 2.132 and 4.243 from the table.

    A t of 4.243 has p = 0.0066 one-sided; all five signs alike have 1 / 32 by ranks.
    """
    found = change([1.0, 2.0, 3.0, 4.0, 5.0])

    assert found is not None
    assert found.worse == 3
    assert (found.low, found.high) == pytest.approx((3 - 1.5075, 3 + 1.5075), abs=1e-3)
    assert found.p_worse == pytest.approx(0.0066, abs=1e-4)
    assert found.p_worse_by_ranks == pytest.approx(1 / 32)


def test_two_blocks_are_no_comparison() -> None:
    """A rank test on so few cannot tell anything, and a t interval spans the sky."""
    assert change([0.1, 0.2]) is None


def test_blocks_that_agree_exactly_need_no_division_by_zero() -> None:
    """Bytes per message are often the same to the last digit in every block."""
    worse, same = change([0.2] * 5), change([0.0] * 5)

    assert worse is not None
    assert same is not None
    assert (worse.low, worse.high, worse.p_worse) == (0.2, 0.2, 0.0)
    assert (same.p_worse, same.p_worse_by_ranks) == (1.0, 1.0)
    assert verdict(worse, MARGIN) is Verdict.FAIL
    assert verdict(same, MARGIN) is Verdict.PASS


@pytest.mark.parametrize(
    ("low", "worse", "high", "said"),
    [
        (-0.02, 0.01, 0.04, Verdict.PASS),
        (0.01, 0.03, 0.05, Verdict.PASS),  # surely worse, and surely by less than matters
        (0.05, 0.15, 0.25, Verdict.FAIL),
        (-0.05, 0.15, 0.35, Verdict.INCONCLUSIVE),  # large, but may be chance
        (0.02, 0.08, 0.14, Verdict.INCONCLUSIVE),  # surely worse, but perhaps not by the margin
        (-0.50, 0.00, 0.50, Verdict.INCONCLUSIVE),
        (0.01, 0.05, 0.10, Verdict.INCONCLUSIVE),  # the margin itself is not below the margin
        (0.00, 0.15, 0.30, Verdict.INCONCLUSIVE),  # no change at all is still within the interval
        (0.05, 0.10, 0.15, Verdict.FAIL),  # by the margin is as bad as beyond it
    ],
)
def test_verdict_by_interval_and_margin(
    low: float, worse: float, high: float, said: Verdict
) -> None:
    """R7: fail needs both "surely worse" and "by the margin"; pass needs "surely within it"."""
    assert verdict(made_up(low, worse, high, pairs=5), margin=0.10) is said


@pytest.mark.parametrize("margin", [0.0, -0.1])
def test_a_margin_that_allows_nothing_is_refused(margin: float) -> None:
    """Against 0 every change that is not surely better would be red."""
    with pytest.raises(ValueError, match=f"above 0, got {margin}"):
        verdict(made_up(-0.2, -0.1, 0.0, pairs=5), margin)


def test_a_smoke_run_never_fails() -> None:
    """Three blocks may warn and must not break a build (R8)."""
    found = made_up(0.05, 0.15, 0.25, pairs=3)

    assert verdict(found, margin=0.10) is Verdict.INCONCLUSIVE


def made_up(low: float, worse: float, high: float, *, pairs: int) -> Change:
    """A change with a given interval."""
    return Change(
        worse=worse,
        low=low,
        high=high,
        p_worse=0.5,
        p_worse_by_ranks=0.5,
        smallest_visible=0.1,
        pairs=pairs,
    )


def test_holm_by_hand() -> None:
    """0.01 x 4, 0.02 x 3, 0.03 x 2, 0.9 x 1: none may fall below the one before it."""
    assert holm([0.9, 0.02, 0.01, 0.03]) == pytest.approx((0.9, 0.06, 0.04, 0.06))


def test_holm_ends_at_certainty() -> None:
    """0.6 x 2 is no probability, and 0.9 x 1 is below the one before it."""
    assert holm([0.6, 0.9]) == (1.0, 1.0)


def test_holm_of_nothing_is_nothing() -> None:
    """A run without gates has no family."""
    assert holm([]) == ()


def differences(true_change: float, *, blocks: int, seed: int) -> NDArray[np.float64]:
    """Runs of two cells whose trials scatter by 5 %, on a host that scatters by 10 % by block."""
    rng = np.random.default_rng(seed)
    host = rng.normal(0, 0.10, (RUNS, blocks, 1))
    cells = host + rng.normal(0, 0.05, (RUNS, blocks, 2))
    of_blocks: NDArray[np.float64] = cells[:, :, 1] - cells[:, :, 0] + true_change
    return of_blocks


def changes(of_runs: NDArray[np.float64]) -> list[Change]:
    """What each run shows, but for its ranks."""
    with unranked():
        found = [change(of_blocks.tolist()) for of_blocks in of_runs]
    return [each for each in found if each is not None]


def simulated(true_change: float, *, blocks: int, seed: int) -> list[Change]:
    """What runs with this true change show."""
    return changes(differences(true_change, blocks=blocks, seed=seed))


def test_ranks_stand_beside_and_change_nothing_else() -> None:
    """Simulations leave them out: all that is decided must be the same."""
    drawn = differences(0.10, blocks=5, seed=6)[:50]

    for of_blocks, without in zip(drawn, changes(drawn), strict=True):
        ranked = change(of_blocks.tolist())
        assert ranked is not None
        assert 0 < ranked.p_worse_by_ranks < 1
        assert replace(without, p_worse_by_ranks=ranked.p_worse_by_ranks) == ranked
        assert verdict(without, MARGIN) is verdict(ranked, MARGIN)


@pytest.mark.simulates
@pytest.mark.parametrize("blocks", [5, 10])
def test_intervals_cover_the_truth_in_90_of_100_runs(blocks: int) -> None:
    """An interval that is too narrow is how benchmarks lie politely."""
    found = simulated(0.07, blocks=blocks, seed=7)

    covered = np.mean([each.low <= 0.07 <= each.high for each in found])

    assert covered == pytest.approx(0.90, abs=0.02)


@pytest.mark.simulates
@pytest.mark.parametrize("blocks", [5, 10])
def test_equal_cells_hardly_ever_fail(blocks: int) -> None:
    """A gate that cries wolf is switched off: at most 5 % red, and the margin makes it fewer."""
    verdicts = Counter(verdict(each, MARGIN) for each in simulated(0.0, blocks=blocks, seed=8))

    assert verdicts[Verdict.FAIL] / RUNS <= 0.05


@pytest.mark.simulates
@pytest.mark.parametrize(
    ("change_share", "alone", "confirmed"),
    [(0.08, 0.204, 0.082), (0.09, 0.341, 0.198), (0.10, 0.500, 0.375)],
)
def test_near_the_margin_red_comes_as_often_as_the_guide_says(
    change_share: float, alone: float, confirmed: float
) -> None:
    """A margin of 10 %, differences that scatter by 5 %: the table of docs/guides/ci.md.

    Simulated apart from this code with 400 000 gates: mean and t bound on 5 blocks, and on all 10.
    Three standard errors of 2000 runs are at most 3.4 %.
    """
    rng = np.random.default_rng(10)
    drawn = math.log1p(change_share) + rng.normal(0, 0.05, (RUNS, 10))
    screened, pooled = changes(drawn[:, :5]), changes(drawn)

    reds = [verdict(each, MARGIN) is Verdict.FAIL for each in screened]
    both = [
        red and verdict(each, MARGIN) is Verdict.FAIL
        for red, each in zip(reds, pooled, strict=True)
    ]

    assert np.mean(reds) == pytest.approx(alone, abs=0.034)
    assert np.mean(both) == pytest.approx(confirmed, abs=0.034)


@pytest.mark.simulates
def test_a_change_at_the_margin_hardly_ever_passes() -> None:
    """A pass promises that the change is below the margin: wrong in at most 5 % of runs."""
    verdicts = Counter(verdict(each, MARGIN) for each in simulated(MARGIN, blocks=5, seed=9))

    # Monte Carlo error of 2000 runs: 0.5 %; three of them.
    assert verdicts[Verdict.PASS] / RUNS <= 0.05 + 0.015


@pytest.mark.simulates
def test_a_large_change_fails() -> None:
    """A planted +20 % on ten blocks must not slip through."""
    verdicts = Counter(verdict(each, MARGIN) for each in simulated(0.18, blocks=10, seed=10))

    assert verdicts[Verdict.FAIL] / RUNS >= 0.99


@pytest.mark.simulates
@pytest.mark.parametrize("blocks", [5, 10])
def test_the_smallest_visible_change_is_seen_in_80_of_100_runs(blocks: int) -> None:
    """It is printed so that nobody takes a blind gate for a green one.

    By the true scatter: sqrt(2) x 5 % within a pair; 10.5 % on 5 blocks and 6.2 % on 10, which are
    the tabulated values of the noncentral t.
    """
    true_change = {5: math.log(1.105), 10: math.log(1.062)}[blocks]
    found = simulated(true_change, blocks=blocks, seed=11)

    seen = np.mean([each.low > 0 for each in found])
    typical = float(np.median([each.smallest_visible for each in found]))

    assert seen == pytest.approx(0.80, abs=0.04)
    assert typical == pytest.approx(true_change, rel=0.15)


@pytest.mark.simulates
def test_screening_and_confirming_keeps_the_family_error_low() -> None:
    """R9: 24 gates on 5 blocks, 5 more for what looks red, Holm over all 24 on the pooled 10."""
    gates, families = 24, RUNS // 24
    on_ten_blocks = differences(0.0, blocks=10, seed=12)
    screened, pooled = changes(on_ten_blocks[:, :5]), changes(on_ten_blocks)
    red_families = 0
    for family in range(families):
        places = range(family * gates, (family + 1) * gates)
        looks_red = [verdict(screened[i], math.log(1.05)) is Verdict.FAIL for i in places]
        p_values = [
            pooled[i].p_worse if red else 1.0 for i, red in zip(places, looks_red, strict=True)
        ]
        red_families += min(holm(p_values)) < 0.05

    assert red_families / families <= 0.05 + 0.03


def test_the_chance_of_the_margin_is_that_of_the_distance_to_it() -> None:
    """Differences of 1 to 5 and a margin of 5: 2 short of it, an error of 0.707, t = -2.83.

    By the table of t with 4 degrees of freedom p is 0.0237. A pass by the interval has p below
    0.05: it ends at 3 + 2.132 × 0.707 = 4.51.
    """
    differences = [1.0, 2.0, 3.0, 4.0, 5.0]

    assert p_reaching(differences, 5.0) == pytest.approx(0.0237, abs=1e-4)
    assert p_reaching(differences, 4.507) == pytest.approx(0.05, abs=1e-3)
    assert p_reaching(differences, 3.0) == 0.5
