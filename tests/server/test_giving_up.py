"""Messages that a real server gives up: late acknowledgements do not hide them."""

from pathlib import Path

import pytest

from tests.server.running import run_trial, workload

pytestmark = pytest.mark.nats

ONCE = {"consumer": {"max_deliver": 1, "ack_wait": "400ms"}}


@pytest.mark.parametrize("handler", ["1200ms", "1ms"])
def test_what_is_acknowledged_after_its_last_delivery_was_given_up(
    tmp_path: Path, handler: str
) -> None:
    """Each message comes once, and its handler takes longer than the server waits, or not."""
    load = workload("40/s", "1s", consume={"workers": 100, "handler": {"time": handler}})

    ledger = run_trial(tmp_path, load, ONCE).record.ledger

    assert ledger is not None
    assert ledger["acked"] == ledger["stored"] == 60
    if handler == "1ms":
        assert ledger["exhausted"] == 0
    else:  # of the last ones the server waits for the ack still when they are acknowledged
        assert 30 <= ledger["exhausted"] <= 60
