"""Falling behind is seen, wherever the messages wait: on the server, or in the client's hands."""

import asyncio
import json
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client

from bench.analysis.figures import LagVerdict, TrialFigures
from bench.analysis.sampled import servers_lag
from bench.analysis.summary import summarise_trial
from bench.broker.endpoint import Endpoint
from bench.core.units import NS_PER_S
from bench.engine.keep import Kept
from bench.engine.trial import Moment
from bench.record.schema import Level, TrialRecord
from bench.runner.target import RemoteTarget
from bench.spec.variant import Settings
from tests.clients.server import RealServer
from tests.parts import Time
from tests.server.running import Tree, complaints, plan_of, run_trial, sound, workload
from tests.server.test_faults import children, codes, texts

pytestmark = pytest.mark.nats

ONE_WORKER = {"workers": 1, "handler": {"time": "20ms"}}
"""Fifty messages a second, however many come."""


def once_in(phase: str, act: Callable[[], None]) -> Callable[[Moment], None]:
    """Return a watcher that acts at the first moment of a phase."""
    acted = False

    def on_moment(moment: Moment) -> None:
        nonlocal acted
        if moment.phase == phase and not acted:
            acted = True
            act()

    return on_moment


def stop_for_three_seconds() -> None:
    """Let the server stand still; what is sent to it waits in the kernel."""
    (server,) = children("server.conf")
    os.kill(server.pid, signal.SIGSTOP)
    threading.Timer(3.0, os.kill, (server.pid, signal.SIGCONT)).start()


def judged(kept: Kept, settings: Tree, load_rate: str, measure: str) -> TrialFigures:
    load = workload(load_rate, measure, consume=ONE_WORKER)
    cell = plan_of(load, Settings.model_validate(settings)).cell("cell")
    return summarise_trial(kept.record, kept.intervals, kept.samples, cell)


@pytest.mark.parametrize(
    "settings",
    [
        {"consumer": {"mode": "push"}, "ack": {"timing": "after-validation"}},
        {"consumer": {"mode": "pull"}, "ack": {"timing": "after-validation"}},
        {"consumer": {"mode": "push", "ack_policy": "none"}, "ack": {"timing": "none"}},
        {"consumer": {"mode": "pull", "ack_policy": "none"}, "ack": {"timing": "none"}},
    ],
)
def test_a_consumer_that_acks_early_or_never_is_seen_to_fall_behind(
    tmp_path: Path, settings: Tree
) -> None:
    """200 msg/s offered and 50 handled: 150 more each second, whatever the server counts as done.

    Pushed, they wait in the client, and the server's lag is 0 throughout.
    """
    load = workload("200/s", "5s", consume=ONE_WORKER, drain="500ms")
    kept = run_trial(tmp_path, load, settings)
    figures = judged(kept, settings, "200/s", "5s")

    assert sound(figures.record), complaints(figures.record)
    ledger, lag = figures.record.ledger, figures.lag
    assert ledger is not None
    assert lag is not None
    assert lag.slope_msgs_per_s == pytest.approx(150, rel=0.1)
    assert lag.verdict is LagVerdict.GROWING
    # 1100 messages in 5.5 s, of which 50 a second are handled: some 825 are left at the end.
    assert lag.peak_msgs == pytest.approx(825, rel=0.1)
    assert ledger["stored"] - ledger["handled"] == pytest.approx(800, rel=0.1)
    assert (ledger["stored"], ledger["lost"]) == (1100, 0)
    assert "not-drained" in codes(figures.record)
    assert f"{ledger['stored'] - ledger['handled']} stored and not handled" in texts(figures.record)
    assert figures.times[Time.COMPLETION].percentiles_ns[99.0] is None
    assert "not-steady" not in codes(figures.record)
    if settings["consumer"]["mode"] == "push":
        assert servers_lag(kept.samples).lag_msgs.max() < 100


def test_a_server_that_stands_still_hides_no_lag(tmp_path: Path) -> None:
    """Stopped for three seconds it answers no question: lag is known all the same.

    Our own questions time out; that is a finding and ends nothing, for the load went on.
    """

    load = workload("100/s", "8s", publish={"window": 64}, drain="8s")
    kept = run_trial(tmp_path, load, {}, on_moment=once_in("window", stop_for_three_seconds))
    record = kept.record

    assert record.completed
    assert sound(record), complaints(record)
    assert record.ledger is not None
    assert (record.ledger["stored"], record.ledger["acked"], record.ledger["lost"]) == (850, 850, 0)
    (gap,) = [finding for finding in record.findings if finding.code == "questions-unanswered"]
    assert gap.level is Level.WARNING
    assert "the consumer's state" in gap.text
    samples = kept.samples
    own = samples[["t_ns", "unhandled_msgs"]].dropna()
    tenths = (own["t_ns"] // (NS_PER_S // 10)).tolist()
    assert tenths == list(range(len(tenths))), "in each tenth of a second once"
    assert len(tenths) >= 85, "to the window's end at least"
    read = samples[["t_ns", "server_cpu_ns"]].dropna()
    assert int(read["t_ns"].diff().max()) < NS_PER_S
    asked = samples[["t_ns", "lag_msgs"]].dropna()
    assert int(asked["t_ns"].diff().max()) > NS_PER_S
    cell = plan_of(load, Settings()).cell("cell")
    figures = summarise_trial(record, kept.intervals, samples, cell)
    assert figures.lag is not None
    assert not figures.lag.by_server
    assert sound(figures.record), complaints(figures.record)


def test_a_drain_in_which_the_conductor_is_not_answered_goes_on(tmp_path: Path) -> None:
    """It used to end the trial as broken off, and all that was measured with it."""
    load = workload("100/s", "2s", consume=ONE_WORKER, drain="15s")
    kept = run_trial(tmp_path, load, {}, on_moment=once_in("drain", stop_for_three_seconds))
    record = kept.record

    assert record.completed
    assert not codes(record) & {"broken-off", "connection-fault"}, complaints(record)
    assert record.ledger is not None
    assert (record.ledger["acked"], record.ledger["backlog"], record.ledger["lost"]) == (250, 0, 0)
    assert "conductor: " in texts(record)
    assert "not-drained" not in codes(record)


@pytest.mark.counts
def test_what_an_overloaded_consumer_leaves_is_no_loss(tmp_path: Path) -> None:
    """Received and not acknowledged, delivered and not received, and not delivered: all are there.

    The server is asked when nobody takes from it any more, so that its count and ours are of the
    same instant.
    """
    settings: Tree = {"consumer": {"max_ack_pending": 200}, "pull": {"batch": 50, "requests": 4}}
    load = workload("500/s", "2s", consume=ONE_WORKER, drain="300ms")
    ledger = run_trial(tmp_path, load, settings).record.ledger

    assert ledger is not None
    assert ledger["stored"] > ledger["received"] > ledger["acked"]
    assert ledger["lost"] == 0
    assert ledger["backlog"] == ledger["stored"] - ledger["acked"]


def act_on_the_stream(url: str, act: Callable[[Client, str, int], Awaitable[None]]) -> None:
    """Do something to the only stream of a server: its name and last sequence are handed over."""

    async def work() -> None:
        client = await nats.connect(url)
        names = json.loads((await client.request("$JS.API.STREAM.NAMES")).data)["streams"]
        (stream,) = names
        info = json.loads((await client.request(f"$JS.API.STREAM.INFO.{stream}")).data)
        await act(client, stream, info["state"]["last_seq"])
        await client.close()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    thread.join()


async def delete_the_last_thirty(client: Client, stream: str, last_seq: int) -> None:
    for seq in range(last_seq - 29, last_seq + 1):
        body = json.dumps({"seq": seq}).encode()
        answer = await client.request(f"$JS.API.STREAM.MSG.DELETE.{stream}", body)
        assert json.loads(answer.data)["success"]


async def delete_the_consumer(client: Client, stream: str, last_seq: int) -> None:
    del last_seq
    answer = await client.request(f"$JS.API.CONSUMER.DELETE.{stream}.consumer")
    assert json.loads(answer.data)["success"]


def run_on_own_server(
    directory: Path, act: Callable[[Client, str, int], Awaitable[None]]
) -> TrialRecord:
    """Run a trial that falls behind on a server of ours, and act on its stream in the drain."""
    (directory / "own").mkdir()
    server = RealServer(directory / "own")
    server.start()
    try:
        return run_trial(
            directory,
            workload("100/s", "2s", consume=ONE_WORKER, drain="500ms"),
            {"pull": {"batch": 50}},
            target=RemoteTarget(endpoint=Endpoint(url=server.url), parent=directory),
            on_moment=once_in("drain", lambda: act_on_the_stream(server.url, act)),
        ).record
    finally:
        server.kill()


def test_what_vanished_is_lost_although_as_much_waits_for_an_ack(tmp_path: Path) -> None:
    """Thirty messages are gone from the stream; others are received and not acknowledged.

    The server's pending acks are those of the others. Taken for the thirty they made the loss 0.
    """
    record = run_on_own_server(tmp_path, delete_the_last_thirty)

    assert record.ledger is not None
    assert record.ledger["stored"] == 250
    assert record.ledger["received"] - record.ledger["acked"] > 0
    assert record.ledger["lost"] == 30
    assert "lost" in codes(record)


@pytest.mark.counts
def test_a_consumer_that_is_gone_is_no_gap(tmp_path: Path) -> None:
    """An answer that there is none ends the trial; what the server held can no longer be told."""
    record = run_on_own_server(tmp_path, delete_the_consumer)

    assert not record.completed
    assert record.ledger is not None
    assert record.ledger["lost"] == -1
    assert {"loss-unknown", "questions-unanswered"} <= codes(record)
