"""Soaks on a real server, with so few messages that all can be looked at."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.core.units import NS_PER_MS
from bench.engine.keep import Kept
from bench.engine.trial import Moment
from bench.record.checks import trial_faults
from bench.scenario import soaking
from bench.spec import soaks
from tests.server.running import run_trial, workload

RATE, SECONDS = 2000, 4
PLANNED = RATE * SECONDS + RATE // 2

pytestmark = pytest.mark.usefixtures("short")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a load of some thousand messages be a soak, and be closed three times a second."""
    monkeypatch.setattr(soaks, "MAX_MESSAGES", 1000)
    monkeypatch.setattr(soaking, "CLOSES_EVERY_NS", 300 * NS_PER_MS)


def _soak(
    directory: Path,
    settings: dict[str, Any],
    on_moment: Callable[[Moment], None] = lambda moment: None,
    *,
    consumers: int = 2,
) -> Kept:
    load = workload(
        f"{RATE}/s",
        f"{SECONDS}s",
        publish={"publishers": 2},
        consume={"consumers": consumers},
    )
    return run_trial(directory, load, settings, on_moment=on_moment)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"consumer": {"mode": "push"}, "stream": {"retention": "workqueue"}},
        {"consumer": {"ack_policy": "none"}, "ack": {"timing": "none"}},
        {"consumer": {"ack_policy": "all"}, "ack": {"timing": "cumulative", "batch": 50}},
        {"ack": {"timing": "per-batch", "batch": 20}},
    ],
)
def test_every_message_is_in_the_ledger(tmp_path: Path, settings: dict[str, Any]) -> None:
    one = settings.get("consumer", {}).get("ack_policy") in ("all",)
    kept = _soak(tmp_path, settings, consumers=1 if one else 2)
    record = kept.record
    assert kept.messages is None, "it was no soak"
    assert record.completed
    assert not [*trial_faults(record)]
    assert record.ledger is not None
    counts = {name: record.ledger[name] for name in ("planned", "published", "stored", "received")}
    assert counts == dict.fromkeys(counts, PLANNED)
    done = "acked" if "acked" in record.ledger else "handled"
    assert record.ledger[done] == PLANNED
    for name in ("refused", "unconfirmed", "not_sent", "lost", "duplicates", "redelivered"):
        assert record.ledger[name] == 0
    assert record.slices is not None
    assert sum(record.slices["offered"]) == sum(record.slices["received"]) == PLANNED
    assert record.window_counts is not None
    assert record.window_counts["offered"] == RATE * SECONDS
    assert record.attempts == {"consume": {1: PLANNED}}
    times = {each.time for each in kept.intervals}
    assert {"slip", "service", "response", "delivery", "completion"} <= times
    assert sum(e.histogram.total_count for e in kept.intervals if e.time == "service") == PLANNED
    assert kept.samples["unhandled_msgs"].notna().sum() >= SECONDS
    assert "counts-disagree" not in {finding.code for finding in record.findings}


def test_what_a_killed_consumer_wrote_is_in_the_ledger(tmp_path: Path) -> None:
    killed: list[int] = []

    def kill(moment: Moment) -> None:
        if moment.phase == "window" and moment.progress.received > RATE and not killed:
            killed.append(_worker_of(tmp_path, "consumer-1"))
            os.kill(killed[0], signal.SIGKILL)

    record = _soak(tmp_path, {}, kill).record
    assert killed
    assert not record.completed
    assert "worker-died" in {finding.code for finding in record.findings}
    ledger = record.ledger
    assert ledger is not None
    assert ledger["planned"] == PLANNED == ledger["published"] + ledger["not_sent"]
    assert ledger["published"] >= ledger["stored"] >= ledger["received"] > RATE
    assert ledger["deliveries"] == ledger["received"] + ledger["duplicates"]


def _worker_of(directory: Path, role: str) -> int:
    """Return the process that has a role's record mapped for writing, and did not make it."""
    del directory
    own = psutil.Process().children(recursive=True)
    for process in own:
        try:
            maps = {each.path for each in process.memory_maps(grouped=True)}
        except (psutil.Error, OSError):
            continue
        if any(Path(path).name.startswith(f"{role}.") for path in maps):
            return process.pid
    raise LookupError(role)
