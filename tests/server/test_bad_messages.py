"""Messages that are bad in themselves, on a real server: who notices, and who does not."""

from pathlib import Path
from typing import Any

import pytest

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

LOAD = Stream.model_validate(
    {
        "kind": "stream",
        "payload": {"sizes": {"256B": "50%", "1KiB": "50%"}, "format": "event-envelope"},
        "publish": {"rate": "200/s", "headers": ["signature"]},
        "consume": {"workers": 50, "handler": {"time": "1ms"}, "faults": list(BAD)},
        "phases": {"warmup": "500ms", "measure": "1s", "drain": "10s"},
    }
)
BOTH = {"check": ["envelope", "signature"], "max_age": "30s"}


@pytest.mark.parametrize(
    "settings",
    [
        {"effect": {"written": True}},
        {"client": "nats-py", "handler": {"run": "task"}},
    ],
    ids=str,
)
def test_whoever_looks_refuses_each_bad_message_and_no_good_one(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """Each is given up at once; what is replayed is one of the others, which is handled well."""
    looks = {**settings.get("handler", {}), **BOTH}
    refusing = {"failure": {"answer": "term", "dead_letters": True}, "handler": looks}

    record = run_trial(tmp_path, LOAD, {**settings, **refusing}).record

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
    assert ledger["received"] == ledger["handled"] == 300 - replayed


def test_whoever_does_not_look_takes_each_bad_message_for_a_good_one(tmp_path: Path) -> None:
    record = run_trial(tmp_path, LOAD, {}).record

    ledger = record.ledger
    assert ledger is not None
    bad = ledger["bad_msgs"]
    assert bad >= 50
    assert (ledger["noticed"], ledger["unnoticed"]) == (0, bad)
    assert ledger["handled_twice"] == ledger["published_again"]
