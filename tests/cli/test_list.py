"""`jetbench list` on the narrowest of usual terminals."""

import re
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

from typer.testing import CliRunner

from bench.cli.verbs import app
from tests.analysis import runs
from tests.cli.made_up import make_run


def listed(results: Path, columns: int) -> str:
    """What the verb prints on a terminal of this width."""
    found = CliRunner().invoke(app, ["list", "--out", str(results)], env={"COLUMNS": str(columns)})
    assert found.exit_code == 0
    return found.output


def test_a_run_keeps_its_name_and_its_start_at_80_columns(tmp_path: Path) -> None:
    """Both are what it is found by; a server of a long address and a question may fold."""
    name = "quickstart-20261123-170512"
    question = "What do batch size, max ack pending, push or pull, and ack timing change here?"
    plan = replace(runs.plan([runs.cell("a")], blocks=2), question=question)
    store = runs.store(tmp_path / name, plan)
    store.write_environment(
        replace(runs.environment(), server="nats://server.somewhere.example.com:4222")
    )

    lines = listed(tmp_path, 80).splitlines()

    assert max(map(len, lines)) <= 80
    assert any(name in line and "2026-11-23 17:00" in line for line in lines)
    assert "0/2" in " ".join(lines)
    words = " ".join(lines).split()
    assert {"pending,", "push"} & set(words)


def test_a_run_carries_what_speaks_against_it(tmp_path: Path) -> None:
    """A list that shows a question alone sends nobody to the run that lost messages."""
    results, reports = tmp_path / "results", tmp_path / "reports"
    make_run(results / "one", {"a": 1.0, "b": 1.0})
    where = ["--out", str(results), "--reports", str(reports)]
    runner = CliRunner(env={"COLUMNS": "200"})

    before = runner.invoke(app, ["list", *where]).output
    runner.invoke(app, ["report", "one", *where])
    after = runner.invoke(app, ["list", *where]).output
    record = results / "one" / "trials" / "001-a-b1" / "trial.json"
    record.write_text(re.sub(r'"lost": ?0', '"lost":-1', record.read_text()))
    runner.invoke(app, ["report", "one", *where])
    unknown = runner.invoke(app, ["list", *where]).output
    rmtree(record.parent)
    fewer = runner.invoke(app, ["list", *where]).output

    assert "– no report of all its trials" in before
    assert "No difference could be shown" in after  # of the price nothing was read
    assert "What failed" not in after
    assert "What failed: ▲ Perhaps messages lost" in unknown
    assert "– no report of all its trials" in fewer
