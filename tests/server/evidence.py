"""What every process of a trial wrote down, as the kind of its workload is given it to judge."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from bench.engine.audit import Audited, Evidence
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.kind import Kind
from bench.scenario.registry import KINDS


def kept_evidence(monkeypatch: pytest.MonkeyPatch, kind: str = "stream") -> list[Evidence]:
    """Return where the evidence of each trial that is over from now on is added."""
    seen: list[Evidence] = []
    usual = KINDS[kind]

    def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
        seen.append(evidence)
        return usual.audit(cell, traffic, evidence)

    monkeypatch.setitem(cast("dict[str, Kind]", KINDS), kind, replace(usual, audit=audited))
    return seen


def came_ns(evidence: Evidence, part: str = "consume") -> dict[int, list[int]]:
    """Return when each message came, ascending, by its place in the stream."""
    came: dict[int, list[int]] = {}
    for record in evidence.observers[part]:
        rows = zip(record.stream_seqs.tolist(), record.received_ns.tolist(), strict=True)
        for seq, at_ns in rows:
            came.setdefault(seq, []).append(at_ns)
    return {seq: sorted(at_ns) for seq, at_ns in came.items()}
