"""How long a piece of work took, and how fast it was done: of each time by itself, or more."""

from dataclasses import replace

import pytest

from bench.analysis.figures import TimeFigures, TrialFigures
from bench.analysis.metrics import measure_of
from bench.plan.model import Cell
from bench.record.schema import Window
from bench.spec.kinds.registry import cast_of
from bench.spec.kinds.replay import Replay
from bench.spec.metrics import View, of_casts
from bench.spec.variant import Settings
from tests.gate.figures import time_of, trial_of
from tests.plan.examples import cell

CELL: Cell = cell(1)
S = 10**9


def replayed(times: int = 1, **ended: TimeFigures) -> TrialFigures:
    """A trial of a replay of a thousand messages, with these times by their names."""
    load = Replay.model_validate(
        {
            "kind": "replay",
            "payload": {"sizes": "64B"},
            "history": {"messages": 1000},
            "replay": {"times": times},
        }
    )
    played = cast_of(load, Settings())
    due = {played.due(part): 1000 for part in played.observing}
    trial = trial_of(CELL, 1, 1.0)
    window = Window(window_start_ns=S, window_end_ns=11 * S, drained_ns=13 * S)
    record = replace(trial.record, cast=played, window=window, window_counts=due)
    return replace(trial, record=record, times={k.replace("__", "."): v for k, v in ended.items()})


def time(seconds: float, messages: int = 1000) -> TimeFigures:
    return time_of(seconds * 1000, messages)


def test_work_took_until_the_last_was_handled_and_acknowledged() -> None:
    """With acks before the handler that is when it was handled."""
    late_acks = replayed(completion=time(3), end_to_end=time(4))
    early_acks = replayed(completion=time(4), end_to_end=time(3))

    for trial in (late_acks, early_acks):
        assert measure_of("work_ns").of_trial(trial) == 4 * S
        assert measure_of("work_msgs_per_s").of_trial(trial) == 250.0


def test_work_that_was_not_done_took_longer_than_anything_measured() -> None:
    undone = replayed(completion=time(3), end_to_end=time(9, 999))
    untouched = replayed()
    measure = measure_of("work_ns")

    assert measure.of_trial(undone) is None
    assert measure.at_least(undone) == 9 * S
    assert measure.of_trial(untouched) is None
    assert measure.at_least(untouched) == 12 * S  # from the release to the end of the drain
    assert measure_of("work_msgs_per_s").of_trial(undone) is None


def test_each_time_of_a_replay_has_its_own() -> None:
    trial = replayed(
        2,
        replay__completion=time(2),
        replay__end_to_end=time(2),
        replay_2__completion=time(5),
        replay_2__end_to_end=time(5),
    )

    assert measure_of("replay.work_ns").of_trial(trial) == 2 * S
    assert measure_of("replay_2.work_ns").of_trial(trial) == 5 * S
    assert measure_of("replay_2.work_msgs_per_s").of_trial(trial) == 200.0


@pytest.mark.parametrize("key", ["work_ns", "work_msgs_per_s"])
def test_what_broke_off_or_does_no_work_has_none(key: str) -> None:
    broken = replayed(completion=time(3, 5))
    broken = replace(broken, record=replace(broken.record, completed=False))

    for trial in (broken, trial_of(CELL, 1, 1.0)):
        assert measure_of(key).of_trial(trial) is None
        assert measure_of(key).at_least(trial) is None


def test_it_is_compared_where_there_is_work_and_nowhere_else() -> None:
    of_work = {each.key: each.shown for each in of_casts([replayed().record.cast])}

    assert View.COMPARE in of_work["work_ns"]
    assert "work_ns" not in {each.key for each in of_casts([trial_of(CELL, 1, 1.0).record.cast])}
