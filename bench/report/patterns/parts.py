"""Parts of one workload: indented rows on its axes; a variant's own row names the worst part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State
from bench.report.draw.silhouette import Frame, Silhouette, frame, silhouette
from bench.report.tables import TONES, Column, Entry, Row, Table, Tone

MOST_ROWS = 4
"""Of more parts those within their bounds fold into one line."""

APART = 100.0
"""Parts whose typical times differ by more have an axis each: on a common one none is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one kind of operation came to.

    Attributes:
        name: `watch`.
        note: more of it: `3 watchers`.
        time: kind of its time; parts of one kind share an axis.
        times: None where it has no time.
        rate_per_s: operations that came about, a second.
        lag_peak: None where it keeps no lag.
        state: whether it is within its bounds.
        ledger: what was due and what came of it: `600 000 due, 600 000 seen`.
    """

    name: str
    note: str
    time: str
    times: Silhouette | None
    rate_per_s: float
    lag_peak: int | None
    state: State
    ledger: str

    @property
    def p99_ns(self) -> float | None:
        """Its p99; None where it cannot be told."""
        return self.times.p99_ns if self.times else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsOfCell:
    """A variant and its parts, in the workload's order.

    Attributes:
        name, note: of the variant.
        is_baseline: others are held against it.
        parts: at least one.
    """

    name: str
    note: str
    is_baseline: bool
    parts: tuple[Part, ...]

    @property
    def worst(self) -> Part | None:
        """The part with the longest p99; one whose p99 cannot be told is worse than any other."""
        timed = [part for part in self.parts if part.times is not None]
        return max(timed, key=lambda part: part.p99_ns or float("inf"), default=None)

    @property
    def state(self) -> State:
        """The worst of its parts' states."""
        states = {part.state for part in self.parts}
        order = (State.FAILS, State.DOUBTFUL, State.UNKNOWN, State.HOLDS)
        return next(state for state in order if state in states)


LEDGER_WORDS = {
    State.HOLDS: "balances",
    State.DOUBTFUL: "cannot be told",
    State.FAILS: "does not balance",
    State.UNKNOWN: "not known",
}


def table(cells: Sequence[PartsOfCell], scale: text.Scale, id_: str) -> Table:
    """Return the variants of a workload with their parts; times are written in `scale`."""
    frames = _frames(cells, scale)
    axes = {frame.axis.labels() for frame in frames.values()}
    common = axes.pop() if len(axes) == 1 else Markup()
    unit = scale.unit
    return Table(
        id=id_,
        caption="Parts of each variant",
        head="Variant and part",
        columns=(
            Column(title="Times", numeric=False, kind="shape", axis=common),
            Column(title="p50", unit=unit),
            Column(title="p99", unit=unit),
            Column(title="Rate, /s", card="rate, /s"),
            Column(title="Lag, peak", card="peak lag"),
            Column(title="Ledger", numeric=False, kind="ledger"),
        ),
        rows=tuple(row for cell in cells for row in _rows(cell, frames, scale, own=not common)),
        cards="cells parts",
    )


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


def _rows(
    cell: PartsOfCell,
    frames: Mapping[tuple[str, str], Frame],
    scale: text.Scale,
    *,
    own: bool,
) -> Iterator[Row]:
    many = len(cell.parts) > MOST_ROWS
    shown = [part for part in cell.parts if not many or part.state is not State.HOLDS]
    yield _head(cell, scale)
    for part in shown:
        yield _row(cell, part, frames.get((part.time, part.name)), scale, own=own)
    within = [part.name for part in cell.parts if part not in shown]
    if within:
        said = f"{text.plural(len(within), 'part')} within bounds: {', '.join(within)}"
        yield Row(names=(), soft=said, inner=True)


def _head(cell: PartsOfCell, scale: text.Scale) -> Row:
    worst = cell.worst
    lags = [part.lag_peak for part in cell.parts if part.lag_peak is not None]
    p99 = _time(worst.p99_ns, scale) if worst else Entry()
    word = f"{cell.state.mark} {LEDGER_WORDS[cell.state]}"
    return Row(
        names=(cell.name,),
        soft=cell.note,
        tinted=cell.is_baseline,
        entries=(
            Entry(),
            Entry(),
            Entry(text=p99.text, tone=p99.tone, detail=worst.name if worst else ""),
            Entry(text=text.number(sum(part.rate_per_s for part in cell.parts))),
            Entry(text=text.count(max(lags)) if lags else "none kept"),
            Entry(text=word, tone=TONES[cell.state]),
        ),
    )


def _row(
    cell: PartsOfCell, part: Part, frame_: Frame | None, scale: text.Scale, *, own: bool
) -> Row:
    drawing = Markup()
    if part.times and frame_:
        drawing = silhouette(part.times, frame_, f"{cell.name}, {part.name}")
        drawing += frame_.axis.labels("own") if own else Markup()
    ledger = part.ledger if part.state is State.HOLDS else f"{part.state.mark} {part.ledger}"
    no_lag = Entry(text="none kept", tone=Tone.MUTED)
    return Row(
        names=(part.name,),
        soft=part.note,
        inner=True,
        entries=(
            Entry(drawing=drawing),
            _time(part.times.p50_ns if part.times else None, scale),
            _time(part.p99_ns, scale),
            Entry(text=text.number(part.rate_per_s)),
            no_lag if part.lag_peak is None else Entry(text=text.count(part.lag_peak)),
            Entry(text=ledger, tone=Tone.PLAIN if part.state is State.HOLDS else TONES[part.state]),
        ),
    )


def _time(time_ns: float | None, scale: text.Scale) -> Entry:
    if time_ns is None:
        return Entry(text=text.NA, tone=Tone.MUTED)
    return Entry(text=text.number(time_ns / scale.factor))
