"""Parts of one workload: indented rows on its axes; a variant's own row names the worst part."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State
from bench.draw.silhouette import Frame, frame, silhouette
from bench.judgement.kinds import Part, PartsOfCell
from bench.report.tables import NOTHING, Column, Entry, Row, Table, Tone, marked, told

MOST_ROWS = 4
"""Of more parts those within their bounds fold into one line."""

MOST_SHOWN = 12
"""Of more parts that are not, the worst have a row each, and the others fold likewise."""

MOST_NAMED = 8
"""Of more parts that fold, the spread stands for the names."""

APART = 100.0
"""Parts whose typical times differ by more have an axis each: on a common one none is read."""


LEDGER_WORDS = {
    State.HOLDS: "balances",
    State.DOUBTFUL: "cannot be told",
    State.FAILS: "does not hold",
    State.UNKNOWN: "not known",
}


_Line = tuple[PartsOfCell, Part | None]
"""A row: of a part, or None of a variant itself."""


def table(cells: Sequence[PartsOfCell], scale: text.Scale, id_: str) -> Table:
    """Return the variants of a workload with their parts; times are written in `scale`."""
    frames = _frames(cells, scale)
    axes = {frame.axis.labels() for frame in frames.values()}
    common = axes.pop() if len(axes) == 1 else Markup()
    columns = (
        Column[_Line](
            "Times", lambda of: _shape(*of, frames, own=not common), "shape", axis=common
        ),
        Column[_Line]("p50", lambda of: _p50(of[1], scale), unit=scale.unit),
        Column[_Line]("p99", lambda of: _p99(*of, scale), unit=scale.unit),
        Column[_Line]("Rate, /s", lambda of: _rate(*of), card="rate, /s"),
        Column[_Line]("Lag, peak", lambda of: _lag(*of), card="peak lag"),
        Column[_Line]("Ledger", lambda of: _ledger(*of), "ledger"),
    )
    rows = tuple(row for cell in cells for row in _rows(cell, columns, scale))
    caption, head = "Parts of each variant", "Variant and part"
    return Table(id_, caption, head, columns=columns, rows=rows, cards="cells parts")


def _frames(cells: Sequence[PartsOfCell], scale: text.Scale) -> Mapping[tuple[str, str], Frame]:
    """Return the frame of each part, by its kind of time and its name."""
    parts = [part for cell in cells for part in cell.parts if part.times is not None]
    found = {}
    for time in dict.fromkeys(part.time for part in parts):
        of_time = [part for part in parts if part.time == time]
        names = dict.fromkeys(part.name for part in of_time)
        apart = _apart(of_time)
        for name in names:
            group = [part for part in of_time if not apart or part.name == name]
            framed = frame([part.times for part in group if part.times], scale)
            if framed is not None:
                found[time, name] = framed
    return found


def _apart(parts: Sequence[Part]) -> bool:
    typical = [part.times.p50_ns for part in parts if part.times and part.times.p50_ns]
    return bool(typical) and max(typical) > APART * min(typical)


def _rows(cell: PartsOfCell, columns: Sequence[Column[_Line]], scale: text.Scale) -> Iterator[Row]:
    many = len(cell.parts) > MOST_ROWS
    shown, beyond = _shown(cell)
    head = Row((cell.name,), soft=cell.note, tinted=cell.is_baseline)
    yield head.across(columns, (cell, None))
    for part in shown:
        yield Row((part.name,), soft=part.note, inner=True).across(columns, (cell, part))
    within = [part for part in cell.parts if many and part.state is State.HOLDS]
    for parts, said in ((beyond, "more not"), (within, "")):
        if parts:
            words = f"{text.plural(len(parts), 'part')} {said}".rstrip()
            yield Row((), soft=f"{words} within bounds: {_folded(parts, scale)}", inner=True)


def _shown(cell: PartsOfCell) -> tuple[list[Part], list[Part]]:
    """Return the parts that have a row each, and those that are as bad and have none."""
    if len(cell.parts) <= MOST_ROWS:
        return [*cell.parts], []
    out = [part for part in cell.parts if part.state is not State.HOLDS]
    if len(out) <= MOST_SHOWN:
        return out, []
    worst = sorted(out, key=lambda part: (part.state is State.FAILS, _badness(part)))
    chosen = worst[-MOST_SHOWN:]
    return [part for part in out if part in chosen], [part for part in out if part not in chosen]


def _badness(part: Part) -> float:
    """Return a part's p99; one whose p99 cannot be told is worse than any other."""
    return math.inf if part.p99_ns is None else part.p99_ns


def _folded(parts: Sequence[Part], scale: text.Scale) -> str:
    """Return the names of a few parts; of many the spread of their p99, and the worst by name."""
    if len(parts) <= MOST_NAMED:
        return ", ".join(part.name for part in parts)
    ends = f"{parts[0].name} to {parts[-1].name}"
    known = sorted(part.p99_ns for part in parts if part.p99_ns is not None)
    if not known:
        return f"{ends}, no p99 known"
    least, middle, most = (
        text.number(each / scale.factor) for each in (known[0], median(known), known[-1])
    )
    worst = max(parts, key=lambda part: part.p99_ns or 0)
    untold = len(parts) - len(known)
    return f"{ends}; p99 {least} to {most} {scale.unit}, median {middle}, worst {worst.name}" + (
        f", of {untold} not known" if untold else ""
    )


def _shape(
    cell: PartsOfCell, part: Part | None, frames: Mapping[tuple[str, str], Frame], *, own: bool
) -> Entry:
    framed = frames.get((part.time, part.name)) if part else None
    if part is None or part.times is None or framed is None:
        return NOTHING
    drawn = silhouette(part.times, framed, f"{cell.name}, {part.name}")
    return Entry(drawing=drawn + framed.axis.labels("own") if own else drawn)


def _p50(part: Part | None, scale: text.Scale) -> Entry:
    return _time(part.times.p50_ns if part.times else None, scale) if part else NOTHING


def _p99(cell: PartsOfCell, part: Part | None, scale: text.Scale) -> Entry:
    """Return the part's p99; beside a variant the worst of its parts', by name."""
    if part:
        return _time(part.p99_ns, scale)
    worst = cell.worst
    return replace(_time(worst.p99_ns, scale), detail=worst.name) if worst else NOTHING


def _rate(cell: PartsOfCell, part: Part | None) -> str:
    return text.number(sum(each.rate_per_s for each in ([part] if part else cell.parts)))


def _lag(cell: PartsOfCell, part: Part | None) -> Entry:
    peaks = [each.lag_peak for each in ([part] if part else cell.parts)]
    kept = [peak for peak in peaks if peak is not None]
    return Entry(text.count(max(kept))) if kept else Entry("none kept", tone=Tone.MUTED)


def _ledger(cell: PartsOfCell, part: Part | None) -> Entry:
    if part is None:
        return marked(cell.state, LEDGER_WORDS[cell.state])
    return Entry(part.ledger) if part.state is State.HOLDS else marked(part.state, part.ledger)


def _time(time_ns: float | None, scale: text.Scale) -> Entry:
    return told(time_ns, lambda ns: text.number(ns / scale.factor))
