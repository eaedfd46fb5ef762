"""Which effects messages had, by the bucket that counts them, and which were to be expected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import Value
from bench.clients.port import Ending, IntArray
from bench.core.text import listed, plural
from bench.core.units import NS_PER_S
from bench.engine.audit import Evidence
from bench.engine.findings import invalid
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags, MessageTable, happened, ours
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.spec.applied_parts import WRITTEN
from bench.spec.cast import Part
from bench.spec.effects import CrashPoint, Fate, effects_expected
from bench.spec.failing import UNANSWERED
from bench.spec.variant import Settings

EXPIRES_WITHIN_NS = 2 * NS_PER_S
"""How long after its time a marker may still stand: the server looks about once a second."""

MOST_EXAMPLES = 5


def counts_of(held: Held, size: int) -> IntArray:
    """Return how often the effect of each message was made, shape (size,).

    Args:
        held: values of a bucket by the ids of their messages.
        size: messages of the flow.
    """
    found = np.zeros(size, dtype=np.int64)
    for name, last in held.items():
        if name.isdigit() and int(name) < size:
            found[int(name)] = Value(seq=last.seq, gone=bool(last.operation), data=last.data).count
    return found


def of_part(
    cell: Cell, part: Part, traffic: Traffic, evidence: Evidence
) -> tuple[Mapping[str, int], tuple[Finding, ...]]:
    """Return what is counted of the effects of a part, and what is to be said of them.

    Args:
        cell: of the plan.
        part: whose handlers make effects, or do not: then nothing is.
        traffic: of its flow.
        evidence: of the trial.
    """
    if WRITTEN[0] not in part.entries:
        return {}, ()
    held, size = evidence.held, traffic.intended_ns.size
    made = None if held is None else counts_of(held, size)[traffic.firsts]
    crashes = crashes_of(evidence.observers.get(part.name, ()), traffic, cell.settings)
    counts, findings = told(crashes, made)
    return {**effects(made, evidence.tables[part.name], traffic), **counts}, findings


def effects(made: IntArray | None, table: MessageTable, traffic: Traffic) -> Mapping[str, int]:
    """Return what is missing, and what was made more than once (bench.spec.applied_parts).

    Args:
        made: how often the effect of each message was made that says no other again, shape (n,);
            None where the server did not tell.
        table: of the part whose handlers make them.
        traffic: of its flow.
    """
    if made is None:
        return {"effects_missing": UNKNOWN, "effects_doubled": UNKNOWN}
    could_be = happened(table.received_ns) & ~traffic.faults.hopeless(
        np.flatnonzero(traffic.firsts)
    )
    return {
        "effects_missing": int(np.count_nonzero(could_be & (made == 0))),
        "effects_doubled": int(np.maximum(made - 1, 0).sum()),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """A message at which a consumer crashed.

    Attributes:
        message: its id.
        place: its place among the messages that say no other again.
        at: the step.
        expected: the numbers of effects that it may have; none where other mishaps befell it.
    """

    message: int
    place: int
    at: CrashPoint
    expected: frozenset[int]


def crashes_of(
    records: Sequence[ConsumerRecord], traffic: Traffic, settings: Settings
) -> tuple[Crash, ...]:
    """Return the crashes of a trial, with the effects that are to be expected of each.

    Args:
        records: of the processes, by the places of messages among those that say no other again.
        traffic: of the flow.
        settings: of the cell.
    """
    rows = _Deliveries.of(records, traffic)
    own = np.flatnonzero(traffic.firsts)
    return tuple(
        Crash(
            message=int(own[place]),
            place=place,
            at=rows.at[place],
            expected=_expected(rows, place, settings),
        )
        for place in rows.crashed
    )


def told(
    crashes: Sequence[Crash], made: IntArray | None
) -> tuple[Mapping[str, int], tuple[Finding, ...]]:
    """Return what is counted of crashes, and what is to be said of them.

    Args:
        crashes: of the trial.
        made: as of `effects`.
    """
    sure = [each for each in crashes if len(each.expected) == 1]
    counts = {
        "crashes": len(crashes),
        "missing_expected": sum(each.expected == {0} for each in sure),
        "doubled_expected": sum(max(each.expected) > 1 for each in sure),
    }
    if made is None:
        return {**counts, "effects_unlike": UNKNOWN}, ()
    unlike = [each for each in crashes if each.expected and made[each.place] not in each.expected]
    return {**counts, "effects_unlike": len(unlike)}, (
        *_as_expected(sure, made),
        *(_unlike(unlike, made) if unlike else ()),
    )


def _as_expected(sure: Sequence[Crash], made: IntArray) -> Iterator[Finding]:
    """Yield what crashes at each step came to, where it is what they were to come to."""
    for at in dict.fromkeys(each.at for each in sure):
        alike = [each for each in sure if each.at == at and made[each.place] in each.expected]
        numbers = sorted(int(made[each.place]) for each in alike)
        if alike:
            words = listed([plural(n, "effect") for n in dict.fromkeys(numbers)])
            text = f"{plural(len(alike), 'crash', 'crashes')} {at}: {words} each, as expected"
            yield Finding(level=Level.NOTE, code="crash-effects", text=text)


def _unlike(unlike: Sequence[Crash], made: IntArray) -> Iterator[Finding]:
    examples = [
        f"message {each.message}, {each.at}: {listed([str(n) for n in sorted(each.expected)])} "
        f"expected, {made[each.place]} found"
        for each in unlike[:MOST_EXAMPLES]
    ]
    text = f"effects are not what the steps of crashes come to: {'; '.join(examples)}"
    yield invalid("effects-unlike", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deliveries:
    """All deliveries of messages of ours, each column of shape (n,).

    Attributes:
        at: by the place of a message, the step at which a process was to end itself.
        keys: number of each message's key, by its place.
        several: more than one process took them.
        ids, seqs, received_ns, handled_ns, ending, acked_ns: as in a record.
    """

    at: Mapping[int, CrashPoint]
    keys: IntArray
    several: bool
    ids: IntArray
    seqs: IntArray
    received_ns: IntArray
    handled_ns: IntArray
    acked_ns: IntArray
    ending: IntArray

    @classmethod
    def of(cls, records: Sequence[ConsumerRecord], traffic: Traffic) -> "_Deliveries":
        firsts = np.flatnonzero(traffic.firsts)
        size = firsts.size
        names = ("ids", "stream_seqs", "received_ns", "handled_ns", "acked_ns", "ending")
        kept = [ours(each.ids, size) for each in records]
        empty = np.empty(0, dtype=np.int64)
        columns = (
            np.concatenate(
                [empty, *(getattr(r, name)[own] for r, own in zip(records, kept, strict=True))]
            )
            for name in names
        )
        ids, seqs, received_ns, handled_ns, acked_ns, ending = columns
        return cls(
            at={int(np.searchsorted(firsts, m)): each.at for m, each in traffic.crashes.items()},
            keys=traffic.subject_index[firsts],
            several=len(records) > 1,
            ids=ids,
            seqs=seqs,
            received_ns=received_ns,
            handled_ns=handled_ns,
            acked_ns=acked_ns,
            ending=ending,
        )

    @property
    def crashed(self) -> tuple[int, ...]:
        """The places of the messages at which a process ended itself."""
        return tuple(np.unique(self.ids[self.ending == Ending.CRASHED]).tolist())

    def overtaken(self, place: int) -> Flags:
        """Return which deliveries handled a later message of the same key, shape (n,)."""
        seq = self.seqs[self.ids == place].max()
        same = (self.keys[self.ids] == self.keys[place]) & (self.seqs > seq)
        handled: Flags = same & (self.handled_ns != NEVER)
        return handled


def _expected(rows: _Deliveries, place: int, settings: Settings) -> frozenset[int]:
    """Return the numbers of effects that a message may have; none where nobody can tell.

    Nobody can of one that was in hand when another message's crash ended the process, or that came
    more than once more.
    """
    own, at = rows.ids == place, rows.at[place]
    (crashed,) = np.flatnonzero(own & (rows.ending == Ending.CRASHED))[:1]
    others = np.flatnonzero(own & (rows.ending != Ending.CRASHED))
    again = settings.ack.timing not in UNANSWERED and settings.consumer.max_deliver != 1
    if not again:
        fate = Fate(at=at, again=False)
        return frozenset() if others.size else frozenset({_of(settings, fate)})
    if others.size != 1 or rows.acked_ns[others[0]] == NEVER:
        return frozenset()
    fates = _fates(rows, (place, int(crashed), int(others[0])), settings)
    return frozenset(_of(settings, fate) for fate in fates)


def _of(settings: Settings, fate: Fate) -> int:
    return effects_expected(settings.effect.idempotency, fate)


def _fates(rows: _Deliveries, which: tuple[int, int, int], settings: Settings) -> Iterator[Fate]:
    """Yield what may have become of a message that came once more.

    Args:
        rows: all deliveries.
        which: the place of the message, the delivery that crashed, and the one that came again.
        settings: of the cell.
    """
    place, crashed, again = which
    before = rows.overtaken(place)
    surely = bool((before & (rows.handled_ns <= rows.received_ns[again])).any())
    # Another process may have moved the guard, and noted later that it had.
    begun_ns = rows.received_ns if rows.several else rows.handled_ns
    perhaps = surely or bool((before & (begun_ns <= rows.acked_ns[again])).any())
    for overtaken in {surely, perhaps}:
        for forgotten in _forgotten(rows, crashed, again, settings.effect.marker_ttl_ns):
            yield Fate(at=rows.at[place], again=True, forgotten=forgotten, overtaken=overtaken)


def _forgotten(rows: _Deliveries, crashed: int, again: int, ttl_ns: int | None) -> tuple[bool, ...]:
    """Return whether a marker's time was over when its message came again; both where unsure.

    It was written after the message had come, and before the process ended: as its effect was, or
    nobody knows when.
    """
    if ttl_ns is None:
        return (False,)
    came_ns, ended_ns = rows.received_ns[crashed], rows.handled_ns[crashed]
    if rows.received_ns[again] - came_ns < ttl_ns:
        return (False,)
    surely = ended_ns != NEVER and rows.received_ns[again] - ended_ns > ttl_ns + EXPIRES_WITHIN_NS
    return (True,) if surely else (False, True)
