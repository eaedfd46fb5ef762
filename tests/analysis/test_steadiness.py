"""What had not settled: counts of every second, and times, at the limits of what is flagged."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.analysis import steadiness as steady
from bench.analysis.figures import LagFigures, LagVerdict
from bench.core.units import NS_PER_S
from bench.record.hlog import Interval
from bench.record.schema import Finding, Level, TrialRecord, Window
from bench.spec.cast import instants
from bench.spec.kinds import stream
from bench.spec.kinds.registry import cast_of
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate import several
from tests.gate.figures import trial_of
from tests.parts import Time

TRIAL = runs.plan([runs.cell("one")], blocks=1).trials[0]

EARLY = stream.cast_of(Settings.model_validate({"ack": {"timing": "after-validation"}}))
"""Of a variant that acknowledges before its handler."""

SCALES = (1.0, 1.05, 1.1, 1.15, 1.2, 1.25)
"""Of the six batches of a window: surely a rise, by some 30 %."""


def record(of_seconds: Sequence[int], *, acks: bool = True, **kinds: Sequence[int]) -> TrialRecord:
    """A trial without warm-up in which so many messages were due and done in each second."""
    length = len(of_seconds)
    window = Window(
        window_start_ns=0, window_end_ns=length * NS_PER_S, drained_ns=(length + 1) * NS_PER_S
    )
    made = replace(runs.record(TRIAL, acks=acks), window=window)
    slices = {name: tuple(kinds.get(name, of_seconds)) for name in instants(made.cast)}
    return replace(made, slices=slices)


def steadiness(
    made: TrialRecord, times_: Mapping[str, Sequence[Interval]], lag: LagFigures | None
) -> tuple[Finding, ...]:
    """What is found of a trial whose cell is ranked as its record says."""
    return steady.steadiness(made, times_, lag, made.cast.ranked[0])


def codes(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.text.split(" changed")[0]) for finding in found]


def times(time: Time, ns_of_seconds: Sequence[Sequence[float]]) -> Mapping[str, Sequence[Interval]]:
    values = [np.array(each, dtype=np.int64) for each in ns_of_seconds]
    return {time: runs.intervals({time: values})}


def scaled(msgs: int, *, seconds: int = 12) -> list[int]:
    """Counts of every second that rise by a quarter from the first batch to the last."""
    return [round(msgs * SCALES[second * 6 // seconds]) for second in range(seconds)]


@pytest.mark.parametrize(("first", "flagged"), [(500, True), (499, False)])
def test_a_rate_of_fewer_than_a_thousand_messages_a_batch_says_nothing(
    first: int, flagged: bool
) -> None:
    """Batches last 2 s: 499 and 500 are 999, and chance alone moves so few by more than 3 %."""
    counts = [first, 500, *scaled(500)[2:]]

    found = steadiness(record(counts), {}, None)

    drifting = [("not-steady", "The stored rate"), ("not-steady", "The acked rate")]
    assert codes(found) == (drifting if flagged else [])


@pytest.mark.parametrize(("first", "flagged"), [(500, True), (499, False)])
def test_a_p50_of_fewer_than_a_thousand_messages_a_batch_says_nothing(
    first: int, flagged: bool
) -> None:
    """The same limit for what is timed."""
    counts = [first, *[500] * 11]
    each = [[1e6 * SCALES[second // 2]] * count for second, count in enumerate(counts)]

    found = steadiness(record(counts), times(Time.RESPONSE, each), None)

    assert codes(found) == ([("not-steady", "The response p50")] if flagged else [])


@pytest.mark.parametrize(
    ("seconds", "level"), [(60, Level.INVALID), (59, Level.WARNING), (6, Level.WARNING)]
)
def test_a_drift_makes_a_trial_invalid_from_a_minute_on(seconds: int, level: Level) -> None:
    """The rule was tried on batches of 20 s; in a shorter look it is a warning."""
    found = steadiness(record(scaled(1000, seconds=seconds)), {}, None)

    assert {finding.level for finding in found} == {level}


def test_five_seconds_are_too_few_to_see_a_drift() -> None:
    """Six batches of at least a second each: that nobody looked is noted, not passed over."""
    (finding,) = steadiness(record([1000] * 5), {}, None)

    assert (finding.level, finding.code) == (Level.NOTE, "steadiness-unknown")


def test_a_variant_that_never_acks_is_watched_by_what_it_handles() -> None:
    """Nothing is told of its acks, which is no reason to look at nothing."""
    even = [1000] * 12
    never = record(even, acks=False, handled=scaled(1000))
    always = record(even, handled=scaled(1000))

    assert codes(steadiness(never, {}, None)) == [("not-steady", "The handled rate")]
    assert steadiness(always, {}, None) == ()


def even(seconds: int) -> list[int]:
    """A thousand messages in each second."""
    return [1000] * seconds


def climbing(seconds: int, *, by: float = 1.234) -> list[int]:
    """A million messages in each second, of which every window has `by` times as many at its end.

    So a line through the logs of the six batches fits without a rest.
    """
    middles = [(2 * (second * 6 // seconds) + 1) / 12 for second in range(seconds)]
    return [round(1_000_000 * by**middle) for middle in middles]


def shifted(made: TrialRecord, start_s: float, end_s: float) -> TrialRecord:
    """The trial with another window."""
    assert made.window is not None
    window = replace(
        made.window,
        window_start_ns=round(start_s * NS_PER_S),
        window_end_ns=round(end_s * NS_PER_S),
    )
    return replace(made, window=window)


@pytest.mark.parametrize("seconds", [6, 12, 60])
def test_a_drift_is_told_by_how_much_the_whole_window_changed(seconds: int) -> None:
    """However long it is, and wherever in the trial it lies: its warm-up does not count."""
    made = record([*even(7), *climbing(seconds)], acked=even(7 + seconds))

    (finding,) = steadiness(shifted(made, 7, 7 + seconds), {}, None)

    assert finding.code == "not-steady"
    assert re.search(
        r"The stored rate changed by \+23(\.4)? % .* interval \+23\.\d+ % to \+23\.\d+ %",
        finding.text,
    )


@pytest.mark.parametrize(
    ("start_s", "end_s", "whole"),
    [(0, 5, 5), (0.5, 5.5, 4), (1, 5.9, 4), (0.1, 5, 4), (7, 20, 3), (12, 20, 0)],
)
def test_only_whole_seconds_of_the_window_are_looked_at(
    start_s: float, end_s: float, whole: int
) -> None:
    """Of ten that were counted; a second that the window cuts is not one of it."""
    (finding,) = steadiness(shifted(record(even(10)), start_s, end_s), {}, None)

    assert finding.code == "steadiness-unknown"
    assert f"A window of {whole} s is too short" in finding.text


def test_a_second_that_the_window_cuts_moves_no_batch() -> None:
    """Thirteen seconds of which the first and the last are cut: the six batches lie between."""
    made = record([1, *climbing(12), 1], acked=even(14))

    (finding,) = steadiness(shifted(made, 0.5, 13.5), {}, None)

    assert "The stored rate" in finding.text


def test_a_trial_that_broke_off_is_not_looked_at() -> None:
    """It has no window, or no counts of its seconds."""
    made = record(climbing(12))

    assert steadiness(made, {}, None) != ()
    assert steadiness(replace(made, window=None), {}, None) == ()
    assert steadiness(replace(made, slices=None), {}, None) == ()


def drifting_times(
    *, acks: bool = True, early_acks: bool = False, verdict: LagVerdict | None = None
) -> list[str]:
    """Which times are found to drift where every one does."""
    each = [[1e6 * SCALES[second // 2]] * 1000 for second in range(12)]
    intervals = {str(time): times(time, each)[time] for time in Time}
    trial = trial_of(runs.cell("one"), 1, 1.0)
    lag = None if verdict is None or trial.lag is None else replace(trial.lag, verdict=verdict)
    made = record(even(12), acks=acks)
    made = replace(made, cast=EARLY) if early_acks else made
    found = steadiness(made, intervals, lag)
    return [text.removeprefix("The ").removesuffix(" p50") for _, text in codes(found)]


def test_the_time_that_ends_with_a_consumers_work_is_watched() -> None:
    """Beside the response: the ack's, the handler's where none comes, or both where it is early."""
    assert drifting_times() == ["response", "end-to-end"]
    assert drifting_times(acks=False) == ["response", "completion"]
    assert drifting_times(early_acks=True) == ["response", "completion", "end-to-end"]


def test_acks_come_behind_the_handler_unless_it_is_said() -> None:
    """Then the end-to-end time tells of the work, and its completion is not asked twice."""
    each = times(Time.COMPLETION, [[1e6 * SCALES[second // 2]] * 1000 for second in range(12)])

    assert steadiness(record(even(12)), each, None) == ()
    assert steadiness(replace(record(even(12)), cast=EARLY), each, None) != ()


def test_what_is_ranked_by_is_watched_though_the_record_does_not_know() -> None:
    """A record of version 1 has the cast of late acks; its plan says that they came early."""
    each = times(Time.COMPLETION, [[1e6 * SCALES[second // 2]] * 1000 for second in range(12)])

    assert steady.steadiness(record(even(12)), each, None, "end_to_end") == ()
    assert steady.steadiness(record(even(12)), each, None, "completion") != ()


def test_of_a_lag_that_grows_the_response_alone_is_watched() -> None:
    """What consumers time lengthens by its nature; any other lag excuses nothing."""
    assert drifting_times(verdict=LagVerdict.GROWING) == ["response"]
    assert drifting_times(verdict=LagVerdict.STABLE) == ["response", "end-to-end"]
    assert drifting_times(verdict=LagVerdict.INCONCLUSIVE) == ["response", "end-to-end"]


def test_what_never_came_is_longer_than_what_did() -> None:
    """Of two thousand in each batch a thousand came, half of them sooner with every batch.

    The p50 of all is the longest that came, and that climbs.
    """
    each = [[1e6] * 260 + [2e6 * SCALES[second // 2]] * 240 for second in range(12)]

    whole = steadiness(record([500] * 12), times(Time.RESPONSE, each), None)
    half = steadiness(record([1000] * 12), times(Time.RESPONSE, each), None)

    assert codes(whole) == []
    assert codes(half) == [("not-steady", "The response p50")]


@pytest.mark.parametrize(("offered", "flagged"), [(3000, True), (3001, False)])
def test_a_p50_among_what_never_came_is_not_known(offered: int, *, flagged: bool) -> None:
    """In one batch of six 2000 of 4001 came: no trend goes through the other five."""
    each = [[1e6 * SCALES[second // 2]] * 1000 for second in range(12)]
    made = record([offered, *even(11)], stored=even(12), acked=even(12))

    found = steadiness(made, times(Time.RESPONSE, each), None)

    assert codes(found) == ([("not-steady", "The response p50")] if flagged else [])


def test_what_was_due_in_a_second_without_an_answer_is_missing_from_its_batch() -> None:
    """Nothing of the third second came; the batch is known by the other of its two."""
    each = [[1e6 * SCALES[second // 2]] * 2000 for second in range(12)]
    each[2] = []

    found = steadiness(record([2000] * 12), times(Time.RESPONSE, each), None)

    assert codes(found) == [("not-steady", "The response p50")]


def test_the_work_of_every_consumer_is_watched_where_acks_come_before_it() -> None:
    """Cells are ranked by the first one's completion; the second one's drifted unseen."""
    made = {"ack": {"timing": "after-validation"}}
    parts = cast_of(several.FANOUT, Settings.model_validate(made))
    even_ = tuple(even(12))
    of_trial = record(even_)
    trial = replace(
        of_trial,
        cast=parts,
        slices={name: tuple(scaled(1000)) if name == "audit.acked" else even_
                for name in instants(parts)},
    )  # fmt: skip
    drifts = [[1e6 * SCALES[second // 2]] * 1000 for second in range(12)]
    values = [np.array(each, dtype=np.int64) for each in drifts]
    times_ = {"audit.completion": runs.intervals({"audit.completion": values})}

    assert codes(steadiness(trial, times_, None)) == [
        ("not-steady", "The audit.acked rate"),
        ("not-steady", "The audit.completion p50"),
    ]
