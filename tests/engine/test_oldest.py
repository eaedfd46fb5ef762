"""The age of the oldest message that waits, on messages few enough to count by hand."""

import numpy as np

from bench.engine import lag, oldest
from bench.engine.oldest import Waits
from bench.engine.table import NOT_YET
from bench.record.schema import Window
from tests.engine.test_lag import column, table
from tests.parts import cast, of_parts

WINDOW = Window(window_start_ns=100, window_end_ns=200, drained_ns=300)


def waiting(came: list[int], left: list[int]) -> Waits:
    made = table(stored=column(*came), handled=column(*left))
    return oldest.waits_of(of_parts(made), cast())["unhandled"]


def ages(waits: Waits, *instants: int) -> list[int]:
    return [int(age) for age in waits.at(np.array(instants))]


def test_the_age_is_that_of_the_oldest_and_not_of_the_last() -> None:
    """Stored at 10 and 20, the second handled first: at 30 the first is 20 old, at 45 none is."""
    waits = waiting([20, 10], [25, 40])

    assert ages(waits, 5, 10, 24, 30, 39, 40, 45) == [0, 0, 14, 20, 29, 0, 0]


def test_a_message_that_nobody_handles_ages_on_behind_those_that_are() -> None:
    """Stored at 10 and never handled, beside a hundred that wait for a nanosecond each."""
    others = list(range(100, 200))
    waits = waiting([10, *others], [NOT_YET, *(each + 1 for each in others)])

    assert ages(waits, 150, 1000) == [140, 990]
    assert waits.longest(WINDOW) == 190  # to the window's end


def test_the_highest_age_is_exact_within_the_window() -> None:
    """Of 20 from before it, which ends in it at 105; of what begins and ends outside nothing."""
    assert waiting([85, 150, 10, 210], [105, 160, 99, 299]).longest(WINDOW) == 20
    assert waiting([10, 210], [100, 299]).longest(WINDOW) == 0
    assert waiting([], []).longest(WINDOW) == 0
    assert waiting([150], [999]).longest(WINDOW) == 50


def test_what_was_handled_before_its_puback_came_never_waits() -> None:
    """Nor does what was refused; without an answer it waits from its delivery on."""
    assert waiting([150], [120]).longest(WINDOW) == 0
    refused = table(
        stored=column(NOT_YET), received=column(NOT_YET), handled=column(NOT_YET), refused=[True]
    )
    unanswered = table(stored=column(NOT_YET), received=column(180), handled=column(NOT_YET))

    assert oldest.longest(of_parts(refused), cast(acks=False), WINDOW) == {"unhandled": 0}
    assert oldest.longest(of_parts(unanswered), cast(), WINDOW) == {"unhandled": 20, "unacked": 20}


def test_each_tenth_of_a_second_has_the_age_beside_the_level() -> None:
    tenth = 100_000_000
    looks = lag.looks_ns(3 * tenth).tolist()
    both = table(stored=column(tenth // 2), handled=column(looks[2]), acked=column(tenth))

    rows = oldest.grid_rows(of_parts(both), cast(), 3 * tenth)

    assert [row["unhandled_msgs"] for row in rows] == [0, 1, 0]
    assert [row["unhandled_oldest_ns"] for row in rows] == [0, looks[1] - tenth // 2, 0]
    assert [row["unacked_oldest_ns"] for row in rows] == [0, 0, 0]
