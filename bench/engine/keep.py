"""From what a trial left behind to what is kept of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S
from bench.engine import accounts, checks, lag, oldest, recovery, resources
from bench.engine.ackcheck import compare_acks
from bench.engine.attempts import attempts
from bench.engine.audit import Audit, Audited, Evidence, as_it_is
from bench.engine.busy import computing, handling
from bench.engine.finals import finals_of
from bench.engine.forgiving import forgiven
from bench.engine.losses import UNKNOWN, Backlog
from bench.engine.pressure import Offer
from bench.engine.recorder import ConsumerRecord
from bench.engine.stall import Stall
from bench.engine.stories import Lived, stories
from bench.engine.table import Flags, MessageTable, driven, renumbered, seen_by, some_of
from bench.engine.trial import Outcome
from bench.engine.unseen import unseen_findings
from bench.plan.model import Trial
from bench.record import samples
from bench.record.finals import Final
from bench.record.hlog import Interval
from bench.record.messages import Messages, Place
from bench.record.schema import (
    TRIAL_SCHEMA_VERSION,
    Disturbed,
    Finding,
    Handling,
    HostLoad,
    ProcessUsage,
    Software,
    TrialRecord,
    Window,
)
from bench.spec.cast import Cast, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Everything that is written of a trial; no messages of one that never began."""

    record: TrialRecord
    intervals: Sequence[Interval]
    samples: pd.DataFrame
    messages: Messages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is known of a trial besides what its workers saw.

    Attributes:
        trial: of the plan.
        started_utc: ISO 8601.
        cast: what takes part.
        offers: how operations are dealt to processes, by the part that drives them.
        due: which operations of its flow a part is to see, shape (n,); absent where all.
        software: versions; None when the server was never reached.
        audit: what the kind of workload says of it besides.
    """

    trial: Trial
    started_utc: str
    cast: Cast
    offers: Mapping[str, Offer]
    software: Software | None
    due: Mapping[str, Flags] = field(default_factory=dict)
    audit: Audit = as_it_is


def keep(frame: Frame, outcome: Outcome, intended_ns: Mapping[str, IntArray]) -> Kept:
    """Return the records of a trial that began, whole or broken off.

    Args:
        frame: what is known besides.
        outcome: what it left behind.
        intended_ns: when operations were due, by the part that drives them; from the trial's
            start, by id, shape (n,).
    """
    cast = frame.cast
    evidence = _evidence(frame, outcome, intended_ns)
    audited = frame.audit(evidence)
    tables, told = audited.tables, _told(frame, outcome, audited, intended_ns)
    recorded = accounts.times(tables, cast, *_limits_ns(outcome.window))
    seen, again = _seen(frame, outcome), _again(frame, outcome)
    disturbances, cost = _disturbed(frame, outcome, tables)
    ledger = accounts.ledger(tables, cast, seen, again, _besides(audited.counts, cost))
    sampled = samples.table(_rows(frame, outcome, tables))
    findings = [
        *outcome.findings,
        *audited.findings,
        *checks.times_findings(recorded.negatives, recorded.overflows),
        *accounted(ledger, again, cast),
    ]
    if outcome.completed and checks.stream_untold(ledger, cast):
        findings.append(checks.stream_unknown())  # one that broke off says itself why
    processes: tuple[ProcessUsage, ...] = ()
    counts: Mapping[str, int] | None = None
    host: HostLoad | None = None
    peaks: Mapping[str, int] = {}
    until_ns = offered_ns(intended_ns)
    if (window := outcome.window) is not None:
        until_ns = window.drained_ns
        peaks = lag.peaks(tables, cast, window)
        counts = accounts.window_counts(tables, cast, window)
        processes = resources.usages(sampled, window)
        host = resources.host_load(sampled, window)
        load = checks.Load(
            window=window,
            counts=counts,
            processes=processes,
            host=host,
            window_full_msgs={role: each.window_full_msgs for role, each in outcome.done.items()},
            awaited_ns={role: each.awaited_ns for role, each in outcome.done.items()},
            offers=frame.offers,
            stalls=stalls_of(outcome),
            computing=computing(outcome.jobs, outcome.observers, window, outcome.start_ns),
        )
        findings += checks.load_findings({**tables, **_driven(evidence, cast)}, load, cast)
        findings += expected_stalls(outcome)
        findings += unseen_findings(sampled, window, processes, outcome.done)
        if outcome.completed and not outcome.drained:
            findings.append(checks.not_drained(ledger, cast, drain_ns(window)))
    record = replace(
        record_of(frame, outcome, findings, finals_of(outcome, tables)),
        window_counts=counts,
        slices=accounts.slices(tables, cast, until_ns),
        ledger=ledger,
        processes=processes,
        host=host,
        ack_check=compare_acks(outcome.ack_events, _acknowledging(outcome)),
        disturbances=disturbances,
        attempts=_attempts(tables, seen),
        peaks=peaks,
        oldest_ns=oldest.longest(tables, cast, window),
        negative_times=recorded.negatives,
        overflows=recorded.overflows,
    )
    return Kept(record=record, intervals=recorded.intervals, samples=sampled, messages=told)


def offered_ns(intended_ns: Mapping[str, IntArray]) -> int:
    """Return a second after the last operation was due, from the trial's start."""
    last_ns = (int(each[-1]) for each in intended_ns.values() if each.size)
    return max(last_ns, default=0) + NS_PER_S


def accounted(ledger: Mapping[str, int], again: Mapping[str, int], cast: Cast) -> Iterator[Finding]:
    """Yield what does not hold of what was counted."""
    yield from checks.ledger_findings(ledger, cast)
    yield from checks.stream_findings(ledger, cast)
    yield from checks.answered_again(again, cast)


def _told(
    frame: Frame, outcome: Outcome, audited: Audited, intended_ns: Mapping[str, IntArray]
) -> Messages:
    """Return what is kept of single messages."""
    return stories(
        Lived(
            intended_ns=intended_ns,
            sent=outcome.sent,
            came=outcome.came,
            letters=outcome.letters or (),
            start_ns=outcome.start_ns,
            taken={
                Place(part=name, role="", flow=frame.cast.part(name).flow): ids
                for name, ids in audited.taken.items()
            },
        )
    )


def _handling(outcome: Outcome) -> Mapping[str, Handling]:
    if outcome.window is None:
        return {}
    return handling(outcome.jobs, outcome.observers, outcome.window, outcome.start_ns)


def _driven(evidence: Evidence, cast: Cast) -> Mapping[str, MessageTable]:
    """Return the tables of parts that drive, as they were driven."""
    return {part.name: evidence.tables[part.name] for part in cast.driving}


def drain_ns(window: Window) -> int:
    """Return how long the drain took, ns."""
    return window.drained_ns - window.window_end_ns


def _attempts(
    tables: Mapping[str, MessageTable], seen: Mapping[str, accounts.Seen]
) -> Mapping[str, Mapping[int, int]]:
    """Return how often messages came to each part that observes."""
    return {
        name: attempts(each.records, tables[name].intended_ns.size) for name, each in seen.items()
    }


def _limits_ns(window: Window | None) -> tuple[int, int]:
    return (0, 0) if window is None else (window.window_start_ns, window.window_end_ns)


def _disturbed(
    frame: Frame, outcome: Outcome, tables: Mapping[str, MessageTable]
) -> tuple[tuple[Disturbed, ...], Mapping[str, Mapping[str, int]]]:
    """Return what was done to the system with how long recovery took, and what ledgers count."""
    cast, window = frame.cast, outcome.window
    within_ns = {part.name: _within_ns(frame, part.name) for part in cast.driving}
    done = recovery.recovered(tables, cast, outcome.disturbances, window, within_ns)
    fallen = {
        part.name: recovery.Fallen(
            records=_fallen(frame, outcome, part), backlog=_backlog(frame, outcome, part)
        )
        for part in cast.observing
    }
    return done, recovery.counted(tables, cast, done, window, fallen)


def _besides(
    one: Mapping[str, Mapping[str, int]], other: Mapping[str, Mapping[str, int]]
) -> Mapping[str, Mapping[str, int]]:
    """Return what both count, by part."""
    return {part: {**one.get(part, {}), **other.get(part, {})} for part in {**one, **other}}


def _all_stalls(outcome: Outcome) -> Mapping[str, Sequence[Stall]]:
    """Return the long standstills of each worker, those of who was killed in its place before."""
    return {role: (*outcome.stalls.get(role, ()), *d.stalls) for role, d in outcome.done.items()}


def stalls_of(outcome: Outcome) -> Mapping[str, Stall]:
    """Return the longest standstill of each process that counts, from the trial's start."""
    found = {checks.CONDUCTOR: (-1, outcome.stall_ns_max)}
    for role, stalls in _all_stalls(outcome).items():
        counting, _ = outcome.forgiving.stalls(role, stalls)
        found |= {role: max(counting, key=lambda stall: stall[1])} if counting else {}
    return found


def expected_stalls(outcome: Outcome) -> Iterator[Finding]:
    """Yield the longest standstill of each process that was to be expected."""
    for role, stalls in _all_stalls(outcome).items():
        _, expected = outcome.forgiving.stalls(role, stalls)
        if expected:
            stall, cause = max(expected, key=lambda each: each[0][1])
            yield forgiven(checks.stalled(role, stall), cause)


def _evidence(frame: Frame, outcome: Outcome, intended_ns: Mapping[str, IntArray]) -> Evidence:
    return Evidence(
        tables=_tables(frame, outcome, intended_ns),
        drivers=outcome.drivers,
        observers={part.name: _records(frame, outcome, part) for part in frame.cast.observing},
        held=outcome.held,
        start_ns=outcome.start_ns,
        counts={part.name: counted_by(outcome, part) for part in frame.cast.parts},
        rows=outcome.rows,
        broken_off=not outcome.completed,
        backlogs={
            part.name: held
            for part in frame.cast.observing
            if (held := _backlog(frame, outcome, part)) is not None
        },
        set_back=outcome.set_back,
        letters=outcome.letters,
        given_up_seqs=outcome.given_up_seqs,
    )


def counted_by(outcome: Outcome, part: Part) -> Mapping[str, int]:
    """Return what processes counted by themselves for a part, together.

    What they counted for another one is of a part that none of them observes for by itself as well.
    """
    told = [d.counts for role, d in outcome.done.items() if role.startswith(f"{part.role}-")]
    own = any(part.name in counts for counts in told)
    found: Counter[str] = Counter()
    for counts in told:
        for counted in [counts.get(part.name, {})] if own else counts.values():
            found.update(counted)
    return found


def _tables(
    frame: Frame, outcome: Outcome, intended_ns: Mapping[str, IntArray]
) -> dict[str, MessageTable]:
    """Return what each part did or saw, by its name."""
    driven_ = {
        name: driven(
            due_ns,
            outcome.drivers.get(name, ()),
            outcome.start_ns,
            answer_within_ns=_within_ns(frame, name),
        )
        for name, due_ns in intended_ns.items()
    }
    for part in frame.cast.observing:
        table = driven_[part.flow]
        if (due := frame.due.get(part.name)) is not None:
            table = some_of(table, due)
        if (released_ns := outcome.released_ns.get(part.name)) is not None:
            table = replace(table, intended_ns=np.full_like(table.intended_ns, released_ns))
        driven_[part.name] = seen_by(table, _records(frame, outcome, part), outcome.start_ns)
    return driven_


def _within_ns(frame: Frame, part: str) -> int | None:
    offer = frame.offers.get(part)
    return None if offer is None else offer.answer_within_ns


def _records(frame: Frame, outcome: Outcome, part: Part) -> Sequence[ConsumerRecord]:
    """Return what a part's processes saw, by the numbers of the operations that it is due."""
    records = outcome.observers.get(part.name, ())
    due = frame.due.get(part.name)
    return records if due is None else renumbered(records, due)


def _fallen(frame: Frame, outcome: Outcome, part: Part) -> Sequence[ConsumerRecord]:
    """Return what those processes of a part saw that were killed, by the same numbers."""
    records, due = outcome.fallen.get(part.name, ()), frame.due.get(part.name)
    return records if due is None else renumbered(records, due)


def _seen(frame: Frame, outcome: Outcome) -> Mapping[str, accounts.Seen]:
    return {
        part.name: accounts.Seen(
            records=_records(frame, outcome, part),
            backlog=_backlog(frame, outcome, part),
            given_up=outcome.given_up.get(part.name, UNKNOWN),
        )
        for part in frame.cast.observing
    }


def _again(frame: Frame, outcome: Outcome) -> Mapping[str, int]:
    """Return how many answers came to what had one, by the part that drives."""
    return {
        part: sum(outcome.done[role].again for role in offer.roles if role in outcome.done)
        for part, offer in frame.offers.items()
    }


def _backlog(frame: Frame, outcome: Outcome, part: Part) -> Backlog | None:
    backlog = outcome.backlogs.get(part.name)
    sparse = part.name in frame.due
    return replace(backlog, sparse=True) if backlog is not None and sparse else backlog


def _acknowledging(outcome: Outcome) -> Sequence[ConsumerRecord]:
    """Return the records of the part whose acks the server reports: the first that it watches."""
    return next((outcome.observers.get(name, ()) for name in outcome.backlogs), ())


def _rows(frame: Frame, outcome: Outcome, tables: Mapping[str, MessageTable]) -> list[lag.Row]:
    """Return what was sampled, and the lag by our own instants beside it."""
    if outcome.window is None:
        return list(outcome.rows)
    own = oldest.grid_rows(tables, frame.cast, outcome.window.drained_ns)
    sampled = list(outcome.rows)
    for part in frame.cast.observing:
        if part.name in outcome.backlogs and any(level.left == "acked" for level in part.levels):
            prefix = samples.prefix(part.name, len(outcome.backlogs))
            sampled = lag.with_bounds(sampled, tables[part.name], prefix)
    return [*sampled, *own]


def keep_failed(frame: Frame, findings: Sequence[Finding]) -> Kept:
    """Return the record of a trial that never began."""
    outcome = Outcome(findings=[*findings])
    record = record_of(frame, outcome, outcome.findings)
    return Kept(record=record, intervals=(), samples=samples.table(()))


def record_of(
    frame: Frame,
    outcome: Outcome,
    findings: Sequence[Finding],
    finals: Mapping[str, Final] | None = None,
) -> TrialRecord:
    """Return the record of a trial, without what is told of its messages."""
    return TrialRecord(
        schema_version=TRIAL_SCHEMA_VERSION,
        trial_id=frame.trial.id,
        cell_id=frame.trial.cell_id,
        block=frame.trial.block,
        seed=frame.trial.seed,
        started_utc=frame.started_utc,
        completed=outcome.completed,
        cast=frame.cast,
        window=outcome.window,
        window_counts=None,
        slices=None,
        ledger=None,
        processes=(),
        store_disk_bytes=outcome.store_disk_bytes,
        software=frame.software,
        findings=tuple(findings),
        handling=_handling(outcome),
        finals=finals or {},
    )
