"""A search on a real server, to its end and gone on with; where it ends is tests/seek's."""

import json
import signal
import time
from pathlib import Path

import pytest
import yaml

from bench.plan.model import Purpose
from tests.server.commands import (
    TIMEOUT_S,
    jetbench,
    project,
    start,
    trials_of,
    wait_until_nothing_runs_below,
    wholes_of,
)

pytestmark = [pytest.mark.nats, pytest.mark.counts]

SOUGHT = {
    "label": "sought",
    "workload": "load",
    "configs": [{"config": "batches", "variants": ["batch-50"]}],
    "goals": ["p50 < 1us"],
    "rate": {"from": "100/s", "to": "400/s"},
    "probe": {"warmup": "0s", "measure": "1s", "drain": "2s"},
}


def test_what_the_lowest_rate_misses_ends_with_1_and_is_kept(tmp_path: Path) -> None:
    """Two probes say so; who goes on from the records measures nothing more, and says the same."""
    project(tmp_path)
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(SOUGHT))

    done = jetbench(tmp_path, "capacity", "orders.yaml", "--patience", "0s")

    assert done.returncode == 1, done.stderr
    assert "end_to_end_p50 < 1us" in done.stdout
    first = trials_of(tmp_path)
    assert len(first) == 2
    assert all(whole.record.completed for whole in wholes_of(tmp_path))
    (report,) = (tmp_path / "reports").glob("sought-*/index.html")
    assert "100 msg/s" in report.read_text(encoding="utf-8")

    (run,) = (tmp_path / "results").glob("sought-*")
    again = jetbench(tmp_path, "capacity", "--resume", run.name, "--patience", "0s")

    assert (again.returncode, trials_of(tmp_path)) == (1, first)
    assert Purpose.LONG in again.stdout


@pytest.mark.parametrize("with_what", [signal.SIGKILL, signal.SIGINT])
def test_a_search_that_was_ended_amid_goes_on_from_its_records(
    tmp_path: Path, with_what: signal.Signals
) -> None:
    """There is no other state: what was measured stays as it is, and no rate is tried twice."""
    project(tmp_path)
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(SOUGHT))
    process = start(tmp_path, "capacity", "orders.yaml", "--patience", "0s", "--no-tui")
    while not trials_of(tmp_path) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(with_what)
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    wait_until_nothing_runs_below(tmp_path)
    (first,) = trials_of(tmp_path)
    (run,) = (tmp_path / "results").glob("sought-*")
    kept = (run / "trials" / first / "trial.json").read_bytes()
    if with_what is signal.SIGINT:
        assert process.returncode == 130
        assert f"jetbench capacity --resume {run.name}" in " ".join(stderr.split())

    done = jetbench(tmp_path, "capacity", "--resume", run.name, "--patience", "0s")

    assert done.returncode == 1, done.stderr
    assert (run / "trials" / first / "trial.json").read_bytes() == kept
    assert len(trials_of(tmp_path)) == 2
    steps = json.loads((run / "plan.json").read_text())["search"]["steps"]
    assert [step["purpose"] for step in steps] == [Purpose.SHORT, Purpose.LONG]
