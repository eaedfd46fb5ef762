"""What the book computes of consumers comes out on a real server, with all times scaled down."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.core.units import NS_PER_MS
from bench.engine.audit import Evidence
from bench.engine.recorder import NEVER
from tests.server.evidence import kept_evidence
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
    ("time", "wait_ms", "deliveries"),
    [
        ({"from": "200ms", "to": "300ms"}, 125, 2.5),  # 11.4: handler 8-12 s, ack_wait 5 s
        ({"from": "200ms", "to": "300ms"}, 500, 1.0),  # and 20 s
    ],
)
def test_each_message_is_delivered_as_often_as_ack_wait_is_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    time: Tree,
    wait_ms: int,
    deliveries: float,
) -> None:
    """Given free workers and a waiting pull: once, and again for each wait until its first ack.

    When they come is looked at in test_backoff.py, with nothing beside.
    """
    seen = kept_evidence(monkeypatch)
    consume = {"workers": 200, "handler": {"time": time}}
    slow: Tree = {"consumer": {"ack_wait": f"{wait_ms}ms"}}

    record = run_trial(tmp_path, workload("200/s", "1s", consume=consume), slow).record

    (evidence,) = seen
    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert ledger["acked"] == 300
    waits = sum(int(each // (wait_ms * NS_PER_MS)) for each in held_ns(evidence))
    assert ledger["deliveries"] == pytest.approx(300 + waits, rel=0.02)
    assert ledger["deliveries"] / 300 == pytest.approx(deliveries, rel=0.05)


def held_ns(evidence: Evidence) -> NDArray[np.int64]:
    """Return how long each message was without its first ack, from its first delivery on."""
    (record,) = evidence.observers["consume"]
    first, acked = (np.full(300, np.iinfo(np.int64).max) for _ in range(2))
    np.minimum.at(first, record.ids, record.received_ns)
    given = record.acked_ns != NEVER
    np.minimum.at(acked, record.ids[given], record.acked_ns[given])
    held: NDArray[np.int64] = acked - first
    return held
