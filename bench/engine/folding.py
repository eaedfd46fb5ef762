"""A soak as it goes: what its processes wrote down is joined, counted and forgotten.

Each look takes what has been recorded since the one before it. Messages that are through are added
to the histograms of their seconds and to the ledger, with the code that does so for short trials;
the others are carried on, row by row. Levels are told from what is carried, as a message that is
through is in none (docs/adr/0052).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.core.units import NS_PER_S
from bench.engine import accounts, lag, oldest
from bench.engine.live import Live, Often, from_start
from bench.engine.losses import UNKNOWN, Backlog, Receipts, left_out, lost_by
from bench.engine.ranges import Ranges
from bench.engine.recorder import NEVER, ConsumerRecord, chosen_of
from bench.engine.segments import Came, Sent, Told
from bench.engine.spool import Spool
from bench.engine.table import (
    NOT_YET,
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
from bench.spec.cast import Cast, instants, levels, spans
from bench.spec.workload import Phases


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known of a soak beforehand.

    Attributes:
        cast: what takes part: one part that publishes, and one that consumes all of it.
        phases: of its workload.
        planned: messages.
        publishers: how many; the message of an id goes to the one of its remainder.
        consumers: how many processes take them.
        max_deliver: of the consumer; None when there is no limit.
        looks_every_ns: from one look at the levels to the next.
        directory: for what is put away.
    """

    cast: Cast
    phases: Phases
    planned: int
    publishers: int
    consumers: int
    max_deliver: int | None
    looks_every_ns: int
    directory: Path

    @property
    def acks(self) -> bool:
        """Whether messages are acknowledged."""
        return "acked" in instants(self.cast)

    @property
    def window_ns(self) -> tuple[int, int]:
        """From when to when the window lasts, from the trial's start."""
        start_ns = self.phases.warmup_ns
        return start_ns, start_ns + self.phases.measure_ns


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
        self._seen = _Seen(ground.consumers)
        self._levels = _Levels(ground)
        self._counts = _Counts(ground)
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
            due = {"ids": ids, "intended_ns": self._due.of(ids)}
            self._due.forget(first)
            rest = Live()
            rest.add(due)
            missed = np.isin(ids, wanted)
            self.live.add({name: column[missed] for name, column in due.items()})
            rest.keep(~missed)
            self._counts.add(self._tables(rest.table()))
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


class _Seen:
    """What is known of deliveries whatever message they are of.

    Attributes:
        counts: entries of the ledger.
    """

    def __init__(self, consumers: int) -> None:
        self.counts: Counter[str] = Counter(
            dict.fromkeys(("deliveries", "foreign", "redelivered", "reordered"), 0)
        )
        self._came, self._settled, self._given_up = Ranges(), Ranges(), Ranges()
        self._highest_first = [0] * consumers
        self._highest = [0] * consumers

    def take(self, process: int, came: Came, ground: Ground) -> None:
        """Take what came to a process."""
        record, seqs = came.record, came.record.stream_seqs
        foreign = (record.ids < 0) | (record.ids >= ground.planned)
        again = record.deliveries > 1
        self.counts["deliveries"] += seqs.size
        self.counts["foreign"] += int(np.count_nonzero(foreign))
        self.counts["redelivered"] += int(np.count_nonzero(again))
        before = self._highest_first[process]
        self.counts["reordered"] += accounts.reordered(record, before)
        self._highest_first[process] = int(seqs[record.deliveries == 1].max(initial=before))
        self._highest[process] = int(seqs.max(initial=self._highest[process]))
        self._came = self._came.union(Ranges.of(seqs))
        settled = (record.acked_ns != NEVER) | (record.ending == Ending.TERMINATED)
        self._settled = self._settled.union(Ranges.of(seqs[settled]))
        self._settled = self._settled.union(Ranges.of(came.acked.seqs))
        last = record.deliveries >= (ground.max_deliver or np.iinfo(np.int64).max)
        self._given_up = self._given_up.union(Ranges.of(seqs[last]))

    def receipts(self, *, tracked: bool) -> Receipts:
        """Return what came; what is open is asked for where the server tracks it alone."""
        open_ = self._came.minus(self._settled) if tracked else Ranges()
        open_seqs = open_.numbers()
        return Receipts(
            seqs=self._came,
            open_seqs=open_seqs,
            given_up_seqs=open_seqs[self._given_up.has(open_seqs)],
            last_in_all=min(self._highest),
        )


class _Counts:
    """Adds up what is counted of messages, each of which is told once.

    Attributes:
        spool: the histograms.
        negatives, overflows: times that could not go into one.
        within: counts of the window.
        ledger: of both parts, by the words of whoever counts.
    """

    def __init__(self, ground: Ground) -> None:
        phases, cast = ground.phases, ground.cast
        self._ground = ground
        self._until_ns = phases.warmup_ns + phases.measure_ns + phases.drain_ns + 60 * NS_PER_S
        self.spool = Spool(ground.directory / "histograms", spans(cast))
        self.negatives = self.overflows = 0
        self.within: Counter[str] = Counter()
        self.ledger: Counter[str] = Counter()
        nothing = -(-self._until_ns // accounts.SLICE_NS)
        self._slices = {name: np.zeros(nothing, dtype=np.int64) for name in instants(cast)}

    def add(self, tables: Tables) -> None:
        """Count messages."""
        ground, cast = self._ground, self._ground.cast
        start_ns, end_ns = ground.window_ns
        window = Window(window_start_ns=start_ns, window_end_ns=end_ns, drained_ns=end_ns)
        counted = accounts.times(tables, cast, start_ns, end_ns)
        self.spool.add(counted.intervals)
        self.negatives += counted.negatives
        self.overflows += counted.overflows
        for name, slices in accounts.slices(tables, cast, self._until_ns).items():
            self._slices[name] += np.array(slices)
        self.within.update(accounts.window_counts(tables, cast, window))
        (driving,), (observing,) = cast.driving, cast.observing
        self.ledger.update(accounts.driven_counts(tables[driving.name]))
        self.ledger.update(accounts.observed_counts(tables[observing.name]))

    def slices(self, until_ns: int) -> Mapping[str, tuple[int, ...]]:
        """Return counts per slice up to an instant."""
        count = max(1, -(-until_ns // accounts.SLICE_NS))
        return {name: _fitted(each, count) for name, each in self._slices.items()}


def _fitted(counts: IntArray, count: int) -> tuple[int, ...]:
    """Return so many counts; those that nothing was counted for are 0."""
    found = counts[:count].tolist()
    return (*found, *[0] * (count - len(found)))


class _Levels:
    """How many messages are in each level over time, and since when the oldest is.

    Attributes:
        told_ns: all is known until then.
        peaks, longest_ns: within the window so far, by level.
    """

    def __init__(self, ground: Ground) -> None:
        phases, self._ground = ground.phases, ground
        until_ns = phases.warmup_ns + phases.measure_ns + phases.drain_ns + 60 * NS_PER_S
        self._looks_ns = lag.looks_ns(until_ns, ground.looks_every_ns)
        names = tuple(levels(ground.cast))
        nothing = np.zeros_like(self._looks_ns)
        self._msgs = {name: nothing.copy() for name in names}
        self._oldest_ns = {name: nothing.copy() for name in names}
        self.peaks: dict[str, int] = dict.fromkeys(names, 0)
        self.longest_ns: dict[str, int] = dict.fromkeys(names, 0)
        self.told_ns = NOT_YET

    def look(self, tables: Tables, at_ns: int) -> None:
        """Look at the levels from where it was known to an instant.

        Args:
            tables: of all messages that were in a level since then.
            at_ns: all is known until then.
        """
        cast, before_ns = self._ground.cast, self.told_ns
        first, stop = np.searchsorted(self._looks_ns, [before_ns, at_ns])
        looks_ns = self._looks_ns[first:stop]
        part = _within(self._ground.window_ns, before_ns, at_ns)
        waits = oldest.waits_of(tables, cast)
        for name, level in lag.levels_of(tables, cast).items():
            self._msgs[name][first:stop] = level.at(looks_ns)
            self._oldest_ns[name][first:stop] = waits[name].at(looks_ns)
            if part is not None:
                self.peaks[name] = max(self.peaks[name], level.peak(part))
                self.longest_ns[name] = max(self.longest_ns[name], waits[name].longest(part))
        self.told_ns = at_ns

    def rows(self, until_ns: int) -> list[lag.Row]:
        """Return rows of the samples table up to an instant."""
        stop = int(np.searchsorted(self._looks_ns, until_ns, side="right"))
        columns = {"t_ns": self._looks_ns[:stop]}
        columns |= {f"{name}_msgs": each[:stop] for name, each in self._msgs.items()}
        columns |= {f"{name}_oldest_ns": each[:stop] for name, each in self._oldest_ns.items()}
        of_each = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [dict(zip(columns, values, strict=True)) for values in of_each]


def _within(window_ns: tuple[int, int], begin_ns: int, end_ns: int) -> Window | None:
    """Return the part of the window between two instants; None where there is none."""
    start_ns, stop_ns = max(window_ns[0], begin_ns), min(window_ns[1], end_ns)
    if stop_ns <= start_ns:
        return None
    return Window(window_start_ns=start_ns, window_end_ns=stop_ns, drained_ns=stop_ns)


def _those(told: Told, chosen: Flags) -> Told:
    return Told(ids=told.ids[chosen], seqs=told.seqs[chosen], at_ns=told.at_ns[chosen])
