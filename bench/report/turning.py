"""The steps of a trend in words: which figures moved, how far, and what else changed there."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.core.units import human_duration
from bench.judgement.choosing import capital
from bench.judgement.trends import SETTINGS, Change, Trend
from bench.judgement.turns import LEAST_RUNS, Moved, Turn, drift_of, told_runs
from bench.report.model import Sentence
from bench.report.tables import Column, Entry, Row, Table, Tone, marked
from bench.spec.metrics import Metric
from bench.stats.steps import LEAST_AFTER

ELSEWHERE = "another host: no regression of NATS is told by it"
UNEXPLAINED = "nothing else that is recorded"

RULE: Sentence = (
    "A figure steps when its level over at least "
    f"{LEAST_AFTER} runs differs from that before by more than 5 % and by more than what runs "
    "differ by: falsely in less than 1 % of years of a run a day, more often where a host wanders. "
    "Slow drift is no step.",
)

_LEAST_DRIFT = 0.05


def lead(trend: Trend, turns: Sequence[Turn]) -> Iterator[Sentence]:
    """Yield what a reader looks for first: whether there was a step, and the last of them."""
    told, runs = told_runs(trend), len(trend.points)
    missing = f"; {runs - told} more have no figure" if told < runs else ""
    among = f"{text.plural(told, 'run')}{missing}"
    if turns:
        steps = capital(text.plural(len(turns), "step"))
        yield (f"{steps} in {among}. The last: {last(trend, turns)}.",)
    elif told < LEAST_RUNS:
        yield (f"Too few runs to tell a step: {among}, of {LEAST_RUNS}.",)
    else:
        yield (f"No step told in {among}.",)
    if drifts := _drifts(trend):
        yield (f"From the first 20 runs to the last 20: {drifts}; told as it is, not tested.",)


def last(trend: Trend, turns: Sequence[Turn]) -> str:
    """Return the last step in words: `2026-11-12: end-to-end p99 +12.0 %, with another kernel`."""
    turn = turns[-1]
    day = trend.points[turn.place].run.started_utc[:10]
    said = (f"{_size(turn.moved[0])}, {_cause(turn)}", *_short(turn))
    return f"{isolated(day)}: {'; '.join(said)}"


def state_of(turn: Turn) -> State | None:
    """Return how a step is marked: worse on the same host, or short of messages, is a doubt."""
    return State.DOUBTFUL if turn.worse or turn.short else None


def _short(turn: Turn) -> Iterator[str]:
    """Yield that messages fell short since, if any did: losing them makes a variant faster."""
    if turn.short:
        runs = f"{turn.short} of {text.plural(turn.runs, 'run')} of the new level"
        yield f"messages fell short, or nobody can tell, in {runs}"


def _cause(turn: Turn) -> str:
    words = list(dict.fromkeys(change.word for change in turn.changes))
    if turn.elsewhere:
        return "with another host or CPU"
    return f"with other {text.listed(words)}" if words else "and nothing else changed"


def _drifts(trend: Trend) -> str:
    sizes = ((metric, _ratio(first, last)) for metric, first, last in drift_of(trend))
    return ", ".join(
        f"{metric.title} {text.change(ratio)}"
        for metric, ratio in sizes
        if ratio is not None and abs(ratio - 1) >= _LEAST_DRIFT
    )


def table(trend: Trend, turns: Sequence[Turn]) -> Table:
    """Return a row for each step, the newest first."""
    columns = (
        Column[Turn]("Which figures", _figures, "prose"),
        Column[Turn]("What else changed there", _beside, "prose"),
        Column[Turn]("Seen first with", lambda turn: _seen(trend, turn), "words"),
    )
    head = "From this run on"
    caption = "Steps, the newest first; levels are medians of runs"
    found = Table("turns", caption, head, cards="runs")
    return found.of(reversed(turns), lambda turn: _heading(trend, turn), columns)


def _heading(trend: Trend, turn: Turn) -> Row:
    run = trend.points[turn.place].run
    soft = text.minute(run.started_utc)
    return Row((run.run_id,), href=f"../{quote(run.run_id)}/index.html", soft=soft)


def _figures(turn: Turn) -> Entry:
    first, *others = (_told(moved) for moved in turn.moved)
    state = state_of(turn)
    words = f"{state.mark} {first}" if state else first
    return Entry(
        words,
        detail=" · ".join((*others, *_short(turn))),
        tone=Tone.WARNING if state else Tone.PLAIN,
    )


def _told(moved: Moved) -> str:
    levels = f"{_written(moved.metric, moved.before)} to {_written(moved.metric, moved.after)}"
    return f"{_size(moved)}, {levels}"


def _size(moved: Moved) -> str:
    ratio = _ratio(moved.before, moved.after)
    way = "up" if moved.strength > 0 else "down"
    return f"{moved.metric.title} {text.change(ratio) if ratio is not None else way}"


def _ratio(before: float, after: float) -> float | None:
    return after / before if before > 0 else None


def _written(metric: Metric, value: float) -> str:
    return human_duration(value) if metric.unit == "ns" else f"{text.number(value)} {metric.unit}"


def _beside(turn: Turn) -> Entry:
    if not turn.changes:
        return Entry(UNEXPLAINED, tone=Tone.MUTED)
    words = "; ".join(map(_change, turn.changes))
    if turn.elsewhere:
        return marked(State.UNKNOWN, ELSEWHERE, detail=words)
    return Entry(words)


def _change(change: Change) -> str:
    if change.word == SETTINGS:
        return "workload or settings, under the same name"
    return f"{change.word}: {isolated(change.before)}, now {isolated(change.now)}"


def _seen(trend: Trend, turn: Turn) -> Entry:
    """Return how long it took: of a step that came with a day's run nobody could know that day."""
    seen = min(moved.seen for moved in turn.moved)
    run = trend.points[seen].run
    return Entry(run.run_id, detail=f"{text.plural(seen - turn.place + 1, 'run')} of the new level")
