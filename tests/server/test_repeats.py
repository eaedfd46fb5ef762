"""What a run measures again when a trial came out invalid: what is missing, and no more."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from bench.plan.model import Plan
from bench.record.schema import TrialRecord
from bench.record.store import RunStore
from tests.server.commands import TIMEOUT_S, jetbench, project, records_of, start, trials_of

pytestmark = pytest.mark.nats

BLOCKS = 5
BASELINE = "load--batches.batch-1"
VARIANTS = {f"batch-{size}": {"pull.batch": size} for size in (1, 10, 50)}


def plan_of(directory: Path) -> Plan:
    (run,) = (directory / "results").iterdir()
    return RunStore(run).read_plan()


def kill_publisher_of(process: "subprocess.Popen[str]", directory: Path, index: int) -> None:
    """Kill the first worker of the trial at this place of the plan, once its load runs."""
    deadline_s = time.monotonic() + 120
    while len(trials_of(directory)) < index - 1 and time.monotonic() < deadline_s:
        time.sleep(0.02)
    workers: list[int] = []
    while len(workers) < 3 and time.monotonic() < deadline_s:  # publisher, consumer and sampler
        time.sleep(0.02)
        below = psutil.Process(process.pid).children(recursive=True)
        forked = [p for p in below if p.ppid() != process.pid]
        workers = sorted(p.pid for p in forked if "bench.engine.worker" in " ".join(p.cmdline()))
    time.sleep(0.5)
    os.kill(workers[0], signal.SIGKILL)


def lacking(records: list[TrialRecord]) -> set[str]:
    """Return the cells that have an invalid trial."""
    return {record.cell_id for record in records if not record.valid}


def test_a_trial_that_came_out_invalid_is_measured_again_beside_its_baseline(
    tmp_path: Path,
) -> None:
    """The third variant has lost nothing and is left alone; a resumed run has nothing to do."""
    changes = {"blocks": BLOCKS, "baseline": "batches/batch-1", "seed": 1}
    process = start(project(tmp_path, config={"variants": VARIANTS}, matrix=changes), "run", "tiny")
    while not list((tmp_path / "results").glob("*/plan.json")):
        time.sleep(0.02)
    time.sleep(0.1)
    victim = next(trial for trial in plan_of(tmp_path).trials if trial.cell_id != BASELINE)

    kill_publisher_of(process, tmp_path, victim.index)
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    plan, records = plan_of(tmp_path), records_of(tmp_path)
    again = {trial.cell_id for trial in plan.trials if trial.block > BLOCKS}

    assert victim.cell_id in lacking(records), stderr
    if lacking(records) == {victim.cell_id}:  # the host took nothing else meanwhile
        assert process.returncode == 0, stderr
        assert again == {victim.cell_id, BASELINE}
        assert len(records) == len(plan.trials) == 3 * BLOCKS + 2
    resumed = jetbench(tmp_path, "run", "--resume", "latest")
    assert resumed.returncode == process.returncode, resumed.stderr
    assert len(plan_of(tmp_path).trials) == len(plan.trials)
