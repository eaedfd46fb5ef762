"""Known truth along the path of a message: a known delay, a stopped server, two clients."""

import os
import signal
import threading
from pathlib import Path

import pytest

from bench.analysis.figures import Limit
from bench.core.units import NS_PER_MS, NS_PER_S
from tests.parts import Time
from tests.server.diagnosing import limit_in
from tests.server.running import Tree, percentile, run_trial, workload
from tests.server.slowpath import medians_behind
from tests.server.test_faults import children, once_in_the_window

pytestmark = pytest.mark.nats

DELAY_NS = 50 * NS_PER_MS


def test_a_known_delay_is_found_where_it_is(tmp_path: Path) -> None:
    """50 ms each way before the publisher: response grows by both ways, delivery by one.

    To the nearest way, which is more than a busy host adds; `make client-truth` looks closer.
    """
    near_response, near_delivery = medians_behind(tmp_path / "near", 0)
    far_response, far_delivery = medians_behind(tmp_path / "far", DELAY_NS)

    assert round((far_response - near_response) / DELAY_NS) == 2
    assert round((far_delivery - near_delivery) / DELAY_NS) == 1


def test_a_stopped_server_is_seen_from_the_schedule(tmp_path: Path) -> None:
    """Two seconds of standstill in ten: a fifth of the messages waited, none was lost.

    Measured from the send, a full window of 32 in 10 000 hides most of it: coordinated omission.
    """

    def stop_for_two_seconds() -> None:
        (server,) = children("server.conf")
        os.kill(server.pid, signal.SIGSTOP)
        threading.Timer(2.0, os.kill, (server.pid, signal.SIGCONT)).start()

    kept = run_trial(
        tmp_path,
        workload("1000/s", "10s", publish={"window": 32}, drain="10s"),
        {},
        on_moment=once_in_the_window(stop_for_two_seconds),
    )

    ledger = kept.record.ledger
    assert ledger is not None
    assert (ledger["stored"], ledger["acked"], ledger["lost"]) == (
        ledger["planned"],
        ledger["planned"],
        0,
    )
    assert percentile(kept, Time.RESPONSE, 99) >= 1.5 * NS_PER_S
    assert percentile(kept, Time.END_TO_END, 99) >= 1.5 * NS_PER_S
    assert percentile(kept, Time.SERVICE, 99) < NS_PER_S


@pytest.mark.counts
def test_both_clients_count_alike(tmp_path: Path) -> None:
    """The same server, load and mode at 1000 msg/s: the figures of both are of the same messages.

    How close their times are is measured where it is quiet: `make client-truth`.
    """
    for client in ("wire", "nats-py"):
        settings = {"client": client, "consumer": {"mode": "push"}}

        ledger = run_trial(tmp_path / client, workload("1000/s", "3s"), settings).record.ledger

        assert ledger is not None
        assert {ledger["stored"], ledger["received"], ledger["acked"]} == {3500}


@pytest.mark.counts
def test_a_generator_beyond_its_means_is_called_invalid(tmp_path: Path) -> None:
    """nats-py cannot publish 60 000 msg/s: the trial would show the client, not the server."""
    load = workload("60000/s", "2s", publish={"window": 4096}, drain="1s")

    settings: Tree = {"client": "nats-py", "stream": {"storage": "memory"}}
    kept = run_trial(tmp_path, load, settings)
    record = kept.record

    assert not record.valid
    invalid = {finding.code for finding in record.findings if finding.level == "invalid"}
    assert invalid & {"generator-saturated", "offered-rate-missed"}
    found = limit_in(kept, load, settings, but={"cpu-steal", "cpu-throttled"})
    assert found.limit is Limit.GENERATOR
    assert "a lower rate" in found.knob
