"""What goes wrong during a trial: it is kept and marked invalid, and nothing is left over."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.engine.trial import Moment
from bench.record.schema import TrialRecord
from bench.runner.target import RemoteTarget
from tests.clients.server import RealServer
from tests.server.running import run_trial, workload

pytestmark = pytest.mark.nats


def once_in_the_window(act: Callable[[], None]) -> Callable[[Moment], None]:
    """Return a watcher that acts at the first moment of the measurement window."""
    acted = False

    def on_moment(moment: Moment) -> None:
        nonlocal acted
        if moment.phase == "window" and not acted:
            acted = True
            act()

    return on_moment


WORKERS = "bench.engine.worker"


def children(word: str) -> list[psutil.Process]:
    """Return the processes below this one that have `word` in their command line.

    Without the one from which workers are forked, that stays for the next trial.
    """
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if word in WORKERS and process.ppid() == os.getpid():
                continue
            if any(word in part for part in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def kill(word: str, which: int = 0) -> None:
    """Kill one of our own children, by pid."""
    os.kill(sorted(child.pid for child in children(word))[which], signal.SIGKILL)


def codes(record: TrialRecord) -> set[str]:
    return {finding.code for finding in record.findings}


def texts(record: TrialRecord) -> str:
    return "\n".join(finding.text for finding in record.findings)


def assert_nothing_is_left(directory: Path) -> None:
    assert children("nats-server") == []
    assert children("bench.engine.worker") == []
    assert [path.name for path in directory.iterdir()] == ["results"]


@pytest.mark.parametrize(("which", "role"), [(0, "publisher-0"), (1, "consumer-0"), (2, "sampler")])
def test_a_killed_worker_makes_the_trial_invalid(tmp_path: Path, which: int, role: str) -> None:
    """The reason names the worker and the signal; what the others saw is kept."""
    record = run_trial(
        tmp_path,
        workload(measure="10s"),
        {},
        on_moment=once_in_the_window(lambda: kill("bench.engine.worker", which)),
    ).record

    assert not record.valid
    assert not record.completed
    assert "worker-died" in codes(record)
    assert f"{role} was killed by SIGKILL" in texts(record)
    assert record.ledger is not None
    # What the dead one had written is there as well: nothing measured is lost with it.
    assert record.ledger["published"] > 0
    assert record.ledger["received"] > 0
    assert_nothing_is_left(tmp_path)


def test_a_killed_server_makes_the_trial_invalid(tmp_path: Path) -> None:
    """The workers' records of the time before are kept."""
    record = run_trial(
        tmp_path,
        workload(measure="10s"),
        {},
        on_moment=once_in_the_window(lambda: kill("server.conf")),
    ).record

    assert not record.valid
    assert "nats-server ended with code -9" in texts(record)
    assert record.ledger is not None
    assert 0 < record.ledger["received"] < record.ledger["planned"]
    assert_nothing_is_left(tmp_path)


def test_a_killed_guardian_leaves_no_server_and_no_store(tmp_path: Path) -> None:
    """It ends the server when we are killed; who kills it instead must not leave one behind."""
    record = run_trial(
        tmp_path,
        workload(measure="10s"),
        {},
        on_moment=once_in_the_window(lambda: kill("guardian.py")),
    ).record

    assert not record.valid
    assert "server-ended" in codes(record)
    assert_nothing_is_left(tmp_path)


def test_a_server_that_cannot_start_makes_the_trial_invalid(tmp_path: Path) -> None:
    """The end of the server's log tells why; the run goes on with the next trial."""
    record = run_trial(tmp_path, workload(), {"server": {"max_payload": "100GiB"}}).record

    assert not record.valid
    assert codes(record) == {"not-started"}
    assert "max_payload" in texts(record)
    assert_nothing_is_left(tmp_path)


def test_what_was_made_is_removed_although_every_link_was_cut(tmp_path: Path) -> None:
    """A server that was down for a moment has the stream in its store, and must not keep it."""
    (tmp_path / "own").mkdir()
    server = RealServer(tmp_path / "own")
    server.start()
    target = RemoteTarget(endpoint=Endpoint(url=server.url), parent=tmp_path)

    def restart() -> None:
        server.kill()
        server.start()

    try:
        record = run_trial(
            tmp_path, workload(), {}, target=target, on_moment=once_in_the_window(restart)
        ).record
        left = asyncio.run(streams(server.url))
    finally:
        server.kill()

    assert not record.valid
    assert "left-behind" not in codes(record)
    assert left == set()


async def streams(url: str) -> set[str]:
    """Return the streams on a server."""
    link = await admin.connect(Endpoint(url=url))
    names = await admin.stream_names(link)
    await link.close()
    return names


def test_a_consumer_that_the_server_cut_off_is_called_slow(tmp_path: Path) -> None:
    """It sees nothing but the end of its connection; 64 MiB may wait for it, 4 s of this load."""

    def stop_for_six_seconds() -> None:
        consumer = sorted(child.pid for child in children("bench.engine.worker"))[1]
        os.kill(consumer, signal.SIGSTOP)
        threading.Timer(6.0, os.kill, (consumer, signal.SIGCONT)).start()

    load = workload("160/s", "7s", size="100KiB")
    record = run_trial(
        tmp_path,
        load,
        {
            "stream": {"storage": "memory"},
            "consumer": {"mode": "push", "ack_policy": "none"},
            "ack": {"timing": "none"},
        },
        on_moment=once_in_the_window(stop_for_six_seconds),
    ).record

    assert not record.valid
    assert {"connection-fault", "slow-consumer"} <= codes(record)
    assert "the server cut consumer-0 off as a slow consumer" in texts(record)
    assert "MaxPending of 67108864 Exceeded" in texts(record)


def test_what_stays_on_a_server_of_the_users_is_named(tmp_path: Path) -> None:
    """It may come back with our stream in its store: they must know what to remove."""
    (tmp_path / "own").mkdir()
    server = RealServer(tmp_path / "own")
    server.start()
    target = RemoteTarget(endpoint=Endpoint(url=server.url), parent=tmp_path)

    record = run_trial(
        tmp_path, workload(), {}, target=target, on_moment=once_in_the_window(server.kill)
    ).record

    assert not record.valid
    assert "left-behind" in codes(record)
    assert "`nats stream rm JETBENCH" in texts(record)


def test_refused_messages_are_counted_and_explained(tmp_path: Path) -> None:
    """A full stream with discard new answers with an error PubAck: not stored, and not lost."""
    settings = {"stream": {"max_msgs": 50, "discard": "new"}}

    record = run_trial(tmp_path, workload(measure="1s"), settings).record

    assert record.ledger is not None
    assert record.ledger["stored"] == 50
    assert record.ledger["refused"] == record.ledger["planned"] - 50
    assert record.ledger["lost"] == 0
    assert "publish-refused" in codes(record)
    assert "maximum messages exceeded" in texts(record)


def test_messages_that_the_stream_evicts_count_as_much_as_lost_ones(tmp_path: Path) -> None:
    """With discard old a slow consumer misses what the limit throws away: the ledger says so."""
    settings = {
        "stream": {"max_msgs": 5},
        "consumer": {"max_ack_pending": 10},
        "pull": {"batch": 1},
    }
    slow = workload("200/s", "2s", consume={"workers": 1, "handler": {"time": "50ms"}})

    record = run_trial(tmp_path, slow, settings).record

    assert record.ledger is not None
    assert record.ledger["evicted"] > 100
    assert record.ledger["lost"] == 0
    assert "evicted" in codes(record)


def test_redeliveries_are_seen(tmp_path: Path) -> None:
    """An ack_wait below the handler's time makes the server repeat itself."""
    settings = {"consumer": {"ack_wait": "200ms", "max_ack_pending": 20}, "pull": {"batch": 20}}
    consume = {"workers": 20, "handler": {"time": "500ms"}}
    slow = workload("40/s", "2s", consume=consume, drain="3s")

    record = run_trial(tmp_path, slow, settings).record

    assert record.ledger is not None
    assert record.ledger["redelivered"] > 0
    assert record.ledger["duplicates"] > 0
    assert record.ledger["lost"] == 0


def test_cumulative_acks_cover_what_they_are_noted_for_although_messages_come_again(
    tmp_path: Path,
) -> None:
    """A repeat of an early message comes last: acked is the highest, and the server keeps none.

    An ack for the repeat would leave those above it to the server, and read as acked here.
    """
    settings = {
        "consumer": {"ack_policy": "all", "ack_wait": "150ms", "max_ack_pending": 40},
        "pull": {"batch": 40},
        "ack": {"timing": "cumulative", "batch": 40},
    }
    consume = {"workers": 40, "handler": {"time": "300ms"}}

    record = run_trial(
        tmp_path, workload("40/s", "3s", consume=consume, drain="4s"), settings
    ).record

    assert record.ledger is not None
    assert record.ledger["redelivered"] > 0
    assert (record.ledger["acked"], record.ledger["backlog"]) == (record.ledger["planned"], 0)
    assert "not-drained" not in codes(record)


def test_ack_times_of_messages_that_came_again_are_no_sample(tmp_path: Path) -> None:
    """The server counts from its last delivery: of 225 such messages all read as below zero."""
    settings = {"consumer": {"ack_wait": "200ms", "max_ack_pending": 20}, "pull": {"batch": 20}}
    consume = {"workers": 20, "handler": {"time": "300ms"}}

    record = run_trial(
        tmp_path, workload("40/s", "3s", consume=consume, drain="3s"), settings
    ).record

    assert record.ledger is not None
    assert record.ledger["redelivered"] > 50
    assert record.ack_check is None or record.ack_check.below_zero == 0
