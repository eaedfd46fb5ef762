"""Keys that live for a time on a real server: who creates, who is told, and what is gone."""

from pathlib import Path

import pytest

from tests.server.running import complaints, run_trial, sound
from tests.server.test_kv import kv, ledger

pytestmark = pytest.mark.nats


def test_keys_that_live_for_a_second_come_back(tmp_path: Path) -> None:
    """Two creators contend for them, and a watcher is told what is created and what is gone."""
    load = kv(
        create={"rate": "100/s", "creators": 2, "keys": 20, "ttl": "1s"},
        watch={"leases": {"of": "create"}},
        phases={"warmup": "200ms", "measure": "3s", "drain": "5s"},
    )
    bucket = {"limit_markers": "1s", "storage": "memory"}

    record = run_trial(tmp_path, load, {"bucket": bucket}).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["created"] + found["taken"] == found["planned"]
    assert found["created"] > 20
    assert found["markers"] >= 20
    checked = ("doubled", "outlived", "lost", "unlike", "foreign", "unmarked")
    assert {name: found[name] for name in checked} == dict.fromkeys(checked, 0)


def test_a_bucket_forgets_what_is_too_old(tmp_path: Path) -> None:
    """Readers and watchers know; a watcher of markers is told of each key that is gone."""
    load = kv(
        keys={"count": 40},
        put={"rate": "5/s"},
        get={"rate": "100/s"},
        watch={"cache": {"snapshot": True}},
        phases={"warmup": "200ms", "measure": "3s", "drain": "5s"},
    )
    bucket = {"ttl": "1s", "limit_markers": "1s", "storage": "memory"}

    record = run_trial(tmp_path, load, {"bucket": bucket}).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["absent"] > 0
    assert found["markers"] > 3  # of what was there before, a late start may have missed them
    checked = ("put.outlived", "get.outlived", "stale", "foreign", "unmarked", "unlike")
    assert {name: found[name] for name in checked} == dict.fromkeys(checked, 0)
