"""Where a trend turns, and what else changed there."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bench.judgement.summary import RunSummary
from bench.judgement.trends import Trend, followed, trends_of
from bench.judgement.turns import Turn, drift_of, told_runs, turns_of
from bench.spec.metrics import View, shown_in
from bench.stats import steps
from tests.judgement.histories import CPU, P50, P99, RATE, history
from tests.stats.test_steps import runs

MS = 1e6


def trend_of(made: Sequence[RunSummary]) -> Trend:
    (found,) = trends_of(made)
    return found


def turned(since: Mapping[int, Mapping[str, Any]], *, at: int = 40, by: float = 1.2) -> Turn:
    """Return the one turn of a p99 that changes, with what changed since when beside it."""
    p99 = [MS * each for each in runs((at, 10.0), (20, 10.0 * by))]
    (found,) = turns_of(trend_of(history({P99: p99}, since)))
    return found


def words(turn: Turn) -> list[str]:
    return [change.word for change in turn.changes]


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        ("host", {"host": "ci-2"}),
        ("CPU", {"cpu": "EPYC"}),
        ("kernel", {"kernel": "6.9"}),
        ("server", {"server": "embedded 2.13.0"}),
        ("client", {"client": "wire 2"}),
        ("jetbench", {"jetbench": "1.1.0"}),
        ("settings", {"settings": "other"}),
    ],
)
def test_what_changed_at_a_step_is_named(word: str, changed: Mapping[str, Any]) -> None:
    """Who sees a step asks first what else was different."""
    assert words(turned({40: changed})) == [word]
    assert words(turned({42: changed})) == [word]
    assert words(turned({38: changed})) == [word]
    assert words(turned({30: changed})) == []
    assert words(turned({50: changed})) == []


def test_a_step_on_another_host_is_no_regression() -> None:
    """It tells of the host."""
    assert turned({}).worse
    assert turned({40: {"server": "embedded 2.13.0"}}).worse
    assert turned({40: {"host": "ci-2"}}).elsewhere
    assert not turned({40: {"host": "ci-2"}}).worse
    assert not turned({40: {"cpu": "EPYC", "server": "embedded 2.13.0"}}).worse


def test_runs_that_lost_messages_are_counted_in_the_level_that_they_are_of() -> None:
    """Of the one before they say nothing, nor of the one that a next step begins."""
    lossy, sound = {"short": "9 lost"}, {"short": ""}
    times = [MS * each for each in runs((40, 10.0), (20, 7.0), (20, 10.0))]
    since = {38: lossy, 43: sound, 60: lossy}

    turns = turns_of(trend_of(history({P99: times}, since)))

    assert [(turn.place, turn.runs, turn.short) for turn in turns] == [(40, 20, 3), (60, 20, 20)]


def test_a_host_that_an_older_report_tells_in_one_with_its_cpu_is_a_host_all_the_same() -> None:
    """Reports of before are a part of the history; from one kind to the other nothing changed."""
    old = {"host": "", "cpu": "", "kernel": "", "jetbench": ""}
    new = {"host": "ci-1", "cpu": "Xeon", "kernel": "6.8.0", "jetbench": "1.0.0"}

    assert words(turned({0: old, 40: new})) == []
    assert turned({0: old, 40: {"machine": "ci-2, EPYC, 4 CPUs"}}).elsewhere


@pytest.mark.parametrize(("key", "by"), [(P99, 1.2), (CPU, 1.2), (RATE, 0.8)])
def test_each_figure_has_a_better_way(key: str, by: float) -> None:
    """A rate that falls is worse, a time that does is not."""
    made = {key: runs((40, 1000.0), (10, 1000.0 * by))}
    other = {key: runs((40, 1000.0), (10, 1000.0 / by))}

    (worse,) = turns_of(trend_of(history(made)))
    (better,) = turns_of(trend_of(history(other)))

    assert worse.worse
    assert not better.worse


def test_what_moved_together_is_one_turn() -> None:
    """One release moved p50, p99 and CPU: that is one thing to look into, not three."""
    p99 = runs((40, 10 * MS), (30, 12 * MS))
    p50 = runs((42, 5 * MS), (28, 7 * MS))
    cpu = runs((60, 10.0), (10, 13.0))
    first, second = turns_of(trend_of(history({P99: p99, P50: p50, CPU: cpu})))

    assert {moved.metric.key: moved.place for moved in first.moved} == {P99: 40, P50: 42}
    assert [(moved.metric.key, moved.place) for moved in second.moved] == [(CPU, 60)]
    assert abs(first.moved[0].strength) >= abs(first.moved[1].strength)
    assert first.place == first.moved[0].place


def test_runs_without_a_figure_are_passed_over_and_counted() -> None:
    """Taken for zero each would be a spike, and the runs after them would lose their places."""
    p99: list[float | None] = list(runs((45, 10 * MS), (15, 12 * MS)))
    p99[10], p99[44], p99[47] = None, None, None
    trend = trend_of(history({P99: p99}))

    (found,) = turns_of(trend)

    assert (found.place, found.moved[0].seen) == (45, 50)
    assert told_runs(trend) == 57


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0])
def test_what_cannot_be_a_figure_is_none(value: float) -> None:
    """Records are input; whoever wrote them, the page is made."""
    p99 = runs((45, 10 * MS), (15, 12 * MS))
    p99[10] = value
    trend = trend_of(history({P99: p99}))

    assert [turn.place for turn in turns_of(trend)] == [45]
    assert told_runs(trend) == 59


def test_no_more_figures_are_followed_than_the_limit_was_made_for() -> None:
    """Each one more is another chance of a false alarm; `make history-truth` counts with four."""
    trend = trend_of(history({key: [1.0, 1.0] for key in (P50, P99, RATE, CPU)}))

    assert len(followed(trend.points)) == steps.FIGURES
    assert len(shown_in(View.TREND)) == steps.FIGURES


def test_a_drift_is_told_by_its_ends() -> None:
    """No step says that a host got slower by a third, some 0.1 % a day."""
    p99 = [10 * MS * 1.3 ** (day / 299) * runs((300, 1.0))[day] for day in range(300)]
    trend = trend_of(history({P99: p99}))

    (told,) = (each for each in drift_of(trend) if each[0].key == P99)

    assert turns_of(trend) == ()
    assert 1.25 < told[2] / told[1] < 1.31
    assert drift_of(trend_of(history({P99: p99[:39]}))) == ()
