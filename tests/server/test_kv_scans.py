"""Listing keys on a real server: all of them, and those of one tenant with their values."""

from pathlib import Path

import pytest

from tests.server.running import complaints, run_trial, sound
from tests.server.test_kv import kv, ledger

pytestmark = pytest.mark.nats


def test_keys_are_listed_while_they_are_written(tmp_path: Path) -> None:
    """All of them, and those of one tenant with their values, as watchers begin."""
    load = kv(
        keys={"count": 300, "tenants": 3},
        put={"rate": "100/s"},
        scan={"rate": "5/s"},
        watch={"one": {"filter": "tenant-1.>", "snapshot": True, "again": "10/s"}},
    )

    record = run_trial(tmp_path, load, {}).record

    found = ledger(record)
    assert sound(record), complaints(record)
    for part, scans, keys in (("scan", 6, 300), ("one_start", 12, 100)):
        assert (found[f"{part}.scanned"], found[f"{part}.miscounted"]) == (scans, 0)
        assert found[f"{part}.keys_found"] + found[f"{part}.keys_missed"] == scans * keys
