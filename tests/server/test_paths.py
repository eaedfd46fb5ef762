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
from tests.server.running import complaints, run_trial, workload
from tests.server.slowpath import slow_path
from tests.server.test_faults import children, once_in_the_window

pytestmark = pytest.mark.nats

DELAY_NS = 10 * NS_PER_MS
NEAR_NS = NS_PER_MS // 2


@dataclass(frozen=True, kw_only=True)
class DelayedTarget(EmbeddedTarget):
    """An embedded server that everyone reaches through a proxy, publishers with a delay."""

    delay_ns: int

    @asynccontextmanager
    async def serving(self, settings: ServerSettings) -> AsyncIterator[tuple[Server, Endpoint]]:
        async with (
            embedded_server(self.binary, settings, self.parent) as server,
            slow_path(server.url, self.delay_ns) as url,
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


def test_both_clients_count_alike_and_agree_on_the_time(tmp_path: Path) -> None:
    """The same server, load and mode: what is counted is equal, what is timed is close.

    Six trials of each in turn, and the best of each: the host's noise only ever adds.
    """
    best: dict[str, int] = {}
    for block in range(6):
        for client in ("wire", "nats-py"):
            settings = {"client": client, "consumer": {"mode": "push"}}
            kept = run_trial(tmp_path / f"{client}-{block}", workload("1000/s", "3s"), settings)
            ledger = kept.record.ledger
            assert ledger is not None
            assert (ledger.stored, ledger.received, ledger.acked) == (3500, 3500, 3500)
            median = percentile(kept, Time.END_TO_END, 50)
            best[client] = min(best.get(client, median), median)

    assert best["wire"] == pytest.approx(best["nats-py"], rel=0.3)


def test_a_generator_beyond_its_means_is_called_invalid(tmp_path: Path) -> None:
    """nats-py cannot publish 60 000 msg/s: the trial would show the client, not the server."""
    load = workload("60000/s", "2s", publish={"window": 4096}, drain="1s")

    record = run_trial(
        tmp_path, load, {"client": "nats-py", "stream": {"storage": "memory"}}
    ).record

    assert not record.valid
    invalid = {finding.code for finding in record.findings if finding.level == "invalid"}
    assert invalid & {"generator-saturated", "offered-rate-missed"}
