"""Replays and backlogs on a real server: done whole, and nothing beyond, or that is said."""

from pathlib import Path
from typing import Any

import pytest

from bench.record.schema import TrialRecord
from bench.scenario import replay as scenario
from bench.spec.kinds.backlog import Backlog
from bench.spec.kinds.replay import Replay
from tests.server.running import assert_fetched, assert_waited, complaints, run_trial, sound
from tests.server.test_faults import codes

pytestmark = pytest.mark.nats

SLOW = {"time": "200us"}
"""So that the window is long enough to be sampled."""

PHASES = {"warmup": "200ms", "measure": "2s", "drain": "5s"}


def replay(**parts: Any) -> Replay:
    whole = {
        "kind": "replay",
        "subjects": {"pattern": "e.{k}", "values": {"k": ["a", "b", "c"]}},
        "payload": {"sizes": "128B"},
        "history": {"messages": 5000},
        "phases": PHASES,
    }
    return Replay.model_validate({**whole, **parts})


def backlog(**parts: Any) -> Backlog:
    whole = {
        "kind": "backlog",
        "payload": {"sizes": "128B"},
        "backlog": {"messages": 5000},
        "phases": PHASES,
    }
    return Backlog.model_validate({**whole, **parts})


def ledger(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


CHECKS = ("outstanding", "outside", "misfolded")


@pytest.mark.parametrize(
    "how",
    [
        {"by": "reset", "first": 1180, "last": 1200},
        {"by": "new-consumer", "first": 1180, "last": 1200},
        {"by": "new-consumer", "start": "by-time", "first": 1180, "last": 1200},
        {"by": "reset", "first": 4001, "consumers": 2},
    ],
    ids=["reset", "new", "by-time", "to-the-end"],
)
def test_a_replay_goes_through_its_window_and_ends(tmp_path: Path, how: dict[str, Any]) -> None:
    """Book 5.2: 1180 to 1200 are 21 messages, and the next one is 1201."""
    load = replay(replay=how)

    record = run_trial(tmp_path, load, {}).record

    found, (first, last) = ledger(record), load.bounds
    assert found["stored"] == 5000
    assert found["acked"] == found["expected"] == last - first + 1
    assert found["outstanding"] == found["outside"] == 0
    assert record.window is not None
    length_ns = record.window.window_end_ns - record.window.window_start_ns
    assert 0 < length_ns < 2 * 10**9  # it ended when it was done, and not with the clock


@pytest.mark.parametrize("by", ["reset", "new-consumer"])
def test_a_replay_twice_in_a_row_comes_to_the_same_state(tmp_path: Path, by: str) -> None:
    """Each time is exactly its window, though messages from beyond it were under way between."""
    load = replay(replay={"by": by, "times": 2, "first": 1180, "last": 2179})

    record = run_trial(tmp_path, load, {}).record

    found = ledger(record)
    for part in ("replay", "replay_2"):
        assert found[f"{part}.acked"] == found[f"{part}.expected"] == 1000
        assert [found[f"{part}.{each}"] for each in CHECKS] == [0, 0, 0]
    assert found["state_differs"] == 0
    assert record.completed, complaints(record)
    assert_fetched(record)


def test_a_second_time_that_never_comes_is_no_equal_one(tmp_path: Path) -> None:
    """The first took all the time that there was."""
    load = replay(
        replay={"times": 2, "handler": {"time": "2ms"}},
        phases={"warmup": "100ms", "measure": "1s", "drain": "0s"},
    )

    record = run_trial(tmp_path, load, {}).record

    assert ledger(record)["replay_2.outstanding"] == 5000
    assert ledger(record)["state_differs"] > 0
    assert "worker-silent" not in codes(record)


def test_an_original_pace_is_kept_and_told(tmp_path: Path) -> None:
    load = replay(
        history={"messages": 60, "rate": "50/s"},
        replay={"by": "new-consumer", "pacing": "original"},
    )

    record = run_trial(tmp_path, load, {}).record

    assert ledger(record)["acked"] == 60
    assert ledger(record)["hurried"] == 0
    (told,) = (each.text for each in record.findings if each.code == "pace")
    assert "of its original time" in told
    assert record.window is not None
    length_ns = record.window.window_end_ns - record.window.window_start_ns
    assert length_ns > 59 * 20 * 10**6  # 59 gaps of 20 ms


def test_a_replay_beside_live_traffic_disturbs_nothing_that_counts(tmp_path: Path) -> None:
    """By messages: a lag grows on a busy host as well, and test_live_audit knows which one does."""
    load = replay(
        live={"publish": {"rate": "200/s"}}, replay={"by": "new-consumer", "handler": SLOW}
    )

    kept = run_trial(tmp_path, load, {})

    found, record = ledger(kept.record), kept.record
    assert sound(record), complaints(record)
    assert_fetched(record)
    assert_waited(kept, "wait")
    assert {name: found[name] for name in CHECKS} == dict.fromkeys(CHECKS, 0)
    assert found["replay.acked"] == 5000
    assert found["live.acked"] == found["publish.stored"] == 440
    assert found["live.redelivered"] == 0
    assert found["disturbed"] >= 0, "it is told"
    assert found["passed_over"] > 0 or found["live.received"] == 440


def test_a_bound_that_is_off_by_one_fails_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks go by what was asked for, not by what the replayer was told."""
    plain = scenario._observers

    def wrong(*given: Any) -> Any:
        jobs = plain(*given)
        first, last = jobs[0].bounds or (0, 0)
        object.__setattr__(jobs[0], "bounds", (first, last + 1))
        return jobs

    monkeypatch.setattr(scenario, "_observers", wrong)

    record = run_trial(tmp_path, replay(replay={"last": 3000}), {}).record

    assert ledger(record)["outside"] == 1
    assert "check-broken" in codes(record)


def test_a_replay_that_is_not_done_in_time_is_no_fast_one(tmp_path: Path) -> None:
    load = replay(replay={"handler": {"time": "2ms"}}, phases={**PHASES, "drain": "0s"})

    record = run_trial(tmp_path, load, {}).record

    assert 0 < ledger(record)["outstanding"] < 5000
    assert "not-drained" in codes(record)


def test_a_stream_that_cannot_hold_the_history_is_told_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    record = run_trial(tmp_path, replay(), {"stream": {"max_bytes": "64KiB"}}).record

    (finding,) = (each for each in record.findings if each.code == "broken-off")
    assert "where 5000 were to be laid" in finding.text
    assert not record.completed


def test_a_backlog_is_drained_while_messages_go_on_coming(tmp_path: Path) -> None:
    load = backlog(publish={"rate": "200/s"}, consume={"workers": 4, "handler": {"time": "1ms"}})

    kept = run_trial(tmp_path, load, {"pull": {"batch": 50}})

    found, record = ledger(kept.record), kept.record
    assert sound(record), complaints(record)
    assert_fetched(record, batch=50)
    assert_waited(kept, "wait")
    assert found["drain.acked"] == 5000
    assert found["fresh.acked"] == found["publish.stored"] == 440
    assert found["drain.outstanding"] == found["fresh.outstanding"] == found["overgrown"] == 0


def test_a_backlog_that_stands_for_a_time_is_built_in_it(tmp_path: Path) -> None:
    load = backlog(backlog={"for": "1s", "rate": "300/s"})

    record = run_trial(tmp_path, load, {}).record

    found = ledger(record)
    assert found["stored"] == found["acked"] == 300
    assert found["built_late"] < 300
    (told,) = (each.text for each in record.findings if each.code == "built")
    assert "300 messages of the backlog came within" in told
