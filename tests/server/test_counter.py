"""Counters on a real server: each is what was confirmed to be added to it."""

from pathlib import Path
from typing import Any

import pytest

from bench.spec.kinds.counter import Counting
from tests.server.running import assert_fetched, complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]


def counter(**parts: Any) -> Counting:
    return Counting.model_validate(
        {
            "kind": "counter",
            "subjects": {"pattern": "hits.{page}", "numbers": {"page": 7}},
            "adds": [{"by": 40, "share": "10%"}, {"by": -3, "share": "5%"}],
            "publish": {"rate": "200/s"},
            "phases": {"warmup": "500ms", "measure": "1s", "drain": "5s"},
            **parts,
        }
    )


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_each_counter_is_what_was_confirmed_to_be_added(tmp_path: Path, client: str) -> None:
    """And every addition comes to the consumer, known by its header, with the sum."""
    record = run_trial(tmp_path, counter(), {"client": client}).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["stored"], ledger["received"], ledger["acked"]) == (300, 300, 300)
    assert (ledger["misadded"], ledger["lost"], ledger["foreign"]) == (0, 0, 0)
    assert ledger["stream_msgs"] == 300
    assert_fetched(record)
