"""`jetbench run` from the outside: results, report, exit codes, interruption and resumption."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.report import run_summary
from tests.server.commands import (
    TIMEOUT_S,
    jetbench,
    nats_server,
    planned_trials,
    project,
    records_of,
    start,
    trials_of,
    wait_until_nothing_runs_below,
    went_well,
)

pytestmark = pytest.mark.nats


def wait_for_trials(directory: Path, count: int) -> None:
    """Wait until that many trials are on disk."""
    for _ in range(2400):
        if len(trials_of(directory)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"no {count} trials within 2 minutes; there are {trials_of(directory)}")


def test_a_run_ends_with_results_and_a_report(tmp_path: Path) -> None:
    """The two things a user wants, and the line that says where they are.

    A CI log must stay readable: no control characters, a line for each trial.
    """
    done = jetbench(project(tmp_path), "run", "tiny")

    assert went_well(tmp_path, done), done.stderr
    (run,) = (tmp_path / "results").iterdir()
    assert sorted(path.name for path in run.iterdir()) == [
        "environment.json", "plan.json", "trials",
    ]  # fmt: skip
    assert len(trials_of(tmp_path)) == planned_trials(tmp_path) >= 2
    report = tmp_path / "reports" / run.name / "index.html"
    assert "Does it run?" in report.read_text()
    assert str(report.relative_to(tmp_path)) in done.stdout
    assert list((tmp_path / "tmp").iterdir()) == []
    assert "\x1b" not in done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if re.match(r"\[\d+/\d+\]|\d+/\d+", line)]
    assert len(lines) == planned_trials(tmp_path), done.stderr


def test_results_alone_are_listed_and_shown_and_the_report_is_rebuilt(tmp_path: Path) -> None:
    """What was measured can be looked up without a browser; deleting the report loses nothing."""
    jetbench(project(tmp_path), "run", "tiny")
    (report,) = (tmp_path / "reports").glob("tiny-*/index.html")
    before = report.read_text()
    report.unlink()

    done = jetbench(tmp_path, "report", "latest")

    assert done.returncode == 0, done.stderr
    assert report.read_text() == before
    listed = jetbench(tmp_path, "list")
    shown = jetbench(tmp_path, "show", "latest")
    trial = jetbench(tmp_path, "show", "latest", "1")

    assert "tiny-" in listed.stdout
    planned = planned_trials(tmp_path)
    assert f"{planned}/{planned}" in listed.stdout
    assert "batches/batch-50" in shown.stdout
    assert trials_of(tmp_path)[0] in trial.stdout
    assert (listed.returncode, shown.returncode, trial.returncode) == (0, 0, 0)


def test_ctrl_c_keeps_what_is_done_and_leaves_nothing_running(tmp_path: Path) -> None:
    """Interrupted in the second trial: the first is kept, the server gone, the way on told."""
    project(tmp_path, matrix={"blocks": 5})
    process = start(tmp_path, "run", "tiny")
    wait_for_trials(tmp_path, 1)

    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "--resume tiny-" in stderr
    assert "Traceback" not in stderr
    assert 1 <= len(trials_of(tmp_path)) < 10
    wait_until_nothing_runs_below(tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_killed_run_is_resumed_and_its_report_is_whole(tmp_path: Path) -> None:
    """SIGKILL leaves readable trials and no orphan; the rest is run later, the order as planned."""
    project(tmp_path, matrix={"blocks": 2})
    process = start(tmp_path, "run", "tiny")
    wait_for_trials(tmp_path, 2)

    process.kill()
    process.communicate(timeout=60)
    wait_until_nothing_runs_below(tmp_path)
    before = {name: trial_bytes(tmp_path, name) for name in trials_of(tmp_path)}
    (run,) = (tmp_path / "results").glob("tiny-*")
    (run / "gate.json").write_text("what a gate said of the first trials alone")
    done = jetbench(tmp_path, "run", "--resume", "latest")

    assert went_well(tmp_path, done), done.stderr
    assert not (run / "gate.json").exists()
    assert 2 <= len(before) < 4
    assert len(trials_of(tmp_path)) == planned_trials(tmp_path) >= 4
    assert {name: trial_bytes(tmp_path, name) for name in before} == before
    (report,) = (tmp_path / "reports").glob("tiny-*/index.html")
    told = run_summary.read(report)
    assert (told.valid + told.invalid, told.missing) == (planned_trials(tmp_path), 0)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the server runs until it is swept")
def test_what_a_killed_run_with_its_guardian_left_behind_is_swept(tmp_path: Path) -> None:
    """`pkill -9 -f jetbench` ends conductor and guardian alike: the kernel ends the server then."""
    project(tmp_path, workload={"phases": {"warmup": "500ms", "measure": "5s", "drain": "5s"}})
    process = start(tmp_path, "run", "tiny")
    while not list((tmp_path / "tmp").glob("jetbench-*/*.ports")):  # the server answers
        assert process.poll() is None
        time.sleep(0.05)
    (guardian,) = (
        each
        for each in psutil.Process(process.pid).children()
        if any("guardian.py" in word for word in each.cmdline())
    )

    for pid in (guardian.pid, process.pid):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)
    wait_until_nothing_runs_below(tmp_path)
    done = jetbench(tmp_path, "run", "--resume", "latest")

    assert went_well(tmp_path, done), done.stderr
    assert "was left over by a jetbench that was killed" in done.stderr
    assert list((tmp_path / "tmp").iterdir()) == []


def trial_bytes(directory: Path, name: str) -> bytes:
    (path,) = (directory / "results").glob(f"*/trials/{name}/trial.json")
    return path.read_bytes()


def test_bad_files_run_nothing_and_tell_everything(tmp_path: Path) -> None:
    """Two files, three mistakes, one answer; no results directory appears."""
    project(
        tmp_path,
        workload={"publish": {"rate": "5000"}, "consum": {}},
        config={"variants": {"big": {"pull.batch": 500, "consumer.max_ack_pending": 50}}},
    )

    done = jetbench(tmp_path, "run", "tiny")

    assert done.returncode == 2
    assert "publish.rate = '5000'" in done.stderr
    assert "did you mean 'consume'?" in done.stderr
    assert "max_ack_pending" in done.stderr
    assert "nothing was run" in done.stderr
    assert not (tmp_path / "results").exists()


def test_a_results_path_that_is_a_file_is_told_before_anything_runs(tmp_path: Path) -> None:
    """An hour of measuring must not end in a disk that refuses."""
    (project(tmp_path) / "results").write_text("in the way")

    done = jetbench(tmp_path, "run", "tiny")

    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_nobody_answers_at_is_told_and_its_password_is_not(tmp_path: Path) -> None:
    """The library alone would try for two minutes; the test's own limit is half of that."""
    process = start(project(tmp_path), "run", "tiny", "--server", "nats://u:hush@127.0.0.1:1")

    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "nobody answers" in stderr
    assert "hush" not in stderr


def test_a_server_without_jetstream_is_refused(tmp_path: Path) -> None:
    """Told at once, with what to do about it."""
    with nats_server(tmp_path / "own", jetstream=False) as url:
        done = jetbench(project(tmp_path), "run", "tiny", "--server", url)

    assert done.returncode == 2
    assert "no JetStream" in done.stderr


async def add_stream(url: str, name: str, subjects: list[str]) -> None:
    client = await admin.connect(Endpoint(url=url))
    await admin.api(client, f"STREAM.CREATE.{name}", {"name": name, "subjects": subjects})
    await client.close()


async def streams(url: str) -> set[str]:
    client = await admin.connect(Endpoint(url=url))
    names = await admin.stream_names(client)
    await client.close()
    return names


def test_a_users_server_is_left_as_it_was(tmp_path: Path) -> None:
    """Own streams are removed, others never touched, and no secret reaches the results."""
    users = 'authorization { user: "me", password: "hush-hush" }'
    with nats_server(tmp_path / "own", extra=users) as url:
        with_secret = url.replace("nats://", "nats://me:hush-hush@")
        asyncio.run(add_stream(with_secret, "ORDERS", ["orders.>"]))

        done = jetbench(project(tmp_path), "run", "tiny", "--server", with_secret)
        left = asyncio.run(streams(with_secret))

    assert went_well(tmp_path, done), done.stderr
    assert left == {"ORDERS"}
    kept = [path for top in ("results", "reports") for path in (tmp_path / top).rglob("*")]
    assert all(b"hush-hush" not in path.read_bytes() for path in kept if path.is_file())
    (environment,) = (tmp_path / "results").glob("*/environment.json")
    assert "***@127.0.0.1" in json.loads(environment.read_text())["server"]


def test_a_password_stays_between_context_and_server(tmp_path: Path) -> None:
    """Not in files, not in what is said, and not where `ps` shows it to everyone on the host."""
    secret = "x/y#z@S3cret"
    project(tmp_path)
    with nats_server(
        tmp_path / "own", extra=f'authorization {{ user: me, password: "{secret}" }}'
    ) as url:
        (tmp_path / "c.json").write_text(json.dumps({"url": url, "user": "me", "password": secret}))
        process = start(tmp_path, "run", "tiny", "--context", "c.json")
        lines: set[str] = set()
        while process.poll() is None:
            lines |= {
                line for child in psutil.Process().children(recursive=True) for line in _told(child)
            }
            time.sleep(0.1)
        stdout, stderr = process.communicate(timeout=60)

    assert any("bench.engine.worker" in line for line in lines)
    kept = [path for top in ("results", "reports", "tmp") for path in (tmp_path / top).rglob("*")]
    said = [stdout, stderr, *lines, *(path.read_text("latin-1") for path in kept if path.is_file())]
    assert trials_of(tmp_path)
    assert not [text for text in said if "S3cret" in text]


def _told(process: psutil.Process) -> list[str]:
    """Return what everybody can see of a process."""
    try:
        return [" ".join(process.cmdline())]
    except psutil.Error:
        return []


@contextmanager
def hanging_up_by(handler: signal.Handlers) -> Iterator[None]:
    """Have processes that are started meanwhile begin with this for a terminal that closes."""
    before = signal.signal(signal.SIGHUP, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGHUP], [signal.SIGTERM, signal.SIGHUP]]
)
def test_an_end_from_outside_leaves_no_stream_on_a_users_server(
    tmp_path: Path, signals: list[signal.Signals]
) -> None:
    """Cleaning up also when interrupted is a promise of the README; systemd sends both at once."""
    project(tmp_path, workload={"phases": {"warmup": "1s", "measure": "60s", "drain": "1s"}})
    with nats_server(tmp_path / "own") as url:
        with hanging_up_by(signal.SIG_DFL):  # we may be under nohup ourselves
            process = start(tmp_path, "run", "tiny", "--server", url)
        for _ in range(400):
            if any(not name.endswith("-000") for name in asyncio.run(streams(url))):
                break  # a trial's own, not the rehearsal's
            time.sleep(0.05)

        for each in signals:
            os.kill(process.pid, each)
        process.communicate(timeout=60)

        assert process.returncode == 130
        assert asyncio.run(streams(url)) == set()


def test_a_run_under_nohup_goes_on_without_its_terminal(tmp_path: Path) -> None:
    """That is what nohup is for."""
    project(tmp_path, workload={"phases": {"warmup": "500ms", "measure": "2s", "drain": "5s"}})
    with hanging_up_by(signal.SIG_IGN):
        process = start(tmp_path, "run", "tiny")
    while not trials_of(tmp_path):
        assert process.poll() is None
        time.sleep(0.05)

    os.kill(process.pid, signal.SIGHUP)
    process.communicate(timeout=60)

    assert process.returncode in {0, 4}
    assert len(trials_of(tmp_path)) >= 2


def test_runs_that_begin_together_on_one_server_leave_each_other_alone(tmp_path: Path) -> None:
    """Two of one second had one name: each deleted the other's stream and called it lost."""
    homes = [project(tmp_path / name) for name in ("one", "two")]
    with nats_server(tmp_path / "own") as url:
        processes = [start(home, "run", "tiny", "--server", url) for home in homes]
        ends = [process.communicate(timeout=TIMEOUT_S) for process in processes]
        left = asyncio.run(streams(url))

    assert left == set()
    for home, process, (_, stderr) in zip(homes, processes, ends, strict=True):
        assert process.returncode in {0, 4}, stderr  # two loads at once; the host may object
        for record in records_of(home):
            assert record.ledger is not None
            counts = (
                record.ledger["stored"],
                record.ledger["stream_msgs"],
                record.ledger["received"],
            )
            assert set(counts) == {record.ledger["planned"]}
            assert (record.ledger["foreign"], record.ledger["lost"]) == (0, 0)


def test_a_foreign_stream_over_every_subject_is_refused_and_untouched(tmp_path: Path) -> None:
    """Our subjects would flow into the user's stream: refuse rather than fill it."""
    with nats_server(tmp_path / "own") as url:
        asyncio.run(add_stream(url, "CATCHALL", ["jetbench.>"]))

        done = jetbench(project(tmp_path), "run", "tiny", "--server", url)
        left = asyncio.run(streams(url))

    assert done.returncode == 2
    assert "left untouched" in done.stderr
    assert left == {"CATCHALL"}


def test_help_teaches_every_verb(tmp_path: Path) -> None:
    """A newcomer types --help first."""
    done = jetbench(tmp_path, "--help")

    for verb in ("run", "plan", "validate", "schema", "report", "list", "show"):
        assert verb in done.stdout
    assert "quickstart" in done.stdout
    assert "130 interrupted" in " ".join(done.stdout.split())


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`jetbench schema workload | head -1` must not end in a stack trace."""
    process = start(tmp_path, "schema", "workload")
    assert process.stdout is not None
    process.stdout.close()

    assert process.stderr is not None
    stderr = process.stderr.read()
    process.wait(timeout=30)
    assert "Traceback" not in stderr
