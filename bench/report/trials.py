"""What happened in each trial: its ledger, its findings, its processes."""

from collections.abc import Sequence

from bench.analysis.figures import CellFigures, RunFigures, TrialFigures
from bench.analysis.shortfalls import SHORTFALLS
from bench.core import text
from bench.core.marks import State
from bench.core.units import human_duration, human_size
from bench.record.schema import Finding, Ledger, Level, ProcessUsage, Time
from bench.report import comparison
from bench.report.model import Column, Entry, Row, Table, Tone
from bench.spec.criteria import count_word

_COUNTS = (
    ("planned", "messages in the schedule"),
    ("published", "handed to the connection"),
    ("not_sent", "planned, never handed to the connection"),
    ("stored", "confirmed by a PubAck"),
    ("refused", "answered by an error PubAck"),
    ("unconfirmed", "published, never answered"),
    ("received", "delivered at least once"),
    ("handled", "handler finished"),
    ("acked", "acknowledged by the consumer"),
    ("lost", "stored, never received, and no longer held for delivery"),
    ("duplicates", "deliveries of a message received before"),
    ("redelivered", "deliveries marked as repeated by the server"),
    ("reordered", "first deliveries out of the stream's order"),
    ("foreign", "deliveries that carry no id of the trial"),
    ("backlog", "still held by the server when the drain ended"),
)
_BAD_WHEN_ABOVE_0 = {*SHORTFALLS, "foreign"}
_LEVELS = {Level.INVALID: Tone.BAD, Level.WARNING: Tone.WARNING, Level.NOTE: Tone.MUTED}
_LEVEL_MARKS = {
    Level.INVALID: State.FAILS.mark,
    Level.WARNING: State.DOUBTFUL.mark,
    Level.NOTE: "i",
}
_FEW_TRIALS = 4


def all_trials(figures: RunFigures) -> list[TrialFigures]:
    """Return every trial on disk in the order they ran."""
    order = {trial.id: trial.index for trial in figures.plan.trials}
    found = [trial for w in figures.workloads for cell in w.cells for trial in cell.trials]
    return sorted(found, key=lambda trial: order.get(trial.record.trial_id, 0))


def clients(figures: RunFigures) -> str:
    """Return the client libraries that trials used, with their versions; empty when none tells."""
    used = {
        f"{trial.record.software.client} {trial.record.software.client_version}"
        for trial in all_trials(figures)
        if trial.record.software
    }
    return ", ".join(sorted(used))


def ledger_table(figures: RunFigures) -> Table:
    """Return where every message of every trial went; missing trials stand last."""
    columns = (
        Column(title="state", numeric=False),
        *(Column(title=count_word(key), hint=hint) for key, hint in _COUNTS),
        Column(title="slip p99", hint="how late messages left: sent − intended"),
    )
    rows = [
        Row(names=(trial.record.trial_id,), entries=_ledger_entries(trial))
        for trial in all_trials(figures)
    ]
    blank = tuple(Entry(text=text.NA, tone=Tone.MUTED) for _ in columns[1:])
    rows += [
        Row(names=(trial_id,), entries=(Entry(text="missing", tone=Tone.WARNING), *blank))
        for trial_id in figures.missing
    ]
    return Table(
        id="ledger",
        caption="Counts of distinct messages, warm-up included",
        head="Trial",
        columns=columns,
        rows=tuple(rows),
        sortable=True,
    )


def _ledger_entries(trial: TrialFigures) -> tuple[Entry, ...]:
    ledger = trial.record.ledger
    counts = tuple(_count(ledger, key) for key, _ in _COUNTS)
    slip = trial.times.get(Time.SLIP)
    slip_ns = slip.percentiles_ns.get(99.0) if slip else None
    late = Entry(text=text.NA, tone=Tone.MUTED)
    if slip_ns is not None:
        late = Entry(text=human_duration(slip_ns), order=slip_ns)
    return (_state(trial), *counts, late)


def _state(trial: TrialFigures) -> Entry:
    if trial.record.valid:
        return Entry(text=f"{State.HOLDS.mark} valid", order="valid", tone=Tone.GOOD)
    word = "invalid" if trial.record.completed else "broke off"
    reasons = "; ".join(f.text for f in trial.record.findings if f.level is Level.INVALID)
    return Entry(text=f"{State.FAILS.mark} {word}", hint=reasons, order=word, tone=Tone.BAD)


def _count(ledger: Ledger | None, key: str) -> Entry:
    if ledger is None:
        return Entry(text=text.NA, hint="the trial broke off early", tone=Tone.MUTED)
    value = ledger.known(key)
    if value is None:
        return Entry(text=text.NA, hint="nobody can tell", tone=Tone.WARNING)
    bad = value > 0 and key in _BAD_WHEN_ABOVE_0
    tone = Tone.BAD if bad else Tone.PLAIN if value else Tone.MUTED
    mark = f"{State.FAILS.mark} " if bad else ""
    return Entry(text=mark + text.count(value), order=value, tone=tone)


def warnings(figures: RunFigures) -> list[tuple[str, Finding]]:
    """Return the warnings of valid trials, each with its trial's id."""
    return [
        (trial.record.trial_id, finding)
        for trial in all_trials(figures)
        if trial.record.valid
        for finding in trial.record.findings
        if finding.level is Level.WARNING
    ]


def findings_table(figures: RunFigures) -> Table:
    """Return what was found, one row for each kind, invalid first, with the trials it was in."""
    kinds: dict[tuple[Level, str], list[tuple[TrialFigures, Finding]]] = {}
    for trial in all_trials(figures):
        for finding in trial.record.findings:
            kinds.setdefault((finding.level, finding.code), []).append((trial, finding))
    levels = list(_LEVELS)
    rows = tuple(
        Row(names=(code,), entries=_finding_entries(level, found))
        for (level, code), found in sorted(kinds.items(), key=lambda k: levels.index(k[0][0]))
    )
    return Table(
        id="findings",
        caption="What the trials themselves report, worst first",
        head="Finding",
        columns=(
            Column(title="weight", numeric=False),
            Column(title="trials"),
            Column(title="in its words", numeric=False),
            Column(title="where", numeric=False),
        ),
        rows=rows,
    )


def _finding_entries(
    level: Level, found: Sequence[tuple[TrialFigures, Finding]]
) -> tuple[Entry, ...]:
    texts = list(dict.fromkeys(finding.text for _, finding in found))
    more = f" (and {len(texts) - 1} like it)" if len(texts) > 1 else ""
    trials = list(dict.fromkeys(trial.record.trial_id for trial, _ in found))
    where = ", ".join(trials[:_FEW_TRIALS])
    rest = f" and {len(trials) - _FEW_TRIALS} more" if len(trials) > _FEW_TRIALS else ""
    return (
        Entry(text=f"{_LEVEL_MARKS[level]} {level}", tone=_LEVELS[level]),
        Entry(text=text.count(len(trials))),
        Entry(text=texts[0] + more),
        Entry(text=where + rest, tone=Tone.MUTED),
    )


def process_table(cells: Sequence[CellFigures], id_: str) -> Table:
    """Return what each process used within the window, mean over valid trials."""
    roles = list(
        dict.fromkeys(p.role for cell in cells for t in cell.trials for p in t.record.processes)
    )
    columns = [
        column
        for role in roles
        for column in (
            Column(title="CPU", unit="% of a core", group=role),
            Column(title="peak RSS", group=role),
        )
    ]
    rows = tuple(
        Row(
            names=comparison.names(cell),
            entries=tuple(entry for role in roles for entry in _process_entries(cell, role)),
        )
        for cell in cells
    )
    return Table(
        id=id_,
        caption="Processes within the window: mean share of a core, largest resident set",
        head="Variant",
        columns=tuple(columns),
        rows=rows,
        sortable=True,
    )


def _process_entries(cell: CellFigures, role: str) -> tuple[Entry, Entry]:
    used: list[ProcessUsage] = [
        usage
        for trial in cell.trials
        if trial.record.valid
        for usage in trial.record.processes
        if usage.role == role
    ]
    shares = [usage.cpu_share for usage in used if usage.cpu_share >= 0]
    peaks = [usage.rss_bytes_peak for usage in used if usage.rss_bytes_peak >= 0]
    unread = Entry(text=text.NA, hint="this process could not be read", tone=Tone.MUTED)
    share = sum(shares) / len(shares) if shares else 0.0
    return (
        Entry(text=text.number(share * 100), order=share) if shares else unread,
        Entry(text=human_size(max(peaks)), order=max(peaks)) if peaks else unread,
    )
