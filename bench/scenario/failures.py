"""What must be true where handlers do not all go well, by what every process wrote down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.broker.letters import Letter, Reason
from bench.clients.port import Ending, IntArray
from bench.engine.audit import Audited, Evidence, as_it_is
from bench.engine.fates import APPLIED, DONE_WITH
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags, Tables, ours
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario import doubled, effects_audit
from bench.scenario.again import repeated, stored_by_either
from bench.spec.doubled import window_ns
from bench.spec.failed_parts import FAILED, LETTERS
from bench.spec.filling import PUBLISH

_FAILED = (Ending.NAKED, Ending.SILENT, Ending.UNPOSTED, *DONE_WITH)
_GIVEN_UP = (Ending.TERMINATED, Ending.EXHAUSTED)


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what became of messages whose handlers failed, by the parts that count it."""
    parts = [part for part in cell.cast.observing if FAILED[0] in part.entries]
    if not parts:
        return as_it_is(evidence)
    tables, published = _published(cell, traffic, evidence)
    made = {
        part.name: effects_audit.of_part(cell, part, traffic[part.flow], evidence) for part in parts
    }
    counts = {
        part.name: {
            **counted(evidence.observers.get(part.name, ()), traffic[part.flow]),
            **lettered(evidence.observers.get(part.name, ()), evidence.letters),
            **made[part.name][0],
        }
        for part in parts
    }
    findings = tuple(finding for _, said in made.values() for finding in said)
    return Audited(tables=tables, counts={**counts, **published}, findings=findings)


def _published(
    cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence
) -> tuple[Tables, Mapping[str, Mapping[str, int]]]:
    """Return what each part did, and what is counted of what was published twice."""
    sent, part = traffic[PUBLISH], cell.cast.part(PUBLISH)
    if not any(each.name == "published_again" for each in part.entries):
        return evidence.tables, {}
    flags = {each.name: sent.firsts for each in cell.cast.observing}
    window = 0 if sent.replays else window_ns(cell.settings)
    counts = {PUBLISH: doubled.counted(sent, evidence.tables[PUBLISH], window)}
    return stored_by_either(sent, evidence.tables, flags), counts


def lettered(
    records: Sequence[ConsumerRecord], letters: Sequence[Letter] | None
) -> Mapping[str, int]:
    """Return what is counted of dead letters, by what is counted (bench.spec.failed_parts).

    Args:
        records: of the processes of a part.
        letters: that the server holds; None where it did not tell.
    """
    unsent = sum(_count(each.ending == Ending.UNPOSTED) for each in records)
    if letters is None:
        return {**dict.fromkeys((each.name for each in LETTERS), UNKNOWN), "letters_unsent": unsent}
    there = {each.seq: each for each in letters}
    given_up = {seq for each in records for seq in _given_up_seqs(each)}
    exhausted = [each for each in there.values() if each.reason == Reason.MAX_DELIVER]
    return {
        "dead_lettered": len(there),
        "letters_exhausted": len(exhausted),
        "letters_missing": len(given_up - there.keys()),
        "letters_twice": len(letters) - len(there),
        "letters_unsent": unsent,
    }


def _given_up_seqs(record: ConsumerRecord) -> Sequence[int]:
    """Return the stream sequences of what a process gave up, or saw for the last time."""
    given_up: list[int] = record.stream_seqs[np.isin(record.ending, _GIVEN_UP)].tolist()
    return given_up


def counted(records: Sequence[ConsumerRecord], traffic: Traffic) -> Mapping[str, int]:
    """Return what is counted of a part, by what is counted (bench.spec.failed_parts).

    Args:
        records: of its processes, by the places of messages among those that say no other again.
        traffic: of its flow.
    """
    own = np.flatnonzero(traffic.firsts)
    size = own.size
    ids, deliveries, ending, handled_ns, seqs = _of_all(records, size)

    done = np.isin(ending, (*APPLIED, Ending.CRASHED)) & (handled_ns != NEVER)

    def messages(chosen: Flags) -> IntArray:
        """Return in how many of these deliveries each message came, shape (size,)."""
        return np.bincount(ids[chosen], minlength=size)

    applied = messages(done)
    failed, given_up = (messages(np.isin(ending, which)) > 0 for which in (_FAILED, _GIVEN_UP))
    again = failed | (messages(ending == Ending.RETURNED) > 0)
    replayed = _replayed(ids, seqs) if traffic.replays else np.zeros_like(ids, dtype=bool)
    dealt = traffic.faults.due_to_fail(own[ids], deliveries) | replayed
    bad = traffic.faults.bad(own)
    copies = _copies(seqs[replayed], ending[replayed], done[replayed])
    of_outage = messages(np.isin(ending, _FAILED) & ~dealt)
    hopeless = traffic.faults.hopeless(own)
    return {
        "undone": _count(again & ~hopeless & (applied == 0)),
        "stuck": _count(failed & hopeless & ~given_up) + copies.stuck,
        "handled_twice": int(np.maximum(applied - 1, 0).sum()),
        "failures": _count(np.isin(ending, _FAILED)),
        "naked": _count(ending == Ending.NAKED),
        "terminated": _count(messages(ending == Ending.TERMINATED) > 0),
        "repeats": repeated(records),
        "bad_msgs": _count(bad & (messages(~replayed) > 0)) + copies.came,
        "noticed": _count(bad & failed & (applied == 0)) + copies.noticed,
        "unnoticed": _count(bad & (messages(done & ~replayed) > 0)) + copies.unnoticed,
        "outage_failures": int(of_outage.sum()),
        "outage_msgs": _count(of_outage > 0),
        "outage_attempts": int(of_outage.max(initial=0)),
    }


def _of_all(records: Sequence[ConsumerRecord], size: int) -> Sequence[IntArray]:
    """Return ids, delivery counts, endings, instants handled and sequences of deliveries of ours.

    Each of shape (n,).
    """
    rows = [np.stack([e.ids, e.deliveries, e.ending, e.handled_ns, e.stream_seqs]) for e in records]
    columns = np.concatenate([np.empty((5, 0), dtype=np.int64), *rows], axis=1)
    return list(columns[:, ours(columns[0], size)])


def _replayed(ids: IntArray, seqs: IntArray) -> Flags:
    """Return which deliveries are of a message that is another one again, shape (n,).

    The first of an id in the stream is the one that was meant: whoever replays it comes later.
    """
    first = np.full(ids.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, ids, seqs)
    replayed: Flags = seqs > first[ids]
    return replayed


@dataclass(frozen=True, slots=True)
class _Copies:
    """What became of messages that are another one again, counted by their own sequence.

    Attributes:
        came: so many were delivered.
        noticed: were refused, and never taken for good ones.
        unnoticed: were taken for good ones.
        stuck: were refused, and never given up.
    """

    came: int = 0
    noticed: int = 0
    unnoticed: int = 0
    stuck: int = 0


def _copies(seqs: IntArray, ending: IntArray, done: Flags) -> _Copies:
    """Return what became of what was replayed, by all deliveries of it, each of shape (n,)."""
    came, place = np.unique(seqs, return_inverse=True)

    def some(chosen: Flags) -> Flags:
        found: Flags = np.bincount(place[chosen], minlength=came.size) > 0
        return found

    failed, given_up, taken = (
        some(each) for each in (np.isin(ending, _FAILED), np.isin(ending, _GIVEN_UP), done)
    )
    return _Copies(
        came=came.size,
        noticed=_count(failed & ~taken),
        unnoticed=_count(taken),
        stuck=_count(failed & ~given_up & ~taken),
    )


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
