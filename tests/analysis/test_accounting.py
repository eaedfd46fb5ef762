"""Where figures of one trial contradict each other, at the limits of what is allowed for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.analysis.accounting import (
    conservation,
    keeps_all,
    littles_law,
    own_and_servers_lag,
    unseen_msgs,
)
from bench.analysis.figures import LagFigures, LagVerdict, TimeFigures
from bench.analysis.sampled import LagSamples
from bench.core.units import NS_PER_S
from bench.plan.model import Cell
from bench.record import samples
from bench.record.schema import Finding, Level, TrialRecord, Window
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate.figures import time_of
from tests.parts import Time, counts, without_acks

WINDOW = Window(window_start_ns=2 * NS_PER_S, window_end_ns=12 * NS_PER_S, drained_ns=13 * NS_PER_S)
CELL = runs.cell("one")
RECORD = runs.record(runs.plan([CELL], blocks=1).trials[0])
LIMITS: Sequence[Mapping[str, object]] = (
    {"stream": {"max_msgs": 10}},
    {"stream": {"max_bytes": "1MiB"}},
    {"stream": {"max_age": "10s"}},
    {"stream": {"max_msgs_per_subject": 10}},
    {"consumer": {"max_deliver": 2}},
)
"""By each of which a message may leave the stream without an ack; a trial is longer than 10 s."""

Sample = tuple[float, int, int, int]
"""Instant, s; the server's lag, and the least and the most that our instants allow."""


def text_of(found: tuple[Finding, ...], code: str) -> str:
    """The text of the only finding, which has this code; empty without one."""
    if not found:
        return ""
    (finding,) = found
    assert (finding.level, finding.code) == (Level.INVALID, code)
    return finding.text


def compared(told: Sequence[Sample], *, cell: Cell = CELL, record: TrialRecord = RECORD) -> str:
    """What the server's lag says against ours."""
    keys = ("lag_msgs", "lag_msgs_least", "lag_msgs_most")
    rows = [
        {"t_ns": round(at_s * NS_PER_S), **dict(zip(keys, msgs, strict=True))}
        for at_s, *msgs in told
    ]
    return text_of(
        own_and_servers_lag(samples.table(rows), WINDOW, cell, record), "counts-disagree"
    )


def run_of(
    count: int, *, start_s: float = 5.0, every_s: float = 0.25, more: int = 0, fewer: int = 0
) -> list[Sample]:
    """Samples in which the server has so many more than 30 at most, or fewer than 20 at least."""
    lag = 30 + more if more else 20 - fewer
    return [(start_s + place * every_s, lag, 20, 30) for place in range(count)]


@pytest.mark.parametrize(
    ("count", "every_s", "seconds"),
    [(5, 0.25, "1.0"), (4, 0.5, ""), (5, 0.24, ""), (6, 0.25, "1.2"), (9, 0.125, "1.0")],
)
def test_five_samples_within_a_second_that_all_disagree_are_a_contradiction(
    count: int, every_s: float, seconds: str
) -> None:
    """Fewer, or for less long, is a process that lost its core; what agreed before is no part."""
    agreeing = run_of(5, start_s=3.0)

    found = compared([*agreeing, *run_of(count, every_s=every_s, more=1)])

    assert bool(found) is bool(seconds)
    assert f"For {seconds} s the server told more messages" in found or not seconds


def test_as_many_as_our_instants_allow_are_none_too_many() -> None:
    """Nor as few as they ask for."""
    assert compared(run_of(9, more=0, fewer=0)) == ""
    assert compared([(5 + place / 4, 30, 20, 30) for place in range(9)]) == ""


def test_one_sample_that_agrees_ends_a_run() -> None:
    """Two runs of four are none of eight; and a gap in which the server told nothing is none."""
    four, later = run_of(4, more=1), run_of(4, start_s=6.25, more=1)

    assert compared([*four, (6.0, 25, 20, 30), *later]) == ""
    assert compared([*run_of(3, start_s=6.5, more=1), *run_of(3, more=1)]) != ""


def test_instants_at_which_the_server_was_not_asked_say_nothing() -> None:
    """Our own lag is sampled in between; the run of what disagrees goes on over it."""
    told = run_of(9, more=1)
    rows = [
        {"t_ns": round(at_s * NS_PER_S), "lag_msgs": lag, "lag_msgs_least": 20, "lag_msgs_most": 30}
        for at_s, lag, _, _ in told
    ]
    between = [{"t_ns": round((at_s + 0.1) * NS_PER_S), "unhandled_msgs": 25} for at_s, *_ in told]

    found = own_and_servers_lag(samples.table([*rows, *between]), WINDOW, CELL, RECORD)

    assert "For 2.0 s the server told more" in text_of(found, "counts-disagree")


def test_what_is_told_is_the_worst_of_all_runs() -> None:
    """By 2 for a second, by 7 for a second and a quarter, then by 3 too few for two seconds."""
    runs_of = [
        *run_of(5, start_s=3.0, more=2),
        (4.25, 25, 20, 30),
        *run_of(5, start_s=4.5, more=1),
        (5.75, 37, 20, 30),
        (6.0, 25, 20, 30),
        *run_of(9, start_s=7.0, fewer=3),
    ]

    assert compared(runs_of) == (
        "For 1.2 s the server told more messages as pending or unacknowledged than the clients' "
        "instants allow, by 7 at most."
    )
    assert "told fewer messages" in compared(runs_of[-9:])
    assert "by 3 at most" in compared(runs_of[-9:])


def test_the_worse_side_is_told() -> None:
    """2 too many and then 9 too few."""
    found = compared([*run_of(5, start_s=3.0, more=2), *run_of(5, start_s=5.0, fewer=9)])

    assert "told fewer" in found
    assert "by 9 at most" in found


@pytest.mark.parametrize(
    ("start_s", "found"), [(2.0, True), (1.75, False), (10.75, True), (11.0, False)]
)
def test_only_samples_of_the_window_are_compared(start_s: float, *, found: bool) -> None:
    """Five of a second in all: one outside is one too few. The window's end is outside."""
    assert bool(compared(run_of(5, start_s=start_s, more=1))) is found


def losing(lost: int) -> TrialRecord:
    """A trial whose ledger calls so many lost."""
    assert RECORD.ledger is not None
    return replace(RECORD, ledger={**RECORD.ledger, "lost": lost})


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (losing(3), False),
        (losing(2), True),
        (losing(0), True),
        (losing(-1), True),  # nobody can tell: that excuses nothing
        (replace(RECORD, ledger=None), True),
    ],
)
def test_only_what_is_known_as_lost_may_be_missing_on_the_server(
    record: TrialRecord, *, found: bool
) -> None:
    """Three are missing there."""
    assert bool(compared(run_of(5, fewer=3), record=record)) is found


def test_a_single_message_missing_is_one_where_nobody_counted_the_lost() -> None:
    """An unknown count is none of one."""
    one = run_of(5, fewer=1)

    assert "by 1 at most" in compared(one, record=losing(-1))
    assert "by 1 at most" in compared(one, record=replace(RECORD, ledger=None))


@pytest.mark.parametrize("limit", LIMITS)
def test_behind_a_limit_messages_may_be_missing_and_never_be_too_many(
    limit: Mapping[str, object],
) -> None:
    """Whatever the limit is of."""
    cell = runs.cell("one", settings=Settings.model_validate(limit))

    assert compared(run_of(5, fewer=3), cell=cell) == ""
    assert compared(run_of(5, more=3), cell=cell) != ""


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, True),
        ({"stream": {"max_msgs": 10, "discard": "new"}}, True),  # what does not fit is refused
        ({"stream": {"max_bytes": "1MiB", "discard": "new"}}, True),
        (
            {"stream": {"max_msgs_per_subject": 10, "max_msgs": 99, "discard": "new"}},
            False,  # the limit per subject discards the oldest all the same
        ),
        ({"stream": {"max_age": "180s"}}, False),
        ({"stream": {"max_age": "181s"}}, True),  # none grows as old within the trial
        ({"consumer": {"max_deliver": 2}}, False),
    ],
)
def test_a_stream_keeps_all_whose_limits_throw_nothing_away(
    settings: Mapping[str, object], *, kept: bool
) -> None:
    """A trial lasts 180 s: warm-up of 30, window of 120 and drain of 30."""
    cell = runs.cell("one", settings=Settings.model_validate(settings))

    assert keeps_all(cell) is kept


def test_without_acks_the_two_are_not_the_same() -> None:
    """The server then counts what it has not sent."""
    assert compared(run_of(5, more=3), record=without_acks(RECORD)) == ""


def publishing(publishers: int, window_msgs: int) -> Cell:
    """A cell of so many publishers, each with so many messages under way."""
    profile = {
        "kind": "stream",
        "payload": {"sizes": "128B"},
        "publish": {"rate": "1000/s", "window": window_msgs, "publishers": publishers},
    }
    return replace(CELL, workload=Stream.model_validate(profile))


def conserved(
    stored_unacked: int,
    *,
    lag: Sequence[tuple[float, float]] = ((2.0, 0.0), (12.0, 0.0)),
    cell: Cell | None = None,
) -> str:
    """What a lag at (s, messages) says against so many more stored than acked in the window."""
    stored = 900 + stored_unacked
    made = counts(offered=1000, sent=1000, stored=stored, received=950, handled=940, acked=900)
    at_s, msgs = np.array(lag).T
    told = LagSamples(t_s=at_s, lag_msgs=msgs)
    found = conservation(made, WINDOW, told, cell or publishing(3, 5))
    return text_of(found, "counts-disagree")


@pytest.mark.parametrize(
    ("stored_unacked", "agreed"), [(15, True), (16, False), (-15, True), (-16, False)]
)
def test_what_all_publishers_had_under_way_is_allowed_for(
    stored_unacked: int, *, agreed: bool
) -> None:
    """Three publishers of five each are fifteen messages, either way; a lag of 0 stands still."""
    assert bool(conserved(stored_unacked)) is not agreed


def test_a_lag_that_rises_by_what_was_not_acked_agrees() -> None:
    """From 10 to 110: 100, give or take 15."""
    lag = ((2.0, 10.0), (12.0, 110.0))

    assert [bool(conserved(more, lag=lag)) for more in (84, 85, 115, 116)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert conserved(116, lag=lag) == (
        "Stored minus acked is +116 messages within the window, but the lag changed by +100 "
        "(allowed for: 15)."
    )


def test_how_far_a_lag_moved_around_each_limit_is_allowed_for() -> None:
    """By 3 within a second of the start, by 4 within one of the end, beside 15 under way."""
    lag = ((0.9, 50.0), (1.0, 3.0), (2.0, 0.0), (11.0, 4.0), (12.0, 0.0), (13.1, 50.0))

    assert conserved(22, lag=lag) == ""
    assert conserved(23, lag=lag).endswith("(allowed for: 22).")


def test_between_two_samples_the_lag_lies_between_them() -> None:
    """100 messages half a second before the start and 200 half a second after it are 150 at it."""
    lag = ((1.5, 100.0), (2.5, 200.0), (11.5, 300.0), (12.5, 300.0))

    assert conserved(150 + 115, lag=lag) == ""
    assert "changed by +150 (allowed for: 115)" in conserved(150 + 116, lag=lag)


@pytest.mark.parametrize(
    "lag",
    [
        ((3.1, 0.0), (12.0, 0.0)),  # none before the start
        ((0.9, 0.0), (2.5, 0.0), (12.0, 0.0)),  # the one before it is too far off
        ((1.5, 0.0), (3.5, 0.0), (12.0, 0.0)),  # none within a second after it
        ((2.0, 0.0), (11.5, 0.0)),  # none after the end
        ((2.0, 0.0), (13.1, 0.0)),
    ],
)
def test_without_samples_on_both_sides_of_a_limit_nothing_is_said(
    lag: Sequence[tuple[float, float]],
) -> None:
    """What the lag was there is not known."""
    assert conserved(500, lag=lag) == ""


def test_a_sample_a_second_off_is_near_enough() -> None:
    """On either side, at both limits."""
    lag = ((1.0, 0.0), (3.0, 0.0), (11.0, 0.0), (13.0, 0.0))

    assert conserved(15, lag=lag) == ""
    assert conserved(16, lag=lag) != ""


@pytest.mark.parametrize("limit", LIMITS)
def test_behind_a_limit_messages_leave_the_lag_without_an_ack(limit: Mapping[str, object]) -> None:
    """Then stored minus acked need not be in it."""
    cell = runs.cell("one", settings=Settings.model_validate(limit))

    assert conserved(500, cell=cell) == ""


STANDING = LagFigures(
    peak_msgs=100.0,
    end_msgs=100.0,
    slope_msgs_per_s=0.0,
    slope_low_msgs_per_s=0.0,
    slope_high_msgs_per_s=0.0,
    slope_share_per_s=0.0,
    verdict=LagVerdict.STABLE,
    lag_s=0.1,
)
EVEN = [100.0] * 10


def means(end_to_end_ms: float) -> dict[str, TimeFigures]:
    """Response takes 1 ms and service 5: a stay is 1 ms shorter than the end-to-end time."""
    return {
        Time.END_TO_END: time_of(end_to_end_ms),
        Time.RESPONSE: time_of(1.0),
        Time.SERVICE: time_of(5.0),
    }


def held(
    times: Mapping[str, TimeFigures],
    lag: LagFigures | None = STANDING,
    of_seconds: Sequence[float] = tuple(EVEN),
    cell: Cell = CELL,
) -> str:
    """What a lag of every second of the window says against times, at 1000 acked a second.

    Outside the window it is a thousand.
    """
    msgs = np.array([1000.0, 1000.0, *of_seconds, 1000.0])
    told = LagSamples(t_s=np.arange(len(msgs), dtype=np.float64), lag_msgs=msgs)
    rates = {"offered": 1.0, "sent": 2.0, "stored": 3.0, "received": 4.0, "acked": 1000.0}
    window = replace(WINDOW, window_end_ns=(2 + len(of_seconds)) * NS_PER_S)
    unseen = unseen_msgs(rates, window, cell)
    return text_of(littles_law(times, rates, lag, told.within(window), unseen), "littles-law")


@pytest.mark.parametrize(
    ("end_to_end_ms", "agreed"), [(121.5, True), (121.6, False), (80.5, True), (80.4, False)]
)
def test_a_mean_lag_is_the_rate_times_the_stay_within_what_clients_cannot_see(
    end_to_end_ms: float, *, agreed: bool
) -> None:
    """100 on the mean: 10 % of it, and 5 ms of service there and back at 1000 a second, are 20.

    Half a message more is what a stall of 100 ms adds in 10 s.
    """
    assert bool(held(means(end_to_end_ms))) is not agreed


@pytest.mark.parametrize(("end_to_end_ms", "agreed"), [(1.65, True), (1.75, False)])
def test_a_stall_that_no_sample_saw_is_no_breach(end_to_end_ms: float, *, agreed: bool) -> None:
    """100 come in 100 ms and wait for 50: 5 message seconds in 10 are 0.5, and the ways are 0.2."""
    times = {**means(end_to_end_ms), Time.SERVICE: time_of(0.1)}

    assert bool(held(times, of_seconds=[0.0] * 10)) is not agreed


@pytest.mark.parametrize(("end_to_end_ms", "agreed"), [(221.0, True), (223.0, False)])
def test_acks_that_flow_control_asks_for_after_the_window_are_no_breach(
    end_to_end_ms: float, *, agreed: bool
) -> None:
    """1000 wait for a heartbeat: a hundred more in 10 s, of 100, a tenth, the ways and a stall."""
    policy = {"mode": "push", "ack_policy": "flow_control"}
    asked = replace(CELL, settings=Settings.model_validate({"consumer": policy}))

    assert bool(held(means(end_to_end_ms), cell=asked)) is not agreed
    assert held(means(end_to_end_ms)), "acks of another policy wait for nobody"


def test_a_breach_of_littles_law_says_by_how_much() -> None:
    """141 ms end to end, of which 140 are the stay."""
    assert held(means(141.0)) == (
        "By rate and time 140 messages were under way on average, but the sampled lag is 100 "
        "(allowed for: 20)."
    )


@pytest.mark.parametrize(("end_to_end_ms", "agreed"), [(127.6, True), (127.7, False)])
def test_the_scatter_of_the_sampled_lag_is_allowed_for(
    end_to_end_ms: float, *, agreed: bool
) -> None:
    """90 and 110 in turns: standard error 10 / 3, t of 9 degrees of freedom 1.833, so 6.11 more."""
    assert bool(held(means(end_to_end_ms), of_seconds=[90.0, 110.0] * 5)) is not agreed


@pytest.mark.parametrize("lacking", [Time.END_TO_END, Time.RESPONSE, Time.SERVICE])
def test_without_one_of_its_times_the_law_says_nothing(lacking: Time) -> None:
    """Not had, or had by no message."""
    times = means(500.0)
    none = replace(times[lacking], mean_ns=None)

    assert held(times) != ""
    assert held({time: each for time, each in times.items() if time is not lacking}) == ""
    assert held({**times, lacking: none}) == ""


@pytest.mark.parametrize(
    "verdict", [LagVerdict.GROWING, LagVerdict.DRAINING, LagVerdict.INCONCLUSIVE]
)
def test_the_law_is_one_of_a_lag_that_stands(verdict: LagVerdict) -> None:
    """Of one that moves, or may move, or is not known, it says nothing."""
    assert held(means(500.0), replace(STANDING, verdict=verdict)) == ""
    assert held(means(500.0), None) == ""


def test_of_two_samples_the_mean_is_too_rough_to_contradict() -> None:
    """Three have an interval."""
    assert held(means(500.0), of_seconds=EVEN[:2]) == ""
    assert held(means(500.0), of_seconds=EVEN[:3]) != ""
