"""The history as CSV, as Apache Otava reads it.

What Otava 0.8 does with a file was read in its source and tried: it takes the rows whose column
`branch` is the one that was asked for, parses `time`, makes each figure a number and stops where
one is none; with a NaN it finds nothing.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from bench.judgement.summary import RunSummary
from bench.report import history as exported
from tests.judgement.histories import P50, P99, RATE, history, run


def rows(made: Sequence[RunSummary]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported.csv_of(made))))


def as_otava(made: Sequence[RunSummary], branch: str, metrics: Sequence[str]) -> list[list[float]]:
    """Return each metric of a branch as Otava reads it; ValueError where it would stop."""
    header, *lines = csv.reader(io.StringIO(exported.csv_of(made)), delimiter=",", quotechar='"')
    own = [line for line in lines if line[header.index("branch")] == branch]
    times = [datetime.fromisoformat(line[header.index("time")]).timestamp() for line in own]
    assert times == sorted(times)
    assert all(len(line) == len(header) for line in lines)
    return [[float(line[header.index(metric)]) for line in own] for metric in metrics]


def test_a_variant_is_a_branch_with_a_column_for_each_figure() -> None:
    """A test of otava.yaml names columns, and `--branch` the variant."""
    p99, rate = [1e7, 1.1e7, 1.2e7], [1000.0, 999.5, 1000.25]
    made = history({P99: p99, RATE: rate})

    assert as_otava(made, "w/c/one", [P99, RATE]) == [p99, rate]
    assert [row["time"] for row in rows(made)] == [f"2026-01-0{day}T10:00:00Z" for day in (1, 2, 3)]


def test_where_and_with_what_a_run_was_measured_stands_beside_its_figures() -> None:
    """Otava prints attributes beside a change: they say what to look at."""
    (row,) = rows([run(0, {P99: 1.0}, kernel="6.9", settings="abc")])

    assert {key: row[key] for key in ("host", "cpu", "kernel", "server", "client", "jetbench")} == {
        "host": "ci-1", "cpu": "Xeon", "kernel": "6.9", "server": "embedded 2.12.1",
        "client": "wire 1", "jetbench": "1.0.0",
    }  # fmt: skip
    assert (row["run"], row["workload"], row["variant"]) == ("run-0000", "w", "c/one")
    assert (row["settings"], row["valid_trials"], row["keeps_up"]) == ("abc", "3", "keeps up")


def test_a_run_that_lost_messages_shows_it() -> None:
    """Its times may well be the best of all."""
    made = [run(0, {P99: 1.0}, short="5 messages lost"), run(1, {P99: 1.0})]
    unknown = run(2, {P99: 1.0}, short=None)

    assert [row["short"] for row in rows([*made, unknown])] == [
        "5 messages lost", "nothing", "not known",
    ]  # fmt: skip


def test_a_missing_figure_is_told_as_missing_and_kept_from_otava() -> None:
    """As zero it would be a change of level, left out nobody would know of it."""
    made = history({P99: [1e7, None, 1.2e7, None], P50: [1e6, 1e6, None, None]})
    found = rows(made)

    assert [row["missing"] for row in found] == ["", P99, P50, "every figure"]
    assert [row["branch"] for row in found] == ["w/c/one", *["w/c/one:incomplete"] * 3]
    assert [row[P99] for row in found] == ["10000000.0", "", "12000000.0", ""]
    assert as_otava(made, "w/c/one", [P50, P99]) == [[1e6], [1e7]]
    assert exported.incomplete(made) == 3


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_what_cannot_be_a_figure_is_missing(value: float) -> None:
    """With one NaN in a column Otava finds no change in it, and says nothing of it."""
    made = history({P99: [1e7, value, 1e7]})

    assert as_otava(made, "w/c/one", [P99]) == [[1e7, 1e7]]
    assert [row["missing"] for row in rows(made)] == ["", "every figure", ""]


def test_a_figure_that_a_variant_never_has_is_nothing_that_it_lacks() -> None:
    """Requests have a response time alone, a stream an end-to-end time: both are in one file."""
    other = {key.replace("end_to_end", "response"): [1e6, 2e6] for key in (P50, P99)}
    asked = [_named(each, "ask") for each in history(other)]
    made = [*history({P50: [1e6, 1e6], P99: [1e7, 1e7]}), *asked]

    assert as_otava(made, "ask/c/one", list(other)) == [[1e6, 2e6], [1e6, 2e6]]
    assert as_otava(made, "w/c/one", [P50, P99]) == [[1e6, 1e6], [1e7, 1e7]]
    assert exported.incomplete(made) == 0


def test_a_variant_without_any_figure_is_in_the_file() -> None:
    """All its trials were invalid from the first day on."""
    (row,) = rows(history({P99: [None]}))

    assert (row["branch"], row["missing"]) == ("w/c/one:incomplete", "every figure")


@pytest.mark.parametrize(
    ("hostile", "written"),
    [
        ('=cmd|"/C calc"!A1', '\'=cmd|"/C calc"!A1'),
        ("+1", "'+1"),
        ("@x", "'@x"),
        ("a,b\nc", "a,b\\nc"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\u202eb", "a\\u202eb"),
        ("\udc80", "\\udc80"),
        ("nul\0", "nul\\x00"),
    ],
)
def test_hostile_words_do_nothing_where_they_are_read(hostile: str, written: str) -> None:
    """In a spreadsheet, on a terminal; and a row stays a row."""
    (row,) = rows([run(0, {P99: 1.0}, kernel=hostile, run_id=hostile)])

    assert (row["kernel"], row["run"]) == (written, written)
    assert row[P99] == "1.0"


@pytest.mark.parametrize(
    ("began", "told"),
    [
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00+00:00"),
        ("2026-01-01T12:00:00+02:00", "2026-01-01T12:00:00+02:00"),
        ("2026-01-01T10:00:00", "2026-01-01T10:00:00+00:00"),
        ("yesterday", None),
        ("", None),
    ],
)
def test_an_instant_is_told_or_not(began: str, told: str | None) -> None:
    """One row without a time would keep Otava from reading any."""
    found = exported.instant(run(0, {P99: 1.0}, started_utc=began))

    assert (found and found.isoformat()) == told


def _named(made: RunSummary, workload: str) -> RunSummary:
    return replace(made, cells=tuple(replace(cell, workload=workload) for cell in made.cells))
