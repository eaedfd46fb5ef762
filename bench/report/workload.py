"""The section of one workload: what was offered, one table, its folds."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, Estimate, RunFigures
from bench.analysis.ranking import ranking_time
from bench.core import text
from bench.core.marks import State
from bench.core.text import Scale
from bench.judgement.absent import missing_reason
from bench.judgement.cells import PERHAPS_LOST
from bench.judgement.model import CellJudgement, Pace, WorkloadJudgement
from bench.record.schema import Time
from bench.report import changes, drawn_trials, folds, naming, readings, settings
from bench.report.draw import line
from bench.report.draw.bars import STYLES, bars
from bench.report.draw.silhouette import Frame, Silhouette, frame, silhouette
from bench.report.model import Block, Key, Section, Sentence
from bench.report.tables import NO_DRAWING, Column, Entry, Row, Table, Tone
from bench.spec.criteria import count_word
from bench.spec.metrics import LAG_PEAK, Metric, metric_of
from bench.stats.estimate import MIN_TRIALS

PEAK = metric_of(LAG_PEAK)
CPU_PARTS = {part: metric_of(f"{part}_cpu_us_per_msg") for part in STYLES}

_PACE_TONES = {
    Pace.KEEPS_UP: Tone.GOOD,
    Pace.FALLS_BEHIND: Tone.BAD,
    Pace.UNTOLD: Tone.WARNING,
}


def section(figures: RunFigures, judged: WorkloadJudgement) -> Section:
    """Return the section of a workload."""
    name = judged.figures.name
    id_ = changes.section_id(name)
    table = _Table(judged)
    blocks: tuple[Block, ...] = (
        table.table(f"{id_}-cells"),
        Key(markup=table.key()),
        *folds.of_workload(judged, id_),
    )
    return Section(id=id_, title=name, lead=tuple(_lead(figures, judged)), blocks=blocks)


def _lead(figures: RunFigures, judged: WorkloadJudgement) -> Iterator[Sentence]:
    description = judged.cells[0].cell.cell.workload.description
    offered = settings.workload_words(figures.plan, judged.figures.name)
    yield (" ".join(filter(None, [description, offered])),)
    yield (judged.sentence,)
    if judged.reproach:
        yield (f"{State.FAILS.mark} Conclude nothing from it: {judged.reproach}.",)


class _Table:
    """What the rows of a workload's table share, and the rows made with it."""

    def __init__(self, judged: WorkloadJudgement) -> None:
        self._judged = judged
        self._cells: Sequence[CellFigures] = [each.cell for each in judged.cells]
        self._time: Time = ranking_time(self._cells)
        self._p50, self._p99 = (metric_of(f"{self._time}_ns_{p}") for p in ("p50", "p99"))
        self._scale: Scale = readings.scale_of([self._p50, self._p99], self._cells)
        self._rows = [self._silhouette(cell) for cell in self._cells]
        self._frame: Frame | None = frame([each for each in self._rows if each], self._scale)
        self._box = drawn_trials.lag_box(self._cells)
        self._short = any(map(_counts, judged.cells))
        self._widest = max(map(_cpu_sum, self._cells), default=0.0)

    def table(self, id_: str) -> Table:
        return Table(
            id=id_,
            caption=f"{self._judged.figures.name}: every cell, the baseline first",
            head="Variant",
            columns=tuple(self._columns()),
            rows=tuple(map(self._row, self._judged.cells, self._rows)),
            cards="cells",
        )

    def _columns(self) -> Iterator[Column]:
        word = self._time.replace("_", "-").capitalize()
        axis = NO_DRAWING if self._frame is None else self._frame.axis.labels()
        title = f"{word} times, {self._scale.unit}"
        yield Column(title=title, axis=axis, numeric=False, kind="shape")
        yield Column(title="p50", unit=self._scale.unit)
        yield Column(title="p99", unit=self._scale.unit)
        if not self._short:
            yield Column(title="CPU a message", numeric=False, kind="cpu")
        yield Column(title="Server", unit="µs", card="server CPU, µs")
        length = f" over {self._box.length_s:.0f} s" if self._box else ""
        yield Column(title=f"Lag{length}", numeric=False, kind="lag")
        yield Column(title="Peak", unit="msgs", card="peak lag")
        if self._short:
            yield Column(title="Fell short", card="fell short")

    def _row(self, judged: CellJudgement, shape: Silhouette | None) -> Row:
        failing = judged.state is State.FAILS
        return Row(
            names=naming.short_names(judged),
            soft=naming.beside(judged),
            tinted=judged.is_baseline,
            state=judged.state,
            reasons=judged.reasons if failing or not judged.contends else (),
            entries=tuple(self._entries(judged, shape)),
        )

    def _entries(self, judged: CellJudgement, shape: Silhouette | None) -> Iterator[Entry]:
        cell = judged.cell
        yield self._shape_entry(judged, shape)
        yield self._figure(judged, self._p50, self._scale)
        yield self._figure(judged, self._p99, self._scale)
        if not self._short:
            yield self._cpu_entry(cell)
        yield self._figure(judged, self._judged.price, readings.scale_of([self._judged.price], []))
        yield self._lag_entry(judged)
        peak = readings.entry(cell, PEAK, Scale(unit="", factor=1.0))
        pace = judged.pace
        yield Entry(
            text=_whole(peak.text),
            hint=peak.hint,
            detail=f"{pace.state.mark} {judged.pace_words}",
            detail_tone=_PACE_TONES[pace],
            tone=peak.tone,
        )
        if self._short:
            yield _short_entry(judged)

    def _figure(self, judged: CellJudgement, metric: Metric, scale: Scale) -> Entry:
        change = judged.changes.get(metric.key)
        found = readings.entry(judged.cell, metric, scale, changes.change_detail(change))
        if found.tone is not Tone.PLAIN:
            return found
        return Entry(
            text=found.text, detail=found.detail, hint=found.hint, tone=changes.tone_of(change)
        )

    def _silhouette(self, cell: CellFigures) -> Silhouette | None:
        shape = cell.shapes.get(self._time)
        if shape is None:
            return None
        p50, p99 = (cell.estimates.get(metric.key) for metric in (self._p50, self._p99))
        return Silhouette(
            shape=shape,
            p50_ns=p50.value if p50 else None,
            p99_ns=p99.value if p99 else None,
            range_ns=_range(p99) if p99 else None,
        )

    def _shape_entry(self, judged: CellJudgement, shape: Silhouette | None) -> Entry:
        if shape is None or self._frame is None:
            return Entry(text=text.NA, hint=missing_reason(judged.cell, self._p99))
        return Entry(drawing=silhouette(shape, self._frame, naming.short_names(judged)[0]))

    def _cpu_entry(self, cell: CellFigures) -> Entry:
        parts = {part: _value(cell, metric) for part, metric in CPU_PARTS.items()}
        told = [f"{part} {text.number(us)}" for part, us in parts.items() if us is not None]
        if not told or not self._widest:
            return Entry(text=text.NA, hint=missing_reason(cell, self._judged.price))
        return Entry(drawing=bars(parts, self._widest, f"{', '.join(told)} µs"))

    def _lag_entry(self, judged: CellJudgement) -> Entry:
        courses = drawn_trials.lag_courses(judged.cell)
        if self._box is None or not courses:
            return Entry(text=text.NA, hint="lag was not sampled")
        return Entry(drawing=line.line(courses, self._box, f"lag: {judged.pace_words}"))

    def key(self) -> Markup:
        """Say how the drawings are read, and what the figures are means of."""
        blocks = max((len(cell.trials) for cell in self._cells), default=0)
        whisker = "90 % interval of the p99" if blocks >= MIN_TRIALS else "p99 from block to block"
        cpu = Markup(" · CPU: {}").format(
            Markup(" ").join(
                Markup('<span class="tag"><i class="{}"></i>{}</span>').format(style, part)
                for part, style in STYLES.items()
            )
        )
        lag = (
            f" · lag: one line a block, the box is {text.count(round(self._box.top))} messages "
            "high, shaded is warm-up"
            if self._box
            else ""
        )
        desk = Markup('<span class="desk">{}{}</span>').format("" if self._short else cpu, lag)
        return Markup(
            "Shape: how often each time occurred (log time, root of the share) · thin line p50, "
            "thick line p99, whisker {}{} · p50, p99 and CPU are geometric means over valid blocks."
        ).format(whisker, desk)


def _range(p99: Estimate) -> tuple[float, float] | None:
    if p99.low is not None and p99.high is not None:
        return p99.low, p99.high
    values = p99.by_block.values()
    return (min(values), max(values)) if len(values) > 1 else None


def _value(cell: CellFigures, metric: Metric) -> float | None:
    estimate = cell.estimates.get(metric.key)
    return None if estimate is None else estimate.value


def _cpu_sum(cell: CellFigures) -> float:
    return sum(_value(cell, metric) or 0.0 for metric in CPU_PARTS.values())


def _whole(written: str) -> str:
    return written.removesuffix(".00").removesuffix(".0")


def _counts(judged: CellJudgement) -> bool:
    """Whether some message of a cell fell short, may have, or came twice."""
    return bool(judged.short_msgs) or judged.lost is None or judged.twice > 0


def _short_entry(judged: CellJudgement) -> Entry:
    """Return what was lost, refused, never answered or never sent, and what came twice."""
    again = f"{text.count(judged.twice)} twice" if judged.twice else ""
    if not judged.short_msgs:
        unknown = Entry(text="lost: n/a", detail=again, hint=PERHAPS_LOST, tone=Tone.WARNING)
        return unknown if judged.lost is None else Entry(text="0", detail=again)
    words = [f"{text.count(msgs)} {count_word(word)}" for word, msgs in judged.short_msgs.items()]
    shares = [shortfalls.written_share(judged.cell, word) for word in judged.short_msgs]
    others = (f"{each} {share}".rstrip() for each, share in zip(words[1:], shares[1:], strict=True))
    untold = "lost: n/a" if judged.lost is None else ""
    detail = ", ".join(filter(None, [shares[0], *others, untold, again]))
    return Entry(text=f"{State.FAILS.mark} {words[0]}", detail=detail, tone=Tone.BAD)
