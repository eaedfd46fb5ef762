"""Acks by flow control in a trial: all are handled, and all acked, the last ones by a heartbeat."""

from pathlib import Path

import pytest

from tests.server.running import Tree, complaints, run_trial, sound, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]

FLOWING: Tree = {
    "consumer": {
        "mode": "push",
        "ack_policy": "flow_control",
        "flow_control": True,
        "idle_heartbeat": "1s",
        "max_ack_pending": 30,
    },
    "ack": {"timing": "cumulative", "batch": 10},
    "stream": {"retention": "workqueue"},
}


def test_each_message_is_acked_when_the_server_asks(tmp_path: Path) -> None:
    """A workqueue is empty then: what was never told would still be in it."""
    load = workload(measure="1s", consume={"workers": 4, "handler": {"time": "1ms"}})

    record = run_trial(tmp_path, load, FLOWING).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert ledger["stored"] == ledger["handled"] == ledger["acked"] == 300
    assert (ledger["lost"], ledger["duplicates"], ledger["redelivered"]) == (0, 0, 0)
    assert ledger["backlog"] == 0
