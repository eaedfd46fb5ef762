"""When a real server delivers again what nobody answered for, and where poison ends."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.core.units import NS_PER_MS
from bench.engine.audit import Evidence
from tests.server.evidence import came_ns, kept_evidence
from tests.server.running import complaints, run_trial, sound, workload
from tests.server.test_failures import faulty

pytestmark = pytest.mark.nats

STEPS_MS = (200, 600, 1000)
EARLY_MS, LATE_MS = 10, 50
"""A server waits a step at least; the first delivery may have been read late by as much."""


def test_attempts_are_made_by_the_steps_of_a_backoff_and_poison_ends_as_dead_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """30 of 300 messages are poison: four attempts each, 0.2, 0.6 and 1 s after one another."""
    seen = kept_evidence(monkeypatch)
    steps = {"backoff": [f"{step}ms" for step in STEPS_MS], "max_deliver": 5}
    silent = {"answer": "none", "attempts": 4, "dead_letters": True}
    load = faulty({"kind": "permanent", "share": "10%"})

    record = run_trial(tmp_path, load, {"consumer": steps, "failure": silent}).record

    (evidence,) = seen
    assert sound(record), complaints(record)
    ledger = record.ledger
    assert ledger is not None
    assert (ledger["failures"], ledger["terminated"], ledger["stuck"]) == (30 * 4, 30, 0)
    assert (ledger["dead_lettered"], ledger["letters_missing"]) == (30, 0)
    assert (ledger["letters_twice"], ledger["letters_unsent"]) == (0, 0)
    assert ledger["letters_exhausted"] == ledger["exhausted"] == 0
    came = again(evidence)
    attempts = {seq: len(at_ns) for seq, at_ns in came.items()}
    assert attempts == {letter.seq: 4 for letter in evidence.letters or ()}
    late_ms = np.median(gaps_ms(came), axis=0) - STEPS_MS
    assert (late_ms >= -EARLY_MS).all(), late_ms
    assert late_ms.sum() <= LATE_MS, f"of the last attempt all steps together: {late_ms}"


SLOW_MS, WAIT_MS = 450, 300


def test_a_handler_that_outlasts_ack_wait_has_its_message_again_then_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book, 2.4: ack_wait 30 s, handler 45 s, each as a hundredth: two in all."""
    seen = kept_evidence(monkeypatch)
    handler = {"workers": 200, "handler": {"time": f"{SLOW_MS}ms"}}
    load = workload("200/s", "1s", consume=handler)

    record = run_trial(tmp_path, load, {"consumer": {"ack_wait": f"{WAIT_MS}ms"}}).record

    (evidence,) = seen
    assert sound(record), complaints(record)
    came = came_ns(evidence)
    assert {seq: len(at_ns) for seq, at_ns in came.items()} == dict.fromkeys(range(1, 301), 2)
    late_ms = np.median(gaps_ms(came)) - WAIT_MS
    assert -EARLY_MS <= late_ms <= LATE_MS


def again(evidence: Evidence) -> dict[int, list[int]]:
    """Return when each message came that came more than once, by its place in the stream."""
    return {seq: at_ns for seq, at_ns in came_ns(evidence).items() if len(at_ns) > 1}


def gaps_ms(came: dict[int, list[int]]) -> NDArray[np.float64]:
    """Return the time between two attempts, by message and step."""
    return np.diff(np.array([*came.values()]), axis=1) / NS_PER_MS
