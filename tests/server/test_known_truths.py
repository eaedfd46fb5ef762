"""What the book computes of consumers comes out on a real server, with all times scaled down."""

from pathlib import Path

import pytest

from tests.server.running import Tree, complaints, run_trial, sound, workload

pytestmark = pytest.mark.nats


@pytest.mark.parametrize(("batch", "rate"), [(1, 166.7), (10, 196.1)])
def test_a_cycle_for_each_request_is_what_batches_save(
    tmp_path: Path, batch: int, rate: float
) -> None:
    """11.2: one worker, 5 ms a message and 1 ms a delivery cycle, more than enough to do."""
    consume = {"handler": {"time": "5ms", "cycle": "1ms"}}
    load = workload("400/s", "2s", consume=consume, drain="1s")

    record = run_trial(tmp_path, load, {"pull": {"batch": batch}}).record

    assert record.window_counts is not None
    assert record.window_counts["acked"] / 2 == pytest.approx(rate, rel=0.05)


@pytest.mark.parametrize(
    ("time", "wait", "deliveries"),
    [
        ("450ms", "300ms", 2.0),  # 2.4: ack_wait 30 s, handler 45 s
        ({"from": "200ms", "to": "300ms"}, "125ms", 2.5),  # 11.4: handler 8-12 s, ack_wait 5 s
        ({"from": "200ms", "to": "300ms"}, "500ms", 1.0),  # and 20 s
    ],
)
def test_each_message_is_delivered_as_often_as_ack_wait_is_over(
    tmp_path: Path, time: object, wait: str, deliveries: float
) -> None:
    """Given free workers and a waiting pull."""
    consume = {"workers": 200, "handler": {"time": time}}
    slow: Tree = {"consumer": {"ack_wait": wait}}

    record = run_trial(tmp_path, workload("200/s", "1s", consume=consume), slow).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert ledger["acked"] == 300
    assert ledger["deliveries"] / 300 == pytest.approx(deliveries, rel=0.05)
