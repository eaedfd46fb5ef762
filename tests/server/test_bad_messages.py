"""Messages that are bad in themselves, on a real server: who notices, and who does not."""

from pathlib import Path
from typing import Any

import pytest

from bench.spec.kinds.stream import Stream
from tests.server.running import complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]

MALFORMED = {"kind": "malformed", "share": "6%"}
UNKNOWN = {"kind": "unknown-version", "share": "4%", "time": "0s"}


def spoiled(*faults: dict[str, Any]) -> Stream:
    """300 messages."""
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": {"256B": "50%", "1KiB": "50%"}, "format": "event-envelope"},
            "publish": {"rate": "200/s"},
            "consume": {"workers": 50, "handler": {"time": "1ms"}, "faults": list(faults)},
            "phases": {"warmup": "500ms", "measure": "1s", "drain": "10s"},
        }
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"effect": {"idempotency": "marker-last"}},
        {"client": "nats-py", "handler": {"run": "task"}},
    ],
    ids=str,
)
def test_whoever_checks_envelopes_refuses_each_bad_one_and_no_good_one(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """18 are malformed and 12 of a version that nobody knows; each is given up at once."""
    looks = {**settings.get("handler", {}), "check": ["envelope"]}
    refusing = {"failure": {"answer": "term", "dead_letters": True}, "handler": looks}

    record = run_trial(tmp_path, spoiled(MALFORMED, UNKNOWN), {**settings, **refusing}).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["received"], ledger["handled"], ledger["acked"]) == (300, 300, 300)
    assert (ledger["bad_msgs"], ledger["noticed"], ledger["unnoticed"]) == (30, 30, 0)
    assert (ledger["false_alarms"], ledger["undone"], ledger["stuck"]) == (0, 0, 0)
    assert (ledger["terminated"], ledger["dead_lettered"]) == (30, 30)


def test_whoever_does_not_look_takes_each_bad_message_for_a_good_one(tmp_path: Path) -> None:
    record = run_trial(tmp_path, spoiled(MALFORMED, UNKNOWN), {}).record

    ledger = record.ledger
    assert ledger is not None
    assert (ledger["bad_msgs"], ledger["noticed"], ledger["unnoticed"]) == (30, 0, 30)
