"""What must be true when a replay is over, by the sequences of what was handled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.core import text
from bench.core.units import NS_PER_MS, human_duration
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags, MessageTable, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.scenario import failures
from bench.scenario.laying import outstanding, time_up_ns
from bench.scenario.live_audit import disturbed
from bench.spec.cast import Part
from bench.spec.failed_parts import UNDONE
from bench.spec.kinds.replay import LIVE, REPLAY, Replay, passes
from bench.spec.laid import FILL

EXAMPLES = 3


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what holds of a replay: each time its whole window was handled, and nothing else."""
    workload = cell.workload
    if not isinstance(workload, Replay):
        raise TypeError(f"{cell.workload_name} is judged as another kind than it is")
    counts: dict[str, Mapping[str, int]] = {}
    findings: list[Finding] = []
    first = state_of(traffic[FILL], evidence.observers[REPLAY])
    for name in passes(workload.replay.times):
        found, told = _of_pass(cell.cast.part(name), workload, traffic[FILL], evidence)
        counts[name], findings = found, [*findings, *told]
        if name != REPLAY:
            unlike = differing(
                traffic[FILL], first, state_of(traffic[FILL], evidence.observers[name])
            )
            counts[name] = {**found, "state_differs": len(unlike)}
            findings += _examples(name, "its state is not that of the first time in", unlike)
    if workload.live is not None:
        counts[LIVE] = {"disturbed": _disturbed(cell, workload, evidence)}
    return Audited(tables=evidence.tables, counts=counts, findings=tuple(findings))


def _of_pass(
    part: Part, workload: Replay, history: Traffic, evidence: Evidence
) -> tuple[Mapping[str, int], Sequence[Finding]]:
    """Return what one time comes to by itself, and examples of what does not hold."""
    bounds, name = workload.bounds, part.name
    records, table = evidence.observers[name], evidence.tables[name]
    outside = [seq for record in records for seq in handled_outside(record, bounds)]
    wrong = unlike_fold(history, bounds, records)
    counts = {
        "outstanding": outstanding(evidence, part, time_up_ns(workload.phases)),
        "passed_over": sum(_passed_over(record, bounds) for record in records),
        "outside": len(outside),
        "misfolded": len(wrong),
        **(failures.counted(records, history) if UNDONE in part.entries else {}),
    }
    findings = [
        *_examples(name, "outside its window, it handled sequence", list(map(str, outside))),
        *_examples(name, "its last event was not the last to be handled of", wrong),
    ]
    if workload.replay.pacing == "original":
        counts |= {"hurried": hurried(table), "trailing": trailing(table)}
        findings += _pace(name, table)
    return counts, findings


def _disturbed(cell: Cell, workload: Replay, evidence: Evidence) -> int:
    """Return by how many messages live traffic was disturbed while the replay lasted."""
    tables = [evidence.tables[name] for name in passes(workload.replay.times)]
    acks = cell.settings.ack.timing != "none"
    until_ns = time_up_ns(workload.phases)
    ends = [each.acked_ns if acks else each.handled_ns for each in tables]
    whole = all(happened(each).all() for each in ends)
    end_ns = min(until_ns, max(int(each.max()) for each in ends)) if whole else until_ns
    span = (workload.phases.warmup_ns, end_ns)
    return disturbed(evidence.tables[LIVE], evidence.observers[LIVE], span, acks=acks)


def handled_outside(record: ConsumerRecord, bounds: tuple[int, int]) -> list[int]:
    """Return the stream sequences that were handled from outside the window."""
    wrong = ~_within(record, bounds) & (record.handled_ns != NEVER)
    return sorted(set(record.stream_seqs[wrong].tolist()))


def _passed_over(record: ConsumerRecord, bounds: tuple[int, int]) -> int:
    return int(np.count_nonzero(~_within(record, bounds) & (record.handled_ns == NEVER)))


def _within(record: ConsumerRecord, bounds: tuple[int, int]) -> Flags:
    first, last = bounds
    inside: Flags = (record.stream_seqs >= first) & (record.stream_seqs <= last)
    return inside


def unlike_fold(
    history: Traffic, bounds: tuple[int, int], records: Sequence[ConsumerRecord]
) -> list[str]:
    """Return the subjects of which another event was handled last than the window ends with.

    Whoever keeps what came last of each subject is at that state then, and not at the right one.

    Args:
        history: as it was laid: sequence n is the operation n - 1.
        bounds: first and last sequence of the window.
        records: of all processes.
    """
    first, last = bounds
    subject_of = history.subject_index[first - 1 : last]
    expected = _last_of_each(subject_of, np.arange(first, last + 1), len(history.subjects))
    wrong = state_of(history, records).last_seqs != expected
    return [history.subjects[place] for place in np.flatnonzero(wrong).tolist()]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """What whoever handled events knows of each subject then.

    Attributes:
        last_seqs: sequence of the event handled last, 0 where there is none, shape (subjects,).
        events: how many it had, repeats told apart, shape (subjects,).
    """

    last_seqs: IntArray
    events: IntArray


def state_of(history: Traffic, records: Sequence[ConsumerRecord]) -> State:
    """Return the state that a replay came to, by when each event was handled.

    Args:
        history: as it was laid: sequence n is the operation n - 1.
        records: of all processes.
    """
    seqs = np.concatenate([_EMPTY, *(each.stream_seqs[_effective(each)] for each in records)])
    at_ns = np.concatenate([_EMPTY, *(each.handled_ns[_effective(each)] for each in records)])
    known = (seqs >= 1) & (seqs <= history.intended_ns.size)
    in_turn = seqs[known][np.argsort(at_ns[known], kind="stable")]
    subjects = len(history.subjects)
    of_events = history.subject_index[np.unique(in_turn) - 1]
    return State(
        last_seqs=_last_of_each(history.subject_index[in_turn - 1], in_turn, subjects),
        events=np.bincount(of_events, minlength=subjects),
    )


def differing(history: Traffic, one: State, other: State) -> list[str]:
    """Return the subjects whose last event or count is not the same in two states."""
    unlike = (one.last_seqs != other.last_seqs) | (one.events != other.events)
    return [history.subjects[place] for place in np.flatnonzero(unlike).tolist()]


def hurried(table: MessageTable) -> int:
    """Return how many messages came sooner than a server that keeps the original pace sends them.

    From the release to its coming is no less than from the first message to its own when they were
    stored, which lies between handing it over and the PubAck. UNKNOWN where that never came, where
    no message did, and where the first to come took longer than all of the window was to take:
    nothing could be sooner.

    Args:
        table: of the window, in the stream's order; all of it due at the release.
    """
    if not happened(table.stored_ns[:1]).all():
        return UNKNOWN
    least_ns = table.sent_ns - table.stored_ns[0]
    came = happened(table.received_ns) & happened(table.sent_ns)
    took_ns = (table.received_ns - table.intended_ns)[came]
    if not took_ns.size or took_ns.min() >= least_ns[came].max() > 0:
        return UNKNOWN
    return int(np.count_nonzero(took_ns < least_ns[came]))


def trailing(table: MessageTable) -> int:
    """Return how many messages came later after the first than a tenth and 100 ms beyond the pace.

    UNKNOWN where the first never came.

    Args:
        table: of the window, in the stream's order.
    """
    came = happened(table.received_ns) & happened(table.stored_ns)
    if not came[:1].all():
        return UNKNOWN
    after_ns = table.received_ns - table.received_ns[:1]
    paced_ns = table.stored_ns - table.stored_ns[:1]
    return int(np.count_nonzero(came & (after_ns > 1.1 * paced_ns + TRAILING_NS)))


TRAILING_NS = 100 * NS_PER_MS


def _pace(name: str, table: MessageTable) -> list[Finding]:
    """Return how long the window took to be stored, and how long to come again."""
    ends = (table.stored_ns[[0, -1]], table.received_ns[[0, -1]])
    if not all(happened(each).all() for each in ends):
        return []
    stored_ns, came_ns = (int(last - first) for first, last in ends)
    share = text.percent(came_ns / stored_ns) if stored_ns > 0 else text.NA
    words = (
        f"{name}: what was stored within {human_duration(stored_ns)} came within "
        f"{human_duration(came_ns)}: {share} of its original time"
    )
    return [Finding(level=Level.NOTE, code="pace", text=words)]


_EMPTY = np.empty(0, dtype=np.int64)


def _effective(record: ConsumerRecord) -> Flags:
    """Return the deliveries that were handled, shape (n,)."""
    handled: Flags = record.handled_ns != NEVER
    return handled


def _last_of_each(subject_of: IntArray, seqs: IntArray, subjects: int) -> IntArray:
    """Return the last sequence of each subject, 0 where there is none; the later one stays."""
    last: IntArray = np.zeros(subjects, dtype=np.int64)
    last[subject_of] = seqs
    return last


def _examples(name: str, what: str, found: Sequence[str]) -> tuple[Finding, ...]:
    if not found:
        return ()
    words = f"{name}: {what} {text.listed(list(found[:EXAMPLES]))}"
    more = f" and {len(found) - EXAMPLES} more" if len(found) > EXAMPLES else ""
    return (Finding(level=Level.WARNING, code="check-broken", text=words + more),)
