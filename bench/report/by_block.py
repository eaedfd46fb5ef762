"""Every trial of a workload: what it measured, where its messages went, what it found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bench.analysis.figures import CellFigures, TrialFigures
from bench.analysis.metrics import measure_of
from bench.analysis.ranking import ranking_time
from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.core.text import Scale
from bench.core.units import human_duration
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.record.schema import Level
from bench.report import naming, readings
from bench.report.model import Point
from bench.report.tables import Column, Entry, Row, Table, Tone, marked, told, untold
from bench.spec.cast import Entry as Counted
from bench.spec.cast import Weight, entries, tail
from bench.spec.criteria import count_word
from bench.spec.metrics import LAG_PEAK, PRICE, metric_of

_STATES = {
    Level.INVALID: State.FAILS,
    Level.WARNING: State.DOUBTFUL,
    Level.NOTE: State.UNKNOWN,
}
_FEW = 4

MOST_APART = 8
"""Of more parts that count the same, a table shows the least and the most."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A trial and its cell."""

    cell: CellJudgement
    figures: TrialFigures

    @property
    def name(self) -> str:
        return f"{isolated(naming.short_names(self.cell)[0])}, block {self.figures.record.block}"

    def count(self, key: str) -> int | None:
        return self.figures.record.known(key)


def _each(judged: WorkloadJudgement) -> list[_Trial]:
    """Return every trial, invalid ones first."""
    found = [_Trial(cell, trial) for cell in judged.cells for trial in cell.cell.trials]
    return sorted(found, key=lambda each: each.figures.record.valid)


def invalid_points(judged: WorkloadJudgement) -> Iterator[Point]:
    """Yield why each invalid trial is."""
    for trial in _each(judged):
        record = trial.figures.record
        if not record.valid:
            reasons = [f.text for f in record.findings if f.level is Level.INVALID]
            yield Point(State.FAILS, trial.name, "; ".join(reasons) or "broke off")


def trials_table(judged: WorkloadJudgement, id_: str) -> Table:
    """Return a row for each trial: its figures, then its ledger."""
    trials = _each(judged)
    counted = _counted(trials)
    groups = _groups(counted)
    shown = [keys for keys in groups if any(trial.count(k) != 0 for trial in trials for k in keys)]
    zero = [_word(keys) for keys in groups if keys not in shown]
    caption = (
        "Each trial: its figures of the window, then distinct messages of the whole trial, "
        "warm-up included; invalid ones first, which no figure above contains."
    )
    caption += f" 0 in every trial: {text.listed(zero)}." if zero else ""
    return Table(id_, caption, "Trial").of(
        trials,
        lambda trial: Row((trial.name,), tinted=trial.cell.is_baseline),
        (
            Column("state", _state, "words"),
            *_times([each.cell for each in judged.cells]),
            Column("server CPU", lambda trial: _measured(trial, PRICE, text.number), unit="µs"),
            Column("peak lag", lambda trial: _measured(trial, LAG_PEAK, _whole)),
            Column("lag slope", _lag_slope, unit="msg/s"),
            *(_counts(keys, counted[keys[0]]) for keys in shown),
            Column("slip p99", _slip, hint="how late messages left: sent − intended"),
        ),
    )


def _groups(keys: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the counts that have a column each; what many parts count has one together."""
    by_tail: dict[str, list[str]] = {}
    for key in keys:
        by_tail.setdefault(tail(key), []).append(key)
    found: list[tuple[str, ...]] = []
    for each in by_tail.values():
        found += [tuple(each)] if len(each) > MOST_APART else [(key,) for key in each]
    return found


def _word(keys: Sequence[str]) -> str:
    if len(keys) == 1:
        return count_word(keys[0])
    return f"{count_word(tail(keys[0]))} by each of {len(keys)} parts"


def _counts(keys: Sequence[str], counted: Counted) -> Column[_Trial]:
    if len(keys) == 1:
        return _count(keys[0], counted)

    def entry(trial: _Trial) -> Entry:
        if trial.figures.record.ledger is None:
            return untold("the trial broke off early")
        values = {key: trial.count(key) for key in keys if key in trial.figures.record.ledger}
        known = {key: value for key, value in values.items() if value is not None}
        if len(known) < len(values):
            unknown = next(key for key in values if key not in known)
            return Entry(text.NA, hint=f"nobody can tell {count_word(unknown)}", tone=Tone.WARNING)
        return _spread(known, counted) if known else untold("not counted here")

    return Column(_word(keys), entry, hint=counted.means)


def _spread(known: Mapping[str, int], counted: Counted) -> Entry:
    """Return the least and the most of many parts; where they differ, which part is farthest."""
    least, most = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    bad = counted.weight in (Weight.FAULT, Weight.SHORTFALL)
    far = most if bad or counted.weight is Weight.REPEAT else least
    words = text.count(known[least])
    if known[least] != known[most]:
        words += f" to {text.count(known[most])} ({far.rpartition('.')[0]})"
    if bad and known[most] > 0:
        return marked(State.FAILS, words)
    return Entry(words, tone=Tone.PLAIN if known[most] else Tone.MUTED)


def _state(trial: _Trial) -> Entry:
    record = trial.figures.record
    if record.valid:
        return marked(State.HOLDS, "valid")
    return marked(State.FAILS, "invalid" if record.completed else "broke off")


def _times(cells: Sequence[CellFigures]) -> Iterator[Column[_Trial]]:
    time = ranking_time(cells)
    scale = readings.scale_of([metric_of(f"{time}_ns_p50")], cells)
    for percentile in (50.0, 99.0):
        entry = partial(_percentile, time=time, percentile=percentile, scale=scale)
        yield Column(f"p{percentile:g}", entry, unit=scale.unit)


def _percentile(trial: _Trial, time: str, percentile: float, scale: Scale) -> Entry:
    return readings.of_trial(trial.figures, time, percentile, scale)


def _measured(trial: _Trial, metric: str, written: Callable[[float], str]) -> Entry:
    return told(measure_of(metric).of_trial(trial.figures), written)


def _whole(msgs: float) -> str:
    return text.count(round(msgs))


def _lag_slope(trial: _Trial) -> Entry:
    if trial.figures.lag is None:
        return untold()
    steepest = trial.figures.lag.steepest
    ends = map(text.slope, (steepest.slope_low_msgs_per_s, steepest.slope_high_msgs_per_s))
    return Entry(text.slope(steepest.slope_msgs_per_s), hint=f"90 % {' to '.join(ends)}")


def _slip(trial: _Trial) -> Entry:
    times, slips = trial.figures.times, trial.figures.record.cast.slips
    known = [readings.percentile_ns(times, slip, 99.0) for slip in slips]
    worst = None if None in known else max((ns for ns in known if ns is not None), default=None)
    return told(worst, human_duration)


def _counted(trials: Sequence[_Trial]) -> Mapping[str, Counted]:
    """Return what the ledgers of these trials count that a table shows."""
    return {
        key: entry
        for trial in trials
        for key, (_, entry) in entries(trial.figures.record.cast).items()
        if entry.means
    }


def _count(key: str, counted: Counted) -> Column[_Trial]:
    def entry(trial: _Trial) -> Entry:
        value = trial.count(key)
        if trial.figures.record.ledger is None:
            return untold("the trial broke off early")
        if key not in trial.figures.record.ledger:
            return untold("not counted here")
        if value is None:
            return Entry(text.NA, hint="nobody can tell", tone=Tone.WARNING)
        if value > 0 and counted.weight in (Weight.FAULT, Weight.SHORTFALL):
            return marked(State.FAILS, text.count(value))
        return Entry(text.count(value), tone=Tone.PLAIN if value else Tone.MUTED)

    return Column(count_word(key), entry, hint=counted.means)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Findings of one kind: the trials that report it, and the different words for it."""

    level: Level
    code: str
    trials: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)

    @property
    def words(self) -> str:
        first, *others = self.texts
        return first + (f" (and {len(others)} like it)" if others else "")

    @property
    def where(self) -> str:
        more = len(self.trials) - _FEW
        return "; ".join(list(self.trials)[:_FEW]) + (f" and {more} more" if more > 0 else "")


_FINDING = (
    Column[_Kind]("weight", lambda kind: marked(_STATES[kind.level], kind.level), "words"),
    Column[_Kind]("trials", lambda kind: text.count(len(kind.trials))),
    Column[_Kind]("in its words", lambda kind: kind.words, "prose"),
    Column[_Kind]("where", lambda kind: Entry(kind.where, tone=Tone.MUTED), "prose"),
)


def findings_table(judged: WorkloadJudgement, id_: str) -> Table:
    """Return what was found, one row for each kind, invalid first, with the trials it was in."""
    kinds: dict[tuple[Level, str], _Kind] = {}
    for trial in _each(judged):
        for found in trial.figures.record.findings:
            kind = kinds.setdefault((found.level, found.code), _Kind(found.level, found.code))
            kind.trials[trial.name] = kind.texts[found.text] = None
    worst_first = sorted(kinds.values(), key=lambda kind: list(_STATES).index(kind.level))
    table = Table(id_, "What the trials themselves report, worst first", "Finding")
    return table.of(worst_first, lambda kind: kind.code, _FINDING)
