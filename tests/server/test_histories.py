"""One history for several trials on a real server: each has a copy, and nothing of another's."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop

from bench.broker import admin
from bench.broker.admin import trial_names
from bench.broker.endpoint import Endpoint
from bench.broker.observe import stream_state
from bench.broker.server import Stores, embedded_server, find_server_binary
from bench.core.errors import ServerUnavailableError
from bench.engine.keep import Kept
from bench.plan.model import Cell, Trial
from bench.record.store import RunStore
from bench.runner.histories import PREFIX
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.spec.variant import ServerSettings, Settings, StreamSettings
from tests.server.running import Collector, complaints, embedded, plan_of
from tests.server.test_faults import codes
from tests.server.test_work import replay

pytestmark = pytest.mark.nats

NAMES = trial_names("run", 1)


class Spoiling(Collector):
    """A watcher that spoils what is kept when so many trials are over."""

    def __init__(self, parent: Path, after: int) -> None:
        super().__init__()
        self.parent, self.after, self.laid = parent, after, 0

    def trial_begins(self, trial: Trial, cell: Cell) -> None:
        if len(self.kept) == self.after:
            for block in self.parent.glob(f"{PREFIX}*/store/**/*.blk"):
                block.write_bytes(b"")
            for index in self.parent.glob(f"{PREFIX}*/store/**/index.db"):
                index.unlink()

    def trial_ends(self, trial: Trial, kept: Kept) -> None:
        super().trial_ends(trial, kept)
        self.laid = max(self.laid, len(list(self.parent.glob(f"{PREFIX}*"))))


def test_trials_of_a_block_begin_with_one_history_or_lay_it_anew(tmp_path: Path) -> None:
    """What is spoilt on the way is noticed."""
    load = replay(
        history={"messages": 500}, phases={"warmup": "100ms", "measure": "2s", "drain": "2s"}
    )
    plan = plan_of(load, Settings(), trials=3)
    one_block = tuple(replace(trial, block=1) for trial in plan.trials)
    watcher = Spoiling(tmp_path, after=2)
    run = Run(
        plan=replace(plan, trials=one_block),
        store=RunStore(tmp_path / "results" / "run"),
        target=embedded(tmp_path),
        watcher=watcher,
        patience=Patience(left_s=0),
    )

    uvloop.run(run_matrix(run))

    records = [kept.record for kept in watcher.kept]
    assert [("laid-once" in codes(record)) for record in records] == [True, True, False]
    for record in records:
        assert record.ledger is not None
        assert record.ledger["acked"] == record.ledger["stored"] == 500
        assert record.ledger["outside"] == record.ledger["outstanding"] == 0
        assert record.completed, complaints(record)
    assert watcher.laid == 1
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_server_begins_with_a_copy_of_a_store_and_leaves_its_own(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    settings, binary = ServerSettings(), find_server_binary()

    async def count(stores: Stores, *, make: bool) -> int:
        async with embedded_server(binary, settings, tmp_path, stores) as server:
            client = await admin.connect(Endpoint(url=server.url))
            if make:
                await admin.make_stream(client, StreamSettings(), NAMES)
            for _ in range(5):
                await client.request(f"{NAMES.subject_prefix}a", b"x")
            state = await stream_state(client, NAMES)
            await client.close()
            return state.msgs

    async def each() -> list[int]:
        made = await count(Stores(left_at=kept), make=True)
        again = [await count(Stores(begins_with=kept), make=False) for _ in range(2)]
        return [made, *again]

    assert asyncio.run(each()) == [5, 10, 10]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_store_that_is_not_there_is_said(tmp_path: Path) -> None:
    stores = Stores(begins_with=tmp_path / "none")

    async def begin() -> None:
        async with embedded_server(find_server_binary(), ServerSettings(), tmp_path, stores):
            pass

    with pytest.raises(ServerUnavailableError, match="the store could not be copied"):
        asyncio.run(begin())
