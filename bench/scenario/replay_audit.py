"""What must be true when a replay is over, by the sequences of what was handled."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.core import text
from bench.engine.audit import Audited, Evidence
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.scenario.laying import outstanding, time_up_ns
from bench.spec.kinds.replay import REPLAY, Replay
from bench.spec.laid import FILL

EXAMPLES = 3


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what holds of a replay: its whole window was handled, and nothing else."""
    if not isinstance(cell.workload, Replay):
        raise TypeError(f"{cell.workload_name} is judged as another kind than it is")
    bounds, records = cell.workload.bounds, evidence.observers[REPLAY]
    until_ns = time_up_ns(cell.workload.phases)
    wrong = unlike_fold(traffic[FILL], bounds, records)
    outside = [seq for record in records for seq in handled_outside(record, bounds)]
    counts = {
        "outstanding": outstanding(evidence, cell.cast.part(REPLAY), until_ns),
        "passed_over": sum(_passed_over(record, bounds) for record in records),
        "outside": len(outside),
        "misfolded": len(wrong),
    }
    findings = (
        *_examples("outside its window, it handled sequence", list(map(str, outside))),
        *_examples("its last event was not the last to be handled of", wrong),
    )
    return Audited(tables=evidence.tables, counts={REPLAY: counts}, findings=findings)


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
    seqs = np.concatenate([_EMPTY, *(each.stream_seqs[_effective(each)] for each in records)])
    at_ns = np.concatenate([_EMPTY, *(each.handled_ns[_effective(each)] for each in records)])
    known = (seqs >= 1) & (seqs <= history.intended_ns.size)
    in_turn = seqs[known][np.argsort(at_ns[known], kind="stable")]
    handled_of = history.subject_index[in_turn - 1]
    found = _last_of_each(handled_of, in_turn, len(history.subjects))
    return [history.subjects[place] for place in np.flatnonzero(found != expected).tolist()]


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


def _examples(what: str, found: Sequence[str]) -> tuple[Finding, ...]:
    if not found:
        return ()
    words = f"{REPLAY}: {what} {text.listed(list(found[:EXAMPLES]))}"
    more = f" and {len(found) - EXAMPLES} more" if len(found) > EXAMPLES else ""
    return (Finding(level=Level.WARNING, code="check-broken", text=words + more),)
