"""Crashes at messages have a fold: what they lost or doubled, and how much of it was expected."""

from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, RunFigures, TrialFigures
from bench.judgement.judge import judge
from bench.report import crashed, html
from bench.spec.applied_parts import with_effects
from bench.spec.crashes import Crash
from bench.spec.failed_parts import with_failures
from bench.spec.kinds.stream import FaultyConsume
from tests.report.factory import run_figures

CRASH = Crash.model_validate({"kind": "crash", "times": 2, "at": "after-effect"})
COUNTS = {
    "crashes": 2,
    "effects_missing": 0,
    "missing_expected": 0,
    "effects_doubled": 3,
    "doubled_expected": 2,
    "effects_unlike": 0,
}


def run(counts: dict[str, int]) -> RunFigures:
    """A run of one workload, of which each trial crashed."""
    figures = run_figures(workloads=("w",), blocks=1)
    (whole,) = figures.workloads

    def counted(trial: TrialFigures) -> TrialFigures:
        record = trial.record
        cast = with_effects(with_failures(record.cast), crashes=True)
        told = {each.name: 0 for part in cast.parts for each in part.entries}
        ledger = {**told, **(record.ledger or {}), **counts}
        return replace(trial, record=replace(record, cast=cast, ledger=ledger))

    def struck(cell: CellFigures) -> CellFigures:
        consume = FaultyConsume(faults=(CRASH,))
        load = cell.cell.workload.model_copy(update={"consume": consume})
        trials = tuple(map(counted, cell.trials))
        return replace(cell, cell=replace(cell.cell, workload=load), trials=trials)

    cells = tuple(map(struck, whole.cells))
    plan = replace(figures.plan, cells=tuple(each.cell for each in cells))
    return replace(figures, plan=plan, workloads=(replace(whole, cells=cells),))


def columns(counts: dict[str, int]) -> dict[str, str]:
    """The entries of the first variant, by the titles of their columns."""
    (judged,) = judge(run(counts)).workloads
    (fold,) = crashed.folds(judged, "w")
    table = fold.blocks[0]
    titles, cells = table.columns, table.rows[0].entries  # type: ignore[union-attr]
    return {
        column.title: f"{entry.text} {entry.detail}".strip()
        for column, entry in zip(titles, cells, strict=True)
    }


def test_what_was_doubled_is_told_with_how_much_was_expected() -> None:
    page = html.render(judge(run(COUNTS)), light=True)

    assert "Crashes at messages" in page
    assert "at 2 messages the consumer crashes after its effect" in page
    assert "2 expected" in page
    assert "Disturbances" in page, "that is when it was, and how long until it had recovered"


def test_where_nobody_crashes_there_is_no_fold() -> None:
    (judged,) = judge(run_figures(workloads=("w",), blocks=1)).workloads

    assert list(crashed.folds(judged, "w")) == []


@pytest.mark.parametrize(
    ("more", "column", "words"),
    [
        ({}, "effects doubled", "3"),
        ({}, "effects missing", "0"),
        ({"effects_unlike": 1}, "not as expected", "1"),
        ({"effects_missing": -1}, "effects missing", "n/a"),
    ],
)
def test_each_count_has_its_column(more: dict[str, int], column: str, words: str) -> None:
    assert words in columns({**COUNTS, **more})[column]
