"""`jetbench` as a user runs it: a process of its own in a directory of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import yaml

from bench.broker.server import find_server_binary
from bench.record.schema import TrialRecord
from bench.record.store import RunStore, WholeTrial
from tests.server.running import Tree, sound

TIMEOUT_S = 240

WORKLOAD: Tree = {
    "kind": "stream",
    "payload": {"sizes": "128B"},
    "publish": {"rate": "200/s"},
    "phases": {"warmup": "500ms", "measure": "1s", "drain": "5s"},
}
CONFIG: Tree = {
    "question": "Does the batch matter?",
    "variants": {"batch-1": {"pull.batch": 1}, "batch-50": {"pull.batch": 50}},
}
MATRIX: Tree = {
    "label": "tiny",
    "question": "Does it run?",
    "workloads": ["load"],
    "configs": ["batches"],
    "blocks": 1,
}


def project(directory: Path, **changes: Tree) -> Path:
    """Write a workload, a config and a matrix; `changes` lays keys over one of them."""
    files = {
        "workloads/load.yaml": WORKLOAD | changes.get("workload", {}),
        "configs/batches.yaml": CONFIG | changes.get("config", {}),
        "configs/matrices/tiny.yaml": MATRIX | changes.get("matrix", {}),
    }
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
    return directory


def start(directory: Path, *words: str) -> "subprocess.Popen[str]":
    """Start `jetbench WORDS` in `directory`; temporary files go below it too."""
    temporary = directory / "tmp"
    temporary.mkdir(exist_ok=True)
    measures = words[:1] in (("run",), ("gate",), ("calibrate",))
    brief = ("--patience", "0s") if measures and "--patience" not in words else ()
    return subprocess.Popen(
        [sys.executable, "-m", "bench.cli.main", *words, *brief],
        cwd=directory,
        env={**os.environ, "TMPDIR": str(temporary), "NO_COLOR": "1", "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_sigint,  # noqa: PLW1509 - one call, before any thread of ours
    )


def _heed_sigint() -> None:
    """Undo what a shell does to its background jobs, where CI may run."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def jetbench(directory: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `jetbench WORDS` to its end."""
    process = start(directory, *words)
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)


def planned_trials(directory: Path) -> int:
    """Return how many trials the one run plans: more than it began with once a block was spoilt."""
    return len(_only_run(directory).read_plan().trials)


def went_well(directory: Path, done: "subprocess.CompletedProcess[str]") -> bool:
    """Say whether a run found nothing to object to but what the hypervisor took meanwhile."""
    only_taken = all(map(sound, records_of(directory)))
    return done.returncode == 0 or (done.returncode == 4 and only_taken)


def records_of(directory: Path) -> list[TrialRecord]:
    """Return the records of the one run."""
    store = _only_run(directory)
    return [store.read_trial(trial) for trial in store.kept(store.read_plan())]


def wholes_of(directory: Path) -> list[WholeTrial]:
    """Return all that is kept of the trials of the one run."""
    store = _only_run(directory)
    return [store.read_whole(trial) for trial in store.kept(store.read_plan())]


def _only_run(directory: Path) -> RunStore:
    (run,) = (directory / "results").iterdir()
    return RunStore(run)


def trials_of(directory: Path) -> list[str]:
    """Return the ids of the trials on disk, over all runs."""
    found = (directory / "results").glob("*/trials/[0-9]*")
    return sorted(path.name for path in found)


@contextmanager
def nats_server(directory: Path, *, jetstream: bool = True, extra: str = "") -> Iterator[str]:
    """Run a server of the test's own on a free port; yields its URL."""
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "own.conf"
    block = f'jetstream {{ store_dir: "{directory / "store"}" }}\n' if jetstream else ""
    config.write_text(
        f'host: "127.0.0.1"\nport: -1\nports_file_dir: "{directory}"\n{block}{extra}\n'
    )
    process = subprocess.Popen(
        [str(find_server_binary()), "-c", str(config)], stderr=subprocess.DEVNULL
    )
    try:
        yield _url(directory, process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _url(directory: Path, process: "subprocess.Popen[bytes]") -> str:

    ports = directory / f"nats-server_{process.pid}.ports"
    for _ in range(500):
        try:
            return str(json.loads(ports.read_text())["nats"][0])
        except (OSError, ValueError):
            time.sleep(0.02)
    raise AssertionError("the test's own nats-server did not start")


def running_below(directory: Path) -> list[str]:
    """Return the command lines of processes that work in `directory`."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            if str(directory) in line or process.cwd() == str(directory):
                found.append(line)
        except psutil.Error:
            continue
    return found


def wait_until_nothing_runs_below(directory: Path) -> None:
    """The guardian takes a moment after its conductor has died."""
    for _ in range(200):
        if not running_below(directory):
            return
        time.sleep(0.05)
    raise AssertionError(f"still running: {running_below(directory)}")
