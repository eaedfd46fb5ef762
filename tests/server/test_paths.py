"""Known truth along the path of a message: a known delay, a stopped server, two clients."""

import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.broker.endpoint import Endpoint
from bench.broker.server import Server, embedded_server, find_server_binary
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.keep import Kept
from bench.record.schema import Time
from bench.runner.target import EmbeddedTarget
from bench.spec.variant import ServerSettings
from bench.stats.histogram import merged
from bench.stats.percentile import percentile_ns
from tests.server.running import Tree, complaints, run_trial, workload
from tests.server.slowpath import slow_path
from tests.server.test_faults import children, once_in_the_window

pytestmark = pytest.mark.nats

DELAY_NS = 10 * NS_PER_MS
NEAR_NS = NS_PER_MS // 2
WINDOW_MSGS = 3000
"""Of a window of 3 s at 1000 msg/s; the warm-up before it has 500."""


@dataclass(frozen=True, kw_only=True)
class DelayedTarget(EmbeddedTarget):
    """An embedded server that everyone reaches through a proxy, publishers with a delay."""

    delay_ns: int

    @asynccontextmanager
    async def serving(self, settings: ServerSettings) -> AsyncIterator[tuple[Server, Endpoint]]:
        async with (
            embedded_server(self.binary, settings, self.parent) as server,
            slow_path(server.url, lambda: self.delay_ns) as url,
        ):
            yield replace(server, url=url), Endpoint(url=url)


def percentile(kept: Kept, time: Time, percent: float) -> int:
    """Return a percentile of a time over the window."""
    window = kept.record.window
    assert window is not None
    inside = [
        one.histogram
        for one in kept.intervals
        if one.time is time and one.start_ns >= window.window_start_ns
    ]
    value = percentile_ns(merged(inside), percent, beyond=1)
    assert value is not None
    return value


def medians_behind(directory: Path, delay_ns: int) -> tuple[int, int]:
    """Return p50 of response and delivery with publishers behind a delay."""
    directory.mkdir()
    target = DelayedTarget(binary=find_server_binary(), parent=directory, delay_ns=delay_ns)
    load = workload("200/s", "4s")
    kept = run_trial(directory, load, {"consumer": {"mode": "push"}}, target=target)
    assert kept.record.valid, complaints(kept.record)
    return percentile(kept, Time.RESPONSE, 50), percentile(kept, Time.DELIVERY, 50)


def test_a_known_delay_is_found_where_it_is(tmp_path: Path) -> None:
    """10 ms each way before the publisher: response grows by both ways, delivery by one."""
    near_response, near_delivery = medians_behind(tmp_path / "near", 0)
    far_response, far_delivery = medians_behind(tmp_path / "far", DELAY_NS)

    assert far_response - near_response == pytest.approx(2 * DELAY_NS, abs=NEAR_NS)
    assert far_delivery - near_delivery == pytest.approx(DELAY_NS, abs=NEAR_NS)


def test_a_stopped_server_is_seen_from_the_schedule(tmp_path: Path) -> None:
    """Two seconds of standstill in twenty: a tenth of the messages waited, none was lost.

    Measured from the send, a full window hides most of it: coordinated omission.
    """

    def stop_for_two_seconds() -> None:
        (server,) = children("server.conf")
        os.kill(server.pid, signal.SIGSTOP)
        threading.Timer(2.0, os.kill, (server.pid, signal.SIGCONT)).start()

    kept = run_trial(
        tmp_path,
        workload("1000/s", "20s", publish={"window": 64}, drain="10s"),
        {},
        on_moment=once_in_the_window(stop_for_two_seconds),
    )

    ledger = kept.record.ledger
    assert ledger is not None
    assert (ledger.stored, ledger.acked, ledger.lost) == (ledger.planned, ledger.planned, 0)
    assert percentile(kept, Time.RESPONSE, 99) >= 1.5 * NS_PER_S
    assert percentile(kept, Time.END_TO_END, 99) >= 1.5 * NS_PER_S
    assert percentile(kept, Time.SERVICE, 99) < NS_PER_S


def best_of_each_client(directory: Path, consume: Tree) -> dict[str, Kept]:
    """Return each client's trial with the least end-to-end p50; noise of the host only adds.

    Trials of both take turns at 1000 msg/s; every one must have counted the same.
    """
    directory.mkdir()
    trials: dict[str, list[Kept]] = {"wire": [], "nats-py": []}
    for block in range(4):
        for client, kept in trials.items():
            settings = {"client": client, "consumer": {"mode": "push"}}
            load = workload("1000/s", "3s", consume=consume)
            kept.append(run_trial(directory / f"{client}-{block}", load, settings))
            ledger = kept[-1].record.ledger
            assert ledger is not None
            assert {ledger.stored, ledger.received, ledger.acked} == {WINDOW_MSGS + 500}
    return {
        client: min(kept, key=lambda one: percentile(one, Time.END_TO_END, 50))
        for client, kept in trials.items()
    }


def client_cpu_ns(kept: Kept) -> float:
    """Return what publisher and consumer computed for a message of the window."""
    clients = ("publisher-0", "consumer-0")
    return sum(one.cpu_ns for one in kept.record.processes if one.role in clients) / WINDOW_MSGS


def test_both_clients_count_alike_and_agree_on_the_time(tmp_path: Path) -> None:
    """The same server, load and mode, a handler of 1 ms: what is timed end to end is close."""
    consume = {"workers": 8, "handler": {"time": "1ms"}}

    best = best_of_each_client(tmp_path / "handled", consume)

    wire_ns, natspy_ns = (percentile(kept, Time.END_TO_END, 50) for kept in best.values())
    assert wire_ns == pytest.approx(natspy_ns, rel=0.3)


def test_what_lies_between_the_clients_is_what_they_compute(tmp_path: Path) -> None:
    """Nothing handled, a message takes 0.2 ms, a good part of it in nats-py itself.

    The message waits while nats-py computes, some 0.14 ms for each one in both processes. That
    taken off, both clients read the same time: their clocks start and stop at the same events.
    """
    best = best_of_each_client(tmp_path / "bare", {})

    wire, natspy = best["wire"], best["nats-py"]
    more_cpu_ns = client_cpu_ns(natspy) - client_cpu_ns(wire)
    assert more_cpu_ns > 0
    expected_ns = percentile(natspy, Time.END_TO_END, 50) - more_cpu_ns
    assert percentile(wire, Time.END_TO_END, 50) == pytest.approx(expected_ns, rel=0.3)


def test_a_generator_beyond_its_means_is_called_invalid(tmp_path: Path) -> None:
    """nats-py cannot publish 60 000 msg/s: the trial would show the client, not the server."""
    load = workload("60000/s", "2s", publish={"window": 4096}, drain="1s")

    record = run_trial(
        tmp_path, load, {"client": "nats-py", "stream": {"storage": "memory"}}
    ).record

    assert not record.valid
    invalid = {finding.code for finding in record.findings if finding.level == "invalid"}
    assert invalid & {"generator-saturated", "offered-rate-missed"}
