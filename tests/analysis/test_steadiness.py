"""What had not settled: counts of every second, and times, at the limits of what is flagged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.analysis.steadiness import steadiness
from bench.core.units import NS_PER_S
from bench.record.hlog import Interval
from bench.record.schema import Finding, Level, Slices, Time, TrialRecord, Window
from tests.analysis import runs

TRIAL = runs.plan([runs.cell("one")], blocks=1).trials[0]

SCALES = (1.0, 1.05, 1.1, 1.15, 1.2, 1.25)
"""Of the six batches of a window: surely a rise, by some 30 %."""


def record(of_seconds: Sequence[int], *, acks: bool = True, **kinds: Sequence[int]) -> TrialRecord:
    """A trial without warm-up in which so many messages were due and done in each second."""
    length = len(of_seconds)
    names = ("offered", "sent", "stored", "received", "handled", "acked")
    counts = {name: tuple(kinds.get(name, of_seconds)) for name in names}
    window = Window(
        window_start_ns=0, window_end_ns=length * NS_PER_S, drained_ns=(length + 1) * NS_PER_S
    )
    made = runs.record(TRIAL, acks=acks)
    return replace(made, window=window, slices=Slices(**counts))


def codes(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.text.split(" changed")[0]) for finding in found]


def times(
    time: Time, ns_of_seconds: Sequence[Sequence[float]]
) -> Mapping[Time, Sequence[Interval]]:
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


def test_a_variant_that_never_acks_is_watched_by_what_it_receives() -> None:
    """Its acked rate is 0 in every batch, which is no reason to look at nothing."""
    even = [1000] * 12
    never = record(even, acks=False, acked=[0] * 12, received=scaled(1000))
    always = record(even, received=scaled(1000))

    assert codes(steadiness(never, {}, None)) == [("not-steady", "The delivered rate")]
    assert steadiness(always, {}, None) == ()
