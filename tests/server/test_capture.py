"""A stream of a user is recorded and left as it was; what was recorded is played."""

import asyncio
import signal
import time
from pathlib import Path

import nats
import numpy as np
import pytest
import yaml
from nats.js.api import RetentionPolicy, StreamConfig

from bench.spec.traces import read_trace
from tests.server.commands import jetbench, nats_server, project, records_of, start, went_well

pytestmark = pytest.mark.nats

SIZES = [10 + number % 3 * 100 for number in range(200)]


async def fill(url: str) -> None:
    """Store messages as a service would, some milliseconds apart."""
    client = await nats.connect(url)
    await client.jetstream().add_stream(name="ORDERS", subjects=["orders.>"])
    queue = StreamConfig(name="JOBS", subjects=["jobs"], retention=RetentionPolicy.WORK_QUEUE)
    await client.jetstream().add_stream(queue)
    for number, size in enumerate(SIZES):
        await client.jetstream().publish(f"orders.{number % 2}", b"s" * size)
        await asyncio.sleep(0.001)
    await client.close()


async def state(url: str) -> tuple[int, int]:
    """How many messages and consumers there are."""
    client = await nats.connect(url)
    info = await client.jetstream().stream_info("ORDERS")
    await client.close()
    return info.state.messages, info.state.consumer_count


def test_a_stream_is_captured_and_played(tmp_path: Path) -> None:
    """Nothing is left at the user's server, also after Ctrl-C; each message is played in order."""
    trace = project(tmp_path) / "workloads" / "orders.npz"
    with nats_server(tmp_path / "own") as url:
        asyncio.run(fill(url))
        words = ("--server", url, "--out")
        done = jetbench(tmp_path, "capture", "ORDERS", *words, str(trace), "--stored")
        taken = start(tmp_path, "capture", "ORDERS", *words, "none.npz")
        taken.stderr.readline() if taken.stderr else None
        wait_for_consumer(url)
        taken.send_signal(signal.SIGINT)
        taken.communicate(timeout=30)
        refused = jetbench(tmp_path, "capture", "JOBS", *words, "none.npz")
        assert asyncio.run(state(url)) == (len(SIZES), 0)

    found = read_trace(trace)
    assert done.returncode == 0, done.stderr
    assert found.size_bytes.tolist() == SIZES
    assert found.subjects == ("orders.0", "orders.1")
    assert (np.diff(found.subject_index) != 0).all()
    assert found.span_ns > len(SIZES) * 1_000_000
    assert taken.returncode == 130
    assert refused.returncode == 2
    assert "retention" not in refused.stdout
    assert not (tmp_path / "none.npz").exists()
    _play(tmp_path)


def wait_for_consumer(url: str) -> None:
    """Until somebody listens."""
    for _ in range(200):
        if asyncio.run(state(url))[1]:
            return
        time.sleep(0.05)
    raise AssertionError("nobody listened within 10 s")


def _play(directory: Path) -> None:
    load = {
        "kind": "stream",
        "trace": {"file": "orders.npz", "speed": 1.5},
        "phases": {"warmup": "200ms", "measure": "1s", "drain": "5s"},
    }
    (directory / "workloads" / "load.yaml").write_text(yaml.safe_dump(load))
    matrix = {"label": "m", "workloads": ["load"], "blocks": 1}
    choice = [{"config": "batches", "variants": ["batch-50"]}]
    text = yaml.safe_dump(matrix | {"configs": choice})
    (directory / "configs" / "matrices" / "tiny.yaml").write_text(text)

    done = jetbench(directory, "run", "tiny")

    assert went_well(directory, done), done.stderr
    ledger = records_of(directory)[0].ledger
    assert ledger is not None
    assert ledger["stored"] == ledger["handled"] == ledger["planned"] > 100
