"""When a real server delivers again what nobody answered for, and where poison ends."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.core.units import NS_PER_MS
from bench.engine.audit import Audited, Evidence
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.kind import Kind
from bench.scenario.registry import KINDS
from tests.server.running import complaints, run_trial, sound
from tests.server.test_failures import faulty

pytestmark = pytest.mark.nats

STEPS_MS = (200, 600, 1000)
EARLY_MS, LATE_MS = 10, 50
"""A server waits a step at least; the first delivery may have been read late by as much."""


def test_attempts_are_made_by_the_steps_of_a_backoff_and_poison_ends_as_dead_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """30 of 300 messages are poison: four attempts each, 0.2, 0.6 and 1 s after one another."""
    seen: list[Evidence] = []
    usual = KINDS["stream"]

    def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
        seen.append(evidence)
        return usual.audit(cell, traffic, evidence)

    monkeypatch.setitem(cast("dict[str, Kind]", KINDS), "stream", replace(usual, audit=audited))
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
    assert attempts(evidence) == {letter.seq: 4 for letter in evidence.letters or ()}
    late_ms = np.median(gaps_ms(evidence), axis=0) - STEPS_MS
    assert (late_ms >= -EARLY_MS).all(), late_ms
    assert (late_ms <= LATE_MS).all(), late_ms


def deliveries(evidence: Evidence) -> dict[int, list[int]]:
    """Return when each message came that came more than once, by its place in the stream."""
    came: dict[int, list[int]] = {}
    for record in evidence.observers["consume"]:
        for seq, at_ns in zip(
            record.stream_seqs.tolist(), record.received_ns.tolist(), strict=True
        ):
            came.setdefault(seq, []).append(at_ns)
    return {seq: sorted(at_ns) for seq, at_ns in came.items() if len(at_ns) > 1}


def attempts(evidence: Evidence) -> dict[int, int]:
    return {seq: len(at_ns) for seq, at_ns in deliveries(evidence).items()}


def gaps_ms(evidence: Evidence) -> NDArray[np.float64]:
    """Return the time between two attempts, by poison message and step."""
    return np.diff(np.array([*deliveries(evidence).values()]), axis=1) / NS_PER_MS
