"""Columns of the samples table, and the lag that they tell."""

import math

import numpy as np
import pandas as pd

from bench.analysis.sampled import (
    LagSamples,
    column,
    instants_s,
    lag_over_time,
    own_lags,
    servers_lag,
)
from bench.core.units import NS_PER_S
from bench.record import samples
from bench.record.schema import Window
from tests.parts import cast

SECOND = NS_PER_S
ROWS = samples.table([
    {"t_ns": SECOND, "unhandled_msgs": 3, "unacked_msgs": 4},
    {"t_ns": 3 * SECOND // 2, "lag_msgs": 7},
    {"t_ns": 2 * SECOND, "unhandled_msgs": 6, "unacked_msgs": 5},
    {"t_ns": 5 * SECOND // 2, "lag_msgs": 8},
])  # fmt: skip
"""Our own lag at whole seconds, the server's in between."""


def pairs(lag: LagSamples | None) -> list[tuple[float, float]]:
    assert lag is not None
    return list(zip(lag.t_s.tolist(), lag.lag_msgs.tolist(), strict=True))


def test_a_column_is_numbers_with_gaps_where_nothing_was_told() -> None:
    """A gap is no 0, and a column that an older record lacks is all gaps."""
    told = column(ROWS, "lag_msgs").tolist()

    assert [math.isnan(each) for each in told] == [True, False, True, False]
    assert (told[1], told[3]) == (7.0, 8.0)
    assert column(ROWS, "t_ns").dtype == np.float64
    assert np.isnan(column(ROWS, "nobody_wrote_it")).tolist() == [True] * 4


def test_instants_are_seconds() -> None:
    """The table has nanoseconds."""
    assert instants_s(ROWS).tolist() == [1.0, 1.5, 2.0, 2.5]


def test_each_lag_keeps_the_instants_at_which_it_was_told() -> None:
    """Between two of the server's answers lie our own instants, which say nothing of it."""
    own = own_lags(ROWS, cast())

    assert pairs(servers_lag(ROWS)) == [(1.5, 7.0), (2.5, 8.0)]
    assert pairs(own["unhandled"]) == [(1.0, 3.0), (2.0, 6.0)]
    assert pairs(own["unacked"]) == [(1.0, 4.0), (2.0, 5.0)]


def test_what_was_not_kept_is_none_and_not_an_empty_lag() -> None:
    """Older records have the server's lag alone; a variant that never acks has no second one."""
    never = own_lags(samples.table([{"t_ns": 0, "unhandled_msgs": 1}]), cast())

    assert own_lags(samples.table([{"t_ns": 0, "lag_msgs": 1}]), cast()) == {}
    assert list(never) == ["unhandled"]


def test_the_window_holds_its_first_instant_and_not_its_end() -> None:
    """As everywhere: what is due at the end belongs to the drain."""
    lag = LagSamples(t_s=np.array([1.9, 2.0, 3.0, 4.0]), lag_msgs=np.array([1.0, 2.0, 3.0, 4.0]))
    window = Window(window_start_ns=2 * SECOND, window_end_ns=4 * SECOND, drained_ns=5 * SECOND)

    assert pairs(lag.within(window)) == [(2.0, 2.0), (3.0, 3.0)]


def test_the_lag_over_time_is_the_larger_of_ours() -> None:
    """4 not acknowledged beside 3 not handled, then 6 not handled; the server's is not drawn."""
    told = lag_over_time(ROWS, cast()).tolist()

    assert (told[0], told[2]) == (4.0, 6.0)
    assert [math.isnan(each) for each in told] == [False, True, False, True]


def test_one_of_ours_is_enough_and_the_servers_stands_in_for_both() -> None:
    """A variant that never acks has the first alone, an older record neither."""
    never: pd.DataFrame = samples.table([{"t_ns": 0, "unhandled_msgs": 3, "lag_msgs": 9}])
    older = samples.table([{"t_ns": 0, "lag_msgs": 7}])

    assert lag_over_time(never, cast(acks=False)).tolist() == [3.0]
    assert lag_over_time(older, cast()).tolist() == [7.0]
