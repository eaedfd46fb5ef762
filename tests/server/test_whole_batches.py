"""Batches that are returned whole, on a real server, and requests that wait for idle workers."""

from pathlib import Path
from typing import Any

import pytest

from bench.spec.kinds.stream import Stream
from tests.server.running import complaints, run_trial, sound, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]

TASK = {"client": "nats-py", "handler": {"run": "task"}}


@pytest.mark.parametrize("settings", [{}, {"client": "nats-py"}, TASK], ids=["wire", "py", "task"])
def test_each_message_is_handled_once_however_often_its_batch_comes(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """300 messages, of which 30 fail once; nearly each batch of 10 has one that does."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "200/s"},
            "consume": {
                "handler": {"time": "4ms"},
                "faults": [{"kind": "transient", "share": "10%", "times": 1}],
            },
            "phases": {"warmup": "500ms", "measure": "1s", "drain": "10s"},
        }
    )
    asks = {} if settings == TASK else {"ask_idle": 1}
    whole = {"ack": {"timing": "per-batch", "whole_batches": True}, "pull": {"batch": 10, **asks}}

    record = run_trial(tmp_path, load, {**settings, **whole}).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["received"], ledger["handled"], ledger["acked"]) == (300, 300, 300)
    assert (ledger["failures"], ledger["naked"], ledger["handled_twice"]) == (30, 30, 0)
    assert ledger["deliveries"] == 300 + ledger["naked"] + ledger["returned"]
    assert ledger["redelivered"] == ledger["naked"] + ledger["returned"]
    assert 0 < ledger["returned"] <= 9 * 30
    assert ledger["undone"] == 0


def test_a_percent_of_failures_returns_a_tenth_of_the_batches(tmp_path: Path) -> None:
    """The book, 11.2: 9.56 % of the batches of 10 have one of the 1 % that fail, once each.

    That is 1.096 deliveries a message by chance: of 150 batches 15 that fail strike 14 or 15.
    """
    load = workload(
        "1000/s",
        "1s",
        consume={
            "handler": {"time": "1ms"},
            "faults": [{"kind": "transient", "share": "1%", "times": 1}],
        },
        drain="10s",
    )
    whole = {"ack": {"timing": "per-batch", "whole_batches": True}, "pull": {"batch": 10}}

    record = run_trial(tmp_path, load, whole).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["acked"], ledger["failures"], ledger["handled_twice"]) == (1500, 15, 0)
    again = ledger["naked"] + ledger["returned"]
    assert ledger["deliveries"] == 1500 + again
    assert again / 1500 == pytest.approx(0.0956, abs=0.01)
