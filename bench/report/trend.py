"""One variant under one workload from run to run: history, marked where anything else changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from bench.core import text
from bench.core.ids import is_name
from bench.core.marks import State
from bench.core.units import human_duration
from bench.report import trend_drawing
from bench.report.model import Page, Section, Sentence
from bench.report.run_summary import CellSummary, RunSummary
from bench.report.tables import Column, Entry, Row, Table, Tone, marked, untold
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
        return replace(marked(State.HOLDS, "nothing"), order="")
    words = text.listed(changed)
    return replace(marked(State.DOUBTFUL, words), order=words)


def page(trend: Trend) -> Page:
    """Return the page of a trend."""
    lead: Sentence = (
        "History, not a gate. Runs share no blocks: a step may be the host, the server or the "
        "settings, and is marked where one of them is not as in the run before.",
    )
    drawing = trend_drawing.drawing(tuple(_mark(point) for point in trend.points))
    blocks = (drawing, _table(trend)) if drawing else (_table(trend),)
    return Page(
        above=f"{trend.workload}, over {text.plural(len(trend.points), 'run')}",
        title=trend.variant,
        lead=(lead,),
        home="../index.html",
        sections=(Section("figures", "From run to run", blocks),),
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
    caption = "Means over valid trials with their 90 % interval, oldest run first"
    return Table(id="runs", caption=caption, head="Run").of(trend.points, _heading, _COLUMNS)


def _heading(point: Point) -> Row:
    return Row((point.run.run_id,), href=f"../{quote(point.run.run_id)}/index.html")


def _pace(point: Point) -> Entry | str:
    pace = point.cell.pace
    return f"{pace.state.mark} {pace}" if pace else untold()


def _short(point: Point) -> Entry:
    """Return what no time shows: a variant that refuses or loses messages may well be faster."""
    short = point.cell.short
    if short is None:
        return untold()
    return marked(State.FAILS, short) if short else Entry("nothing", tone=Tone.MUTED)


def _changes(point: Point) -> Entry:
    if not point.changed:
        return Entry("–", tone=Tone.MUTED)
    now = {
        "host": point.run.machine,
        "server": point.run.server,
        "client": point.run.client,
        "settings": "workload or settings, under the same name",
    }
    return marked(State.DOUBTFUL, "; ".join(f"{word}: {now[word]}" for word in point.changed))


def _column(metric: Metric) -> Column[Point]:
    unit = "" if metric.unit == "ns" else metric.unit
    return Column(metric.title, lambda point: _figure(point.cell, metric), unit=unit)


def _figure(cell: CellSummary, metric: Metric) -> Entry:
    """Return a figure; a time with its unit, for it may change by orders from run to run."""
    figure = cell.figures.get(metric.key)
    if figure is None:
        return untold()
    value, low, high = figure
    if metric.unit != "ns":
        return Entry(text.number(value))
    if low is None or high is None:
        return Entry(human_duration(round(value)), detail="no interval")
    ends = (human_duration(round(end)) for end in (low, high))
    return Entry(human_duration(round(value)), detail=" to ".join(ends))


_COLUMNS = (
    Column[Point]("Started, UTC", lambda point: text.minute(point.run.started_utc), "words"),
    *map(_column, shown_in(View.TREND)),
    Column("keeps up?", _pace, "words"),
    Column("fell short", _short, "words"),
    Column[Point]("valid trials", lambda point: text.count(point.cell.valid)),
    Column("changed since the run before", _changes, "words"),
)
