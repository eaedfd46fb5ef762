"""Listing keys on a real server: all of them, and those of one tenant with their values."""

from pathlib import Path

import pytest

from tests.server.running import complaints, run_trial, sound
from tests.server.test_kv import kv, ledger

pytestmark = pytest.mark.nats


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_keys_are_listed_while_they_are_written(tmp_path: Path, client: str) -> None:
    """Those of one tenant, with their values."""
    load = kv(
        keys={"count": 300, "tenants": 3},
        put={"rate": "100/s"},
        scan={"rate": "10/s", "filter": "tenant-1.>", "snapshot": True},
    )

    record = run_trial(tmp_path, load, {"client": client}).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert (found["scanned"], found["miscounted"]) == (12, 0)
    assert found["keys_found"] + found["keys_missed"] == 12 * 100
