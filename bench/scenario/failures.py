"""What must be true where handlers do not all go well, by what every process wrote down."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.broker.letters import Letter, Reason
from bench.clients.port import Ending
from bench.engine.audit import Audited, Evidence, as_it_is
from bench.engine.fates import GIVEN_UP
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags, Tables
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario import doubled, effects_audit, looked
from bench.scenario.again import repeated, stored_by_either
from bench.scenario.rows import UNTRIED, Rows
from bench.spec.doubled import window_ns
from bench.spec.failed_parts import FAILED, LETTERS
from bench.spec.filling import PUBLISH


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
            **counted(
                evidence.observers.get(part.name, ()),
                traffic[part.flow],
                attempts(cell),
                cell.settings.consumer.max_deliver,
            ),
            **lettered(
                evidence.observers.get(part.name, ()),
                evidence.letters,
                cell.settings.consumer.max_deliver,
                evidence.given_up_seqs.get(part.name, ()),
            ),
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
    records: Sequence[ConsumerRecord],
    letters: Sequence[Letter] | None,
    max_deliver: int | None = None,
    heard: Sequence[int] = (),
) -> Mapping[str, int]:
    """Return what is counted of dead letters, by what is counted (bench.spec.failed_parts).

    Args:
        records: of the processes of a part.
        letters: that the server holds; None where it did not tell.
        max_deliver: deliveries of a message at most; None without end.
        heard: places of what the server said that it gave up.
    """
    unsent = sum(_count(each.ending == Ending.UNPOSTED) for each in records)
    if letters is None:
        return {**dict.fromkeys((each.name for each in LETTERS), UNKNOWN), "letters_unsent": unsent}
    there = {each.seq: each for each in letters}
    given_up = {seq for each in records for seq in _given_up_seqs(each, max_deliver, heard)}
    exhausted = [each for each in there.values() if each.reason == Reason.MAX_DELIVER]
    return {
        "dead_lettered": len(there),
        "letters_exhausted": len(exhausted),
        "letters_missing": len(given_up - there.keys()),
        "letters_twice": len(letters) - len(there),
        "letters_unsent": unsent,
    }


def _given_up_seqs(
    record: ConsumerRecord, max_deliver: int | None, heard: Sequence[int]
) -> Sequence[int]:
    """Return the stream sequences of what a process gave up, or saw for the last time.

    What it asked for again then is given up by the server, whether or not a handler was run. So is
    what the server says that it gives up: whoever was to post the letter may have been killed then.
    """
    last = np.zeros(record.ids.size, dtype=bool)
    if max_deliver is not None:
        again = np.isin(record.ending, (*UNTRIED, Ending.UNPOSTED))
        last = again & (record.deliveries >= max_deliver)
    last |= np.isin(record.stream_seqs, np.array(heard, dtype=np.int64))
    given_up: list[int] = record.stream_seqs[np.isin(record.ending, GIVEN_UP) | last].tolist()
    return given_up


def attempts(cell: Cell) -> int:
    """Return how often a handler tries within a delivery at most."""
    retry = cell.settings.handler.retry
    return 1 if retry is None else retry.attempts


def counted(
    records: Sequence[ConsumerRecord],
    traffic: Traffic,
    attempts: int = 1,
    max_deliver: int | None = None,
) -> Mapping[str, int]:
    """Return what is counted of a part, by what is counted (bench.spec.failed_parts).

    Args:
        records: of its processes, by the places of messages among those that say no other again.
        traffic: of its flow.
        attempts: of a handler within a delivery.
        max_deliver: deliveries of a message at most; None without end.
    """
    rows = Rows.of(records, _count(traffic.firsts), max_deliver)
    replayed = rows.later if traffic.replays else np.zeros_like(rows.ids, dtype=bool)
    return {
        **_failed(rows, traffic, replayed, attempts),
        **(_unwritten(rows, traffic, replayed) if traffic.faults else {}),
        **(_bad(rows, traffic, replayed) if traffic.faults.spoil or traffic.replays else {}),
        "repeats": repeated(records),
    }


def _bad(rows: Rows, traffic: Traffic, replayed: Flags) -> Mapping[str, int]:
    return looked.counted(rows, traffic.faults.bad_by(np.flatnonzero(traffic.firsts)), replayed)


def _failed(rows: Rows, traffic: Traffic, replayed: Flags, attempts: int) -> Mapping[str, int]:
    """Return what is counted of handlers that failed, and what came of that."""
    own = np.flatnonzero(traffic.firsts)
    applied = rows.messages(rows.done)
    failed, given_up = (rows.messages(each) > 0 for each in (rows.failed, rows.given_up))
    untried = rows.messages(rows.untried) > 0
    done_with = rows.messages(rows.ending == Ending.SUPERSEDED) > 0  # with its successor
    again = (failed | untried) & ~done_with
    dealt = traffic.faults.due_to_fail(own[rows.ids], rows.deliveries * attempts) | replayed
    of_outage = rows.messages(rows.failed & ~dealt)
    hopeless = traffic.faults.hopeless(own)
    stuck = _count((failed | (untried & ~done_with)) & hopeless & ~given_up)
    return {
        "undone": _count(again & ~hopeless & (applied == 0)),
        "stuck": stuck + looked.stuck_copies(rows, replayed),
        "handled_twice": int(np.maximum(applied - 1, 0).sum()),
        "failures": _count(rows.failed),
        "naked": _count(rows.ending == Ending.NAKED),
        "terminated": _count(rows.messages(rows.ending == Ending.TERMINATED) > 0),
        "outage_failures": int(of_outage.sum()),
        "outage_msgs": _count(of_outage > 0),
        "outage_attempts": int(of_outage.max(initial=0)),
    }


def _unwritten(rows: Rows, traffic: Traffic, replayed: Flags) -> Mapping[str, int]:
    """Return what is counted of effects that were to be refused."""
    own = np.flatnonzero(traffic.firsts)
    due = traffic.faults.unwritten(own[rows.ids], rows.deliveries) & ~replayed
    return {"writes_refused": _count(due & rows.failed), "writes_taken": _count(due & rows.done)}


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
