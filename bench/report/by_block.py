"""Every trial of a workload: what it measured, where its messages went, what it found."""

from collections.abc import Iterator, Sequence

from bench.analysis.figures import TrialFigures
from bench.analysis.latency import longer_than_ns
from bench.analysis.metrics import measure_of
from bench.analysis.ranking import ranking_time
from bench.analysis.shortfalls import SHORTFALLS
from bench.core import text
from bench.core.marks import State
from bench.core.text import Scale
from bench.core.units import human_duration
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.record.schema import Finding, Ledger, Level, Time
from bench.report import naming, readings
from bench.report.model import Point
from bench.report.tables import Column, Entry, Row, Table, Tone
from bench.spec.criteria import count_word
from bench.spec.metrics import PRICE, metric_of

_COUNTS = {
    "planned": "messages in the schedule",
    "published": "handed to the connection",
    "not_sent": "planned, never handed to the connection",
    "stored": "confirmed by a PubAck",
    "refused": "answered by an error PubAck",
    "unconfirmed": "published, never answered",
    "received": "delivered at least once",
    "handled": "handler finished",
    "acked": "acknowledged by the consumer",
    "lost": "stored, never received, and no longer held for delivery",
    "duplicates": "deliveries of a message received before",
    "redelivered": "deliveries marked as repeated by the server",
    "reordered": "first deliveries out of the stream's order",
    "foreign": "deliveries that carry no id of the trial",
    "backlog": "still held by the server when the drain ended",
}
_BAD_ABOVE_0 = {*SHORTFALLS, "foreign"}
_STATES = {
    Level.INVALID: State.FAILS,
    Level.WARNING: State.DOUBTFUL,
    Level.NOTE: State.UNKNOWN,
}
_TONES = {Level.INVALID: Tone.BAD, Level.WARNING: Tone.WARNING, Level.NOTE: Tone.MUTED}
_FEW = 4


def _each(judged: WorkloadJudgement) -> list[tuple[CellJudgement, TrialFigures]]:
    """Return every trial with its cell, invalid ones first."""
    found = [(cell, trial) for cell in judged.cells for trial in cell.cell.trials]
    return sorted(found, key=lambda each: each[1].record.valid)


def _name(cell: CellJudgement, trial: TrialFigures) -> str:
    return f"{naming.short_names(cell)[0]}, block {trial.record.block}"


def invalid_points(judged: WorkloadJudgement) -> Iterator[Point]:
    """Yield why each invalid trial is."""
    for cell, trial in _each(judged):
        if not trial.record.valid:
            reasons = [f.text for f in trial.record.findings if f.level is Level.INVALID]
            yield Point(
                state=State.FAILS,
                word=_name(cell, trial),
                text="; ".join(reasons) or "broke off",
            )


def trials_table(judged: WorkloadJudgement, id_: str) -> Table:
    """Return a row for each trial: its figures, then its ledger."""
    cells = [each.cell for each in judged.cells]
    time = ranking_time(cells)
    scale = readings.scale_of([metric_of(f"{time}_ns_p50")], cells)
    trials = _each(judged)
    shown = [key for key in _COUNTS if not _all_zero(key, trials)]
    columns = (
        Column(title="state", numeric=False),
        Column(title="p50", unit=scale.unit),
        Column(title="p99", unit=scale.unit),
        Column(title="server CPU", unit="µs"),
        Column(title="peak lag"),
        Column(title="lag slope", unit="msg/s"),
        *(Column(title=count_word(key), hint=_COUNTS[key]) for key in shown),
        Column(title="slip p99", hint="how late messages left: sent − intended"),
    )
    rows = tuple(
        Row(
            names=(_name(cell, trial),),
            tinted=cell.is_baseline,
            entries=(_state(trial), *_figures(trial, time, scale), *_ledger(trial, shown)),
        )
        for cell, trial in trials
    )
    return Table(
        id=id_,
        caption=(
            "Each trial: its figures of the window, then distinct messages of the whole trial, "
            "warm-up included; invalid ones first, which no figure above contains."
            + _unshown([key for key in _COUNTS if key not in shown])
        ),
        head="Trial",
        columns=columns,
        rows=rows,
    )


def _all_zero(key: str, trials: Sequence[tuple[CellJudgement, TrialFigures]]) -> bool:
    ledgers = [trial.record.ledger for _, trial in trials]
    return all(ledger is not None and ledger.known(key) == 0 for ledger in ledgers)


def _unshown(keys: Sequence[str]) -> str:
    return f" 0 in every trial: {text.listed(list(map(count_word, keys)))}." if keys else ""


def _state(trial: TrialFigures) -> Entry:
    if trial.record.valid:
        return Entry(text=f"{State.HOLDS.mark} valid", tone=Tone.GOOD)
    word = "invalid" if trial.record.completed else "broke off"
    return Entry(text=f"{State.FAILS.mark} {word}", tone=Tone.BAD)


def _figures(trial: TrialFigures, time: Time, scale: Scale) -> Iterator[Entry]:
    yield from (_percentile(trial, time, p, scale) for p in (50.0, 99.0))
    cpu = measure_of(PRICE).of_trial(trial)
    yield _none() if cpu is None else Entry(text=text.number(cpu))
    lag = trial.lag
    if lag is None:
        yield from (_none(), _none())
        return
    yield Entry(text=text.count(round(max(each.peak_msgs for each in lag.each))))
    steepest = lag.steepest
    ends = map(text.slope, (steepest.slope_low_msgs_per_s, steepest.slope_high_msgs_per_s))
    yield Entry(text=text.slope(steepest.slope_msgs_per_s), hint=f"90 % {' to '.join(ends)}")


def _percentile(trial: TrialFigures, time: Time, percentile: float, scale: Scale) -> Entry:
    figures = trial.times.get(time)
    value_ns = figures.percentiles_ns.get(percentile) if figures else None
    if value_ns is not None:
        return Entry(text=text.number(value_ns / scale.factor))
    bound_ns = longer_than_ns(trial, time, percentile)
    if bound_ns is None:
        return _none()
    return Entry(text=f"≥ {text.number(bound_ns / scale.factor)}", tone=Tone.BAD)


def _none() -> Entry:
    return Entry(text=text.NA, tone=Tone.MUTED)


def _ledger(trial: TrialFigures, shown: Sequence[str]) -> Iterator[Entry]:
    yield from (_count(trial.record.ledger, key) for key in shown)
    slip = trial.times.get(Time.SLIP)
    slip_ns = slip.percentiles_ns.get(99.0) if slip else None
    yield _none() if slip_ns is None else Entry(text=human_duration(slip_ns))


def _count(ledger: Ledger | None, key: str) -> Entry:
    if ledger is None:
        return Entry(text=text.NA, hint="the trial broke off early", tone=Tone.MUTED)
    value = ledger.known(key)
    if value is None:
        return Entry(text=text.NA, hint="nobody can tell", tone=Tone.WARNING)
    bad = value > 0 and key in _BAD_ABOVE_0
    tone = Tone.BAD if bad else Tone.PLAIN if value else Tone.MUTED
    return Entry(text=(f"{State.FAILS.mark} " if bad else "") + text.count(value), tone=tone)


def findings_table(judged: WorkloadJudgement, id_: str) -> Table:
    """Return what was found, one row for each kind, invalid first, with the trials it was in."""
    kinds: dict[tuple[Level, str], list[tuple[str, Finding]]] = {}
    for cell, trial in _each(judged):
        for finding in trial.record.findings:
            found = kinds.setdefault((finding.level, finding.code), [])
            found.append((_name(cell, trial), finding))
    levels = list(_TONES)
    rows = tuple(
        Row(names=(code,), entries=_finding_entries(level, found))
        for (level, code), found in sorted(kinds.items(), key=lambda k: levels.index(k[0][0]))
    )
    return Table(
        id=id_,
        caption="What the trials themselves report, worst first",
        head="Finding",
        columns=(
            Column(title="weight", numeric=False),
            Column(title="trials"),
            Column(title="in its words", numeric=False, prose=True),
            Column(title="where", numeric=False, prose=True),
        ),
        rows=rows,
    )


def _finding_entries(level: Level, found: Sequence[tuple[str, Finding]]) -> tuple[Entry, ...]:
    texts = list(dict.fromkeys(finding.text for _, finding in found))
    more = f" (and {len(texts) - 1} like it)" if len(texts) > 1 else ""
    trials = list(dict.fromkeys(name for name, _ in found))
    rest = f" and {len(trials) - _FEW} more" if len(trials) > _FEW else ""
    return (
        Entry(text=f"{_STATES[level].mark} {level}", tone=_TONES[level]),
        Entry(text=text.count(len(trials))),
        Entry(text=texts[0] + more),
        Entry(text="; ".join(trials[:_FEW]) + rest, tone=Tone.MUTED),
    )
