"""A plan on a real server: what messages take is read off its files, and a kept run is enough."""

from pathlib import Path

import pytest
import yaml

from bench.record.planned import read_planned
from bench.record.storage import NAME, read_storage
from tests.server.commands import jetbench, project, trials_of

pytestmark = [pytest.mark.nats, pytest.mark.counts]

SOUGHT = {
    "label": "sought",
    "workload": "load",
    "configs": [{"config": "batches", "variants": ["batch-50"]}],
    "goals": ["p50 < 1us"],
    "rate": {"from": "100/s", "to": "400/s"},
    "probe": {"warmup": "0s", "measure": "1s", "drain": "2s"},
}
PLAN = {
    "today": "200/s",
    "growth": "5%/month",
    "over": "12 months",
    "retention": {"max_age": "7d"},
    "headroom": "20%",
}


def test_a_plan_is_held_against_what_was_measured_and_again_without_measuring(
    tmp_path: Path,
) -> None:
    """100 a second miss: a plan of 200 surely fails. What a message takes is known by hand."""
    project(tmp_path)
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(SOUGHT))
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(PLAN))

    done = jetbench(tmp_path, "capacity", "orders.yaml", "--plan", "p.yaml", "--patience", "0s")

    assert done.returncode == 1, done.stderr
    assert "The plan does not hold" in done.stdout
    (run,) = (tmp_path / "results").glob("sought-*")
    storage = read_storage(run)
    assert storage is not None
    plain, s2 = storage.stored
    # 22 bytes before it and 8 behind it, as the server's file store writes a record
    overhead = plain.stream_bytes_per_msg - plain.payload_bytes / plain.messages
    assert 22 + 8 < overhead < 22 + 8 + 200
    assert plain.disk_bytes == plain.closed_bytes
    assert plain.open_bytes < plain.disk_bytes
    assert 0 < s2.disk_bytes < s2.closed_bytes * 1.05
    (report,) = (tmp_path / "reports").glob("sought-*/index.html")
    assert "The plan does not hold" in report.read_text(encoding="utf-8")

    trials, low = trials_of(tmp_path), {**PLAN, "today": "1/s"}
    (tmp_path / "low.yaml").write_text(yaml.safe_dump(low))
    again = jetbench(tmp_path, "capacity", "--plan", "low.yaml", "--of", run.name)

    assert again.returncode == 3, again.stderr
    assert "cannot be told" in again.stdout
    assert trials_of(tmp_path) == trials
    kept = read_planned(run)
    assert kept is not None
    assert kept.file.endswith("low.yaml")
    shown = jetbench(tmp_path, "show", run.name)
    assert "cannot be told" in shown.stdout

    (run / NAME).write_text((run / NAME).read_text()[:50])
    broken = jetbench(tmp_path, "capacity", "--plan", "low.yaml", "--of", run.name)
    assert broken.returncode == 2
    assert NAME in broken.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--of", "latest"), "name it by --plan PLAN"),
        (("--plan", "p.yaml", "--of", "nothing"), "no run"),
        (("--plan", "p.yaml", "--of", "latest", "--workload", "load"), "measures nothing"),
        (("orders.yaml", "--plan", "p.yaml", "--of", "latest"), "measures nothing"),
        (("--plan", "gone.yaml", "--of", "latest"), "gone.yaml"),
        (("orders.yaml", "--plan", "bad.yaml"), "growth = -100%/month"),
        (("orders.yaml", "--plan", "other.yaml"), "the run has no such variant"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_runs(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    project(tmp_path)
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(SOUGHT))
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(PLAN))
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump({**PLAN, "growth": "-100%/month"}))
    other = {**PLAN, "variants": ["batches/batch-51"]}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(other))

    done = jetbench(tmp_path, "capacity", *words)

    assert done.returncode == 2, done.stdout
    assert said in done.stderr.replace("'", "")
    assert not trials_of(tmp_path) if (tmp_path / "results").exists() else True
