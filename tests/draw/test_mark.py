"""The mark of a change: what stands where, and what may be larger than it is drawn."""

import math
from dataclasses import replace

import pytest

from bench.analysis.decision import Told
from bench.draw.axis import Axis, Spacing, of_changes
from bench.draw.mark import mark, spoken
from bench.judgement.model import Change, Side
from bench.spec.metrics import metric_of
from tests.draw.reading import course, of_class, parsed

AXIS = Axis(low=-0.5, high=1.0, spacing=Spacing.SHARES, ticks=(), shares=True)
"""Half at 0, same at 100, twice at 200 of the drawing's units."""

TWO = Change(
    metric=metric_of("end_to_end_ns_p99"),
    told=Told.NOTHING,
    by_block={1: 0.0, 2: math.sqrt(2) - 1},
    relative=True,
    change=2**0.25 - 1,
    low=None,
    high=None,
    at_least=(False, False),
    side=Side.UNTOLD,
    decided=False,
    written="+19 %",
    doubt="1 of 2 slower",
)
FIVE = replace(
    TWO,
    by_block=dict.fromkeys(range(1, 6), 0.2),
    low=math.sqrt(2) - 1,
    high=1.0,
    side=Side.WORSE,
    decided=True,
)


def test_blocks_and_their_mean_stand_at_their_ratios() -> None:
    """0 % is in the middle, the root of two halfway to twice, their mean halfway between."""
    drawn = parsed(mark(TWO, AXIS))

    assert [dot.get("cx") for dot in drawn.iter("circle")] == ["100", "150"]
    assert [course(each) for each in of_class(drawn, "mean")] == ["M125-7V7"]
    assert [course(each) for each in of_class(drawn, "join")] == ["M100 0H150"]


def test_no_change_and_the_margin_are_drawn_below() -> None:
    """10 % less stands at 200 * (1 + log2 0.9) / 2 = 84.8, 10 % more at 113.8."""
    drawn = parsed(mark(TWO, AXIS))

    assert [course(each) for each in of_class(drawn, "band")] == ["M84.8-11h29v22h-29z"]
    assert [course(each) for each in of_class(drawn, "axis")] == ["M100-11V11"]


def test_from_three_blocks_the_interval_is_a_bar_and_the_dots_are_smaller() -> None:
    """Below, a bar would claim an interval that nobody has."""
    drawn = parsed(mark(FIVE, AXIS))

    assert [course(each) for each in of_class(drawn, "iv")] == ["M150 0H200"]
    assert not of_class(drawn, "join")
    radii = [{dot.get("r") for dot in parsed(mark(c, AXIS)).iter("circle")} for c in (TWO, FIVE)]
    assert radii == [{"3.6"}, {"2.4"}]


@pytest.mark.parametrize(("blocks", "dots"), [(12, 12), (13, 0)])
def test_above_twelve_blocks_the_bar_stands_alone(blocks: int, dots: int) -> None:
    """Their dots would hide each other and the bar."""
    change = replace(FIVE, by_block=dict.fromkeys(range(blocks), 0.2))

    assert len(list(parsed(mark(change, AXIS)).iter("circle"))) == dots


def test_a_change_that_may_be_larger_runs_to_the_right_edge() -> None:
    """Where messages never came the drawn end would flatter the cell."""
    drawn = parsed(mark(replace(FIVE, high=None, at_least=(True, False)), AXIS))

    assert [course(each) for each in of_class(drawn, "iv")] == ["M150 0H200"]
    assert [course(each) for each in of_class(drawn, "open")] == ["M196-4L200 0l-4 4"]


def test_a_change_that_may_be_smaller_runs_to_the_left_edge() -> None:
    """The baseline's true time is longer than its figure."""
    drawn = parsed(mark(replace(FIVE, low=None, at_least=(False, True)), AXIS))

    assert [course(each) for each in of_class(drawn, "iv")] == ["M0 0H200"]
    assert [course(each) for each in of_class(drawn, "open")] == ["M4-4L0 0l4 4"]


def test_two_blocks_with_a_value_that_is_too_low_are_open_as_well() -> None:
    """An interval is not needed to know that a figure is too low."""
    drawn = parsed(mark(replace(TWO, at_least=(True, False)), AXIS))

    assert [course(each) for each in of_class(drawn, "join")] == ["M100 0H200"]
    assert len(of_class(drawn, "open")) == 1


@pytest.mark.parametrize(
    ("side", "style"),
    [(Side.WORSE, "up"), (Side.BETTER, "dn"), (Side.SAME, "mx"), (Side.UNTOLD, "mx")],
)
def test_colour_goes_by_the_side_that_was_judged(side: Side, style: str) -> None:
    """A drawing that judged by itself could contradict the words beside it."""
    assert parsed(mark(replace(FIVE, side=side), AXIS)).get("class") == f"ch {style}"


def test_without_a_block_there_is_no_mark() -> None:
    """An empty box with a line at same would look like no change."""
    assert mark(replace(TWO, by_block={}, change=None), AXIS) == ""


def test_a_difference_in_a_unit_has_no_place_among_shares() -> None:
    """3 messages more are not x4, and a share has no place among messages."""
    messages = of_changes([-5.0, 40.0], lambda amount: f"{amount:+.0f} msgs")

    assert mark(replace(TWO, relative=False), AXIS) == ""
    assert mark(TWO, messages) == ""
    assert mark(replace(TWO, relative=False), messages)


def test_a_share_below_minus_one_is_drawn_on_an_even_axis() -> None:
    """A ratio cannot say it, but the change is known."""
    change = replace(TWO, by_block={1: -2.0, 2: 0.5}, change=-0.75)

    drawn = parsed(mark(change, of_changes(change.by_block.values())))
    assert len(list(drawn.iter("circle"))) == 2


def test_two_blocks_are_read_aloud_each() -> None:
    """Those who do not see the dots learn whether they agree."""
    assert spoken(TWO) == "+19 %; blocks ±0 % and +41 %"


def test_an_interval_is_read_aloud_with_its_open_end() -> None:
    """`or more` is what the arrow says."""
    assert spoken(FIVE) == "+19 %; 90 % interval +41 % to ×2.00; 5 blocks"
    assert spoken(replace(FIVE, high=None)) == "+19 %; 90 % interval +41 % or more; 5 blocks"


@pytest.mark.parametrize(("change", "most_bytes"), [(TWO, 307), (FIVE, 307 + 3 * 40)])
def test_a_mark_costs_three_tenths_of_a_kilobyte_and_forty_bytes_for_a_further_block(
    change: Change, most_bytes: int
) -> None:
    """A page of 1000 cells must stay below 4 MB; two blocks are the quickstart's."""
    assert len(mark(change, AXIS).encode()) <= most_bytes
