"""Commands on a real server: each done once, told by an event and answered so, or that is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.engine.jobs import Effect
from bench.record.schema import TrialRecord
from bench.scenario import command as scenario
from bench.spec.kinds.command import Commands
from tests.server.running import complaints, run_trial, sound
from tests.server.test_faults import codes

pytestmark = pytest.mark.nats

CHECKS = ("done_twice", "unannounced", "misjudged", "events_twice", "timeouts", "answered_again")


def command(**parts: Any) -> Commands:
    return Commands.model_validate(
        {
            "kind": "command",
            "entities": {"count": 5},
            "payload": {"sizes": "128B"},
            "command": {
                "rate": "100/s", "repeats": "20%", "stale": "10%", "arrivals": "poisson",
                "timeout": "5s",
            },
            "handle": {"handler": {"time": "1ms"}, "remember": 20},
            "phases": {"warmup": "200ms", "measure": "1s", "drain": "10s"},
            **parts,
        }
    )  # fmt: skip


def ledger(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_each_command_is_done_once_and_answered(tmp_path: Path, client: str) -> None:
    """By two handlers that meet at five states."""
    settings = {
        "client": client,
        "bucket": {"allow_direct": False},
        "respond": {"responders": 2, "workers": 4},
    }

    record = run_trial(tmp_path, command(), settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["answered"] == found["planned"] == found["deliveries"] > 90
    assert found["replied"] == found["handled"] == found["expected"] < found["planned"]
    assert found["duplicates"] == found["planned"] - found["expected"] > 0
    assert found["outdated"] > 0
    assert 0 < found["repeats"] <= found["duplicates"]
    assert {name: found[name] for name in CHECKS} == dict.fromkeys(CHECKS, 0)


def test_a_handler_that_forgets_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nothing is remembered, so that what is sent again is done again."""
    plain = scenario._effect

    def forgetful(*given: Any) -> Effect:
        effect = plain(*given)
        assert effect.command is not None
        return replace(effect, command=replace(effect.command, remember=0))

    monkeypatch.setattr(scenario, "_effect", forgetful)

    record = run_trial(tmp_path, command(), {}).record

    found = ledger(record)
    assert found["done_twice"] > 0
    assert found["repeats"] == 0
    assert "check-broken" in codes(record)


def test_a_full_bucket_is_told(tmp_path: Path) -> None:
    """A command whose state cannot be written is refused, and its caller told at once."""
    record = run_trial(tmp_path, command(), {"bucket": {"max_bytes": "1KiB"}}).record

    found = ledger(record)
    assert found["refused"] == found["unchanged"] > 0
    assert found["timeouts"] == 0
