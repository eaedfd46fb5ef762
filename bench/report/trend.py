"""The page of a trend: figures from run to run, marked where anything else changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from bench.core import text
from bench.core.direction import isolated
from bench.core.ids import is_name
from bench.core.marks import State
from bench.core.units import human_duration
from bench.judgement.summary import CellSummary
from bench.judgement.trends import Point, Trend
from bench.report import trend_drawing
from bench.report.model import Page, Section, Sentence
from bench.report.tables import Column, Entry, Row, Table, Tone, marked, untold
from bench.spec.metrics import Metric, View, shown_in


def file_name(trend: Trend) -> str:
    """Return the name of a trend's page; a digest where its names could not be a file's."""
    config, _, variant = trend.variant.partition("/")
    parts = (trend.workload, config, variant)
    if all(map(is_name, parts)):
        return f"{trend.workload}--{config}.{variant}.html"
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24] + ".html"


def sameness(trend: Trend) -> Entry:
    """Return what else changed over a trend, as a mark and words."""
    if not trend.changed:
        return replace(marked(State.HOLDS, "nothing"), order="")
    words = text.listed(trend.changed)
    return replace(marked(State.DOUBTFUL, words), order=words)


def page(trend: Trend) -> Page:
    """Return the page of a trend."""
    lead: Sentence = (
        "History, not a gate. Runs share no blocks: a step may be the host, the server or the "
        "settings, and is marked where one of them is not as in the run before.",
    )
    drawing = trend_drawing.drawing(trend.points)
    blocks = (drawing, _table(trend)) if drawing else (_table(trend),)
    return Page(
        above=f"{isolated(trend.workload)}, over {text.plural(len(trend.points), 'run')}",
        title=isolated(trend.variant),
        lead=(lead,),
        home="../index.html",
        sections=(Section("figures", "From run to run", blocks),),
    )


def _table(trend: Trend) -> Table:
    caption = "Means over valid trials with their 90 % interval, oldest run first"
    return Table("runs", caption, "Run").of(trend.points, _heading, _columns(trend.points))


def _heading(point: Point) -> Row:
    return Row((point.run.run_id,), href=f"../{quote(point.run.run_id)}/index.html")


def _pace(point: Point) -> Entry | str:
    pace = point.cell.pace
    return f"{pace.state.mark} {pace}" if pace else untold()


def _short(point: Point) -> Entry:
    """Return what no time shows: a variant that refuses or loses messages may well be faster."""
    short, state = point.cell.short, point.cell.short_state
    if short is None:
        return untold()
    return marked(state, short) if state else Entry("nothing", tone=Tone.MUTED)


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


def _columns(points: Sequence[Point]) -> tuple[Column[Point], ...]:
    """Return what is told of each run: of figures the two of its time, and what some run has."""
    others = [
        metric
        for metric in shown_in(View.TREND)
        if metric.unit != "ns" and any(metric.key in point.cell.figures for point in points)
    ]
    return (
        Column[Point]("Started, UTC", lambda point: text.minute(point.run.started_utc), "words"),
        *map(_column, (*trend_drawing.ranked(points), *others)),
        Column("keeps up?", _pace, "words"),
        Column("fell short", _short, "words"),
        Column[Point]("valid trials", lambda point: text.count(point.cell.valid)),
        Column("changed since the run before", _changes, "words"),
    )
