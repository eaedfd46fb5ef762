"""A gate on a real server: equal sides are not red, a planted slow handler is."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.server.commands import jetbench, project, trials_of

pytestmark = pytest.mark.nats

# A handler that outweighs everything else: what it loses, end-to-end time loses.
WORKLOAD = {
    "kind": "stream",
    "payload": {"sizes": "128B"},
    "publish": {"rate": "250/s"},
    "consume": {"workers": 20, "handler": {"time": "20ms"}},
    "phases": {"warmup": "200ms", "measure": "1s", "drain": "5s"},
}
GATES = {"gates": ["p50 vs baseline <= +25%", "lost == 0"], "workloads": {"slow": []}}


def gate(directory: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    """Measure a gate in `directory`; return how it ended, its verdict and what was said."""
    for name, content in (("workloads/slow.yaml", WORKLOAD), ("gates.yaml", GATES)):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
    words = ("--rules", "gates.yaml", "--baseline-config", "pull-batch/batch-50")
    more = (*more, "--patience", "20s")
    done = jetbench(directory, "gate", *words, "--json", "verdict.json", *more)
    assert (directory / "verdict.json").exists(), done.stderr
    return done.returncode, json.loads((directory / "verdict.json").read_text()), done.stderr


def test_equal_sides_are_not_red(tmp_path: Path) -> None:
    """The same settings on both sides, measured in turns: five blocks, ten trials."""
    code, verdict, said = gate(tmp_path, "--inconclusive", "warn")

    assert code == 0, said
    assert verdict["verdict"] in ("pass", "inconclusive")
    assert len(trials_of(tmp_path)) >= 10


def test_a_planted_slow_handler_is_red(tmp_path: Path) -> None:
    """Half as slow again: red on five blocks, confirmed on ten, and named."""
    code, verdict, said = gate(tmp_path, "--plant-slow-handler", "50%")

    assert code == 1, said
    worst = verdict["outcomes"][0]
    assert (worst["verdict"], worst["rule"]) == ("fail", "end_to_end_p50 vs baseline <= +25%")
    assert worst["blocks"] == 10
    assert worst["low"] > 0.25
    assert len(trials_of(tmp_path)) >= 20  # an invalid block is measured again


@pytest.mark.counts
def test_a_goal_that_every_variant_misses_ends_with_1(tmp_path: Path) -> None:
    """No message was lost, and losing some was the goal: the matrix is answered with no."""
    done = jetbench(project(tmp_path, matrix={"success": ["lost > 0"]}), "run", "tiny")

    assert done.returncode == 1, done.stderr
    assert "No variant meets the criteria: each breaks at least one." in done.stdout
