"""`jetbench export --history`, on runs made by hand: real directories of records and reports."""

import csv
import io
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.cli.verbs import app
from bench.core.errors import BenchError
from tests.cli.made_up import make_run
from tests.judgement.histories import P99


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of a user, with two runs of two variants; one of them has a report."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("one", "two"):
        make_run(tmp_path / "results" / name, {"old": 1.0, "slow": 2.0})
    jetbench("report", "one")
    return tmp_path


def jetbench(*words: str) -> Result:
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    return found


def refused(*words: str) -> str:
    found = CliRunner().invoke(app, words)
    assert isinstance(found.exception, BenchError)
    assert found.stdout == ""
    return str(found.exception)


def rows(content: str) -> Sequence[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))


def test_a_run_is_in_the_history_with_a_report_or_without(directory: Path) -> None:
    """Reports are read since they are fast to; a run that has none was measured all the same."""
    found = rows(jetbench("export", "--history").stdout)
    jetbench("report", "two")
    reported = rows(jetbench("export", "--history").stdout)

    assert [(row["run"], row["branch"]) for row in found] == [
        ("one", "small-events/pull-batch/old"), ("two", "small-events/pull-batch/old"),
        ("one", "small-events/pull-batch/slow"), ("two", "small-events/pull-batch/slow"),
    ]  # fmt: skip
    assert float(found[2][P99]) > 1.5 * float(found[0][P99])
    assert found == reported


def test_a_history_goes_where_it_is_sent(directory: Path) -> None:
    """Otava reads a file."""
    jetbench("export", "--history", "--to", "history.csv")

    assert rows((directory / "history.csv").read_text()) == rows(
        jetbench("export", "--history").stdout
    )


def test_results_that_are_gone_are_in_the_history_by_their_report(directory: Path) -> None:
    """Records of a year are large; what their reports say is kept."""
    shutil.rmtree(directory / "results" / "one")

    assert {row["run"] for row in rows(jetbench("export", "--history").stdout)} == {"one", "two"}


def test_a_run_whose_report_is_broken_is_read_from_its_records(directory: Path) -> None:
    """A page that was cut short costs seconds and no run."""
    page = directory / "reports" / "one" / "index.html"
    page.write_bytes(page.read_bytes()[:500])

    assert len(rows(jetbench("export", "--history").stdout)) == 4


def test_a_run_that_cannot_be_read_is_named(directory: Path) -> None:
    """A history that silently lacks the day of the crash looks like one without a crash."""
    (directory / "results" / "two" / "plan.json").write_text("{")
    found = jetbench("export", "--history")

    assert {row["run"] for row in rows(found.stdout)} == {"one"}
    assert "warning: two: left out:" in found.stderr
    assert "plan.json" in found.stderr


def test_a_broken_report_of_a_run_without_records_is_named(directory: Path) -> None:
    """There is nothing else to read."""
    shutil.rmtree(directory / "results" / "one")
    (directory / "reports" / "one" / "index.html").write_text("no report")
    found = jetbench("export", "--history")

    assert {row["run"] for row in rows(found.stdout)} == {"two"}
    assert "warning: one: left out: no records, and its report is not readable" in found.stderr


def test_a_run_that_began_at_no_instant_is_named(directory: Path) -> None:
    """One such row and Otava reads none."""
    page = directory / "reports" / "one" / "index.html"
    began = re.compile(r'"started_utc":"[^"]*"')
    page.write_text(began.sub('"started_utc":"then"', page.read_text(encoding="utf-8")))
    found = jetbench("export", "--history")

    assert {row["run"] for row in rows(found.stdout)} == {"two"}
    assert "warning: one: left out: it began at no instant: 'then'" in found.stderr


def test_a_run_of_which_no_trial_was_measured_is_told_as_missing(directory: Path) -> None:
    """It is a day of the history on which nothing came out."""
    for trial in (directory / "results" / "two" / "trials").iterdir():
        shutil.rmtree(trial)
    found = jetbench("export", "--history")
    missing = [row for row in rows(found.stdout) if row["run"] == "two"]

    assert [row["branch"] for row in missing] == [
        "small-events/pull-batch/old:incomplete", "small-events/pull-batch/slow:incomplete",
    ]  # fmt: skip
    assert {row["missing"] for row in missing} == {"every figure"}
    assert {row["valid_trials"] for row in missing} == {"0"}
    assert {row[P99] for row in missing} == {""}
    assert "note: 2 rows lack figures" in found.stderr


def test_what_a_history_cannot_be_is_refused_at_once(directory: Path) -> None:
    """All of it, and nothing is written."""
    said = refused("export", "one", "--history", "--format", "json", "--to", "h.json")

    assert "RUN: 'one': a history is of all runs; name none" in said
    assert "--format json: a history is csv; allowed: csv" in said
    assert not (directory / "h.json").exists()


def test_no_run_is_no_history(directory: Path) -> None:
    """An empty file would be read as a history without a change."""
    said = refused("export", "--history", "--out", "none", "--reports", "nor")

    assert said == "no run that can be read is in none, and no report in nor"
