"""Lag over time: no peak is thinned away, no gap is bridged."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from bench.draw.line import Box, Course, line
from tests.draw.reading import course, of_class, parsed, points

BOX = Box(length_s=9, warmup_s=3, top=22)
"""10 units a second of the drawing's 90; one unit a message of its 22."""


def of(values: Sequence[float], length_s: float = 9) -> Course:
    t_s = (np.arange(len(values)) + 0.5) * length_s / len(values)
    return Course(t_s=t_s, values=np.array(values, dtype=float))


def ways(*courses: Course, box: Box = BOX) -> list[list[tuple[float, float]]]:
    (drawn,) = of_class(parsed(line(courses, box, "x")), "ln")
    return [points(f"M{way}") for way in course(drawn).split("M")[1:]]


def test_a_value_stands_at_its_moment_and_height() -> None:
    """45 columns of 2 units; a lag of 5 messages is 5 units above the floor at 22."""
    (way,) = ways(of([0] * 44 + [5]))

    assert way[0] == (1, 22)
    assert way[-1] == (89, 17)


def test_a_peak_between_two_points_is_drawn() -> None:
    """Of 900 samples each point stands for 20; their mean would hide the peak."""
    values = np.zeros(900)
    values[333] = 20

    (way,) = ways(of(values.tolist()))
    assert min(way, key=lambda point: point[1]) == (33, 2)


def test_a_line_breaks_where_nothing_was_told() -> None:
    """A bridge would claim a lag that nobody saw."""
    first, second = ways(of([1.0] * 20 + [math.nan] * 5 + [1.0] * 20))

    assert (first[-1][0], second[0][0]) == (39, 51)


def test_what_is_higher_than_the_box_lies_on_its_edge() -> None:
    """Its rows share one height; the figure stands beside it."""
    (way,) = ways(of([5000.0] * 45))

    assert {y for _, y in way} == {0}


def test_the_warm_up_is_shaded() -> None:
    """3 of 9 seconds are 30 of 90 units."""
    (warm,) = of_class(parsed(line([of([0] * 9)], BOX, "x")), "warm")

    assert course(warm) == "M0 0h30v24h-30z"


def test_each_block_has_its_line() -> None:
    """Whether all blocks lean one way is seen before any interval."""
    assert len(ways(*[of([float(n)] * 45) for n in range(6)])) == 6


def test_of_many_blocks_the_highest_and_the_lowest_are_drawn() -> None:
    """A middle line would hide a block that fell behind."""
    heights = [{y for _, y in way} for way in ways(*[of([float(n)] * 45) for n in range(9)])]

    assert heights == [{22 - 8}, {22}]


def test_nothing_told_is_an_empty_box() -> None:
    """Records without samples are still listed."""
    drawn = parsed(line([of([math.nan] * 9)], BOX, "not told"))

    assert not of_class(drawn, "ln")
    assert drawn.get("aria-label") == "not told"


@pytest.mark.parametrize("blocks", [1, 2, 3, 5, 6, 20])
def test_a_set_of_lines_costs_at_most_six_hundred_bytes(blocks: int) -> None:
    """A page of 1000 cells must stay below 4 MB."""
    rng = np.random.default_rng(blocks)
    courses = [of(rng.integers(0, 22, 240).tolist()) for _ in range(blocks)]

    assert len(line(courses, BOX, "peak 21 messages, keeps up").encode()) <= 600
