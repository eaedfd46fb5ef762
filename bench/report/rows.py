"""The cells of a workload in few columns: what the terminal and Markdown show alike.

A number stands in the unit of its column; beneath it what it changes against the baseline, and how
sure that is.
"""

from collections.abc import Iterator, Sequence

from bench.analysis.metrics import measure_of
from bench.analysis.paired import typical
from bench.analysis.ranking import ranking_key
from bench.analysis.shortfalls import words_of
from bench.core import text
from bench.core.marks import State
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.report import changes, naming, readings
from bench.report.tables import Column, Entry, Row, Table, Tone, marked
from bench.spec.cast import Weight
from bench.spec.criteria import count_word
from bench.spec.kinds.registry import words_of_weight
from bench.spec.metrics import LAG_PEAK, Metric, View, metric_of, shown_in
from bench.spec.telling import is_left_undone

REPEATS = words_of_weight(Weight.REPEAT)
"""Counts that are no failure by themselves."""


def table(workload: WorkloadJudgement) -> Table:
    """Return the cells of a workload, the baseline first, with what a reader compares them by."""
    return Table("cells", workload.figures.name, "Variant").of(
        workload.cells,
        _heading,
        (
            *_figures(workload),
            Column("Peak lag", _lag),
            *map(_count, _counts(workload.cells)),
        ),
    )


def _heading(cell: CellJudgement) -> Row:
    more = f" (+{len(cell.others)})" if cell.others else ""
    return Row((cell.name + more,), soft=naming.beside(cell))


def shown(workload: WorkloadJudgement) -> tuple[Metric, ...]:
    """Return the metrics that a table shows: the times that cells are ranked by, then others."""
    cells = [cell.cell for cell in workload.cells]
    middle = metric_of(ranking_key(cells, "p50"))
    return tuple(dict.fromkeys((middle, workload.primary, *shown_in(View.TERMINAL))))


def _figures(workload: WorkloadJudgement) -> Iterator[Column[CellJudgement]]:
    """Yield the columns of the metrics; times share a unit, so that they compare at sight."""
    cells, metrics = [cell.cell for cell in workload.cells], shown(workload)
    times = [metric for metric in metrics if metric.unit == "ns"]
    for metric in metrics:
        scale = readings.scale_of(times if metric in times else [metric], cells)
        doubted = metric in {workload.primary, workload.price}
        yield _figure(metric, scale, doubted=doubted)


def _figure(metric: Metric, scale: text.Scale, *, doubted: bool) -> Column[CellJudgement]:
    def entry(cell: CellJudgement) -> Entry:
        written = readings.entry(cell.cell, metric, scale).text
        change = cell.changes.get(metric.key)
        if change is None:
            return Entry(written)
        side = changes.side_tone(change)
        return Entry(
            written,
            detail=changes.signed(change) + (f"\n{change.doubt}" if doubted else ""),
            tone=side,
            detail_tone=Tone.MUTED if side is Tone.PLAIN else side,
        )

    return Column(metric.title.removesuffix(" per message"), entry, unit=scale.unit)


def _lag(cell: CellJudgement) -> Entry:
    peak = typical(measure_of(LAG_PEAK), cell.cell)
    return readings.paced(Entry(text.NA if peak is None else text.number(peak.value)), cell)


def _counts(cells: Sequence[CellJudgement]) -> Iterator[str]:
    """Yield the counts of the ledger that some cell has any of, or may have."""
    for word in (*words_of([cell.cell for cell in cells]), *REPEATS):
        if any(cell.total(word) != 0 for cell in cells):
            yield word


def _told(cell: CellJudgement, word: str) -> bool:
    """Say whether a count is told of a cell, and by each of its records: older ones may not."""
    casts = [cell.cell.cell.cast, *(trial.record.cast for trial in cell.cell.trials)]
    return all(cast.having(word) for cast in casts)


def _count(word: str) -> Column[CellJudgement]:
    def entry(cell: CellJudgement) -> Entry:
        if not (_told(cell, word) or is_left_undone(word, cell.cell.cell.settings)):
            return Entry(text.NA)
        total = cell.total(word)
        if total is None:
            return marked(State.DOUBTFUL, text.NA)
        failing = total and word in words_of([cell.cell]) and word not in REPEATS
        return marked(State.FAILS, text.count(total)) if failing else Entry(text.count(total))

    return Column(count_word(word).capitalize(), entry)
