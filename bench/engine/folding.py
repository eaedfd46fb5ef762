"""A soak as it goes: what its processes wrote down is joined, counted and forgotten.

Each look takes what has been recorded since the one before it. Messages that are through are added
to the histograms of their seconds and to the ledger, with the code that does so for short trials;
the others are carried on, row by row. Levels are told from what is carried, as a message that is
through is in none (docs/adr/0052).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine import accounts, lag
from bench.engine.live import Live, Often, from_start
from bench.engine.losses import UNKNOWN, Backlog, left_out, lost_by
from bench.engine.recorder import ConsumerRecord, chosen_of
from bench.engine.segments import Came, Sent, Told
from bench.engine.summing import Counts, Ground, Levels, Seen
from bench.engine.table import (
    Flags,
    MessageTable,
    Tables,
    given_up_ns,
    happened,
    some_of,
)
from bench.plan.pieces import Piece
from bench.record.hlog import Interval
from bench.record.schema import MOST_ATTEMPTS, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What was written down between two looks.

    Attributes:
        at_ns: all that happened until then is told, by now or before; from the trial's start.
        sent: by publisher.
        came: by consumer process.
    """

    at_ns: int
    sent: Sequence[Sent]
    came: Sequence[Came]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What is known when all is over.

    Attributes:
        until_ns: until when things are told by the second, from the trial's start.
        window: None when it did not end.
        backlog: what the server held for the consumer.
        given_up: messages that the server gave up; UNKNOWN where nobody can tell.
        again: answers to what had one.
        own: what processes counted themselves, by part and by what is counted.
    """

    until_ns: int
    window: Window | None
    backlog: Backlog
    given_up: int
    again: int
    own: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """The figures of a soak, as they are of a short trial.

    Attributes:
        intervals, negatives, overflows: of all times.
        slices, window_counts, ledger, attempts: counts.
        peaks, oldest_ns: of each level, within the window.
        rows: each level over time, of the samples table.
        left: messages that never were through, by id.
        left_ids: theirs.
    """

    intervals: tuple[Interval, ...]
    negatives: int
    overflows: int
    slices: Mapping[str, tuple[int, ...]]
    window_counts: Mapping[str, int]
    ledger: Mapping[str, int]
    attempts: Mapping[int, int]
    peaks: Mapping[str, int]
    oldest_ns: Mapping[str, int]
    rows: list[lag.Row]
    left: MessageTable
    left_ids: IntArray


class Due:
    """When messages are due, of those that are being sent: pieces come and go."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._first = 0
        self._intended_ns: IntArray = np.empty(0, dtype=np.int64)

    def of(self, ids: IntArray) -> IntArray:
        """Return when these are due, none of which was forgotten; shape as given."""
        stop = int(ids.max(initial=-1)) + 1
        while self._first + self._intended_ns.size < stop:
            piece = next(self._pieces)
            self._intended_ns = np.concatenate([self._intended_ns, piece.intended_ns])
        found: IntArray = self._intended_ns[ids - self._first]
        return found

    def forget(self, below: int) -> None:
        """Nobody will ask for ids below."""
        if (gone := below - self._first) > 0:
            self._intended_ns = self._intended_ns[gone:].copy()
            self._first += gone


class Folding:
    """Takes what is written down, and holds what is not yet counted.

    Attributes:
        live: messages that are not through.
    """

    def __init__(self, ground: Ground, pieces: Iterator[Piece], start_ns: int) -> None:
        """Have seen nothing.

        Args:
            ground: what is known.
            pieces: the schedule.
            start_ns: the trial's start on the clock of the records.
        """
        (driving,), (observing,) = ground.cast.driving, ground.cast.observing
        self._names = driving.name, observing.name
        self._ground = ground
        self._due = Due(pieces)
        self._start_ns = start_ns
        self._seen = Seen(ground.consumers)
        self._levels = Levels(ground)
        self._counts = Counts(ground)
        self._sent = [0] * ground.publishers
        self._early: list[ConsumerRecord] = []
        self._early_told: list[tuple[str, Told]] = []
        self._often = Often()
        self.live = Live()

    def take(self, news: News) -> None:
        """Take what was written down since the look before."""
        for share, sent in enumerate(news.sent):
            self._take_sent(share, sent)
        self._due.forget(self._known_below)
        for process, came in enumerate(news.came):
            self._seen.take(process, came, self._ground)
        self._take_came(news.came)
        table = self.live.table()
        self._levels.look(self._tables(table), news.at_ns)
        self._leave(table, news.at_ns)

    def finish(self, end: End) -> Folded:
        """Return the figures, when all that was written down was taken."""
        self._take_the_rest()
        table = self.live.table()
        tables = self._tables(table)
        self._levels.look(tables, max(end.until_ns, self._levels.told_ns) + 1)
        self._counts.add(tables)
        ids, came = self.live.columns["ids"], self.live.columns["came"]
        often = Counter(dict(enumerate(self._often.counted(MOST_ATTEMPTS).tolist())))
        often.update(np.minimum(came, MOST_ATTEMPTS).tolist())
        spool = self._counts.spool
        return Folded(
            intervals=spool.intervals(),
            negatives=self._counts.negatives,
            overflows=self._counts.overflows,
            slices=self._counts.slices(end.until_ns),
            window_counts=self._counts.within,
            ledger=self._ledger(table, end),
            attempts={times: often[times] for times in sorted(often) if times and often[times]},
            peaks=self._levels.peaks if end.window is not None else {},
            oldest_ns=self._levels.longest_ns if end.window is not None else {},
            rows=self._levels.rows(end.until_ns) if end.window is not None else [],
            left=table,
            left_ids=ids,
        )

    @property
    def told_ns(self) -> int:
        """Until when all is known, from the trial's start."""
        return self._levels.told_ns

    @property
    def _known_below(self) -> int:
        """Of no message below is it still to be told when it was sent."""
        return min(share + rows * self._ground.publishers for share, rows in enumerate(self._sent))

    def _tables(self, table: MessageTable) -> Tables:
        return dict.fromkeys(self._names, table)

    def _take_sent(self, share: int, sent: Sent) -> None:
        record = sent.record
        self._sent[share] += record.ids.size
        self.live.add(
            {
                "ids": record.ids,
                "intended_ns": self._due.of(record.ids),
                "sent_ns": from_start(record.sent_ns, self._start_ns),
                "stored_ns": from_start(record.stored_ns, self._start_ns),
                "outcome": record.outcome,
            }
        )
        places = self.live.places(sent.stored_ids)
        self.live.happened("stored_ns", places, sent.stored_ns - self._start_ns)
        self.live.columns["outcome"][self.live.places(sent.outcome_ids)] = sent.outcome

    def _take_came(self, came: Sequence[Came]) -> None:
        """Join deliveries to their messages; those of which nobody told yet wait."""
        records = [*self._early, *(each.record for each in came)]
        told = [*self._early_told]
        told += [("handled_ns", each.handled) for each in came]
        told += [("acked_ns", each.acked) for each in came]
        self._early, self._early_told = [], []
        for record in records:
            own = chosen_of(record, (record.ids >= 0) & (record.ids < self._ground.planned))
            known = self._is_told(own.ids)
            self._join(chosen_of(own, known))
            if not known.all():
                self._early.append(chosen_of(own, ~known))
        for name, each in told:
            known = self._is_told(each.ids)
            self._join_told(name, _those(each, known))
            if not known.all():
                self._early_told.append((name, _those(each, ~known)))

    def _is_told(self, ids: IntArray) -> Flags:
        """Return of which messages it was told when they were sent, shape (n,)."""
        shares = self._ground.publishers
        found: Flags = ids // shares < np.array(self._sent)[ids % shares]
        return found

    def _join(self, record: ConsumerRecord) -> None:
        places = self.live.places(record.ids)
        there = places >= 0
        self._often.again(record.ids[~there])
        places = places[there]
        np.add.at(self.live.columns["came"], places, 1)
        ended_ns = given_up_ns(record)
        told = zip(
            ("received_ns", "handled_ns", "acked_ns"),
            (record.received_ns, record.handled_ns, ended_ns),
            strict=True,
        )
        for name, at_ns in told:
            self.live.happened(name, places, from_start(at_ns[there], self._start_ns))

    def _join_told(self, name: str, told: Told) -> None:
        places = self.live.places(told.ids)
        there = (places >= 0) & (told.ids >= 0)
        self.live.happened(name, places[there], told.at_ns[there] - self._start_ns)

    def _leave(self, table: MessageTable, at_ns: int) -> None:
        """Count what is through, and leave it out."""
        through = self.live.through(at_ns, acks=self._ground.acks)
        if not through.any():
            return
        own = self.live.columns
        self._often.through(own["ids"][through], own["came"][through])
        self._counts.add(self._tables(some_of(table, through)))
        self._counts.spool.put_away(at_ns)
        self.live.keep(~through)

    def _take_the_rest(self) -> None:
        """Have messages that were never sent, and what came of some though nobody told of them."""
        strange = [each.ids for each in self._early] + [each.ids for _, each in self._early_told]
        wanted = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *strange]))
        step = self._ground.publishers * (1 << 18)
        for first in range(self._known_below, self._ground.planned, step):
            ids = np.arange(first, min(first + step, self._ground.planned))
            ids = ids[~self._is_told(ids)]
            intended_ns = self._due.of(ids)
            self._due.forget(first)
            missed = np.isin(ids, wanted)
            self.live.add({"ids": ids[missed], "intended_ns": intended_ns[missed]})
            self._counts.never_sent(intended_ns[~missed])
        self._sent = [self._ground.planned] * self._ground.publishers
        self._take_came(())

    def _ledger(self, table: MessageTable, end: End) -> Mapping[str, int]:
        driving, observing = self._names
        counts, seen, backlog = self._counts.ledger, self._seen, end.backlog
        missing = happened(table.stored_ns) & ~happened(table.received_ns)
        lost = 0
        if missing.any():
            receipts = seen.receipts(tracked=backlog.tracked)
            told = backlog.msgs >= 0
            lost = lost_by(table, missing, receipts, backlog) if told else UNKNOWN
        driven = {**counts, "held": backlog.stream_msgs, "answered_again": end.again}
        came = {
            **accounts.UNTOLD,
            **counts,
            **seen.counts,
            "expected": self._ground.planned,
            "lost": lost,
            "left_out": left_out(table, backlog),
            "aged_out": UNKNOWN if backlog.msgs < 0 else 0,
            "duplicates": seen.counts["deliveries"] - seen.counts["foreign"] - counts["received"],
            "backlog": backlog.msgs,
            "exhausted": end.given_up,
        }
        counted = {driving: driven, observing: came}
        both = {name: {**each, **end.own.get(name, {})} for name, each in counted.items()}
        return accounts.entered(self._ground.cast, both)


def _those(told: Told, chosen: Flags) -> Told:
    return Told(ids=told.ids[chosen], seqs=told.seqs[chosen], at_ns=told.at_ns[chosen])
