"""The silhouette: heights are roots of shares, and what never came is not drawn as a time."""

from dataclasses import replace

import numpy as np
import pytest

from bench.core.text import Scale
from bench.draw.silhouette import Frame, frame, silhouette, spoken
from bench.judgement.kinds import Times
from bench.stats.histogram import tally
from bench.stats.shape import Shape, shape
from tests.draw.reading import course, of_class, parsed, points

MS = Scale(unit="ms", factor=1e6)


def of(*parts: tuple[float, int], unfinished: int = 0) -> Shape:
    """A shape of so many messages at each time, ms."""
    values = np.concatenate([np.full(count, round(ms * 1e6)) for ms, count in parts])
    return shape(tally(values).histogram, unfinished=unfinished)


def row(times: Shape, **others: object) -> Times:
    lines = {"p50_ns": 1e6, "p99_ns": 10e6, "range_ns": None, **others}
    return Times(shape=times, **lines)  # type: ignore[arg-type]


def framed(*rows: Times) -> Frame:
    found = frame(rows, MS)
    assert found is not None
    return found


def heights(drawn: str) -> list[float]:
    (area,) = of_class(parsed(drawn), "area")
    return [30 - y for _, y in points(course(area))]


ONE = row(of((1.03, 900), (30.0, 100)))
"""Nine in ten at about 1 ms, one in ten at 30 ms: an axis from 1 to 50 ms."""


def test_the_tallest_bin_is_full_and_others_are_roots_of_its_share() -> None:
    """A ninth of the messages is a third as high, so that the tail is seen."""
    found = heights(silhouette(ONE, framed(ONE), "x"))

    assert sorted(found)[-2:] == [9, 27]


def test_a_time_stands_where_the_axis_has_it() -> None:
    """30 ms of an axis from 1 to 50 ms: log 30 / log 50 of 300 units is 260.8, in bin 65."""
    (area,) = of_class(parsed(silhouette(ONE, framed(ONE), "x")), "area")

    peaks = [x for x, y in points(course(area)) if y == 30 - 9]
    assert peaks == [65 * 4 + 2]


def test_p50_and_p99_stand_at_their_times() -> None:
    """1 ms is the left end; 10 ms of 1 to 50 ms is at 300 * 1 / 1.699 = 176.6."""
    drawn = parsed(silhouette(replace(ONE, range_ns=(5e6, 20e6)), framed(ONE), "x"))

    assert [course(each) for each in of_class(drawn, "p50")] == ["M0 3V30"]
    assert [course(each) for each in of_class(drawn, "p99")] == ["M176.6 14V30"]
    assert [course(each) for each in of_class(drawn, "rng")] == ["M123.4 24H229.7"]


def test_a_percentile_that_nobody_can_tell_has_no_line() -> None:
    """It falls among messages that never came."""
    drawn = parsed(silhouette(replace(ONE, p99_ns=None), framed(ONE), "x"))

    assert len(of_class(drawn, "p50")) == 1
    assert not of_class(drawn, "p99")


def test_half_of_the_messages_is_drawn_lower_than_all_of_them() -> None:
    """A cell that finishes half of its messages must not look like one that finishes all."""
    whole, half = row(of((1.03, 1000))), row(of((1.03, 500), unfinished=500))

    shared = framed(whole, half)
    tallest = [max(heights(silhouette(each, shared, "x"))) for each in (whole, half)]
    assert tallest == [27, 19]


def test_what_never_came_is_a_mark_at_the_edge_and_is_read_aloud() -> None:
    """The right edge is no time; it says that there is more."""
    half = row(of((1.03, 500), unfinished=1500))
    drawn = parsed(silhouette(half, framed(half), "batch 1"))

    assert len(of_class(drawn, "never")) == 1
    assert drawn.get("aria-label", "").endswith("1\N{NARROW NO-BREAK SPACE}500 never came")
    assert not of_class(parsed(silhouette(ONE, framed(ONE), "x")), "never")


def test_a_cell_that_finished_nothing_has_no_area() -> None:
    """It still stands in its row, with the mark alone."""
    none = row(Shape(first=0, counts=np.zeros(0, dtype=np.int64), unfinished=7), p50_ns=None)

    drawn = parsed(silhouette(replace(none, p99_ns=None), framed(ONE), "x"))
    assert not of_class(drawn, "area")
    assert len(of_class(drawn, "never")) == 1


def test_without_any_time_there_is_no_frame() -> None:
    """A table in which nothing finished has no axis."""
    none = row(Shape(first=0, counts=np.zeros(0, dtype=np.int64), unfinished=7), p50_ns=None)

    assert frame([replace(none, p99_ns=None)], MS) is None


def test_one_message_far_out_does_not_stretch_the_axis() -> None:
    """Drawn, it would have no height; squeezed, the rest could not be read."""
    row_ = row(of((1.03, 99_999), (3000.0, 1)))

    assert framed(row_).axis.high == 10e6


def test_a_line_that_lies_beyond_the_shape_stretches_the_axis() -> None:
    """The p99 of the worst block belongs into the picture."""
    assert framed(replace(ONE, range_ns=(5e6, 130e6))).axis.high == 200e6


def test_the_figures_are_read_aloud() -> None:
    """A silhouette without words is nothing to those who do not see it."""
    found = replace(ONE, range_ns=(5e6, 20e6))

    assert spoken(found) == "p50 1.00 ms, p99 10.0 ms (5.00 ms to 20.0 ms)"
    assert spoken(replace(ONE, p99_ns=None)) == "p50 1.00 ms, p99 n/a"


def test_a_label_is_escaped() -> None:
    """A variant's name is the user's text."""
    drawn = silhouette(ONE, framed(ONE), '"><script>')

    assert "<script" not in drawn
    assert parsed(drawn).get("aria-label", "").startswith('"><script>')


@pytest.mark.parametrize("messages", [300, 100_000])
def test_a_silhouette_costs_at_most_nine_hundred_bytes(messages: int) -> None:
    """A page of 1000 cells must stay below 4 MB; few messages make the most ragged outline."""
    values = np.random.default_rng(7).lognormal(np.log(1e6), 0.9, messages).astype(np.int64)
    ragged = row(shape(tally(values).histogram, unfinished=3), range_ns=(8e6, 12e6))

    assert len(silhouette(ragged, framed(ragged), "pull-batch/batch-100").encode()) <= 900
