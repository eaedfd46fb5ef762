"""The section of one workload: what was offered, one table, its folds."""

from collections.abc import Iterator
from dataclasses import replace

from markupsafe import Markup

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, Estimate
from bench.analysis.ranking import ranking_time
from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.core.text import Scale
from bench.draw import line
from bench.draw.bars import bars, styles
from bench.draw.silhouette import frame, silhouette
from bench.judgement.absent import missing_reason
from bench.judgement.kinds import Times
from bench.judgement.model import CellJudgement, Judgement, WorkloadJudgement
from bench.judgement.parts import has_several, parts_of
from bench.report import changes, drawn_trials, folds, naming, readings, settings
from bench.report.markup import filled
from bench.report.model import Points, Section, Sentence, Text
from bench.report.patterns import checks, parts
from bench.report.tables import NO_DRAWING, Column, Entry, Row, Table, Tone, marked
from bench.spec.criteria import count_word
from bench.spec.metrics import LAG_PEAK, Metric, metric_of
from bench.stats.estimate import MIN_TRIALS

PEAK = metric_of(LAG_PEAK)


def section(run: Judgement, judged: WorkloadJudgement) -> Section:
    """Return the section of a workload; what the headline says it does not say again."""
    name = judged.figures.name
    id_ = changes.section_id(name)
    shared = _Shared(judged)
    table = _table(shared, f"{id_}-cells")
    held: list[Points | Text] = [checks.points(judged.held)] if judged.held else []
    told = (*judged.noted, *judged.limits)
    held += [Text((f"{each[:1].upper()}{each[1:]}.",)) for each in told]
    blocks = (table, _key(shared), *_parts(shared, id_), *held, *folds.of_workload(judged, id_))
    return Section(id_, name, blocks, lead=tuple(_lead(run, judged)))


def _parts(shared: "_Shared", id_: str) -> Iterator[Table]:
    """Yield each part of each variant, where no one speaks for all."""
    cells = shared.judged.cells
    if any(has_several(each.cell.cell.cast) for each in cells):
        yield parts.table([parts_of(each) for each in cells], shared.scale, f"{id_}-parts")


def _lead(run: Judgement, judged: WorkloadJudgement) -> Iterator[Sentence]:
    description = judged.cells[0].cell.cell.workload.description
    offered = settings.workload_words(run.figures.plan, judged.figures.name)
    yield (" ".join(filter(None, [isolated(description), offered])),)
    if judged.sentence != f"{run.headline}.":
        yield (judged.sentence,)
    if judged.reproach:
        yield (f"{State.FAILS.mark} Conclude nothing from it: {judged.reproach}.",)


class _Shared:
    """What the rows of a workload's table share."""

    def __init__(self, judged: WorkloadJudgement) -> None:
        self.judged = judged
        self.cells = [each.cell for each in judged.cells]
        self.time = ranking_time(self.cells)
        self.p50, self.p99 = (metric_of(f"{self.time}_ns_{p}") for p in ("p50", "p99"))
        self.scale = readings.scale_of([self.p50, self.p99], self.cells)
        self.shapes = [shape for cell in self.cells if (shape := self.silhouette(cell))]
        self.frame = frame(self.shapes, self.scale)
        self.box = drawn_trials.lag_box(self.cells)
        self.short = any(each.falls_short for each in judged.cells)
        self.widest = max(map(_cpu_sum, self.cells), default=0.0)

    def silhouette(self, cell: CellFigures) -> Times | None:
        """Return what is drawn of a cell's times; None without any."""
        shape = cell.shapes.get(self.time)
        if shape is None:
            return None
        p99 = cell.estimates.get(self.p99.key)
        return Times(
            shape=shape,
            p50_ns=_value(cell, self.p50),
            p99_ns=_value(cell, self.p99),
            range_ns=_range(p99) if p99 else None,
        )


def _table(shared: _Shared, id_: str) -> Table:
    caption = (
        f"{isolated(shared.judged.figures.name)}: every cell, the baseline first. p50, p99 and "
        "CPU: the mean (geometric) over valid blocks, in which each block counts alike"
    )
    table = Table(id_, caption, "Variant", cards="cells")
    return table.of(shared.judged.cells, _heading, tuple(_columns(shared)))


def _heading(judged: CellJudgement) -> Row:
    failing = judged.state is State.FAILS
    return Row(
        naming.short_names(judged),
        soft=naming.beside(judged),
        tinted=judged.is_baseline,
        state=judged.state,
        reasons=judged.reasons if failing or not judged.contends else (),
    )


def _columns(shared: _Shared) -> Iterator[Column[CellJudgement]]:
    word, unit = naming.of_time(shared.time).capitalize(), shared.scale.unit
    axis = shared.frame.axis.labels() if shared.frame else NO_DRAWING
    price = shared.judged.price
    of_price = readings.scale_of([price], [])
    length = f" over {shared.box.length_s:.0f} s" if shared.box else ""
    yield Column(f"{word} times, {unit}", lambda j: _shape(j, shared), "shape", axis=axis)
    yield Column("p50", lambda j: _figure(j, shared.p50, shared.scale), unit=unit)
    yield Column("p99", lambda j: _figure(j, shared.p99, shared.scale), unit=unit)
    if not shared.short:
        yield Column("CPU a message", lambda j: _cpu(j.cell, shared), "cpu")
    yield Column("Server", lambda j: _figure(j, price, of_price), unit="µs", card="server CPU, µs")
    yield Column(f"Lag{length}", lambda j: _lag(j, shared), "lag")
    yield Column("Peak", _peak, unit="msgs", card="peak lag")
    if shared.short:
        yield Column("Fell short", _short, card="fell short")


def _shape(judged: CellJudgement, shared: _Shared) -> Entry:
    shape = shared.silhouette(judged.cell)
    if shape is None or shared.frame is None:
        return Entry(text.NA, hint=missing_reason(judged.cell, shared.p99))
    return Entry(drawing=silhouette(shape, shared.frame, naming.short_names(judged)[0]))


def _figure(judged: CellJudgement, metric: Metric, scale: Scale) -> Entry:
    change = judged.changes.get(metric.key)
    found = readings.entry(judged.cell, metric, scale)
    if change is None or text.NA in {change.written, found.text}:
        return found
    tone = found.tone if found.tone is not Tone.PLAIN else changes.side_tone(change)
    return replace(found, tone=tone, detail=changes.signed(change))


def _cpu(cell: CellFigures, shared: _Shared) -> Entry:
    each = _cpu_us(cell)
    told = [f"{role} {text.number(us)}" for role, us in each.items() if us is not None]
    if not told or not shared.widest:
        return Entry(text.NA, hint=missing_reason(cell, shared.judged.price))
    parts = {role: (style, each[role]) for role, style in styles(cell.cell.cast).items()}
    return Entry(drawing=bars(parts, shared.widest, f"{', '.join(told)} µs"))


def _lag(judged: CellJudgement, shared: _Shared) -> Entry:
    courses = drawn_trials.lag_courses(judged.cell)
    if shared.box is None or not courses:
        return Entry(text.NA, hint="lag was not sampled")
    return Entry(drawing=line.line(courses, shared.box, f"lag: {judged.pace_words}"))


def _peak(judged: CellJudgement) -> Entry:
    peak = readings.entry(judged.cell, PEAK, Scale(unit="", factor=1.0))
    whole = replace(peak, text=peak.text.removesuffix(".00").removesuffix(".0"))
    return readings.paced(whole, judged)


def _short(judged: CellJudgement) -> Entry:
    """Return what was lost, refused, never answered or never sent, and what came twice."""
    again = f"{text.count(judged.twice)} twice" if judged.twice else ""
    untold = ", ".join(f"{count_word(word)}: n/a" for word in judged.untold)
    if not judged.short_msgs:
        unknown = Entry(untold, detail=again, hint="nobody can tell", tone=Tone.WARNING)
        return unknown if untold else Entry("0", detail=again)
    words = [f"{text.count(msgs)} {count_word(word)}" for word, msgs in judged.short_msgs.items()]
    shares = [shortfalls.written_share(judged.cell, word) for word in judged.short_msgs]
    others = (f"{each} {share}".rstrip() for each, share in zip(words[1:], shares[1:], strict=True))
    detail = ", ".join(filter(None, [shares[0], *others, untold, again]))
    return marked(State.FAILS, words[0], detail=detail)


def _key(shared: _Shared) -> Markup:
    """Say how to read the drawings, and what the figures are means of."""
    blocks = max((len(cell.trials) for cell in shared.cells), default=0)
    return filled(
        "cells_key.html.jinja",
        parts={} if shared.short else _styles(shared),
        has_intervals=blocks >= MIN_TRIALS,
        top=text.count(round(shared.box.top)) if shared.box else "",
        marks="; ".join(dict.fromkeys(m.words for m in drawn_trials.marks_of(shared.cells))),
        has_hatch=any(shape.shape.unfinished for shape in shared.shapes),
    )


def _styles(shared: _Shared) -> dict[str, str]:
    """Return what the stacks of CPU time are made of, over all cells."""
    return {role: style for cell in shared.cells for role, style in styles(cell.cell.cast).items()}


def _range(p99: Estimate) -> tuple[float, float] | None:
    if p99.low is not None and p99.high is not None:
        return p99.low, p99.high
    values = p99.by_block.values()
    return (min(values), max(values)) if len(values) > 1 else None


def _value(cell: CellFigures, metric: Metric) -> float | None:
    estimate = cell.estimates.get(metric.key)
    return None if estimate is None else estimate.value


def _cpu_sum(cell: CellFigures) -> float:
    return sum(us or 0.0 for us in _cpu_us(cell).values())


def _cpu_us(cell: CellFigures) -> dict[str, float | None]:
    """Return the CPU time a message of the server and of each role, µs; None where untold."""
    roles = styles(cell.cell.cast)
    return {role: _value(cell, metric_of(f"{role}_cpu_us_per_msg")) for role in roles}
