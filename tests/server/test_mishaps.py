"""What somebody else does to a run, and what all of jetbench says of it: never better than it was.

Each runs one trial of `jetbench run` on a real server; told are its record, the figures that were
made of it, and how the run ended.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bench.analysis.figures import LagVerdict, TrialFigures
from bench.analysis.summary import summarise_trial
from bench.clients.faults import DUPLICATE
from bench.core.units import NS_PER_S
from bench.record.schema import Level, TrialRecord
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.clients.server import RealServer, api
from tests.parts import Time
from tests.server.commands import jetbench, project, records_of
from tests.server.mishaps import (
    LOAD,
    ONE,
    PLANNED,
    RATE,
    RATE_MSGS_PER_S,
    Act,
    Midst,
    Told,
    told_of,
)
from tests.server.running import Tree, plan_of

pytestmark = pytest.mark.nats

NO_LOAD = 'publish: { deny: "jetbench.*.s.>" }'
ZOE = "zoe:pw@"

BATCHES: dict[str, Tree] = {
    "atomic": {
        "publish": {"mode": "atomic", "batch": 20, "linger": "50ms"},
        "stream": {"allow_atomic": True},
    },
    "fast": {
        "publish": {"mode": "fast", "batch": 20, "linger": "50ms"},
        "stream": {"allow_batched": True},
    },
}

STOP_S = 2.0


def account(permissions: str = "", jetstream: str = "jetstream: enabled") -> str:
    """Return the config of an account with zoe, who may not do all, and somebody who may."""
    zoe = f"{{ user: zoe, password: pw, permissions: {{ {permissions} }} }}"
    users = f"users: [ {{ user: somebody, password: pw }}, {zoe} ]"
    return f"no_auth_user: somebody\naccounts {{ A {{ {users}, {jetstream} }} }}"


@contextmanager
def running(directory: Path, config: str = "") -> Iterator[RealServer]:
    (directory / "own").mkdir()
    server = RealServer(directory / "own", config)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def assert_nothing_is_concluded(told: Told) -> None:
    """The one trial is invalid, so the run has no figure and no word of praise."""
    assert not told.record.valid
    assert "0 of 1 trial valid" in told.stdout
    (row,) = [line for line in told.stdout.splitlines() if line.startswith("batches/only")]
    assert row.split()[1:5] == ["n/a"] * 4
    assert "keeps up" not in told.stdout
    assert "What failed      ✕" in told.stdout


@pytest.mark.counts
def test_a_login_that_may_not_publish_the_load_is_told_before_the_run(tmp_path: Path) -> None:
    """Everything else it may do: the dry publish of the preflight is what meets it."""
    project(tmp_path, workload=LOAD, config=ONE)
    with running(tmp_path, account(NO_LOAD)) as server:
        url = server.url.replace("://", f"://{ZOE}")
        done = jetbench(tmp_path, "run", "tiny", "--server", url)

    assert done.returncode == 2, done.stdout + done.stderr
    assert 'Permissions Violation for Publish to "jetbench.' in done.stderr
    assert ".s.events" in done.stderr
    assert "nothing was run" in done.stderr
    assert not list((tmp_path / "results").glob("*"))


@pytest.mark.counts
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_a_permission_withdrawn_in_the_window_counts_against_the_cell(
    tmp_path: Path, client: str
) -> None:
    """The connection stands, and no PubAck tells: the server's word and the missing answers do."""
    with running(tmp_path, account()) as server:

        async def withdraw(midst: Midst) -> None:
            del midst
            server.reload(account(NO_LOAD))

        told = told_of(tmp_path, server, withdraw, settings={"client": client}, user=ZOE)

    assert_nothing_is_concluded(told)
    found = told.findings("forbidden")["publisher-0"]
    assert found.level is Level.INVALID
    assert 'Permissions Violation for Publish to "jetbench.' in found.text
    ledger = told.record.ledger
    assert ledger is not None
    assert ledger["unconfirmed"] > 100
    assert ledger["stored"] == ledger["stream_msgs"] == ledger["published"] - ledger["unconfirmed"]
    assert told.exit_code == 1
    assert f"{ledger['unconfirmed']} messages unconfirmed" in told.stdout


async def delete_the_stream(midst: Midst) -> None:
    await api(midst.client, f"STREAM.DELETE.{midst.stream}")


@pytest.mark.counts
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"client": "nats-py", "consumer": {"mode": "push"}},
        {"publish": {"mode": "one-by-one"}},
        BATCHES["fast"],
    ],
    ids=["pull", "nats-py push", "one-by-one", "fast"],
)
def test_a_stream_that_somebody_deletes_leaves_no_figures(tmp_path: Path, settings: Tree) -> None:
    """What was published after it is accounted for, and none of it as stored."""
    with running(tmp_path) as server:
        told = told_of(tmp_path, server, delete_the_stream, settings=settings)

    assert_nothing_is_concluded(told)
    (found,) = told.findings("broken-off").values()
    said = ("Consumer Deleted", "stream not found", "its consumer is gone, or JetStream is")
    assert any(words in found.text for words in said)
    ledger = told.record.ledger
    assert ledger is not None
    assert ledger["stored"] < PLANNED // 2
    assert ledger["published"] == ledger["stored"] + ledger["refused"] + ledger["unconfirmed"]
    assert (ledger["stream_msgs"], ledger["backlog"]) == (-1, -1)
    assert told.exit_code == (1 if ledger["refused"] else 4)


async def purge_and_update(midst: Midst) -> None:
    """As somebody does who takes the stream for their own; what is as it was is changed as well."""
    await api(midst.client, f"STREAM.PURGE.{midst.stream}")
    config = (await api(midst.client, f"STREAM.INFO.{midst.stream}"))["config"]
    await api(midst.client, f"STREAM.UPDATE.{midst.stream}", config | {"description": "mine"})


@pytest.mark.counts
def test_a_stream_that_somebody_changes_leaves_no_figures(tmp_path: Path) -> None:
    """The consumer keeps up with it all, and every count of the ledger is as it should be."""
    with running(tmp_path) as server:
        told = told_of(tmp_path, server, purge_and_update)

    assert_nothing_is_concluded(told)
    (found,) = told.findings("foreign-hand").values()
    assert "STREAM.PURGE by a client without a name" in found.text
    assert "STREAM.UPDATE by" in found.text
    assert found.at_ns > 0
    assert "jetbench" not in found.text


@pytest.mark.counts
@pytest.mark.parametrize(
    ("jetstream", "code", "word"),
    [
        (True, "broken-off", "JetStream not enabled for account"),  # the account's is taken away
        (False, "stream-unknown", "what the stream held at the end could not be told"),
    ],
    ids=["account", "server"],
)
def test_a_jetstream_that_is_disabled_leaves_no_figures(
    tmp_path: Path, jetstream: bool, code: str, word: str
) -> None:
    """Publishes are answered with 503 and pull requests with nothing: the trial was called valid.

    Its consumer had kept up with the little that was stored.
    """
    with running(tmp_path, account()) as server:

        async def disable(midst: Midst) -> None:
            del midst
            server.reload(account(jetstream=""), jetstream=jetstream)

        told = told_of(tmp_path, server, disable, user=ZOE)

    assert_nothing_is_concluded(told)
    (found,) = told.findings(code).values()
    assert found.level is Level.INVALID
    assert word in found.text
    ledger = told.record.ledger
    assert ledger is not None
    assert ledger["refused"] > 100
    assert "no stream takes its subject" in told.findings("publish-refused")["publisher-0"].text
    assert told.exit_code == 1
    assert f"{ledger['refused']} messages refused" in told.stdout


def with_one_id(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all messages of a trial bear one `Nats-Msg-Id`, as no workload can."""
    patch = (
        'from bench.spec import headers\nheaders._FORMS["message-id"] = ("Nats-Msg-Id", "one")\n'
    )
    (directory / "patch").mkdir()
    (directory / "patch" / "sitecustomize.py").write_text(patch)
    monkeypatch.setenv("PYTHONPATH", str(directory / "patch"))


def run_with_one_id(
    directory: Path, monkeypatch: pytest.MonkeyPatch, settings: Tree
) -> tuple[TrialRecord, str]:
    """Return the record of a trial whose messages bear one id, and what the run printed."""
    with_one_id(directory, monkeypatch)
    load: Tree = {**LOAD, "publish": {"rate": RATE, "headers": ["message-id"]}}
    project(directory, workload=load, config={**ONE, "variants": {"only": settings}})
    done = jetbench(directory, "run", "tiny")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "What failed      ✕" in done.stdout
    assert "Does it keep up  ✕ 1 of 1 does not take all" in done.stdout
    assert "✓ keeps up" not in done.stdout
    (record,) = records_of(directory)
    return record, done.stdout


@pytest.mark.counts
@pytest.mark.parametrize(
    ("settings", "stored", "reason"),
    [
        ({}, {1}, DUPLICATE),
        ({"client": "nats-py"}, {1}, DUPLICATE),
        ({"publish": {"mode": "one-by-one"}}, {1}, DUPLICATE),
        # A batch that had one message when its linger was over holds no duplicate.
        (BATCHES["atomic"], {0, 1}, "batch contains duplicate message id (10201)"),
    ],
    ids=["wire", "nats-py", "one-by-one", "atomic"],
)
def test_what_the_stream_takes_for_a_duplicate_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Tree, stored: set[int], reason: str
) -> None:
    """Its PubAck sounds like success; counted as stored, it came out as lost."""
    record, stdout = run_with_one_id(tmp_path, monkeypatch, settings)

    ledger = record.ledger
    assert ledger is not None
    assert ledger["stored"] in stored
    assert (ledger["stream_msgs"], ledger["lost"]) == (ledger["stored"], 0)
    assert ledger["refused"] == PLANNED - ledger["stored"]
    (refused,) = [finding for finding in record.findings if finding.code == "publish-refused"]
    assert f"{reason} ({ledger['refused']} times)" in refused.text
    assert f"{ledger['refused']} messages refused" in stdout


@pytest.mark.counts
def test_duplicates_that_a_fast_batch_does_not_tell_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server acks the first of them as stored, stores one, and then falls silent."""
    record, stdout = run_with_one_id(tmp_path, monkeypatch, BATCHES["fast"])

    ledger = record.ledger
    assert ledger is not None
    assert ledger["stream_msgs"] == ledger["received"] == 1
    assert ledger["lost"] == ledger["stored"] - 1 > 0
    assert ledger["published"] == ledger["stored"] + ledger["unconfirmed"]
    assert not record.valid
    (disagrees,) = [finding for finding in record.findings if finding.code == "stream-disagrees"]
    assert "took a fast batch's messages for duplicates" in disagrees.text
    assert f"{ledger['lost']} messages lost, {ledger['unconfirmed']} unconfirmed" in stdout


async def hold(process: psutil.Process) -> None:
    """Stop a process for a while."""
    os.kill(process.pid, signal.SIGSTOP)
    await asyncio.sleep(STOP_S)
    os.kill(process.pid, signal.SIGCONT)


def holding(place: int) -> Act:
    """Return what stops a worker, by its place, and lets it go on."""

    async def act(midst: Midst) -> None:
        await hold(midst.worker(place))

    return act


async def hold_the_conductor(midst: Midst) -> None:
    await hold(midst.conductor)


def held(directory: Path, act: Act) -> Told:
    """Return what is told of a trial one of whose processes stood still; all messages arrive."""
    with running(directory) as server:
        told = told_of(directory, server, act)
    ledger = told.record.ledger
    assert told.record.completed
    assert ledger is not None
    assert (ledger["published"], ledger["stored"], ledger["acked"]) == (PLANNED, PLANNED, PLANNED)
    assert (ledger["lost"], ledger["stream_msgs"]) == (0, PLANNED)
    assert "below, has the words" in " ".join(told.stdout.split()) or not told.record.valid
    return told


def figures_of(told: Told) -> TrialFigures:
    load = Stream.model_validate({"kind": "stream", "payload": {"sizes": "128B"}, **LOAD})
    cell = plan_of(load, Settings()).cell("cell")
    return summarise_trial(told.record, told.kept.intervals, told.kept.samples, cell)


def median_ns(figures: TrialFigures, time: Time) -> float:
    value = figures.times[time].percentiles_ns[50.0]
    assert value is not None
    return value


def test_a_conductor_that_stands_still_is_told_and_the_load_goes_on(tmp_path: Path) -> None:
    """It carries none: publisher, consumer and sampler saw the whole window."""
    told = held(tmp_path, hold_the_conductor)

    assert told.findings("loop-stalled")["conductor"].level is Level.WARNING
    assert "Load generator (loop-stalled in 1 of 1 trial)" in told.stdout
    slices = told.record.slices
    assert slices is not None
    assert slices["sent"][:3] == pytest.approx([RATE_MSGS_PER_S] * 3, rel=0.1)
    samples = told.kept.samples
    read_s = samples["t_ns"][samples["host_idle_ns"].notna()] / NS_PER_S
    assert read_s.diff().max() < STOP_S / 2
    assert not told.findings("samples-missing")


def test_a_sampler_that_stands_still_leaves_a_gap_that_is_told(tmp_path: Path) -> None:
    """The load went on; lag is known by the clients' instants, a peak of memory is not."""
    told = held(tmp_path, holding(2))

    found = told.findings("samples-missing")["sampler"]
    assert found.level is Level.WARNING
    assert "CPU and memory were not sampled for 2" in found.text
    samples = told.kept.samples
    own_s = samples["t_ns"][samples["unhandled_msgs"].notna()] / NS_PER_S
    assert own_s.diff().max() < STOP_S / 10


def test_a_publisher_that_stands_still_is_told_and_its_slip_is_in_the_times(tmp_path: Path) -> None:
    """Two thirds of the window's messages left late, and nothing hides how late.

    A window of 600 messages tells no p99, and for that nothing was said of slip.
    """
    told = held(tmp_path, holding(0))

    assert "publisher-0" in told.findings("loop-stalled")
    (late,) = told.findings("late-sends").values()
    assert "of slip is 1" in late.text
    assert "In doubt: Load generator" in told.stdout
    figures = figures_of(told)
    for time in (Time.SLIP, Time.RESPONSE, Time.DELIVERY, Time.END_TO_END):
        assert median_ns(figures, time) > STOP_S / 8 * NS_PER_S
    assert median_ns(figures, Time.SERVICE) < STOP_S / 8 * NS_PER_S


def test_a_consumer_that_stands_still_is_told_and_shows_as_lag(tmp_path: Path) -> None:
    """What came meanwhile waited: in the times from the intended instant, and in the lag."""
    told = held(tmp_path, holding(1))

    assert "consumer-0" in told.findings("loop-stalled")
    assert "In doubt: Load generator" in told.stdout
    assert "keeps up" not in told.stdout
    figures = figures_of(told)
    assert figures.lag is not None
    assert figures.lag.verdict is not LagVerdict.STABLE
    assert figures.lag.peak_msgs == pytest.approx(STOP_S * RATE_MSGS_PER_S, rel=0.2)
    assert median_ns(figures, Time.DELIVERY) > STOP_S / 8 * NS_PER_S
    assert median_ns(figures, Time.RESPONSE) < STOP_S / 8 * NS_PER_S
