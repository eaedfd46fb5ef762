"""One variant under one workload from run to run: history, marked where anything else changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bench.core import text
from bench.core.ids import is_name
from bench.core.marks import State
from bench.core.units import human_duration
from bench.report import trend_drawing
from bench.report.model import Column, Entry, Page, Row, Section, Sentence, Table, Tone
from bench.report.run_summary import CellSummary, RunSummary
from bench.report.trend_drawing import Mark
from bench.spec.metrics import Metric, View, shown_in, time_key

END_TO_END_P50, END_TO_END_P99 = (time_key("end_to_end", p) for p in ("p50", "p99"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A variant in one run.

    Attributes:
        run: the run.
        cell: the variant's cell in it.
        changed: what else is not as in the run before: host, server, client or settings.
    """

    run: RunSummary
    cell: CellSummary
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A variant under a workload over all runs that measured it.

    Attributes:
        workload, variant: names.
        points: oldest first.
    """

    workload: str
    variant: str
    points: tuple[Point, ...]

    @property
    def file_name(self) -> str:
        """Name of the trend's page; from a digest where the names could not be a file's."""
        config, _, variant = self.variant.partition("/")
        parts = (self.workload, config, variant)
        if all(map(is_name, parts)):
            return f"{self.workload}--{config}.{variant}.html"
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24] + ".html"


def trends(runs: Sequence[RunSummary]) -> tuple[Trend, ...]:
    """Return the trend of every variant under every workload, by name."""
    found: dict[tuple[str, str], list[tuple[RunSummary, CellSummary]]] = {}
    for run in sorted(runs, key=lambda run: (run.started_utc, run.run_id)):
        for cell in run.cells:
            for variant in cell.variants:
                found.setdefault((cell.workload, variant), []).append((run, cell))
    return tuple(
        Trend(workload=workload, variant=variant, points=_points(measured))
        for (workload, variant), measured in sorted(found.items())
    )


def _points(measured: Sequence[tuple[RunSummary, CellSummary]]) -> tuple[Point, ...]:
    before = (measured[0], *measured)
    return tuple(
        Point(run=run, cell=cell, changed=_changed(earlier, (run, cell)))
        for earlier, (run, cell) in zip(before, measured, strict=False)
    )


def _changed(
    before: tuple[RunSummary, CellSummary], now: tuple[RunSummary, CellSummary]
) -> tuple[str, ...]:
    pairs = {
        "host": (before[0].machine, now[0].machine),
        "server": (before[0].server, now[0].server),
        "client": (before[0].client, now[0].client),
        "settings": (before[1].settings, now[1].settings),
    }
    return tuple(word for word, (old, new) in pairs.items() if old != new)


def sameness(trend: Trend) -> Entry:
    """Return what else changed over a trend, as a mark and words."""
    changed = list(dict.fromkeys(word for point in trend.points for word in point.changed))
    if not changed:
        return Entry(text=f"{State.HOLDS.mark} nothing", order="", tone=Tone.GOOD)
    words = text.listed(changed)
    return Entry(text=f"▲ {words}", order=words, tone=Tone.WARNING)


def page(trend: Trend) -> Page:
    """Return the page of a trend."""
    lead: Sentence = (
        "History, not a gate. Runs share no blocks: a step may be the host, the server or the "
        "settings, and is marked where one of them is not as in the run before.",
    )
    drawing = trend_drawing.drawing(tuple(_mark(point) for point in trend.points))
    figures = Section(
        id="figures",
        title="From run to run",
        blocks=(*((drawing,) if drawing else ()), _table(trend)),
    )
    return Page(
        above=f"{trend.workload}, over {text.plural(len(trend.points), 'run')}",
        title=trend.variant,
        lead=(lead,),
        home="../index.html",
        sections=(figures,),
    )


def _mark(point: Point) -> Mark:
    return Mark(
        when=point.run.started_utc[:10],
        p99=point.cell.figures.get(END_TO_END_P99),
        p50=point.cell.figures.get(END_TO_END_P50),
        short=bool(point.cell.short),
        changed=point.changed,
    )


def _table(trend: Trend) -> Table:
    return Table(
        id="runs",
        caption="Means over valid trials with their 90 % interval, oldest run first",
        head="Run",
        columns=(
            Column(title="Started, UTC", numeric=False),
            *map(_column, shown_in(View.TREND)),
            Column(title="keeps up?", numeric=False),
            Column(title="fell short", numeric=False),
            Column(title="valid trials"),
            Column(title="changed since the run before", numeric=False),
        ),
        rows=tuple(_row(point) for point in trend.points),
    )


def _row(point: Point) -> Row:
    run, cell = point.run, point.cell
    return Row(
        names=(run.run_id,),
        href=f"../{quote(run.run_id)}/index.html",
        entries=(
            Entry(text=text.minute(run.started_utc)),
            *(_figure(cell, metric) for metric in shown_in(View.TREND)),
            Entry(text=f"{cell.pace.state.mark} {cell.pace}") if cell.pace else _none(),
            _short(cell),
            Entry(text=text.count(cell.valid)),
            _changes(point),
        ),
    )


def _short(cell: CellSummary) -> Entry:
    """Return what no time shows: a variant that refuses or loses messages may well be faster."""
    if cell.short is None:
        return _none()
    if not cell.short:
        return Entry(text="nothing", order="", tone=Tone.MUTED)
    return Entry(text=f"{State.FAILS.mark} {cell.short}", order=cell.short, tone=Tone.BAD)


def _changes(point: Point) -> Entry:
    if not point.changed:
        return Entry(text="–", tone=Tone.MUTED)
    now = {
        "host": point.run.machine,
        "server": point.run.server,
        "client": point.run.client,
        "settings": "workload or settings, under the same name",
    }
    details = "; ".join(f"{word}: {now[word]}" for word in point.changed)
    return Entry(text=f"▲ {details}", tone=Tone.WARNING)


def _column(metric: Metric) -> Column:
    return Column(title=metric.title, unit="" if metric.unit == "ns" else metric.unit)


def _figure(cell: CellSummary, metric: Metric) -> Entry:
    """Return a figure; a time with its unit, for it may change by orders from run to run."""
    figure = cell.figures.get(metric.key)
    if figure is None:
        return _none()
    value, low, high = figure
    if metric.unit != "ns":
        return Entry(text=text.number(value))
    ends = (low, high)
    known = [human_duration(round(end)) for end in ends if end is not None]
    detail = " to ".join(known) if len(known) == len(ends) else "no interval"
    return Entry(text=human_duration(round(value)), detail=detail)


def _none() -> Entry:
    return Entry(text=text.NA, tone=Tone.MUTED)
