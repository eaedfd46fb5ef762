"""The cells of a workload as rows of words: what the terminal and Markdown show alike.

A number stands in the unit of its column; beneath it what it changes against the baseline, and how
sure that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.metrics import measure_of
from bench.analysis.paired import typical
from bench.analysis.ranking import ranking_key
from bench.analysis.shortfalls import SHORTFALLS
from bench.core import text
from bench.core.marks import State
from bench.judgement.model import CellJudgement, Change, Side, WorkloadJudgement
from bench.report import naming, readings
from bench.spec.criteria import count_word
from bench.spec.metrics import LAG_PEAK, Metric, View, metric_of, shown_in

REPEATS = ("duplicates", "redelivered")
"""Counts that are no failure by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What stands in a row under one heading.

    Attributes:
        written: the figure or the word.
        beneath: lines below it; may be empty.
        side: of the change beneath.
        state: of the word; None of a figure.
    """

    written: str
    beneath: tuple[str, ...] = ()
    side: Side = Side.UNTOLD
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table.

    Attributes:
        heads: over the entries of each row, units included.
        rows: of as many entries each.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]


def rows_of(workload: WorkloadJudgement) -> Rows:
    """Return the cells of a workload, the baseline first, with what a reader compares them by."""
    metrics = shown(workload)
    counts = _counts(workload.cells)
    scales = _scales(metrics, workload)
    columns = [_column(metric, scales[metric.key], workload) for metric in metrics]
    return Rows(
        heads=(
            "Variant",
            *(head for head, _ in columns),
            "Peak lag",
            *(count_word(word).capitalize() for word in counts),
        ),
        rows=tuple(
            (
                _name(cell),
                *(entries[place] for _, entries in columns),
                _lag(cell),
                *(_count(cell, word) for word in counts),
            )
            for place, cell in enumerate(workload.cells)
        ),
    )


def shown(workload: WorkloadJudgement) -> tuple[Metric, ...]:
    """Return the metrics that a table shows: the times that cells are ranked by, then others."""
    cells = [cell.cell for cell in workload.cells]
    middle = metric_of(ranking_key(cells, "p50"))
    return tuple(dict.fromkeys((middle, workload.primary, *shown_in(View.TERMINAL))))


def _name(cell: CellJudgement) -> Entry:
    more = f" (+{len(cell.others)})" if cell.others else ""
    return Entry(written=cell.name + more, beneath=tuple(filter(None, [naming.beside(cell)])))


def _column(
    metric: Metric, scale: text.Scale, workload: WorkloadJudgement
) -> tuple[str, list[Entry]]:
    changes = [cell.changes.get(metric.key) for cell in workload.cells]
    doubted = metric in {workload.primary, workload.price}
    entries = [
        Entry(
            written=readings.entry(cell.cell, metric, scale).text,
            beneath=_beneath(change, doubted=doubted),
            side=change.side if change else Side.UNTOLD,
        )
        for change, cell in zip(changes, workload.cells, strict=True)
    ]
    return f"{metric.title.removesuffix(' per message')}, {scale.unit}", entries


def _scales(metrics: Sequence[Metric], workload: WorkloadJudgement) -> dict[str, text.Scale]:
    """Return the unit of each metric; times share one, so that they are compared at sight."""
    cells = [cell.cell for cell in workload.cells]
    times = [metric for metric in metrics if metric.unit == "ns"]
    return {
        metric.key: readings.scale_of(times if metric in times else [metric], cells)
        for metric in metrics
    }


def _beneath(change: Change | None, *, doubted: bool) -> tuple[str, ...]:
    """Return what a figure changes and, where that is asked, how sure it is."""
    if change is None:
        return ()
    mark = f"{change.side.mark} " if change.side in {Side.WORSE, Side.BETTER} else ""
    return (f"{mark}{change.written}", *([change.doubt] if doubted else ()))


def _lag(cell: CellJudgement) -> Entry:
    peak = typical(measure_of(LAG_PEAK), cell.cell)
    state = cell.pace.state
    return Entry(
        written=text.NA if peak is None else text.number(peak.value),
        beneath=(f"{state.mark} {cell.pace_words}",),
        state=state,
    )


def _counts(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    """Return the counts of the ledger that some cell has any of, or may have."""
    return tuple(
        word for word in (*SHORTFALLS, *REPEATS) if any(_total(cell, word) != 0 for cell in cells)
    )


def _total(cell: CellJudgement, word: str) -> int | None:
    """Return a count over a cell's trials; None where it may be above 0 and nobody can tell."""
    if word == "lost" and cell.lost is None:
        return None
    if word in SHORTFALLS:
        return cell.short_msgs.get(word, 0)
    return sum(int(getattr(t.record.ledger, word)) for t in cell.cell.trials if t.record.ledger)


def _count(cell: CellJudgement, word: str) -> Entry:
    total = _total(cell, word)
    if total is None:
        return Entry(written=f"{State.DOUBTFUL.mark} {text.NA}", state=State.DOUBTFUL)
    if not total or word in REPEATS:
        return Entry(written=text.count(total))
    return Entry(written=f"{State.FAILS.mark} {text.count(total)}", state=State.FAILS)
