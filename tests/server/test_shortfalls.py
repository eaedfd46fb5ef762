"""A server that refuses what it is offered is no fast server: every command ends with 1."""

import json
from pathlib import Path

import pytest
import yaml

from bench.analysis.figures import WorkloadFigures
from bench.analysis.summary import summarise_trial
from bench.broker.server import find_server_binary
from bench.core.units import NS_PER_MS
from bench.engine.keep import Kept
from bench.gate.unasked import falls_short
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.gate.figures import with_trials
from tests.server.commands import jetbench, nats_server, project
from tests.server.running import Tree, plan_of, run_trial, workload
from tests.server.slowpath import DelayedTarget

pytestmark = pytest.mark.nats

# 1 worker of 20 ms takes 50 a second of 100: of the other half, the queue of 20 refuses most.
WORKLOAD = {
    "publish": {"rate": "100/s"},
    "consume": {"workers": 1, "handler": {"time": "20ms"}},
    "phases": {"warmup": "500ms", "measure": "2s", "drain": "5s"},
}
QUEUE = {"retention": "workqueue", "max_msgs": 20, "discard": "new"}
CONFIG = {
    "base": {"stream": QUEUE, "pull": {"batch": 1}},
    "variants": {"queue": {}},
}
ALLOWED = ["refused <= 90%"]


def queue(directory: Path, **matrix: object) -> Path:
    """A matrix of the work queue alone."""
    return project(directory, workload=WORKLOAD, config=CONFIG, matrix=matrix)


def counted(directory: Path, word: str) -> int:
    """Return a count of the ledgers of all trials together."""
    found = (directory / "results").glob("*/trials/[0-9]*/trial.json")
    return sum(json.loads(path.read_text())["ledger"][word] for path in found)


def test_a_work_queue_that_refuses_ends_a_run_with_1(tmp_path: Path) -> None:
    """No criterion asks for it: refusing is wrong in itself, and the first line says so."""
    done = jetbench(queue(tmp_path), "run", "tiny")

    assert counted(tmp_path, "refused") > 50
    assert done.returncode == 1, done.stdout + done.stderr
    assert "refused" in done.stdout


def test_a_work_queue_that_refuses_is_not_recommended(tmp_path: Path) -> None:
    """Its p50 meets the criterion, for what is refused never waits."""
    done = jetbench(queue(tmp_path, success=["p50 < 60s"], blocks=3), "run", "tiny")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "Recommended" not in done.stdout
    assert (
        "✕ No variant meets the 1 criterion and what nobody need write: refused == 0" in done.stdout
    )


def test_a_run_that_refuses_fails_a_gate_unless_it_allows_a_share(tmp_path: Path) -> None:
    """The gate is about the deliveries; what was refused breaks it all the same."""
    jetbench(queue(tmp_path, blocks=3), "run", "tiny")
    rules: dict[str, list[str]] = {"plain": ["duplicates == 0"], "lenient": ALLOWED}
    for name, written in rules.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({"gates": written}))

    plain = jetbench(tmp_path, "gate", "latest", "--rules", "plain.yaml", "--json", "plain.json")
    lenient = jetbench(tmp_path, "gate", "latest", "--rules", "lenient.yaml")

    assert plain.returncode == 1, plain.stdout + plain.stderr
    worst = json.loads((tmp_path / "plain.json").read_text())["outcomes"][0]
    assert (worst["rule"], worst["verdict"]) == ("refused == 0", "fail")
    assert "▲ Passed: 1 of 1 goal, but queue under load: " in lenient.stdout


def test_an_account_without_room_is_told_before_anything_is_refused(tmp_path: Path) -> None:
    """The stream has no limit of its own; its account has, and the trial would run into it."""
    limited = 'accounts { A { jetstream: { max_mem: 16K }, users: [{user: a, password: "b"}] } }'
    memory: Tree = {"base": {"stream": {"storage": "memory"}}, "variants": {"queue": {}}}

    with nats_server(tmp_path / "own", extra=limited) as url:
        own = url.replace("nats://", "nats://a:b@")
        project(tmp_path, config=memory)
        done = jetbench(tmp_path, "run", "tiny", "--server", own)

    assert done.returncode == 2, done.stdout + done.stderr
    assert "the account has" in done.stderr


def test_a_full_stream_ends_a_run_with_1(tmp_path: Path) -> None:
    """It takes what fits and answers the rest with an error: the acked ones were fast."""
    full: Tree = {
        "base": {"stream": {"max_bytes": "16KiB", "discard": "new"}},
        "variants": {"queue": {}},
    }

    done = jetbench(project(tmp_path, config=full), "run", "tiny")

    assert counted(tmp_path, "refused") > 50
    assert done.returncode == 1, done.stdout + done.stderr


def test_what_our_own_window_kept_back_is_not_the_servers_doing(tmp_path: Path) -> None:
    """10 ms each way and one message at a time are 50 a second of 400: the others never left."""
    target = DelayedTarget(binary=find_server_binary(), parent=tmp_path, delay_ns=10 * NS_PER_MS)
    load = workload("400/s", "1s", publish={"window": 1}, drain="1s")

    kept = run_trial(tmp_path, load, {}, target=target)

    assert kept.record.ledger is not None
    assert kept.record.ledger["not_sent"] > 100
    assert "window-too-small" in {finding.code for finding in kept.record.findings}
    assert not falls_short((), cells_of(kept, load))


def cells_of(kept: Kept, load: Stream) -> WorkloadFigures:
    """The workload of one trial, as a run sees it."""
    cell = plan_of(load, Settings()).cells[0]
    trial = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
    return WorkloadFigures(name="test", cells=(with_trials(cell, [trial]),), decisions={})
