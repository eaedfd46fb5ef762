"""Handlers that do something, on a real server: all of it done, and its time told."""

from pathlib import Path
from typing import Any

import pytest

from bench.analysis.figures import Limit
from bench.spec.kinds.stream import Stream
from tests.server.diagnosing import limit_in
from tests.server.running import HOST_MADE, complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]

TASKS: dict[str, Any] = {"client": "nats-py", "handler": {"run": "task"}}


def working(work: list[str], form: str = "event-envelope", **consume: Any) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "512B", "format": form},
            "subjects": {"pattern": "orders.{kind}", "values": {"kind": ["new", "paid"]}},
            "publish": {"rate": "100/s"},
            "consume": {
                "workers": 4,
                "handler": {"time": "2ms", "work": work},
                **consume,
            },
            "phases": {"warmup": "500ms", "measure": "1s", "drain": "5s"},
        }
    )


def test_all_work_is_done_and_its_time_is_told(tmp_path: Path) -> None:
    """150 messages; whoever fails at any of it would have it come again."""
    load = working(["cpu", "json", "kv", "file"], faults=[{"kind": "malformed", "share": "2%"}])
    giving_up = {**TASKS, "failure": {"answer": "term"}}

    record = run_trial(tmp_path, load, giving_up).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["handled"], ledger["failures"], ledger["terminated"]) == (150, 3, 3)
    assert (ledger["unnoticed"], ledger["deliveries"]) == (0, 150)
    assert ledger["undone"] == 0, complaints(record)
    assert any("the envelope is malformed (3 times)" in each for each in complaints(record))
    hands = record.handling["consume"]
    assert hands.workers in (1, 4), "event loops, or workers, whichever were fuller"
    assert hands.handler_ns_mean >= 2_000_000, "no handler takes less than its time on the CPU"
    assert hands.busy_share > 0


def test_each_sealed_message_is_opened(tmp_path: Path) -> None:
    """What cannot be decrypted or verified would fail, and come again without end."""
    load = working(["decrypt", "verify"], form="sealed")

    record = run_trial(tmp_path, load, TASKS).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["handled"], ledger["deliveries"], ledger["failures"]) == (150, 150, 0)


def test_a_full_event_loop_is_named_and_more_processes_are_to_turn(tmp_path: Path) -> None:
    """150 messages of 20 ms on the CPU are 3 s of one core, however many workers wait for it."""
    tree = working(["cpu"]).model_dump(by_alias=True)
    tree["consume"]["handler"]["time"] = "20ms"
    tree["phases"] = {"warmup": "200ms", "measure": "1s", "drain": "300ms"}
    load, settings = (
        Stream.model_validate(tree),
        {**TASKS, "consumer": {"mode": "push", "max_ack_pending": 20}},
    )

    kept = run_trial(tmp_path, load, settings)
    found = limit_in(kept, load, settings, but=HOST_MADE)

    hands = kept.record.handling["consume"]
    assert (hands.in_loop, hands.workers) == (True, 1)
    assert hands.handler_ns_mean >= 20_000_000
    assert found.limit is Limit.HANDLER, (found, hands)
    assert found.words.startswith("1 event loop ")
    assert found.knob.startswith("consume.consumers")
