"""Dual writes on a real server: bucket and stream agree at the end, or that is said."""

from pathlib import Path
from typing import Any

import pytest

from bench.record.schema import TrialRecord
from bench.spec.kinds.dual_write import DualWrite
from tests.server.running import complaints, run_trial, sound
from tests.server.test_faults import codes, kill, once_in_the_window

pytestmark = pytest.mark.nats

STRATEGIES = ["kv-then-event", "event-then-kv", "outbox"]


def dual(write: dict[str, Any] | None = None, **parts: Any) -> DualWrite:
    return DualWrite.model_validate(
        {
            "kind": "dual-write",
            "entities": {"count": 200, "distribution": "sequential"},
            "payload": {"sizes": "128B"},
            "write": {"rate": "200/s", "crashes": "10%", **(write or {})},
            "phases": {"warmup": "200ms", "measure": "1s", "drain": "10s"},
            **parts,
        }
    )


def ledger(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


@pytest.mark.parametrize(
    ("client", "strategy"), [*(("wire", each) for each in STRATEGIES), ("nats-py", "outbox")]
)
def test_what_was_left_by_half_is_put_right(tmp_path: Path, client: str, strategy: str) -> None:
    """By looks at an interval, and by those after the window; two writers share the entities."""
    settings = {"client": client, "writes": {"strategy": strategy, "every": "100ms"}}

    record = run_trial(tmp_path, dual({"writers": 2}), settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["stored"] == found["paired"] == found["planned"] == 240
    assert found["crashed"] == found["expected"] == found["converged"] == 24
    assert {found[each] for each in ("diverged", "events_twice", "foreign", "unconfirmed")} == {0}
    assert record.peaks["divergent"] > 0


@pytest.mark.parametrize("strategy", ["event-then-kv", "outbox"])
def test_without_reconciliation_the_check_is_broken(tmp_path: Path, strategy: str) -> None:
    """The planted fault: each crash leaves a half; with the event first a later value may heal."""
    writes = {"strategy": strategy, "reconcile": "none"}

    record = run_trial(tmp_path, dual(), {"writes": writes}).record

    found = ledger(record)
    healed = found["converged"]
    assert found["diverged"] == found["crashed"] - healed > 0
    assert found["paired"] == found["planned"] - found["diverged"]
    assert strategy == "event-then-kv" or healed == 0
    assert "check-broken" in codes(record)


def test_after_the_window_what_was_overwritten_is_gone(tmp_path: Path) -> None:
    """The value came first and its key has another one by now: its event is never written."""
    few = {"entities": {"count": 10}}
    writes = {"reconcile": "after-window"}
    forgets = ledger(run_trial(tmp_path / "1", dual(**few), {"writes": writes}).record)
    kept = {"writes": writes, "bucket": {"history": 64}}
    keeps = ledger(run_trial(tmp_path / "64", dual(**few), kept).record)

    assert forgets["diverged"] > 0
    assert keeps["diverged"] == 0
    assert keeps["found"] == keeps["crashed"]


def test_an_event_whose_id_was_forgotten_stands_there_twice(tmp_path: Path) -> None:
    """Left after its event and before its mark: the outbox publishes it once more."""
    settings = {
        "writes": {"strategy": "outbox", "reconcile": "after-window"},
        "stream": {"duplicate_window": "100ms"},
    }

    found = ledger(run_trial(tmp_path, dual(), settings).record)

    assert 0 < found["events_twice"] <= 12
    assert found["diverged"] == 0


def test_a_full_bucket_is_told(tmp_path: Path) -> None:
    """Its events are there, and their values nowhere."""
    settings = {"writes": {"strategy": "event-then-kv"}, "bucket": {"max_bytes": "4KiB"}}

    record = run_trial(tmp_path, dual(), settings).record

    found = ledger(record)
    assert found["refused"] > 0
    assert found["diverged"] > 0
    assert "publish-refused" in codes(record)


def test_a_reconciler_that_is_killed_is_told(tmp_path: Path) -> None:
    """Nobody wrote the other halves."""
    record = run_trial(
        tmp_path,
        dual(),
        {},
        on_moment=once_in_the_window(lambda: kill("bench.engine.worker", 1)),
    ).record

    assert not record.valid
    assert [each.role for each in record.findings if each.code == "worker-died"] == ["reconciler-0"]
