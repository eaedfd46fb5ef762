"""Handlers longer than the ack wait, on a real server, that say so or not."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.running import complaints, run_trial, sound, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]

TASK = {"client": "nats-py", "handler": {"run": "task"}}
MESSAGES = 150


def ledger_of(directory: Path, settings: dict[str, Any]) -> dict[str, int]:
    """0.2 s of ack wait, 0.3 s in the handler, a worker for each message."""
    load = workload("100/s", "1s", consume={"workers": 200, "handler": {"time": "300ms"}})

    record = run_trial(directory, load, {"consumer": {"ack_wait": "200ms"}, **settings}).record

    assert sound(record), complaints(record)
    assert record.ledger is not None
    return dict(record.ledger)


@pytest.mark.parametrize("settings", [{}, {"client": "nats-py"}, TASK], ids=["wire", "py", "task"])
def test_a_long_handler_that_says_so_has_each_message_once(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """Told after 80, 160 and 240 ms; where a timer is late once less, or a handler once more."""
    ledger = ledger_of(tmp_path, {"ack": {"in_progress": "80ms"}, **settings})

    assert (ledger["acked"], ledger["redelivered"]) == (MESSAGES, 0)
    assert 2 * MESSAGES <= ledger["in_progress"] <= 4 * MESSAGES


def test_without_a_word_each_message_comes_a_second_time(tmp_path: Path) -> None:
    """300 ms are longer than one wait, and not than two."""
    ledger = ledger_of(tmp_path, {})

    assert (ledger["acked"], ledger["redelivered"]) == (MESSAGES, MESSAGES)
    assert "in_progress" not in ledger
