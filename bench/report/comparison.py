"""Tables that set cells side by side: all of a workload, and the variants of one question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.analysis import shortfalls
from bench.analysis.deciding import contends
from bench.analysis.figures import CellFigures, Estimate, WorkloadFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import typical
from bench.analysis.ranking import ranking_time
from bench.core import text
from bench.core.marks import State
from bench.core.units import human_size
from bench.judgement.absent import missing_reason
from bench.report import lettering
from bench.report.marks import Marks, column_marks
from bench.report.model import Column, Entry, Row, Table, Tone
from bench.spec.criteria import count_word
from bench.spec.flat import differing
from bench.spec.metrics import LAG_SLOPE, Metric, View
from bench.stats.simultaneous import MIN_BLOCKS

_TONES = {"stable": Tone.GOOD, "growing": Tone.BAD, "draining": Tone.WARNING}


@dataclass(frozen=True, slots=True)
class _Correctness:
    """A count of the ledger that belongs beside the figures (MEASUREMENT.md R16)."""

    key: str
    hint: str


_SHORTFALLS = (
    _Correctness("refused", "answered by an error; all trials together"),
    _Correctness("unconfirmed", "published, never answered; all trials together"),
    _Correctness("not_sent", "planned, never handed to the connection; all trials together"),
)
"""Shown where a cell has any: to be 0 like the lost ones, and columns are dear."""

_COUNTS = (
    _Correctness("lost", "stored, never received and not in the backlog; all trials together"),
    _Correctness("duplicates", "deliveries of a message received before; all trials together"),
    _Correctness("redelivered", "deliveries marked as repeated by the server; all trials together"),
)


LEAST_SHARE_SHOWN = 0.001
"""Of the planned messages: below it the count alone says more."""


def shortfalls_of(cells: Sequence[CellFigures]) -> tuple[str, ...]:
    """Return what messages of these cells fell short by, beside lost ones."""
    return tuple(each.key for each in _SHORTFALLS if shortfalls.total(cells, each.key))


def count_columns(cells: Sequence[CellFigures]) -> int:
    """Return how many counts stand last in a table of these cells."""
    return len(_counts(cells))


def _counts(cells: Sequence[CellFigures]) -> tuple[_Correctness, ...]:
    shown = shortfalls_of(cells)
    return (*(each for each in _SHORTFALLS if each.key in shown), *_COUNTS)


def names(cell: CellFigures) -> tuple[str, ...]:
    """Return every variant name of a cell."""
    return tuple(str(variant) for variant in cell.cell.variants) or (cell.cell.id,)


def workload_table(workload: WorkloadFigures, metrics: Sequence[Metric], id_: str) -> Table:
    """Return the cells of a workload as rows, every figure as a column."""
    # A table must fit a page: the others stand in the tables by question.
    ranking = ranking_time(workload.cells)
    metrics = [m for m in metrics if View.CELLS in m.shown or m.source.of == ranking]
    scales = _group_scales(metrics, workload.cells)
    columns: list[Column] = []
    for metric in metrics:
        columns.append(_metric_column(metric, scales[metric.group]))
        if metric.key == LAG_SLOPE:
            columns.append(Column(title="verdict", group="Lag", hint=_VERDICT_HINT, numeric=False))
    counts = _counts(workload.cells)
    columns += [Column(title=count_word(c.key), group="Messages", hint=c.hint) for c in counts]
    marks = {metric.key: column_marks(metric, workload, workload.cells) for metric in metrics}
    rows = tuple(
        Row(
            names=names(cell),
            entries=(*_cell_entries(cell, metrics, scales, marks), *_count_entries(cell, counts)),
        )
        for cell in workload.cells
    )
    return Table(
        id=id_,
        caption=(
            f"{workload.name}: every cell. Means over valid trials, and how far each lies from the "
            "lowest or highest of its column; ≈ where the blocks do not tell the two apart, best "
            "where they tell one from all others, nothing where fewer than "
            f"{MIN_BLOCKS} blocks are shared. A click on a heading sorts."
        ),
        head="Variant",
        columns=tuple(columns),
        rows=rows,
        sortable=True,
    )


_VERDICT_HINT = "slope against a margin of 1 % of the offered rate each second"


def _cell_entries(
    cell: CellFigures,
    metrics: Sequence[Metric],
    scales: Mapping[str, text.Scale],
    marks: Mapping[str, Marks | None],
) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for metric in metrics:
        scale = scales[metric.group]
        entries.append(metric_entry(cell, metric, scale, marks[metric.key]))
        if metric.key == LAG_SLOPE:
            entries.append(verdict_entry(cell))
    return tuple(entries)


def _count_entries(cell: CellFigures, counts: Sequence[_Correctness]) -> tuple[Entry, ...]:
    return tuple(_count_entry(cell, counted) for counted in counts)


def question_table(
    workload: WorkloadFigures,
    cells: Mapping[str, CellFigures],
    metrics: Sequence[Metric],
    id_: str,
    config: str,
) -> Table:
    """Return the variants of a config as columns: what differs, then every figure.

    Args:
        workload: that the cells are of; what its blocks tell holds for some of its cells too.
        cells: variant -> its cell, in the file's order.
        metrics: shown, one row each.
        id_: of the table.
        config: names the caption.
    """
    rows = [
        Row(names=(key,), entries=tuple(Entry(text=value, tone=Tone.MUTED) for value in values))
        for key, values in differing([c.cell.settings for c in cells.values()])
    ]
    scales = _group_scales(metrics, list(cells.values()))
    for metric in metrics:
        marks = column_marks(metric, workload, list(cells.values()))
        rows.append(_metric_row(metric, scales[metric.group], list(cells.values()), marks))
        if metric.key == LAG_SLOPE:
            rows.append(_row("lag verdict", [verdict_entry(cell) for cell in cells.values()]))
    rows += [
        _row(
            f"{count_word(counted.key)}, messages",
            [_count_entry(cell, counted) for cell in cells.values()],
        )
        for counted in _counts(list(cells.values()))
    ]
    return Table(
        id=id_,
        caption=f"{config}: what its variants set differently, and what came of it",
        head="Figure",
        columns=tuple(Column(title=variant) for variant in cells),
        rows=tuple(rows),
        compact=True,
    )


def _row(name: str, entries: Sequence[Entry]) -> Row:
    return Row(names=(name,), entries=tuple(entries))


def _metric_row(
    metric: Metric, scale: text.Scale, cells: Sequence[CellFigures], marks: Marks | None
) -> Row:
    unit = scale.unit if metric.unit == "ns" else _unit_of(metric)
    entries = [metric_entry(cell, metric, scale, marks) for cell in cells]
    return _row(f"{metric.title}, {unit}" if unit else metric.title, entries)


def metric_entry(
    cell: CellFigures, metric: Metric, scale: text.Scale, marks: Marks | None
) -> Entry:
    """Return one figure of one cell, with its distance from the best where the blocks tell one."""
    estimate = cell.estimates.get(metric.key)
    if estimate is None:
        return _missing_entry(cell, metric, scale)
    hint = f"{metric.title}: {_interval_words(estimate, metric, scale)}"
    if metric.key == LAG_SLOPE:
        return _slope_entry(cell, estimate, hint)
    written = _written(estimate.value, metric, scale)
    if marks is None or not contends(cell):
        return Entry(text=written, hint=hint, order=estimate.value)
    first = marks.first.cell.id == cell.cell.id
    detail = marks.of_first if first else marks.distance(cell)
    tone = Tone.BEST if first and detail == "best" else Tone.PLAIN
    return Entry(text=written, detail=detail, hint=hint, order=estimate.value, tone=tone)


def _missing_entry(cell: CellFigures, metric: Metric, scale: text.Scale) -> Entry:
    """Return what a figure surely exceeds where messages that never came hide it; else n/a."""
    reason, bound = missing_reason(cell, metric), _bound(cell, metric)
    if bound is None:
        return Entry(text=text.NA, hint=reason, tone=Tone.MUTED)
    written = f"≥ {_written(bound, metric, scale)}"
    return Entry(text=written, hint=reason, order=bound, tone=Tone.BAD)


def _bound(cell: CellFigures, metric: Metric) -> float | None:
    """Return the mean over trials of what a figure is or exceeds; None where one tells neither."""
    found = typical(measure_of(metric.key), cell)
    return found.value if found is not None and found.at_least else None


def _slope_entry(cell: CellFigures, estimate: Estimate, hint: str) -> Entry:
    interval = slope_interval(cell)
    detail = f"{text.slope(interval[0])} … {text.slope(interval[1])}" if interval else ""
    return Entry(text=text.slope(estimate.value), detail=detail, hint=hint, order=estimate.value)


def slope_interval(cell: CellFigures) -> tuple[float, float] | None:
    """Return the 90 % interval of a cell's lag slope, msg/s.

    Over its trials where there are three; that of the trial itself where there is one.
    """
    estimate = cell.estimates.get(LAG_SLOPE)
    if estimate is None:
        return None
    if estimate.low is not None and estimate.high is not None:
        return estimate.low, estimate.high
    lags = [trial.lag for trial in cell.trials if trial.lag and trial.record.valid]
    if len(lags) == 1:
        steepest = lags[0].steepest
        return steepest.slope_low_msgs_per_s, steepest.slope_high_msgs_per_s
    return None


def verdict_entry(cell: CellFigures) -> Entry:
    """Return the lag verdict as a mark and a word."""
    verdict = cell.lag_verdict
    if verdict is None:
        return Entry(text=text.NA, hint="no valid trial with enough lag samples", tone=Tone.MUTED)
    tone = _TONES.get(verdict.value, Tone.WARNING)
    return Entry(text=f"{lettering.MARKS[verdict]} {verdict}", order=verdict.value, tone=tone)


def _count_entry(cell: CellFigures, counted: _Correctness) -> Entry:
    ledgers = [trial.record.ledger for trial in cell.trials if trial.record.ledger is not None]
    if not ledgers:
        return Entry(text=text.NA, hint="no trial has a ledger", tone=Tone.MUTED)
    counts = [ledger.known(counted.key) for ledger in ledgers]
    total = sum(count for count in counts if count is not None)
    if None in counts and not total:
        unknown = f"{State.DOUBTFUL.mark} {text.NA}"
        return Entry(text=unknown, hint="nobody can tell in every trial", tone=Tone.WARNING)
    bad = counted.key in shortfalls.SHORTFALLS and shortfalls.total([cell], counted.key) > 0
    mark = f"{State.FAILS.mark} " if bad else ""
    share = total / max(1, sum(ledger.planned for ledger in ledgers))
    return Entry(
        text=mark + text.count(total),
        detail=text.percent(share) if bad and share >= LEAST_SHARE_SHOWN else "",
        hint=counted.hint,
        order=total,
        tone=Tone.BAD if bad else Tone.PLAIN,
    )


def _metric_column(metric: Metric, scale: text.Scale) -> Column:
    unit = scale.unit if metric.unit == "ns" else _unit_of(metric)
    return Column(title=metric.column, unit=unit, group=metric.group, hint=metric.title)


def _unit_of(metric: Metric) -> str:
    return {"share": "%", "bytes": ""}.get(metric.unit, metric.unit)


def _group_scales(metrics: Sequence[Metric], cells: Sequence[CellFigures]) -> dict[str, text.Scale]:
    """Return the unit of each group; times that no cell has are of none."""
    scales: dict[str, text.Scale] = {}
    for group in dict.fromkeys(metric.group for metric in metrics):
        members = [metric for metric in metrics if metric.group == group]
        scales[group] = _scale(members[0].unit, _values(members, cells))
    return scales


def _values(metrics: Sequence[Metric], cells: Sequence[CellFigures]) -> list[float]:
    return [
        value for metric in metrics for cell in cells if (value := _known(cell, metric)) is not None
    ]


def _known(cell: CellFigures, metric: Metric) -> float | None:
    estimate = cell.estimates.get(metric.key)
    return _bound(cell, metric) if estimate is None else estimate.value


def _scale(unit: str, values: list[float]) -> text.Scale:
    if unit == "ns":
        return text.time_scale(min(values)) if values else text.Scale(unit="", factor=1.0)
    return text.Scale(unit=unit, factor=0.01 if unit == "share" else 1.0)


def _written(value: float, metric: Metric, scale: text.Scale) -> str:
    if metric.unit == "bytes":
        return human_size(value)
    factor = scale.factor if metric.unit in ("ns", "share") else 1.0
    return text.number(value / factor)


def _interval_words(estimate: Estimate, metric: Metric, scale: text.Scale) -> str:
    trials = text.plural(len(estimate.by_block), "valid trial")
    unit = f" {scale.unit}" if metric.unit == "ns" else f" {_unit_of(metric)}".rstrip()
    if estimate.low is None or estimate.high is None:
        return f"{trials}, too few for an interval"
    low, high = (_written(bound, metric, scale) for bound in (estimate.low, estimate.high))
    return f"90 % interval {low} to {high}{unit} over {trials}"
