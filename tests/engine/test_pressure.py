"""What held a publisher back, from instants written by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.pressure import Offer, Pressure, pressures
from bench.engine.table import NOT_YET, MessageTable
from bench.record.schema import Window

WINDOW = Window(window_start_ns=NS_PER_S, window_end_ns=2 * NS_PER_S, drained_ns=3 * NS_PER_S)
ONE = Offer(
    part="publish", role="publisher", publishers=1, window_msgs=1, one_by_one=False, tick_ns=250_000
)
Ms = Sequence[int | None]


def ns(instants_ms: Ms) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([NOT_YET if ms is None else ms * NS_PER_MS for ms in instants_ms])


def table(intended: Ms, sent: Ms, stored: Ms, refused: Sequence[bool] = ()) -> MessageTable:
    never = ns([None] * len(intended))
    return MessageTable(
        intended_ns=ns(intended),
        sent_ns=ns(sent),
        stored_ns=ns(stored),
        received_ns=never,
        handled_ns=never,
        acked_ns=never,
        outcome=np.array(refused or [False] * len(intended), dtype=np.int64),
    )


def only(made: MessageTable, offer: Offer = ONE) -> Pressure:
    (pressure,) = pressures(made, WINDOW, offer)
    return pressure


def test_a_window_is_full_while_something_is_due_and_nothing_may_leave() -> None:
    """A window of 1: one is under way from 1 000 to 1 500 ms, and the next is due at 1 200."""
    pressure = only(table([1000, 1200, 1700], [1000, 1500, 1700], [1500, 1600, 1710]))

    assert pressure.full_share == pytest.approx(0.3)
    assert pressure.missing_share == 0
    assert pressure.offered_msgs_per_s == 3


def test_a_window_counts_as_full_until_a_quarter_of_it_is_free() -> None:
    """Four are under way, a fifth is due: the publisher goes on as soon as one is answered."""
    pressure = only(
        table(
            [1000, 1000, 1000, 1000, 1100],
            [1000, 1000, 1000, 1000, 1400],
            [1400, 1500, 1600, 1700, 1800],
        ),
        Offer(
            part="publish",
            role="publisher",
            publishers=1,
            window_msgs=4,
            one_by_one=False,
            tick_ns=250_000,
        ),
    )

    assert pressure.full_share == pytest.approx(0.3)


def test_a_message_that_was_never_answered_fills_the_window_to_its_end() -> None:
    """A connection that swallows everything: due from 1 100 on, never sent, half the window."""
    pressure = only(table([900, 1500, 1600], [900, None, None], [None, None, None]))

    assert pressure.full_share == pytest.approx(0.5)
    assert pressure.missing_share == 1
    assert pressure.silent_share == 1
    assert (pressure.rest_ns, pressure.service_ns_mean) == (None, None)


def test_a_refused_message_has_its_answer() -> None:
    """A publisher whose messages are refused waits for nothing."""
    made = table([1000, 1100], [1000, 1500], [None, None], [True, True])

    assert only(made).full_share == 0


def test_a_round_trip_at_rest_is_the_quickest_answer_of_the_whole_trial() -> None:
    """The warm-up has it, before anything piles up; the mean is of the window alone."""
    pressure = only(table([0, 1100, 1200], [0, 1100, 1400], [2, 1400, 1900]))

    assert pressure.rest_ns == 2 * NS_PER_MS
    assert pressure.service_ns_mean == 400 * NS_PER_MS
    assert pressure.silent_share == pytest.approx(0.5)  # 1 400 to 1 900


def test_each_publisher_is_looked_at_alone() -> None:
    """Ids go round: of two publishers the first has the even ones."""
    made = table([1000, 1000, 1500, 1500], [1000, 1000, 1500, None], [1001, None, 1501, None])

    first, second = pressures(made, WINDOW, replace(ONE, publishers=2))

    assert (first.role, first.missing_share, first.full_share) == ("publisher-0", 0, 0)
    assert (second.role, second.missing_share) == ("publisher-1", 0.5)
    assert second.full_share == pytest.approx(0.5)


def test_what_was_never_answered_had_waited_until_the_drains_end() -> None:
    """The server froze at 1 500 ms: three answers of 10 ms each do not say that it was quick.

    The fourth waited for 1 500 ms until the drain's end: (3 × 10 + 1 500) / 4.
    """
    pressure = only(
        table([1000, 1100, 1200, 1500], [1000, 1100, 1200, 1500], [1010, 1110, 1210, None])
    )

    assert pressure.service_ns_mean == pytest.approx(382.5 * NS_PER_MS)
    assert pressure.rest_ns == 10 * NS_PER_MS


def test_what_batches_waited_for_is_a_share_of_the_window() -> None:
    """Of each publisher by itself; who says nothing waited for nothing."""
    made = table([1000, 1001], [1000, 1001], [1100, 1101])
    two = replace(ONE, publishers=2)

    first, second = pressures(made, WINDOW, two, {"publisher-1": NS_PER_S // 4})

    assert (first.awaited_share, second.awaited_share) == (0, 0.25)
