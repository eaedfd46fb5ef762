"""The figures of a lag by hand, and where its verdicts change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.analysis.figures import LagFigures, LagVerdict
from bench.analysis.lag import Told, cell_verdict, lag_figures, lag_verdict, trial_lag
from bench.analysis.sampled import LagSamples
from bench.core.units import NS_PER_S
from bench.record import samples
from bench.record.schema import Window
from tests.parts import cast, counts

WINDOW = Window(window_start_ns=2 * NS_PER_S, window_end_ns=12 * NS_PER_S, drained_ns=13 * NS_PER_S)
QUARTERS = np.arange(0, 13, 0.25)
COUNTS = counts(offered=10_000, sent=10_000, stored=10_000, received=8000, handled=4000, acked=2000)
WITHOUT_ACKS = {name: count for name, count in COUNTS.items() if name != "acked"}
"""Of a window of 10 s: 1000 offered, 800 received, 400 handled and 200 acked a second."""

STABLE, GROWING = LagVerdict.STABLE, LagVerdict.GROWING
DRAINING, INCONCLUSIVE = LagVerdict.DRAINING, LagVerdict.INCONCLUSIVE


def rising(msgs_per_s: float, at_s: Sequence[float] = tuple(QUARTERS)) -> LagSamples:
    """A lag that rises evenly from 0, sampled every quarter of a second."""
    return LagSamples(t_s=np.array(at_s), lag_msgs=msgs_per_s * np.array(at_s))


def lag(slope_share: float, verdict: LagVerdict = STABLE) -> LagFigures:
    """A lag that rises by so much of the offered rate."""
    return LagFigures(
        peak_msgs=0.0,
        end_msgs=0.0,
        slope_msgs_per_s=0.0,
        slope_low_msgs_per_s=0.0,
        slope_high_msgs_per_s=0.0,
        slope_share_per_s=slope_share,
        verdict=verdict,
        lag_s=None,
    )


def test_a_lag_that_rises_by_four_messages_a_second() -> None:
    """Last sampled at 11.75 s; the window's last second has the mean 11.375 s.

    Its end at 12 s is the drain's, and its last tenth begins with 11 s.
    """
    found = lag_figures(rising(4.0), WINDOW, 1000.0, 500.0)

    assert found is not None
    assert found.slope_msgs_per_s == pytest.approx(4.0)
    assert found.slope_low_msgs_per_s == pytest.approx(4.0)
    assert found.slope_high_msgs_per_s == pytest.approx(4.0)
    assert found.slope_share_per_s == pytest.approx(0.004)
    assert found.peak_msgs == pytest.approx(4 * 11.75)
    assert found.end_msgs == pytest.approx(4 * 11.375)
    assert found.lag_s == pytest.approx(4 * 11.375 / 500)
    assert found.verdict is STABLE
    assert (found.unacked, found.by_server) == (None, False)


@pytest.mark.parametrize(
    ("offered", "verdict"), [(399.0, GROWING), (401.0, STABLE), (1.0, GROWING)]
)
def test_a_lag_grows_that_rises_by_more_than_a_hundredth_of_what_is_offered(
    offered: float, verdict: LagVerdict
) -> None:
    """Four a second are 1 % of 400."""
    found = lag_figures(rising(4.0), WINDOW, offered, 500.0)

    assert found is not None
    assert found.verdict is verdict


def test_a_lag_that_falls_by_more_than_that_drains() -> None:
    """Of whoever owed something before."""
    found = lag_figures(rising(-4.0), WINDOW, 100.0, 500.0)

    assert found is not None
    assert found.verdict is DRAINING


def test_where_nothing_was_offered_there_is_no_figure_of_a_lag() -> None:
    """Its verdict is a share of the offered rate."""
    assert lag_figures(rising(4.0), WINDOW, 0.0, 500.0) is None


@pytest.mark.parametrize(("consumed", "lag_s"), [(0.0, None), (1.0, 45.5), (91.0, 0.5)])
def test_how_far_behind_in_time_is_by_what_is_consumed(
    consumed: float, lag_s: float | None
) -> None:
    """45.5 messages at the end; where nothing is consumed nobody can say."""
    found = lag_figures(rising(4.0), WINDOW, 1000.0, consumed)

    assert found is not None
    assert found.lag_s == pytest.approx(lag_s)


def test_without_a_sample_in_the_last_tenth_the_last_one_stands_for_it() -> None:
    """The server stopped answering at 9.5 s of 12."""
    found = lag_figures(rising(4.0, QUARTERS[QUARTERS < 9.6].tolist()), WINDOW, 1000.0, 500.0)

    assert found is not None
    assert found.end_msgs == pytest.approx(4 * 9.5)


def test_a_lag_that_was_hardly_sampled_has_no_figures() -> None:
    """Five samples of ten batches."""
    assert lag_figures(rising(4.0, [2, 3, 4, 5, 6]), WINDOW, 1000.0, 500.0) is None


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (10.0, 30.0, INCONCLUSIVE),  # touches the margin: it may just stand
        (10.1, 30.0, GROWING),
        (-30.0, -10.0, INCONCLUSIVE),
        (-30.0, -10.1, DRAINING),
        (-10.0, 10.0, STABLE),
        (-10.1, 10.0, INCONCLUSIVE),
        (-10.0, 10.1, INCONCLUSIVE),
        (-30.0, 30.0, INCONCLUSIVE),
        (2.0, 3.0, STABLE),  # surely above 0, and less than matters
    ],
)
def test_a_lag_is_judged_by_whether_its_slope_lies_within_the_margin(
    low: float, high: float, verdict: LagVerdict
) -> None:
    """Ten messages a second matter here."""
    assert lag_verdict(low, high, 10.0) is verdict


@pytest.mark.parametrize(
    ("trials", "verdict"),
    [
        ([], None),
        ([lag(0.0, GROWING)], GROWING),
        ([lag(0.0, GROWING)] * 2, GROWING),
        ([lag(0.0, STABLE), lag(0.0, GROWING)], INCONCLUSIVE),
        # From three on it is their slopes that tell, not what each of them says alone.
        ([lag(0.05, INCONCLUSIVE)] * 3, GROWING),
        ([lag(0.0, INCONCLUSIVE)] * 3, STABLE),
        ([lag(-0.05)] * 3, DRAINING),
        ([lag(-0.05), lag(0.0), lag(0.05)], INCONCLUSIVE),
        ([lag(0.009)] * 3, STABLE),
        ([lag(0.011)] * 3, GROWING),
    ],
)
def test_a_cell_is_judged_by_the_interval_over_its_trials(
    trials: list[LagFigures], verdict: LagVerdict | None
) -> None:
    """One in a hundred of the offered rate is the margin."""
    assert cell_verdict(trials) is verdict


def test_acks_that_two_of_three_trials_tell_of_leave_a_cell_unsure() -> None:
    """Two have no interval: they may rise or fall by any amount."""
    acking = replace(lag(0.0), unacked=lag(0.0))

    assert cell_verdict([acking, acking, lag(0.0)]) is INCONCLUSIVE
    assert cell_verdict([acking, acking, acking]) is STABLE


def table(*, unhandled: int = 2, unacked: int | None = 3, ours: bool = True) -> pd.DataFrame:
    """Lags that rise by so many messages in each quarter of a second, the server's by 4."""
    rows = []
    for quarter in range(52):
        own = {"unhandled_msgs": unhandled * quarter}
        own |= {} if unacked is None else {"unacked_msgs": unacked * quarter}
        at = {"t_ns": quarter * NS_PER_S // 4, "lag_msgs": 4 * quarter}
        rows.append({**at, **own} if ours else at)
    return samples.table(rows)


def lag_of(
    sampled: pd.DataFrame,
    *,
    acks: bool = True,
    peaks: Mapping[str, int] | None = None,
    counted: Mapping[str, int] = COUNTS,
) -> LagFigures | None:
    """The lag of a trial with these samples and counts, of a variant that acknowledges or never."""
    chosen = counted if acks else WITHOUT_ACKS
    return trial_lag(
        Told(
            samples=sampled,
            window=WINDOW,
            rates={name: count / 10 for name, count in chosen.items()},
            peaks=peaks or {},
            cast=cast(acks=acks),
        )
    )


def test_a_trials_lag_is_by_what_was_handled_and_by_what_was_acked() -> None:
    """8 and 12 more each second; at the end 91 at 400 handled and 136.5 at 200 acked a second.

    The acks fall behind by more than the margin of 10, and so the trial does.
    """
    found = lag_of(table())

    assert found is not None
    assert found.unacked is not None
    assert found.slope_msgs_per_s == pytest.approx(8.0)
    assert found.unacked.slope_msgs_per_s == pytest.approx(12.0)
    assert (found.slope_share_per_s, found.unacked.slope_share_per_s) == pytest.approx(
        (0.008, 0.012)
    )
    assert (found.lag_s, found.unacked.lag_s) == pytest.approx((91 / 400, 136.5 / 200))
    assert (found.peak_msgs, found.unacked.peak_msgs) == (2 * 47, 3 * 47)
    assert (found.verdict, found.unacked.verdict) == (GROWING, GROWING)
    assert not found.by_server


@pytest.mark.parametrize(("acks", "lag_s"), [(True, 182 / 200), (False, 182 / 800)])
def test_the_servers_lag_shrinks_by_acks_or_else_by_what_was_received(
    lag_s: float, *, acks: bool
) -> None:
    """182 messages at the end, of 200 acked or 800 received a second."""
    found = lag_of(table(ours=False), acks=acks)

    assert found is not None
    assert (found.by_server, found.unacked) == (True, None)
    assert found.lag_s == pytest.approx(lag_s)
    assert found.slope_share_per_s == pytest.approx(0.016)


def test_the_exact_peaks_go_before_those_of_the_samples() -> None:
    """Each its own, also where it is 0; below 0 nobody kept it."""
    kept = {"unhandled": 0, "unacked": 1000}
    half = {"unhandled": 500, "unacked": -1}

    found = lag_of(table(), peaks=kept)
    other = lag_of(table(), peaks=half)

    assert found is not None
    assert other is not None
    assert [each.peak_msgs for each in found.each] == [0, 1000]
    assert [each.peak_msgs for each in other.each] == [500, 3 * 47]


def test_a_variant_that_never_acks_has_one_lag() -> None:
    """And its peak stands, known exactly or not."""
    found = lag_of(table(unacked=None), acks=False)

    assert found is not None
    assert (found.unacked, found.peak_msgs, found.verdict) == (None, 2 * 47, STABLE)


def test_where_nothing_was_offered_a_trial_has_no_lag() -> None:
    """By our own instants or by the server's."""
    none = {**COUNTS, "offered": 0}

    assert lag_of(table(), counted=none) is None
    assert lag_of(table(ours=False), counted=none) is None


def test_the_steeper_of_both_is_the_lag_slope() -> None:
    """Whichever it is; a lag that falls is less steep than one that stands."""
    handled = replace(lag(0.0), slope_msgs_per_s=5.0)
    acked = replace(lag(0.0), slope_msgs_per_s=-9.0)

    assert replace(handled, unacked=acked).steepest.slope_msgs_per_s == 5.0
    assert replace(acked, unacked=handled).steepest.slope_msgs_per_s == 5.0
    assert handled.each == (handled,)


def course(*knots: tuple[float, float]) -> LagSamples:
    """A lag that is even between these (s, messages)."""
    at_s, msgs = zip(*knots, strict=True)
    return LagSamples(t_s=QUARTERS, lag_msgs=np.interp(QUARTERS, at_s, msgs))


def test_a_consumer_that_stops_for_good_at_the_end_falls_behind() -> None:
    """From 10 s of 12 s on nothing is handled: 1000 msg/s are left, of which no median tells.

    The last second has the mean lag 1375 messages, the first 0, and the window is 10 s long.
    """
    found = lag_figures(course((0, 0), (10, 0), (13, 3000)), WINDOW, 1000.0, 800.0)

    assert found is not None
    assert found.slope_share_per_s == pytest.approx(0.1375)
    assert found.verdict is GROWING
    assert cell_verdict([found] * 5) is GROWING
    assert cell_verdict([found] * 2) is GROWING
    assert cell_verdict([found, *[lag(0.0)] * 4]) is INCONCLUSIVE


def test_one_trial_that_fell_behind_is_not_outvoted_by_many() -> None:
    """Over 40 trials it adds 0.1 % of the rate to the mean."""
    many = [lag(0.0)] * 39

    assert cell_verdict([*many, lag(0.04)]) is STABLE
    assert cell_verdict([*many, lag(0.04, GROWING)]) is INCONCLUSIVE


@pytest.mark.parametrize(
    "passing",
    [
        course((0, 0), (9, 0), (10, 1000), (11.5, 0), (13, 0)),
        course((0, 0), (11.5, 0), (11.75, 250), (13, 1500)),
        course((0, 500), (13, 500)),
    ],
    ids=["made up for", "just begun", "standing"],
)
def test_a_burst_that_is_made_up_for_or_has_just_begun_is_no_slope(passing: LagSamples) -> None:
    """One that begins within the last quarter of a second may be over with the next sample."""
    found = lag_figures(passing, WINDOW, 1000.0, 800.0)

    assert found is not None
    assert found.slope_share_per_s < 0.01
    assert cell_verdict([found] * 5) is STABLE
