"""The fold of what was done to the system: when, how long it took to recover, and a picture."""

from collections.abc import Iterator

from bench.core import text
from bench.core.marks import State
from bench.core.text import Scale
from bench.judgement.disturbed import disturbances_of
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.report import naming, readings
from bench.report.crashed import crashes_of
from bench.report.model import Block, Fold, Text
from bench.report.patterns import disturbance
from bench.report.tables import Column, Entry, marked
from bench.spec.disturbances import told
from bench.spec.metrics import metric_of, of_casts

MOST_DRAWN = 6
"""Cells; the table has all of them."""


def folds(judged: WorkloadJudgement, id_: str) -> Iterator[Fold]:
    """Yield the fold; none where nothing was done to the system."""
    disturbed = [each for each in judged.cells if _words(each)]
    if not disturbed:
        return
    casts = [each.cell.cell.cast for each in disturbed]
    recoveries = [m for m in of_casts(casts) if m.source.of.rpartition(".")[2] == "recovery"]
    table = naming.by_variant(
        f"{id_}-disturbed-table",
        "What was done, from the begin of the window on, and how long after its end the lag was "
        "back to what it was before: the mean over valid trials, of several ones the longest",
        disturbed,
        (
            Column("disturbed by", _words, "prose"),
            *(_recovery(metric.key, metric.title) for metric in recoveries),
            Column("did not recover", _unrecovered, hint="times that the lag did not come back"),
        ),
    )
    note = text.plural(len(disturbed), "variant")
    yield Fold(f"{id_}-disturbed", "Disturbances", (table, *_drawn(disturbed, id_)), note=note)


def _words(judged: CellJudgement) -> str:
    """Return what was done to the system of a cell, by planned instants or at messages."""
    at_messages = "; ".join(crash.told() for crash in crashes_of(judged))
    return told(judged.cell.cell.disturbances) or at_messages


def _recovery(key: str, title: str) -> Column[CellJudgement]:
    seconds = Scale(unit="s", factor=1e9)
    return Column(title, lambda each: readings.entry(each.cell, metric_of(key), seconds), unit="s")


def _unrecovered(judged: CellJudgement) -> Entry:
    records = [trial.record for trial in judged.cell.trials if trial.record.valid]
    names = [name for record in records for name in record.cast.having("unrecovered")]
    counts = [record.known(name) or 0 for record in records for name in dict.fromkeys(names)]
    total = sum(counts)
    return marked(State.FAILS, text.count(total)) if total else Entry("0")


def _drawn(disturbed: list[CellJudgement], id_: str) -> Iterator[Block]:
    """Yield, of each variant, a sentence and a drawing of the first disturbance of one trial."""
    for place, each in enumerate(disturbed[:MOST_DRAWN]):
        for found in disturbances_of(each.cell)[:1]:
            yield Text((f"{naming.short_names(each)[0]}. ",))
            yield from disturbance.blocks(found, f"{id_}-disturbed-{place}")
