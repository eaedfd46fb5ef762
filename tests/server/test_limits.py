"""Who was the limit, with a real server: a long way to it, one that hardly runs, one cut off."""

import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.analysis.figures import Limit
from bench.broker.endpoint import Endpoint
from bench.broker.server import NO_STORES, Server, Stores, embedded_server, find_server_binary
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.schema import Level, TrialRecord
from bench.runner.target import EmbeddedTarget
from bench.spec.variant import ServerSettings
from tests.server.diagnosing import limit_in
from tests.server.running import HOST_MADE, Tree, complaints, run_trial, workload
from tests.server.slowpath import slow_path
from tests.server.test_faults import children, once_in_the_window

pytestmark = pytest.mark.nats

FAR_NS = 50 * NS_PER_MS
MEMORY: Tree = {"stream": {"storage": "memory"}}


@dataclass(frozen=True, kw_only=True)
class DistantTarget(EmbeddedTarget):
    """An embedded server that publishers reach through a proxy with a delay of the moment."""

    delay_ns: Callable[[], int]

    @asynccontextmanager
    async def serving(
        self, settings: ServerSettings, stores: Stores = NO_STORES
    ) -> AsyncIterator[tuple[Server, Endpoint]]:
        async with (
            embedded_server(self.binary, settings, self.parent, stores) as server,
            slow_path(server.url, self.delay_ns) as url,
        ):
            yield replace(server, url=url), Endpoint(url=url)


def distant(directory: Path, delay_ns: Callable[[], int]) -> DistantTarget:
    directory.mkdir()
    return DistantTarget(binary=find_server_binary(), parent=directory, delay_ns=delay_ns)


def levels(record: TrialRecord) -> dict[str, Level]:
    return {finding.code: finding.level for finding in record.findings}


def test_a_window_that_a_long_way_fills_is_no_result_about_the_server(tmp_path: Path) -> None:
    """50 ms each way, 4 000 msg/s, 256 under way: 2 560 msg/s at most, however fast it is."""
    target = distant(tmp_path / "far", lambda: FAR_NS)
    load = workload("4000/s", "3s", publish={"window": 256})

    record = run_trial(tmp_path / "far", load, {}, target=target).record

    assert levels(record)["window-too-small"] is Level.INVALID, complaints(record)
    assert "server-saturated" not in levels(record)


def test_a_window_as_wide_as_it_was_told_does(tmp_path: Path) -> None:
    """830 is what the finding says: the same way and rate, and everything leaves on time."""
    target = distant(tmp_path / "wide", lambda: FAR_NS)
    load = workload("4000/s", "3s", publish={"window": 830})

    record = run_trial(tmp_path / "wide", load, {}, target=target).record

    assert not {"window-too-small", "server-saturated"} & levels(record).keys(), complaints(record)


def test_a_connection_that_swallows_everything_is_no_saturated_server(tmp_path: Path) -> None:
    """No PubAck comes through the whole window: nothing is known of what the server can do."""
    swallows = threading.Event()
    target = distant(tmp_path / "hole", lambda: 3600 * NS_PER_S if swallows.is_set() else 0)
    load = workload("2000/s", "3s", publish={"window": 256}, drain="1s")

    record = run_trial(
        tmp_path / "hole", load, {}, target=target, on_moment=once_in_the_window(swallows.set)
    ).record

    assert levels(record)["unanswered"] is Level.INVALID, complaints(record)
    assert "server-saturated" not in levels(record)


@contextmanager
def hardly_running(word: str) -> Iterator[Callable[[], None]]:
    """Yield what begins to stop a child of ours for 400 ms of each 450."""
    over = threading.Event()
    stopper: list[threading.Thread] = []

    def stop_and_go(pid: int) -> None:
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.4)
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.05)

    def begin() -> None:
        pid = max(child.pid for child in children(word))
        stopper.append(threading.Thread(target=stop_and_go, args=(pid,)))
        stopper[0].start()
        threading.Timer(3.0, over.set).start()

    try:
        yield begin
    finally:
        over.set()
        stopper[0].join()


def test_a_server_that_hardly_runs_is_a_result(tmp_path: Path) -> None:
    """Its answers take far longer than at rest while the publisher has time: the server's limit."""
    load = workload("10000/s", "3s", publish={"window": 64}, drain="10s")

    with hardly_running("nats-server") as begin:
        kept = run_trial(tmp_path, load, MEMORY, on_moment=once_in_the_window(begin))

    record = kept.record
    assert levels(record)["server-saturated"] is Level.WARNING, complaints(record)
    assert "window-too-small" not in levels(record)
    assert limit_in(kept, load, MEMORY, but=HOST_MADE).limit is Limit.STORAGE
