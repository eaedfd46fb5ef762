"""What is told of two cells, from a difference and a reach by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bench.analysis.decision import NOTHING_TOLD, Decision, Difference, Told
from bench.spec.metrics import metric_of
from bench.stats.simultaneous import AllPairs

PEAK, RATE = metric_of("lag_msgs_peak"), metric_of("acked_msgs_per_s")


def decision(
    mean: float,
    *,
    reach: float = 10.0,
    visible: float = 20.0,
    blocks: int = 5,
    means: tuple[float, float] = (150.0, 200.0),
    bounded: tuple[bool, bool] = (False, False),
    silent: tuple[str, ...] = (),
    logarithmic: bool = False,
    resolution: float = 0.0,
) -> Decision:
    """Cells `one` and `two` of which the first has so much more peak lag than the second."""
    one_bounded, two_bounded = bounded
    return Decision(
        metric=PEAK,
        ids=("one", "two"),
        blocks=(1,),
        values=np.array([[mean], [0.0]]),
        pairs=AllPairs(
            blocks=np.full((2, 2), blocks),
            mean=np.array([[0.0, mean], [-mean, 0.0]]),
            reach=np.array([[math.nan, reach], [reach, math.nan]]),
            visible=np.array([[math.nan, visible], [visible, math.nan]]),
        ),
        bounded=np.array([[one_bounded, one_bounded], [two_bounded, two_bounded]]),
        silent=frozenset(silent),
        means=np.array(means),
        logarithmic=logarithmic,
        resolution=resolution,
    )


def chain(*, better_is_more: bool) -> Decision:
    """Cells a, b and c, of which b has 10 more than a; c lies between, told from neither."""
    mean = np.array([[0.0, -10.0, -5.0], [10.0, 0.0, 5.0], [5.0, -5.0, 0.0]])
    reach = np.array([[math.nan, 6.0, 6.0], [6.0, math.nan, 6.0], [6.0, 6.0, math.nan]])
    return Decision(
        metric=RATE if better_is_more else PEAK,
        ids=("a", "b", "c"),
        blocks=(1,),
        values=np.array([[100.0], [110.0], [105.0]]),
        pairs=AllPairs(blocks=np.full((3, 3), 5), mean=mean, reach=reach, visible=reach),
        bounded=np.zeros((3, 3), dtype=bool),
        silent=frozenset(),
        means=np.array([100.0, 110.0, 105.0]),
        logarithmic=False,
        resolution=0.0,
    )


def test_a_difference_is_a_share_of_the_other_cell() -> None:
    """50 less than 200 is 25 % less; 10 either way are 5 %, and 20 would have been told: 10 %."""
    found = decision(-50.0).between("one", "two")

    assert (found.told, found.blocks, found.relative) == (Told.LESS, 5, True)
    assert (found.change, found.low, found.high) == pytest.approx((-0.25, -0.30, -0.20))
    assert found.smallest_visible == pytest.approx(0.10)
    assert found.written(PEAK) == "−25 %"
    assert found.interval(PEAK) == "−30 % to −20 %"
    assert found.visible(PEAK) == "10 %"


def test_the_other_way_round_it_is_a_share_of_the_first() -> None:
    """50 more than 150 is a third more."""
    found = decision(-50.0).between("two", "one")

    assert found.told is Told.MORE
    assert (found.change, found.low, found.high) == pytest.approx((50 / 150, 40 / 150, 60 / 150))


@pytest.mark.parametrize(("base", "relative", "change"), [(0.0, False, 50.0), (1.0, True, 50.0)])
def test_of_nothing_there_is_no_share(base: float, change: float, *, relative: bool) -> None:
    """Beside a peak of 0 messages 50 more are 50 messages; beside 1 they are fifty times that."""
    found = decision(50.0, means=(50.0 + base, base)).between("one", "two")

    assert (found.relative, found.change) == (relative, change)
    assert found.written(PEAK) == ("×51.0" if relative else "+50 messages")


def test_a_difference_of_logs_is_one_of_ratios() -> None:
    """Twice as much, give or take a tenth; also beside a mean of 0, for logs have none."""
    log = math.log
    found = decision(
        log(2.0), reach=log(1.1), visible=log(1.2), logarithmic=True, means=(2.0, 0.0)
    ).between("one", "two")

    assert found.relative
    assert (found.change, found.low, found.high) == pytest.approx((1.0, 2 / 1.1 - 1, 2 * 1.1 - 1))
    assert found.smallest_visible == pytest.approx(0.2)


def test_a_ratio_that_fits_no_float_is_very_large_and_no_error() -> None:
    """e^800 is more than a float holds."""
    found = decision(800.0, reach=1.0, logarithmic=True).between("one", "two")

    assert found.change is not None
    assert found.change > 1e300


@pytest.mark.parametrize(
    ("mean", "reach", "resolution", "told"),
    [
        (10.0, 10.0, 0.0, Told.ALIKE),
        (10.1, 10.0, 0.0, Told.MORE),
        (-10.0, 10.0, 0.0, Told.ALIKE),
        (-10.1, 10.0, 0.0, Told.LESS),
        (0.5, 0.0, 0.0, Told.MORE),
        (1.0, 0.0, 1.0, Told.ALIKE),
        (1.1, 0.0, 1.0, Told.MORE),
        (-1.0, 0.0, 1.0, Told.ALIKE),
        (-1.1, 0.0, 1.0, Told.LESS),
        (0.0, 0.0, 0.0, Told.ALIKE),
    ],
)
def test_told_is_what_passes_both_reach_and_resolution(
    mean: float, reach: float, resolution: float, told: Told
) -> None:
    """An interval that touches 0 tells nothing, nor what two readings of one value may differ."""
    found = decision(mean, reach=reach, resolution=resolution)

    assert found.between("one", "two").told is told


@pytest.mark.parametrize(
    ("mean", "bounded", "told", "ends"),
    [
        (50.0, (True, False), Told.MORE, (True, False)),
        (-50.0, (True, False), Told.ALIKE, (True, False)),
        (50.0, (False, True), Told.ALIKE, (False, True)),
        (-50.0, (False, True), Told.LESS, (False, True)),
        (50.0, (True, True), Told.ALIKE, (False, False)),
        (-50.0, (True, True), Told.ALIKE, (False, False)),
    ],
)
def test_what_fell_behind_can_be_told_to_be_more_alone(
    mean: float, bounded: tuple[bool, bool], told: Told, ends: tuple[bool, bool]
) -> None:
    """Its true value lies above the one written, so the interval has no upper end on its side."""
    found = decision(mean, bounded=bounded).between("one", "two")

    assert (found.told, found.at_least) == (told, bounded)
    assert (found.low is not None, found.high is not None) == ends
    assert found.smallest_visible is None
    assert (found.change is None) is all(bounded)


def test_bounds_are_written_as_bounds() -> None:
    """A quarter less than 200, or more than that; or less, where the other fell behind."""
    cell = decision(-50.0, bounded=(True, False)).between("one", "two")
    other = decision(-50.0, bounded=(False, True)).between("one", "two")
    both = decision(-50.0, bounded=(True, True)).between("one", "two")

    assert (cell.written(PEAK), cell.interval(PEAK)) == ("≥ −25 %", "−30 % or more")
    assert (other.written(PEAK), other.interval(PEAK)) == ("≤ −25 %", "−20 % or less")
    assert (both.written(PEAK), both.interval(PEAK), both.visible(PEAK)) == ("n/a",) * 3


def test_too_few_blocks_give_a_change_without_an_interval() -> None:
    """Two blocks: what they differ by is known, what chance does is not."""
    found = decision(-50.0, reach=math.nan, visible=math.nan, blocks=2).between("one", "two")

    changes = {1: -0.25}
    assert found == Difference(told=Told.NOTHING, blocks=2, change=-0.25, by_block=changes)
    assert (found.interval(PEAK), found.visible(PEAK)) == ("n/a", "n/a")


def test_without_a_shared_block_nothing_is_told() -> None:
    """Nor of a cell beside itself, nor of one that lacks the figure."""
    found = decision(math.nan, reach=math.nan, blocks=0)

    assert found.between("one", "two") == NOTHING_TOLD
    assert decision(50.0).between("one", "one") == NOTHING_TOLD
    assert decision(50.0).between("one", "three") == NOTHING_TOLD
    assert decision(50.0).between("three", "one") == NOTHING_TOLD


def test_one_shared_block_has_a_difference() -> None:
    """It is no proof, but there is a change to write."""
    found = decision(50.0, reach=math.nan, blocks=1).between("one", "two")

    assert (found.told, found.blocks, found.change) == (Told.NOTHING, 1, 0.25)


def test_more_is_worse_unless_more_is_better() -> None:
    """b has surely more than a: worse as a lag, better as a rate."""
    lag, rate = chain(better_is_more=False), chain(better_is_more=True)

    assert (lag.worse("b", "a"), lag.worse("a", "b")) == (True, False)
    assert (rate.worse("b", "a"), rate.worse("a", "b")) == (False, True)
    assert not lag.worse("c", "a")


def test_a_cell_that_lacks_the_figure_is_worse_than_none() -> None:
    """Nothing is told of it, and nothing is no proof."""
    found = replace(chain(better_is_more=False), metric=metric_of("end_to_end_ns_p99"))

    assert not found.worse("nowhere", "a")
    assert not found.worse("a", "nowhere")


@pytest.mark.parametrize(
    ("mean", "silent", "told"),
    [
        (-50.0, "one", Told.ALIKE),
        (-50.0, "two", Told.LESS),
        (50.0, "one", Told.MORE),
        (50.0, "two", Told.ALIKE),
    ],
)
def test_nobody_looks_better_by_a_trial_that_tells_nothing(
    mean: float, silent: str, told: Told
) -> None:
    """Less of a lag is better: the silent one may have more, and its end of the interval is open.

    That of the other way round is told all the same.
    """
    found = decision(mean, silent=(silent,)).between("one", "two")

    assert found.told is told
    assert found.open_ends == (silent == "two", silent == "one")
    assert (found.low is None, found.high is None) == found.open_ends
    assert found.smallest_visible is None


def test_where_more_is_better_the_silent_one_may_have_less() -> None:
    found = replace(chain(better_is_more=True), silent=frozenset({"b"}))

    assert found.between("b", "a").told is Told.ALIKE
    assert found.between("b", "a").low is None
    assert found.between("b", "a").high is not None
    assert not found.worse("a", "b")
