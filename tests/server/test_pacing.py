"""How handlers are run, on a real server: in order with attempts, and the latest alone."""

from pathlib import Path

import pytest

from bench.record.schema import TrialRecord
from bench.spec.kinds.stream import Stream
from tests.server.running import Tree, complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]

PLANNED = 600


def trial(directory: Path, faults: list[Tree], handler: Tree, settings: Tree) -> TrialRecord:
    """Return a trial of 600 messages of 20 subjects, four workers."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "subjects": {"pattern": "orders.{id}", "numbers": {"id": 20}},
            "payload": {"sizes": "128B"},
            "publish": {"rate": "400/s"},
            "consume": {"workers": 4, "handler": handler, "faults": faults},
            "phases": {"warmup": "500ms", "measure": "1s", "drain": "10s"},
        }
    )
    record = run_trial(directory, load, settings).record
    assert sound(record), complaints(record)
    return record


def test_order_is_kept_by_attempts_within_a_delivery(tmp_path: Path) -> None:
    """60 messages fail twice; each succeeds at the third attempt of its only delivery."""
    retry = {"attempts": 3, "base": "4ms", "max": "8ms", "jitter": "50%"}
    record = trial(
        tmp_path,
        [{"kind": "transient", "share": "10%", "times": 2}],
        {"time": "3ms", "starts": {"rate": "1000/s", "bucket": "leaky"}},
        {"handler": {"per_key": "in-order", "retry": retry}, "pull": {"ask_ahead": 50}},
    )

    ledger = record.ledger
    assert ledger is not None
    assert (ledger["deliveries"], ledger["handled"], ledger["acked"]) == (PLANNED,) * 3
    assert (ledger["retries"], ledger["recovered"], ledger["failures"]) == (120, 60, 0)
    # At least 3 ms of the second attempt and of the third, and half of 4 and 8 ms between them.
    assert 60 * (2 * 3 + 6) <= ledger["retrying_ms"] <= 60 * (2 * 3 + 12)
    assert (ledger["overtaken"], ledger["undone"], ledger["lost"]) == (0, 0, 0)


def test_the_latest_is_handled_through_an_outage(tmp_path: Path) -> None:
    """Handlers do a third of what comes; what gave way is acknowledged, and counts as no loss."""
    breaker = {"failures": 2, "open_for": "150ms", "while_open": "nak"}
    record = trial(
        tmp_path,
        [{"kind": "outage", "at": "200ms", "lasts": "300ms"}],
        {"time": "30ms"},
        {"handler": {"per_key": "latest", "breaker": breaker}},
    )

    ledger = record.ledger
    assert ledger is not None
    assert (ledger["received"], ledger["handled"], ledger["acked"]) == (PLANNED,) * 3
    assert ledger["superseded"] > PLANNED // 3
    assert (ledger["unfinished_keys"], ledger["overtaken"], ledger["lost"]) == (0, 0, 0)
    assert ledger["openings"] >= 1
    assert ledger["probes"] >= ledger["openings"]
    assert ledger["open_ms"] >= 150
    assert ledger["turned_away"] > 0
    assert ledger["naked"] == ledger["failures"] == ledger["outage_failures"] > 0
    again = ledger["turned_away"] + ledger["naked"]
    assert ledger["deliveries"] == PLANNED + again
    assert ledger["undone"] == 0
