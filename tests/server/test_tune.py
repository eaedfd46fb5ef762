"""A search for settings on a real server: broken off, gone on with, and ended in each way."""

import signal
import time
from pathlib import Path

import pytest
import yaml

from bench.record.store import RunStore
from tests.server.commands import (
    jetbench,
    project,
    start,
    trials_of,
    wait_until_nothing_runs_below,
)
from tests.server.running import Tree

pytestmark = [pytest.mark.nats, pytest.mark.counts]

SOUGHT: Tree = {
    "label": "sought",
    "question": "How many workers?",
    "workload": "load",
    "space": {"handler.workers": [2, 4, 8]},
    "objective": "minimise end_to_end_p50",
    "constraints": ["lost == 0"],
    "budget": "45s",
    "trial": {"warmup": "0s", "measure": "1s", "drain": "3s"},
}
BUSY: Tree = {
    "publish": {"rate": "300/s", "arrivals": "poisson"},
    "consume": {"handler": {"time": "4ms"}},
}

DECIDED, UNDECIDED = 0, 3
"""What a search ends with that ran to its end; on a busy host nothing may be decided."""


def begun(directory: Path, **changes: object) -> None:
    project(directory, workload=BUSY)
    (directory / "orders.yaml").write_text(yaml.safe_dump({**SOUGHT, **changes}))


def the_run(directory: Path) -> RunStore:
    (run,) = (directory / "results").glob("sought-*")
    return RunStore(run)


def wait_for_trials(directory: Path, count: int) -> None:
    for _ in range(1200):
        if len(trials_of(directory)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{len(trials_of(directory))} trials after a minute")


def test_a_killed_search_goes_on_from_its_records_to_its_confirmation(tmp_path: Path) -> None:
    """What is kept is not measured again, and who goes on with what is over measures nothing."""
    begun(tmp_path)
    process = start(tmp_path, "tune", "orders.yaml", "--patience", "0s")
    wait_for_trials(tmp_path, 3)
    process.kill()
    process.communicate()
    wait_until_nothing_runs_below(tmp_path)
    kept = {p: p.stat().st_mtime_ns for p in the_run(tmp_path).path.glob("trials/*/trial.json")}
    run = the_run(tmp_path).run_id

    done = jetbench(tmp_path, "tune", "--resume", run, "--patience", "0s")

    assert done.returncode in (DECIDED, UNDECIDED), done.stderr
    assert kept
    assert all(path.stat().st_mtime_ns == was for path, was in kept.items())
    tuning = the_run(tmp_path).read_plan().tuning
    assert tuning is not None
    assert tuning.confirms_from is not None
    assert "by confirming blocks alone" in done.stdout
    (report,) = (tmp_path / "reports").glob("sought-*/index.html")
    assert "What was confirmed" in report.read_text(encoding="utf-8")

    before = trials_of(tmp_path)
    again = jetbench(tmp_path, "tune", "--resume", run, "--patience", "0s")

    assert (again.returncode, trials_of(tmp_path)) == (done.returncode, before)
    assert again.stdout.splitlines()[0] == done.stdout.splitlines()[0]


def test_an_interrupted_search_keeps_its_trials_and_says_how_to_go_on(tmp_path: Path) -> None:
    begun(tmp_path)
    process = start(tmp_path, "tune", "orders.yaml", "--patience", "0s")
    wait_for_trials(tmp_path, 2)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert f"jetbench tune --resume {the_run(tmp_path).run_id}" in stderr
    assert len(trials_of(tmp_path)) >= 2
    shown = jetbench(tmp_path, "show", "latest")
    assert "nothing can be told so far" in shown.stdout.lower() or "so far" in shown.stdout.lower()


def test_where_nothing_holds_the_constraints_it_ends_with_1_and_names_them(tmp_path: Path) -> None:
    begun(tmp_path, constraints=["p50 < 1us"])

    done = jetbench(tmp_path, "tune", "orders.yaml", "--patience", "0s")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "holds the constraints" in done.stdout
    assert "end_to_end_p50 < 1us" in done.stdout
    assert "nats consumer add" not in done.stdout


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budget": "5s"}, "too small for one confirmation"),
        ({"space": {"handler.workers": [4]}}, "one valid point"),
        ({"space": {"pull.batch": [0, 20_000]}}, "pull.batch"),
    ],
)
def test_what_cannot_be_sought_is_refused_before_anything_runs(
    tmp_path: Path, changes: Tree, said: str
) -> None:
    begun(tmp_path, **changes)

    done = jetbench(tmp_path, "tune", "orders.yaml")

    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.glob("results/*"))


def test_all_may_be_given_by_options(tmp_path: Path) -> None:
    """A space of options alone, refused for its budget: nothing else is wrong with it."""
    project(tmp_path, workload=BUSY)
    words = ["--workload", "load", "--base", "batches/batch-1", "--knob", "pull.batch=10,50,100"]
    words += ["--minimise", "end_to_end_p50", "--constraint", "lost == 0", "--trial", "1s"]

    done = jetbench(tmp_path, "tune", *words, "--budget", "5s")

    assert done.returncode == 2
    assert "the options: budget" in done.stderr
    assert "1 problem" in done.stderr
