"""What somebody else does to the streams of a trial is told, whatever kind of workload it is of."""

import asyncio
import threading
from pathlib import Path

import pytest

from bench.broker.endpoint import Endpoint
from bench.runner.target import RemoteTarget
from bench.spec.workload import Workload
from tests.clients.server import api, client
from tests.server.commands import nats_server
from tests.server.running import Tree, complaints, run_trial
from tests.server.test_dual_write import dual
from tests.server.test_faults import once_in_the_window
from tests.server.test_kv import kv

pytestmark = [pytest.mark.nats, pytest.mark.counts]


async def take_a_bucket_for_ones_own(url: str) -> None:
    """Change it and empty it, as nobody of ours does."""
    async with client(url) as somebody:
        listed = (await api(somebody, "STREAM.LIST"))["streams"]
        (config,) = [e["config"] for e in listed if e["config"]["name"].startswith("KV_")]
        await api(somebody, f"STREAM.UPDATE.{config['name']}", config | {"description": "mine"})
        await api(somebody, f"STREAM.PURGE.{config['name']}")


@pytest.mark.parametrize(
    ("load", "settings", "told"),
    [
        (kv(put={"rate": "200/s"}, get={"rate": "200/s"}), {"bucket": {"allow_direct": False}},
         "STREAM.UPDATE that somebody asked for, STREAM.PURGE that somebody asked for"),
        (dual(), {}, "STREAM.UPDATE by a client without a name from"),
    ],
    ids=["asked of the API for each key", "without any consumer"],
)  # fmt: skip
def test_a_bucket_that_somebody_changes_leaves_no_figures(
    tmp_path: Path, load: Workload, settings: Tree, told: str
) -> None:
    """By what the API is asked where it is asked for every key, else by what it answers."""
    with nats_server(tmp_path / "own") as url:
        change = threading.Thread(target=lambda: asyncio.run(take_a_bucket_for_ones_own(url)))
        target = RemoteTarget(endpoint=Endpoint(url=url), parent=tmp_path / "work")
        act = once_in_the_window(change.start)
        record = run_trial(tmp_path / "work", load, settings, target=target, on_moment=act).record
        change.join()

    (found,) = [each for each in record.findings if each.code == "foreign-hand"]
    assert told in found.text, complaints(record)
    assert "jetbench" not in found.text
    assert not record.valid
