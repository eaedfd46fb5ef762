"""What each part of a cell came to: the slow member of several must be seen, and by its name."""

from collections.abc import Iterator

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, LagVerdict, TrialFigures
from bench.analysis.lag import part_verdict
from bench.analysis.validity import reproach_of
from bench.core import text
from bench.core.marks import State
from bench.judgement import kinds
from bench.judgement.kinds import PartsOfCell, Times
from bench.judgement.model import CellJudgement
from bench.spec.cast import Cast, Part, Side, Weight, spans
from bench.spec.criteria import count_word
from bench.spec.metrics import time_key


def has_several(cast: Cast) -> bool:
    """Say whether several parts see, or drive, operations: then no figure of one speaks for all."""
    return len(cast.observing) > 1 or len(cast.driving) > 1


def parts_of(judged: CellJudgement) -> PartsOfCell:
    """Return a cell's parts with what each came to."""
    cell = judged.cell
    return PartsOfCell(
        name=judged.short,
        note="baseline" if judged.is_baseline else "",
        is_baseline=judged.is_baseline,
        parts=tuple(_part(cell, part) for part in cell.cell.cast.parts if part.spans),
    )


def behind(cell: CellFigures) -> tuple[str, ...]:
    """Return the parts that fall behind by themselves, where several may."""
    parts = [part.name for part in cell.cell.cast.parts if part.levels]
    growing = [name for name in parts if _verdict(cell, name) is LagVerdict.GROWING]
    return tuple(growing) if len(parts) > 1 else ()


def _verdict(cell: CellFigures, part: str) -> LagVerdict | None:
    return part_verdict(_valid(cell), part)


def _valid(cell: CellFigures) -> list[TrialFigures]:
    return [trial for trial in cell.trials if trial.record.valid]


def _part(cell: CellFigures, part: Part) -> kinds.Part:
    lags = [trial.lags[part.name] for trial in _valid(cell) if part.name in trial.lags]
    peaks = [each.peak_msgs for lag in lags for each in lag.each]
    time = _time(cell.cell.cast, part)
    return kinds.Part(
        name=part.name,
        note="",
        time=time.rpartition(".")[2],
        times=_times(cell, time),
        rate_per_s=_rate(cell, part),
        lag_peak=round(max(peaks)) if peaks else None,
        state=_state(cell, part),
        ledger=_ledger(cell, part),
    )


def _time(cast: Cast, part: Part) -> str:
    """Return the flat name of the time that says most of a part."""
    return [name for name, (owner, _) in spans(cast).items() if owner == part][-1]


def _times(cell: CellFigures, time: str) -> Times | None:
    shape = cell.shapes.get(time)
    if shape is None:
        return None
    p50, p99 = (cell.estimates.get(time_key(time, each)) for each in ("p50", "p99"))
    within = None if p99 is None or p99.low is None or p99.high is None else (p99.low, p99.high)
    return Times(
        shape=shape,
        p50_ns=p50.value if p50 else None,
        p99_ns=p99.value if p99 else None,
        range_ns=within,
    )


def _rate(cell: CellFigures, part: Part) -> float:
    name = cell.cell.cast.instant(part, _last(part))
    rates = [trial.rates[name] for trial in _valid(cell) if name in trial.rates]
    return sum(rates) / len(rates) if rates else 0.0


def _state(cell: CellFigures, part: Part) -> State:
    pace, untold = _pace(cell, part), shortfalls.untold(cell)
    if _short(cell, part) or reproach_of(cell):
        return State.FAILS
    own = {cell.cell.cast.entry(part, entry.name) for entry in part.entries}
    return State.DOUBTFUL if own & {*untold} and pace is State.HOLDS else pace


def _pace(cell: CellFigures, part: Part) -> State:
    """Return whether a part keeps up in each valid trial, as far as anybody can tell."""
    valid, verdict = _valid(cell), _verdict(cell, part.name)
    each = [trial.lags[part.name].verdict for trial in valid if part.name in trial.lags]
    if LagVerdict.GROWING in (verdict, *each):
        return State.FAILS
    told = not part.levels or (len(each) == len(valid) and verdict in _CALM)
    return State.HOLDS if valid and told else State.DOUBTFUL


_CALM = (LagVerdict.STABLE, LagVerdict.DRAINING)


def _short(cell: CellFigures, part: Part) -> dict[str, int]:
    """Return what fell short in a part, by its own words for it."""
    found = {
        entry.name: shortfalls.total([cell], cell.cell.cast.entry(part, entry.name))
        for entry in part.entries
        if entry.weight is Weight.SHORTFALL
    }
    return {word: msgs for word, msgs in found.items() if msgs}


def _ledger(cell: CellFigures, part: Part) -> str:
    """Write what was due to a part and what came of it over all trials, then what fell short."""
    cast, records = cell.cell.cast, [trial.record for trial in cell.trials]
    last = next(each for each in part.instants if each.name == _last(part))
    due = sum(record.known(cast.planned(part)) or 0 for record in records)
    done = sum(record.known(cast.entry(part, last.entry)) or 0 for record in records)
    return ", ".join([f"{text.count(due)} due, {text.count(done)} {last.name}", *_fell(cell, part)])


def _last(part: Part) -> str:
    """Return the instant at which a part is through with an operation.

    Of who reads, that is the answer: when what came had been written is told beside it.
    """
    return part.worth if part.side is Side.DRIVES else part.instants[-1].name


def _fell(cell: CellFigures, part: Part) -> Iterator[str]:
    for word, msgs in _short(cell, part).items():
        yield f"{text.count(msgs)} {count_word(word)}"
    if _verdict(cell, part.name) is LagVerdict.GROWING:
        yield "falls behind"
