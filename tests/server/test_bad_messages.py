"""Messages that are bad in themselves, and effects that are refused, on a real server."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.plan.traffic import make_traffic
from bench.spec.kinds.stream import Stream
from tests.server.running import complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]

BAD: tuple[dict[str, Any], ...] = (
    {"kind": "malformed", "share": "6%"},
    {"kind": "unknown-version", "share": "4%", "time": "0s"},
    {"kind": "tampered", "share": "3%"},
    {"kind": "stale", "share": "2%", "age": "31s"},
    {"kind": "replayed", "share": "5%"},
)
"""Of 300 messages 18, 12, 9, 6 and 15."""

SEED = 5
"""Of every trial of these tests."""

WRITE_ERROR = {"kind": "write-error", "share": "5%"}

LOAD = Stream.model_validate(
    {
        "kind": "stream",
        "payload": {"sizes": {"256B": "50%", "1KiB": "50%"}, "format": "event-envelope"},
        "publish": {"rate": "200/s", "headers": ["signature"]},
        "consume": {"workers": 50, "handler": {"time": "1ms"}, "faults": [*BAD, WRITE_ERROR]},
        "phases": {"warmup": "500ms", "measure": "1s", "drain": "10s"},
    }
)
WRITES = {"effect": {"written": True}}
BOTH = {"check": ["envelope", "signature"], "max_age": "30s"}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"client": "nats-py", "handler": {"run": "task"}},
    ],
    ids=str,
)
def test_whoever_looks_refuses_each_bad_message_and_no_good_one(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """Each is given up at its second delivery; what is replayed is one that is handled well.

    And what the bucket refuses once comes again, and has its effect then.
    """
    looks = {**settings.get("handler", {}), **BOTH}
    refusing = {"failure": {"attempts": 2, "dead_letters": True}, "handler": looks}

    record = run_trial(tmp_path, LOAD, {**settings, **WRITES, **refusing}).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    replayed = ledger["published_again"]
    assert 10 <= replayed <= 15, "of the first one nothing stands before it"
    assert ledger["stored_again"] == replayed
    bad = ledger["bad_msgs"]
    assert (ledger["noticed"], ledger["unnoticed"], ledger["false_alarms"]) == (bad, 0, 0)
    assert (ledger["undone"], ledger["stuck"], ledger["handled_twice"]) == (0, 0, 0)
    assert ledger["dead_lettered"] == bad
    assert ledger["replayed_msgs"] == replayed
    each = [ledger[f"{kind['kind'].replace('-', '_')}_msgs"] for kind in BAD]
    assert sum(each) == bad
    assert min(each) > 0
    plan = make_traffic(LOAD.loads["publish"], SEED)
    refused = plan.faults.unwritten(np.arange(300), np.ones(300, dtype=np.int64)) & plan.firsts
    assert (ledger["writes_refused"], ledger["writes_taken"]) == (refused.sum(), 0)
    assert refused.sum() > 10
    assert (ledger["effects_missing"], ledger["effects_doubled"]) == (0, 0)
    assert ledger["received"] == ledger["handled"] == 300 - replayed


def test_whoever_does_not_look_takes_each_bad_message_for_a_good_one(tmp_path: Path) -> None:
    record = run_trial(tmp_path, LOAD, WRITES).record

    ledger = record.ledger
    assert ledger is not None
    bad = ledger["bad_msgs"]
    assert bad >= 50
    assert (ledger["noticed"], ledger["unnoticed"]) == (0, bad)
    assert sum(ledger[name] for name in ledger if name.endswith("_unnoticed")) == bad
    assert ledger["handled_twice"] == ledger["published_again"]
