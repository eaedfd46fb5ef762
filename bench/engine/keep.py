"""From what a trial left behind to what is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S
from bench.engine import accounts, checks, lag, resources
from bench.engine.ackcheck import compare_acks
from bench.engine.pressure import Offer
from bench.engine.publisher import TICK_NS
from bench.engine.table import MessageTable, join
from bench.engine.trial import Outcome
from bench.engine.unseen import unseen_findings
from bench.plan.model import Trial
from bench.record import samples
from bench.record.hlog import Interval
from bench.record.schema import (
    TRIAL_SCHEMA_VERSION,
    Finding,
    HostLoad,
    ProcessUsage,
    Software,
    TrialRecord,
)
from bench.spec.cast import Cast, levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Everything that is written of a trial."""

    record: TrialRecord
    intervals: Sequence[Interval]
    samples: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is known of a trial besides what its workers saw.

    Attributes:
        trial: of the plan.
        started_utc: ISO 8601.
        cast: what takes part.
        pacing: of the workload's publishers.
        offer: how the messages are dealt to them.
        software: versions; None when the server was never reached.
    """

    trial: Trial
    started_utc: str
    cast: Cast
    pacing: Literal["precise", "frugal"]
    offer: Offer
    software: Software | None


def keep(frame: Frame, outcome: Outcome, intended_ns: IntArray) -> Kept:
    """Return the records of a trial that began, whole or broken off."""
    table = join(intended_ns, outcome.publishers, outcome.consumers, outcome.start_ns)
    window_start_ns = outcome.window.window_start_ns if outcome.window else 0
    recorded = accounts.times(table, frame.cast, window_start_ns)
    ledger = accounts.ledger(table, frame.cast, outcome.consumers, outcome.backlog)
    sampled = samples.table(_rows(frame, outcome, table))
    findings = [
        *outcome.findings,
        *checks.times_findings(recorded.negatives, recorded.overflows),
        *checks.ledger_findings(ledger),
        *checks.stream_findings(ledger),
    ]
    if outcome.completed and ledger["stream_msgs"] < 0:  # one that broke off says itself why
        findings.append(checks.stream_unknown())
    processes: tuple[ProcessUsage, ...] = ()
    counts: Mapping[str, int] | None = None
    host: HostLoad | None = None
    peaks: Mapping[str, int] = {}
    until_ns = int(intended_ns[-1]) + NS_PER_S if intended_ns.size else NS_PER_S
    if (window := outcome.window) is not None:
        until_ns = window.drained_ns
        peaks = lag.peaks(table, frame.cast, window)
        counts = accounts.window_counts(table, frame.cast, window)
        processes = resources.usages(sampled, window)
        host = resources.host_load(sampled, window)
        load = checks.Load(
            window=window,
            counts=counts,
            processes=processes,
            host=host,
            window_full_msgs=sum(done.window_full_msgs for done in outcome.done.values()),
            offer=frame.offer,
            tick_ns=TICK_NS[frame.pacing],
            stall_ns_max=_stalls_ns(outcome),
        )
        findings += checks.load_findings(table, load)
        findings += unseen_findings(sampled, window, processes, outcome.done)
        if outcome.completed and not outcome.drained:
            drain_ns = window.drained_ns - window.window_end_ns
            findings.append(checks.not_drained(ledger, drain_ns))
    record = replace(
        _record(frame, outcome, findings),
        window_counts=counts,
        slices=accounts.slices(table, frame.cast, until_ns),
        ledger=ledger,
        processes=processes,
        host=host,
        ack_check=compare_acks(outcome.ack_events, outcome.consumers),
        peaks=peaks,
        negative_times=recorded.negatives,
        overflows=recorded.overflows,
    )
    return Kept(record=record, intervals=recorded.intervals, samples=sampled)


def _stalls_ns(outcome: Outcome) -> dict[str, int]:
    of_workers = {role: done.stall_ns_max for role, done in outcome.done.items()}
    return {checks.CONDUCTOR: outcome.stall_ns_max, **of_workers}


def _rows(frame: Frame, outcome: Outcome, table: MessageTable) -> list[lag.Row]:
    """Return what was sampled, and the lag by our own instants beside it."""
    if outcome.window is None:
        return list(outcome.rows)
    own = lag.grid_rows(table, frame.cast, outcome.window.drained_ns)
    acks = any(level.left == "acked" for _, level in levels(frame.cast).values())
    sampled = lag.with_bounds(outcome.rows, table) if acks else outcome.rows
    return [*sampled, *own]


def keep_failed(frame: Frame, findings: Sequence[Finding]) -> Kept:
    """Return the record of a trial that never began."""
    outcome = Outcome(findings=[*findings])
    record = _record(frame, outcome, outcome.findings)
    return Kept(record=record, intervals=(), samples=samples.table(()))


def _record(frame: Frame, outcome: Outcome, findings: Sequence[Finding]) -> TrialRecord:
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
    )
