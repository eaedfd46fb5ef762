"""How handlers are run, on a real server: in order with attempts, and the latest alone."""

from pathlib import Path

import numpy as np
import pytest

from bench.analysis.figures import LagVerdict
from bench.analysis.summary import summarise_trial
from bench.core.units import NS_PER_S
from bench.engine.recorder import NEVER
from bench.record.schema import TrialRecord
from bench.spec.kinds.stream import Stream
from tests.server.diagnosing import cell_of
from tests.server.evidence import kept_evidence
from tests.server.running import Tree, complaints, run_trial, sound, workload

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


def test_a_bucket_of_tokens_bounds_what_begins_and_the_rest_is_lag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book, 6.4: of 1 000/s at most 50 begin at once and 200 a second; lag grows by 800/s."""
    seen = kept_evidence(monkeypatch)
    starts = {"rate": "200/s", "burst": 50}
    consume = {"workers": 20, "handler": {"starts": starts}}
    load, settings = workload("1000/s", "2s", consume=consume, drain="100ms"), WIDE

    kept = run_trial(tmp_path, load, settings)

    (evidence,) = seen
    (record,) = evidence.observers["consume"]
    begun_ns = np.sort(record.handled_ns[record.handled_ns != NEVER] - record.received_ns.min())
    allowed = 50 + 200 * begun_ns / NS_PER_S
    assert (np.arange(1, begun_ns.size + 1) <= allowed + 1).all()
    assert begun_ns.size > 400
    cell = cell_of(load, settings)
    figures = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
    assert figures.lag is not None
    assert figures.lag.verdict is LagVerdict.GROWING
    assert figures.lag.slope_msgs_per_s == pytest.approx(800, rel=0.1)


WIDE: Tree = {"consumer": {"max_ack_pending": 10_000}, "pull": {"batch": 500}}
"""Nothing but tokens holds back what begins."""
