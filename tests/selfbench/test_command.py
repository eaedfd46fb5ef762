"""`jetbench selfbench` from end to end on a real server, with a few hundred messages a case."""

import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from bench.broker import admin
from bench.broker.server import find_server_binary
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.runner.target import EmbeddedTarget
from bench.selfbench import loads
from bench.selfbench.cases import Kind, LoadCase
from bench.selfbench.jobs import Server
from bench.spec.variant import ServerSettings, Settings
from tests.server.commands import TIMEOUT_S, jetbench, start, wait_until_nothing_runs_below
from tests.server.running import Tree

pytestmark = [pytest.mark.nats, pytest.mark.counts]

TINY = ("selfbench", "--scale", "0.0001")


def positive(figures: Tree) -> bool:
    """Whether every figure that is a number is above zero."""
    numbers = [value for value in figures.values() if isinstance(value, int | float)]
    return bool(numbers) and all(value > 0 for value in numbers)


def test_every_kind_of_case_gives_positive_figures(tmp_path: Path) -> None:
    """One of each: a kind that measured nothing would print zeros."""
    patterns = ("*/128B/memory", "*/null", "recording", "timer", "long-run", "open-loop/wire/5000")
    only = [word for pattern in patterns for word in ("--only", pattern)]

    result = jetbench(tmp_path, *TINY, "--repeats", "1", *only)

    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "results/selfbench.json").read_text())
    assert len(content["runs"]) == 21
    assert all(positive(run["figures"]) for run in content["runs"]), content["runs"]


def test_repeats_go_over_all_cases_again_and_leave_nothing_behind(tmp_path: Path) -> None:
    """Interleaved, so that a drift of the host meets every case; the tables show the medians."""
    result = jetbench(tmp_path, *TINY, "--repeats", "2", "--only", "publish/*/128B/memory")

    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "results/selfbench.json").read_text())
    assert [len(row["figures"]["rate_msgs_per_s"]) for row in content["rows"]] == [3, 3]
    order = [line.split(":")[0].split()[1] for line in result.stderr.splitlines()]
    assert sorted(order[:2]) == sorted(order[2:]) == sorted(row["case"] for row in content["rows"])
    assert "| to reach" in result.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_interrupted_selfbench_ends_cleanly(tmp_path: Path) -> None:
    """Ctrl-C ends servers and clients and removes what they wrote."""
    process = start(tmp_path, "selfbench", "--only", "*/wire/*")
    assert process.stderr is not None
    process.stderr.readline()

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=TIMEOUT_S)

    assert process.returncode == 130
    wait_until_nothing_runs_below(tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_pattern_that_fits_nothing_names_the_cases(tmp_path: Path) -> None:
    """A typing error must not look like a measurement of nothing."""
    result = jetbench(tmp_path, "selfbench", "--only", "publsh/*")

    assert result.returncode == 2
    assert "publish/wire/128B/memory" in result.stderr


@asynccontextmanager
async def stream_of(directory: Path, **settings: Tree) -> AsyncIterator[Server]:
    """A server of the test's own with a stream and a consumer."""
    target = EmbeddedTarget(binary=find_server_binary(), parent=directory)
    async with target.serving(ServerSettings()) as (broker, endpoint):
        assert broker.pid is not None
        names = admin.trial_names("selfbench", 1)
        client = await admin.connect(endpoint)
        chosen = Settings.model_validate(settings)
        await admin.provision(client, chosen, names, shared=False, sample_percent=None)
        yield Server(url=broker.url, pid=broker.pid, names=names)
        await client.close()


def load(kind: Kind, messages: int) -> LoadCase:
    return LoadCase(kind=kind, client="wire", size_bytes=128, storage="memory", messages=messages)


def test_a_message_that_is_not_stored_fails_the_case(tmp_path: Path) -> None:
    """A stream that takes 100 of 500 messages: the cost of the 100 would be a wrong figure."""

    async def publish() -> None:
        limits = {"storage": "memory", "max_msgs": 100, "discard": "new"}
        async with stream_of(tmp_path, stream=limits) as server:
            await loads.publish(load("publish", 500), server, tmp_path)

    with pytest.raises(MeasurementError, match="maximum messages exceeded"):
        uvloop.run(publish())


def test_a_message_that_does_not_come_fails_the_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400 messages are in the stream and 500 are waited for: the last 100 count as lost."""
    monkeypatch.setattr(loads, "LIMIT_NS", 4 * NS_PER_S)  # hundreds of times what 400 take

    async def consume() -> None:
        async with stream_of(tmp_path, stream={"storage": "memory"}) as server:
            await loads.publish(load("publish", 400), server, tmp_path)
            await loads.consume(load("pull", 500), server, tmp_path)

    with pytest.raises(MeasurementError, match="400 of 500 messages received"):
        uvloop.run(consume())
