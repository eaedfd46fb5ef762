"""Trials on a store with a past: laid once, begun with a copy, and nothing of it counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from bench.broker.endpoint import Endpoint
from bench.broker.server import NO_STORES, Server, Stores
from bench.engine.keep import Kept
from bench.record.store import RunStore
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.runner.target import EmbeddedTarget
from bench.spec.variant import ServerSettings, Settings
from tests.server.running import Collector, complaints, embedded, plan_of, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]


class Counting(EmbeddedTarget):
    """An embedded server that notes what stores its trials begin with and leave."""

    @asynccontextmanager
    async def serving(
        self, settings: ServerSettings, stores: Stores = NO_STORES
    ) -> AsyncIterator[tuple[Server, Endpoint]]:
        SEEN.append(stores)
        async with super().serving(settings, stores) as served:
            yield served


SEEN: list[Stores] = []


def run(directory: Path, stream: dict[str, Any], trials: int) -> list[Kept]:
    SEEN.clear()
    watcher, plain = Collector(), embedded(directory)
    walk = Run(
        plan=plan_of(
            workload("200/s", measure="1s"),
            Settings.model_validate({"stream": stream}),
            trials=trials,
        ),
        store=RunStore(directory / "results" / "run"),
        target=Counting(binary=plain.binary, parent=plain.parent),
        watcher=watcher,
        patience=Patience(0.0),
    )
    uvloop.run(run_matrix(walk))
    return watcher.kept


def test_a_past_is_made_once_and_reused_in_every_trial(tmp_path: Path) -> None:
    past = {"messages": "20k", "subjects": 100, "deleted": "60%", "consumers": 3}

    kept = run(tmp_path, {"history": past}, trials=2)

    made, *copies = SEEN
    assert made.left_at is not None
    assert [each.begins_with for each in copies] == [made.left_at] * 2
    for each in kept:
        ledger = each.record.ledger
        assert ledger is not None, complaints(each.record)
        assert ledger["planned"] == ledger["stored"] == ledger["stream_msgs"] == 300
        assert ledger["acked"] == ledger["deliveries"] == 300
        assert ledger["lost"] == ledger["foreign"] == ledger["backlog"] == 0
        (note,) = (one for one in each.record.findings if one.code == "aged-store")
        assert "used by 2 trials" in note.text
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_past_that_is_driven_out_hides_no_message_and_makes_none_up(tmp_path: Path) -> None:
    """The limit throws the past away while it is measured; the trial's own are all there."""
    past = {"messages": 400, "deleted": "30%"}

    (kept,) = run(tmp_path, {"history": past, "max_msgs": 400}, trials=1)

    ledger = kept.record.ledger
    assert ledger is not None, complaints(kept.record)
    assert ledger["stored"] == ledger["stream_msgs"] == ledger["acked"] == 300
    assert ledger["lost"] == ledger["foreign"] == 0
