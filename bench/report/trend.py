"""The page of a trend: figures from run to run, their steps, and where anything else changed."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from bench.core import text
from bench.core.direction import isolated
from bench.core.ids import is_name
from bench.core.marks import State
from bench.core.units import human_duration
from bench.judgement.summary import CellSummary
from bench.judgement.trends import SETTINGS, Change, Point, Trend, followed
from bench.judgement.turns import Turn, turns_of
from bench.report import trend_drawing, turning
from bench.report.model import Block, Fold, Page, Section, Sentence
from bench.report.tables import Column, Entry, Row, Table, Tone, marked, untold
from bench.spec.metrics import Metric

UNFOLDED_RUNS = 25
"""A longer table stands folded: the drawing and the steps say what is in it."""


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


def page(trend: Trend, turns: Sequence[Turn] | None = None) -> Page:
    """Return the page of a trend; `turns` are its own where they are known by now."""
    turns = turns_of(trend) if turns is None else turns
    return Page(
        above=f"{isolated(trend.workload)}, over {text.plural(len(trend.points), 'run')}",
        title=isolated(trend.variant),
        lead=(*turning.lead(trend, turns), _HISTORY),
        home="../index.html",
        sections=tuple(_sections(trend, turns)),
    )


_HISTORY: Sentence = (
    "History, not a gate. Runs share no blocks: a step may be the host, the server or the "
    "settings, and is marked where one of them is not as in the run before.",
)


def _sections(trend: Trend, turns: Sequence[Turn]) -> Iterator[Section]:
    drawing, table = trend_drawing.drawing(trend.points, turns), _table(trend)
    if drawing:
        yield Section("figures", "From run to run", (drawing,))
    if turns:
        yield Section("steps", "Steps", (turning.table(trend, turns),), lead=(turning.RULE,))
    many = len(trend.points) > UNFOLDED_RUNS
    runs: Block = Fold("each-run", "All figures of each run", (table,)) if many else table
    yield Section("every-run", "Every run", (runs,))


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
    if not point.changes:
        return Entry("–", tone=Tone.MUTED)
    return marked(State.DOUBTFUL, "; ".join(map(_now, point.changes)))


def _now(change: Change) -> str:
    if change.word == SETTINGS:
        return f"{SETTINGS}: workload or settings, under the same name"
    return f"{change.word}: {isolated(change.now)}"


def _column(metric: Metric) -> Column[Point]:
    unit = "" if metric.unit == "ns" else metric.unit
    return Column(metric.title, lambda point: _figure(point.cell, metric), unit=unit)


def _figure(cell: CellSummary, metric: Metric) -> Entry:
    """Return a figure; a time with its unit, for it may change by orders from run to run."""
    figure = cell.figures.get(metric.key)
    if figure is None:
        return untold()
    if not all(math.isfinite(end) for end in figure if end is not None):
        return untold("what its report has is no number")
    value, low, high = figure
    if metric.unit != "ns":
        return Entry(text.number(value))
    if low is None or high is None:
        return Entry(human_duration(round(value)), detail="no interval")
    ends = (human_duration(round(end)) for end in (low, high))
    return Entry(human_duration(round(value)), detail=" to ".join(ends))


def _columns(points: Sequence[Point]) -> tuple[Column[Point], ...]:
    """Return what is told of each run."""
    return (
        Column[Point]("Started, UTC", lambda point: text.minute(point.run.started_utc), "words"),
        *map(_column, followed(points)),
        Column("keeps up?", _pace, "words"),
        Column("fell short", _short, "words"),
        Column[Point]("valid trials", lambda point: text.count(point.cell.valid)),
        Column("changed since the run before", _changes, "words"),
    )
