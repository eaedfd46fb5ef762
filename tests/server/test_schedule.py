"""Schedules on a real server: each comes when its time has come, once, and that is measured."""

from pathlib import Path
from typing import Any

import pytest

from bench.spec.kinds.schedule import Scheduling
from tests.server.running import assert_fetched, complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]


def schedule(**parts: Any) -> Scheduling:
    return Scheduling.model_validate(
        {
            "kind": "schedule",
            "payload": {"sizes": "128B"},
            "after": "700ms",
            "publish": {"rate": "200/s", "headers": ["correlation-id"]},
            "phases": {"warmup": "500ms", "measure": "1s", "drain": "5s"},
            **parts,
        }
    )


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_each_comes_once_and_not_before_its_time(tmp_path: Path, client: str) -> None:
    """Two publishers share a subject for each message; what waits is nothing to the consumer."""
    load = schedule(publish={"rate": "200/s", "publishers": 2})

    kept = run_trial(tmp_path, load, {"client": client, "stream": {"retention": "workqueue"}})

    ledger = kept.record.ledger
    assert ledger is not None
    assert sound(kept.record), complaints(kept.record)
    assert (ledger["stored"], ledger["received"], ledger["acked"]) == (300, 300, 300)
    assert (ledger["unfired"], ledger["lost"], ledger["foreign"], ledger["duplicates"]) == (
        0,
        0,
        0,
        0,
    )
    assert kept.record.negative_times == 0
    assert {each.time for each in kept.intervals} >= {"lateness", "completion"}
    assert_fetched(kept.record)
