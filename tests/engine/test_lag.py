"""The lag by our own instants, on messages few enough to count by hand."""

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.engine import lag
from bench.engine.lag import Level
from bench.engine.table import NOT_YET, MessageTable
from bench.record.schema import Window
from tests.parts import cast, of_parts

NEVER = NOT_YET
WINDOW = Window(window_start_ns=100, window_end_ns=200, drained_ns=300)


def column(*values: int) -> IntArray:
    return np.array(values, dtype=np.int64)


def table(
    *,
    stored: IntArray,
    handled: IntArray,
    received: IntArray | None = None,
    acked: IntArray | None = None,
    sent: IntArray | None = None,
    refused: list[bool] | None = None,
) -> MessageTable:
    size = stored.size
    never = np.full(size, NEVER)
    return MessageTable(
        intended_ns=np.arange(size, dtype=np.int64),
        sent_ns=stored if sent is None else sent,
        stored_ns=stored,
        received_ns=stored if received is None else received,
        handled_ns=handled,
        acked_ns=never if acked is None else acked,
        outcome=np.array(refused or [False] * size, dtype=np.int64),
    )


def level_of(made: MessageTable, name: str) -> Level:
    return lag.levels_of(of_parts(made), cast())[name]


def test_the_lag_is_what_is_stored_and_not_handled_at_that_very_instant() -> None:
    """Stored at 10, 20 and 30, handled at 25, 40 and never: 1, 2, 1, 2, 1."""
    level = level_of(table(stored=column(10, 20, 30), handled=column(25, 40, NEVER)), "unhandled")

    assert level.at(column(9, 10, 20, 25, 30, 40, 999)).tolist() == [0, 1, 2, 1, 2, 1, 1]


def test_an_early_ack_settles_no_handler() -> None:
    """Acked at once and handled 100 ns later: nothing is unacknowledged, all is still to do."""
    both = table(stored=column(10, 20), handled=column(110, 120), acked=column(10, 20))

    assert level_of(both, "unhandled").at(column(50)).tolist() == [2]
    assert level_of(both, "unacked").at(column(50)).tolist() == [0]


def test_a_delivery_that_is_seen_before_the_puback_never_counts_below_zero() -> None:
    """Handled at 10, its PubAck at 15: it was never behind; beside it another one waits."""
    level = level_of(table(stored=column(15, 5), handled=column(10, 30)), "unhandled")

    assert level.at(column(10, 12, 15, 30)).tolist() == [1, 1, 1, 0]


def test_a_message_without_an_answer_that_came_was_stored() -> None:
    """Its PubAck never came, but the consumer has it and has not handled it."""
    waiting = table(
        stored=column(NEVER, NEVER), received=column(20, NEVER), handled=column(NEVER, NEVER)
    )

    assert level_of(waiting, "unhandled").at(column(19, 20)).tolist() == [0, 1]


def test_the_peak_is_exact_within_the_window_and_not_a_sample() -> None:
    """Four wait for 2 ns around 150; the five before the window and after it do not count."""
    burst = [149, 149, 150, 150]
    handled = [151] * 4
    stored = column(*[10] * 5, *burst, *[250] * 5)
    both = table(stored=stored, handled=column(*[20] * 5, *handled, *[260] * 5))

    assert lag.peaks(of_parts(both), cast(acks=False), WINDOW) == {"unhandled": 4}


def test_what_waits_since_before_the_window_is_part_of_its_peak() -> None:
    """Nothing comes within the window, and three messages of the warm-up are not handled yet."""
    both = table(stored=column(10, 20, 30), handled=column(NEVER, NEVER, NEVER))

    assert lag.peaks(of_parts(both), cast(), WINDOW) == {"unhandled": 3, "unacked": 3}


def test_the_series_has_a_row_in_each_tenth_of_a_second() -> None:
    """From the start to the end of the drain, without a gap whatever the server says."""
    tenth = 100_000_000
    looks = lag.looks_ns(3 * tenth).tolist()
    both = table(stored=column(tenth // 2), handled=column(looks[2]), acked=column(tenth))

    assert lag.grid_rows(of_parts(both), cast(), 3 * tenth) == [
        {"t_ns": 0, "unhandled_msgs": 0, "unacked_msgs": 0},
        {"t_ns": looks[1], "unhandled_msgs": 1, "unacked_msgs": 0},
        {"t_ns": looks[2], "unhandled_msgs": 0, "unacked_msgs": 0},
    ]
    assert lag.grid_rows(of_parts(both), cast(acks=False), 0) == [{"t_ns": 0, "unhandled_msgs": 0}]


def test_what_swings_in_step_with_the_looks_is_seen_in_all_its_phases() -> None:
    """A hundred come in each tenth of a second and leave together at its end: 50 on the mean."""
    came_ns = np.arange(0, 30 * lag.GRID_NS, lag.GRID_NS // 100)
    left_ns = (came_ns // lag.GRID_NS + 1) * lag.GRID_NS
    looks = lag.looks_ns(30 * lag.GRID_NS - 1)

    seen = lag.Level(came_ns=came_ns, left_ns=left_ns).at(looks)

    assert [each // lag.GRID_NS for each in looks.tolist()] == [*range(30)]
    assert seen.mean() == pytest.approx(50, abs=3)
    assert seen.min() < 10
    assert seen.max() > 90


def test_the_servers_lag_is_bounded_by_what_was_confirmed_and_what_was_handed_over() -> None:
    """Asked at 2.9 s and answered at 3.1 s.

    Two confirmed at 1 s are not acked: at least 2. A third is handed over and not confirmed: it may
    be stored. A fourth was acked at 2.7 s, and its ack may be under way. A fifth was refused.
    """
    second = 10**9
    sent = column(*[second] * 5)
    stored = column(second, second, NEVER, second, NEVER)
    acked = column(NEVER, NEVER, NEVER, 27 * second // 10, NEVER)
    all_ = table(
        stored=stored,
        sent=sent,
        received=column(*[NEVER] * 5),
        handled=column(*[NEVER] * 5),
        acked=acked,
        refused=[False, False, False, False, True],
    )
    row = {"t_ns": 3 * second, "lag_msgs": 3, "lag_wait_ns": second // 5}

    bounded, other = lag.with_bounds([row, {"t_ns": 0, "server_cpu_ns": 5}], all_)

    assert (bounded["lag_msgs_least"], bounded["lag_msgs_most"]) == (2, 4)
    assert other == {"t_ns": 0, "server_cpu_ns": 5}
