"""What is added up of a soak: what came, how messages fared, and how many were in each level."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.core.units import NS_PER_S
from bench.engine import accounts, lag, oldest
from bench.engine.losses import Receipts
from bench.engine.ranges import Ranges
from bench.engine.recorder import NEVER
from bench.engine.segments import Came
from bench.engine.spool import Spool
from bench.engine.table import NOT_YET, Tables
from bench.record.schema import Window
from bench.spec.cast import Cast, instants, levels, spans
from bench.spec.workload import Phases

_LATER_NS = 60 * NS_PER_S
"""How long after its drain a trial may take to end; what happens then is in no second of it."""


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


class Seen:
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


class Counts:
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
        self._until_ns = phases.warmup_ns + phases.measure_ns + phases.drain_ns + _LATER_NS
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

    def never_sent(self, intended_ns: IntArray) -> None:
        """Count messages that were due at these instants, and of which nothing else is known."""
        (driving,) = self._ground.cast.driving
        due, (start_ns, end_ns) = self._ground.cast.due(driving), self._ground.window_ns
        of_slice = self._slices[due]
        index = intended_ns // accounts.SLICE_NS
        of_slice += np.bincount(index[index < of_slice.size], minlength=of_slice.size)
        inside = (intended_ns >= start_ns) & (intended_ns < end_ns)
        self.within[due] += int(np.count_nonzero(inside))
        self.ledger.update(planned=intended_ns.size, not_sent=intended_ns.size)

    def slices(self, until_ns: int) -> Mapping[str, tuple[int, ...]]:
        """Return counts per slice up to an instant."""
        count = max(1, -(-until_ns // accounts.SLICE_NS))
        return {name: _fitted(each, count) for name, each in self._slices.items()}


def _fitted(counts: IntArray, count: int) -> tuple[int, ...]:
    """Return so many counts; those that nothing was counted for are 0."""
    found = counts[:count].tolist()
    return (*found, *[0] * (count - len(found)))


class Levels:
    """How many messages are in each level over time, and since when the oldest is.

    Attributes:
        told_ns: all is known until then.
        peaks, longest_ns: within the window so far, by level.
    """

    def __init__(self, ground: Ground) -> None:
        phases, self._ground = ground.phases, ground
        until_ns = phases.warmup_ns + phases.measure_ns + phases.drain_ns + _LATER_NS
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
