"""Reading through a cache on a real server, in a trial."""

from pathlib import Path

import pytest

from tests.server.running import complaints, run_trial, sound
from tests.server.test_kv import kv, ledger

pytestmark = pytest.mark.nats


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_a_reader_that_begins_anew_misses_nothing(tmp_path: Path, client: str) -> None:
    """Four times within the trial, while keys are written and deleted."""
    load = kv(put={"rate": "200/s", "deletes": "10%"}, get={"rate": "400/s"})
    read = {"strategy": "watch-then-read", "restart": "300ms"}
    settings = {"client": client, "read": read, "bucket": {"history": 8}}

    record = run_trial(tmp_path, load, settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert (found["answered"], found["missed"], found["wrong"]) == (480, 0, 0)
    assert found["absent"] > 0
