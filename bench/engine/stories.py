"""What is kept of single messages: everything of a small trial, of a large one what went odd first.

The rest of a large one is thinned evenly, so that what a record takes on disk is bounded whatever
was offered. Made when all is over, from the records of the processes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.broker.letters import Letter
from bench.clients.port import Ending, IntArray, Outcome
from bench.engine.jobs import DriverJob, ObserverJob
from bench.engine.recorder import (
    NEVER,
    ConsumerRecord,
    PublisherRecord,
    joined,
    load_consumer,
    load_publisher,
)
from bench.engine.table import Flags, ours
from bench.record import messages
from bench.record.messages import Messages, Names, Place

MOST_MSGS = 50_000
"""Of each flow: 1.2 MB on disk, and 0.4 s of CPU to choose them of a million and to pack them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one process drove."""

    place: Place
    record: PublisherRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What one generation of a process saw; the first is 1, and who takes its place one more."""

    place: Place
    generation: int
    record: ConsumerRecord


def sent_by(jobs: Sequence[DriverJob]) -> tuple[Sent, ...]:
    """Return what processes drove, as far as they wrote it down."""
    return tuple(
        Sent(
            place=Place(part=job.part, role=job.role, flow=job.part),
            record=load_publisher(job.record_path),
        )
        for job in jobs
        if job.record_path.exists()
    )


def came_to(jobs: Sequence[ObserverJob]) -> tuple[Came, ...]:
    """Return what each generation of each process saw; of who takes a place, later."""
    return tuple(_came_to(jobs))


def _came_to(jobs: Sequence[ObserverJob]) -> Iterator[Came]:
    generations: Counter[tuple[str, str]] = Counter()
    for job in jobs:
        generations[job.part, job.role] += 1
        if job.record_path.exists():
            place = Place(part=job.part, role=job.role, flow=job.flow)
            generation = generations[job.part, job.role]
            record = load_consumer(job.record_path)
            yield Came(place=place, generation=generation, record=record)


def driven_by(sent: Sequence[Sent]) -> Mapping[str, Sequence[PublisherRecord]]:
    """Return what processes drove, by part."""
    found: dict[str, list[PublisherRecord]] = {}
    for each in sent:
        found.setdefault(each.place.part, []).append(each.record)
    return found


def observed(came: Sequence[Came]) -> Mapping[str, Sequence[ConsumerRecord]]:
    """Return what processes saw, by part: of one that was killed, with who took its place."""
    found: dict[str, dict[str, list[ConsumerRecord]]] = {}
    for each in came:
        of_part = found.setdefault(each.place.part, {})
        of_part.setdefault(each.place.role, []).append(each.record)
    return {part: [*map(joined, of_part.values())] for part, of_part in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What a trial left of its messages.

    Attributes:
        intended_ns: when they were due, by flow; from the trial's start, by id, shape (n,).
        sent, came: by process.
        letters: of what was given up.
        start_ns: the trial's start on the clock of the records.
        taken: ids of what limits took before it came to a part; who that is has no role.
    """

    intended_ns: Mapping[str, IntArray]
    sent: Sequence[Sent]
    came: Sequence[Came]
    letters: Sequence[Letter]
    start_ns: int
    taken: Mapping[Place, IntArray] = field(default_factory=dict)


def stories(lived: Lived, most: int = MOST_MSGS) -> Messages:
    """Return what is kept of single messages, of each flow as many as `most`."""
    all_places = [*(each.place for each in lived.sent), *(each.place for each in lived.came)]
    places = tuple(dict.fromkeys(all_places))
    numbers = {place: number for number, place in enumerate(places)}
    kept = {flow: chosen(lived, flow, most) for flow in lived.intended_ns}
    sends = [_sends(lived, flow, kept[flow], numbers) for flow in kept]
    came = [
        _deliveries(each, kept[each.place.flow], numbers, lived.start_ns)
        for each in lived.came
        if each.place.flow in kept
    ]
    reasons = tuple(dict.fromkeys(letter.reason for letter in lived.letters))
    names = Names(
        places=places,
        endings={each.value: each.word for each in Ending},
        outcomes={each.value: each.word for each in Outcome},
        reasons=reasons,
        planned={flow: each.size for flow, each in lived.intended_ns.items()},
        lacking=tuple(lived.taken),
    )
    return Messages(
        names=names,
        sends=_beside(len(messages.SEND_COLUMNS), sends),
        deliveries=_beside(len(messages.DELIVERY_COLUMNS), came),
        letters=_letters(lived.letters, reasons),
        evicted=_beside(len(messages.EVICTED_COLUMNS), _evicted(lived, kept)),
    )


def _evicted(lived: Lived, kept: Mapping[str, Flags]) -> list[IntArray]:
    """Return one row of each message that is kept, and that a limit took from a part."""
    taken = [ids[kept[who.flow][ids]] for who, ids in lived.taken.items()]
    return [np.stack([np.full(ids.size, place), ids]) for place, ids in enumerate(taken)]


def chosen(lived: Lived, flow: str, most: int) -> Flags:
    """Return which messages of a flow are kept, shape (n,): those that went odd are before others.

    They have at most half of the room when the others need it, and both are thinned evenly.
    """
    size = lived.intended_ns[flow].size
    kept = np.ones(size, dtype=bool)
    if size <= most:
        return kept
    odd = np.flatnonzero(~_plain(lived, flow, size))
    odd = odd[_evenly(odd.size, most // 2)]
    kept[:] = False
    kept[odd] = True
    others = np.flatnonzero(~kept)
    kept[others[_evenly(others.size, most - odd.size)]] = True
    return kept


def _plain(lived: Lived, flow: str, size: int) -> Flags:
    """Return which were sent, stored and handled once by each part that saw them, shape (n,)."""
    plain, seen = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for sent in (each for each in lived.sent if each.place.flow == flow):
        plain[sent.record.ids] = (sent.record.stored_ns != NEVER) & (sent.record.outcome == 0)
    by_part: dict[str, list[ConsumerRecord]] = {}
    for came in (each for each in lived.came if each.place.flow == flow):
        by_part.setdefault(came.place.part, []).append(came.record)
    for records in by_part.values():
        times = np.zeros(size, dtype=np.int32)
        for record in records:
            known = ours(record.ids, size)
            np.add.at(times, record.ids[known], 1)
            odd = known & ((record.handled_ns == NEVER) | (record.ending != 0))
            plain[record.ids[odd]] = False
        plain &= times <= 1
        seen |= times > 0
    return plain & seen if by_part else plain


def _evenly(count: int, most: int) -> IntArray:
    """Return places of at most so many of a row, evenly spread; all where they are no more."""
    picked: IntArray = np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
    return picked


def _sends(lived: Lived, flow: str, kept: Flags, numbers: Mapping[Place, int]) -> IntArray:
    """Return one row of each message that is kept, shape (7, n)."""
    size = kept.size
    place, outcome = np.full(size, -1), np.zeros(size, dtype=np.int64)
    sent_ns, stored_ns = np.full(size, messages.NEVER), np.full(size, messages.NEVER)
    for each in (one for one in lived.sent if one.place.flow == flow):
        ids = each.record.ids
        sent_ns[ids] = _from_start(each.record.sent_ns, lived.start_ns)
        stored_ns[ids] = _from_start(each.record.stored_ns, lived.start_ns)
        place[ids], outcome[ids] = numbers[each.place], each.record.outcome
    ids = np.flatnonzero(kept)
    rows = (place, np.arange(size), lived.intended_ns[flow], sent_ns, stored_ns, outcome)
    number = np.full(ids.size, tuple(lived.intended_ns).index(flow))
    return np.stack([number, *(row[ids] for row in rows)])


def _deliveries(came: Came, kept: Flags, numbers: Mapping[Place, int], start_ns: int) -> IntArray:
    """Return one row each time that a message that is kept came to a process, shape (9, m)."""
    record = came.record
    rows = np.flatnonzero(ours(record.ids, kept.size))
    rows = rows[kept[record.ids[rows]]]
    instants = (record.received_ns, record.handled_ns, record.acked_ns)
    return np.stack(
        [
            np.full(rows.size, numbers[came.place]),
            np.full(rows.size, came.generation),
            record.ids[rows],
            record.stream_seqs[rows],
            record.deliveries[rows],
            *(_from_start(each[rows], start_ns) for each in instants),
            record.ending[rows],
        ]
    )


def _letters(letters: Sequence[Letter], reasons: Sequence[str]) -> IntArray:
    rows = [(each.seq, each.attempts, reasons.index(each.reason)) for each in letters]
    return np.array(rows, dtype=np.int64).reshape(-1, len(messages.LETTER_COLUMNS)).T.copy()


def _from_start(instants_ns: IntArray, start_ns: int) -> IntArray:
    return np.where(instants_ns == NEVER, messages.NEVER, instants_ns - start_ns)


def _beside(columns: int, tables: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.empty((columns, 0), dtype=np.int64), *tables], axis=1)
