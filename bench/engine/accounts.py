"""From the joined instants to what is kept: histograms per slice, counts and the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bench.clients.port import IntArray, Outcome
from bench.core.units import NS_PER_S
from bench.engine.losses import UNKNOWN, Backlog, aged_out, left_out, lost
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags, MessageTable, Tables, happened, instants_of, ours, reached
from bench.record.hlog import Interval
from bench.record.schema import Window
from bench.spec.cast import Cast, Part, Side, spans
from bench.spec.told_parts import COUNTED
from bench.stats.histogram import Tally, tally

SLICE_NS = NS_PER_S

UNTOLD = dict.fromkeys((entry.counted for entry in COUNTED), UNKNOWN)
"""What processes count themselves: nobody can tell where they did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The histograms of a trial and what could not go into them."""

    intervals: tuple[Interval, ...]
    negatives: int
    overflows: int


def times(tables: Tables, cast: Cast, window_start_ns: int, window_end_ns: int = 0) -> Times:
    """Return one interval for each time and slice that has messages.

    A message belongs to the slice of its intended instant, whenever the rest happened. A slice
    begins where the window does, and one ends where it ends, so that none holds messages of two
    phases: what is offered beside work goes on when the work is done, and would stand for messages
    of the window that never came. Some slices are shorter for it.
    """
    tallies = list(_tallies(tables, cast, (window_start_ns, window_end_ns)))
    return Times(
        intervals=tuple(
            Interval(
                time=time,
                start_ns=start_ns,
                end_ns=end_ns,
                histogram=counted.histogram,
            )
            for time, (start_ns, end_ns), counted in tallies
            if counted.histogram.total_count
        ),
        negatives=sum(counted.negatives for _, _, counted in tallies),
        overflows=sum(counted.overflows for _, _, counted in tallies),
    )


def _tallies(
    tables: Tables, cast: Cast, window_ns: tuple[int, int]
) -> Iterator[tuple[str, tuple[int, int], Tally]]:
    """Yield each time's tally of each slice, with the slice's limits."""
    for time, (part, span) in spans(cast).items():
        at = reached(tables, cast, part)
        intended_ns = tables[part.name].intended_ns
        before_ns, ends_ns = _ends_of(intended_ns, window_ns)
        edges = np.searchsorted(intended_ns, ends_ns)
        begin_ns, end_ns = at[span.begin], at[span.end]
        counted = happened(begin_ns) & happened(end_ns)
        first, slice_start_ns = 0, before_ns
        for slice_end_ns, stop in zip(ends_ns.tolist(), edges.tolist(), strict=True):
            if stop > first:
                chosen = slice(first, stop)
                spent_ns = (end_ns[chosen] - begin_ns[chosen])[counted[chosen]]
                yield time, (slice_start_ns, slice_end_ns), tally(spent_ns)
            first, slice_start_ns = stop, slice_end_ns


def _ends_of(intended_ns: IntArray, window_ns: tuple[int, int]) -> tuple[int, IntArray]:
    """Return where the first slice that holds a message begins, and where it and others end."""
    if not intended_ns.size:
        return 0, np.empty(0, dtype=np.int64)
    ends_ns = _ends_ns(int(intended_ns[-1]), window_ns)
    empty = int(np.searchsorted(ends_ns, intended_ns[0], side="right"))
    return int(ends_ns[empty - 1]) if empty else 0, ends_ns[empty:]


def _ends_ns(last_ns: int, window_ns: tuple[int, int]) -> IntArray:
    """Return where slices end until the last operation was due, ascending, shape (k,)."""
    start_ns, end_ns = window_ns
    each = np.arange(start_ns % SLICE_NS, last_ns + SLICE_NS + 1, SLICE_NS)
    cut = [end_ns] if 0 < end_ns <= last_ns else []
    return np.union1d(each, np.array(cut, dtype=np.int64))


def slices(tables: Tables, cast: Cast, until_ns: int) -> Mapping[str, tuple[int, ...]]:
    """Return counts per slice from the trial's start to `until_ns`, by when things happened."""
    count = max(1, -(-until_ns // SLICE_NS))

    def per_slice(instants_ns: IntArray) -> tuple[int, ...]:
        index = instants_ns[happened(instants_ns)] // SLICE_NS
        inside = index[(index >= 0) & (index < count)]
        return tuple(np.bincount(inside, minlength=count).tolist())

    return {name: per_slice(column) for name, column in instants_of(tables, cast).items()}


def window_counts(tables: Tables, cast: Cast, window: Window) -> Mapping[str, int]:
    """Return counts within the window, by when things happened."""

    def within(instants_ns: IntArray) -> int:
        inside = (instants_ns >= window.window_start_ns) & (instants_ns < window.window_end_ns)
        return int(np.count_nonzero(inside))

    return {name: within(column) for name, column in instants_of(tables, cast).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a part that observes has left behind.

    Attributes:
        records: of its processes.
        backlog: what the server held for it at the end; None where no server holds anything.
        given_up: messages that the server gave up; UNKNOWN where nobody can tell.
    """

    records: Sequence[ConsumerRecord]
    backlog: Backlog | None
    given_up: int = UNKNOWN


def ledger(
    tables: Tables,
    cast: Cast,
    seen: Mapping[str, Seen],
    again: Mapping[str, int] = MappingProxyType({}),
    own: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
) -> Mapping[str, int]:
    """Return where every operation went, by the entries that a cast has.

    Args:
        tables: of each part.
        cast: what is counted.
        seen: by the parts that observe.
        again: by the parts that drive, how many answers came to what had one.
        own: what the kind of workload counts itself, by part and by what is counted.
    """
    counted = {
        part.name: (
            {
                **driven_counts(tables[part.name]),
                "held": _held(cast, part, seen),
                "answered_again": again.get(part.name, 0),
            }
            if part.side is Side.DRIVES
            else _observed(tables[part.name], seen[part.name])
        )
        for part in cast.parts
    }
    return entered(cast, {name: {**each, **own.get(name, {})} for name, each in counted.items()})


def entered(cast: Cast, counted: Mapping[str, Mapping[str, int]]) -> Mapping[str, int]:
    """Return the entries that a cast has, from what was counted of each part by its words."""
    return {
        cast.entry(part, each.name): counted[part.name][each.counted]
        for part in cast.parts
        for each in part.entries
    }


def driven_counts(table: MessageTable) -> Mapping[str, int]:
    """Return what became of operations; one that was answered at last counts as that alone."""
    sent, answered = happened(table.sent_ns), happened(table.stored_ns)
    outcomes = {outcome.word: _count((table.outcome == outcome) & ~answered) for outcome in Outcome}
    return {
        **outcomes,
        "refused": outcomes["refused"] + outcomes["duplicate"],
        "planned": table.intended_ns.size,
        "published": _count(sent),
        "not_sent": _count(~sent),
        "answered": _count(answered),
        "silent": _count(sent & ~answered & ~table.refused),
    }


def _held(cast: Cast, part: Part, seen: Mapping[str, Seen]) -> int:
    """Return how many messages a part's stream ever stored; UNKNOWN when nobody told."""
    of_part = [seen[each.name].backlog for each in cast.observing if each.flow == part.name]
    return next((backlog.stream_msgs for backlog in of_part if backlog is not None), UNKNOWN)


def _observed(table: MessageTable, seen: Seen) -> Mapping[str, int]:
    size, records = table.intended_ns.size, seen.records
    deliveries = sum(record.ids.size for record in records)
    foreign = sum(_count(~ours(record.ids, size)) for record in records)
    came = observed_counts(table)
    return {
        **UNTOLD,
        **came,
        "expected": size,
        "lost": UNKNOWN if seen.backlog is None else lost(table, records, seen.backlog),
        "left_out": left_out(table, seen.backlog),
        "aged_out": UNKNOWN if seen.backlog is None else _aged_out(table, seen.backlog),
        "deliveries": deliveries,
        "duplicates": deliveries - foreign - came["received"],
        "redelivered": sum(_count(record.deliveries > 1) for record in records),
        "reordered": sum(reordered(record) for record in records),
        "foreign": foreign,
        "backlog": UNKNOWN if seen.backlog is None else seen.backlog.msgs,
        "exhausted": seen.given_up,
    }


def observed_counts(table: MessageTable) -> Mapping[str, int]:
    """Return how many messages came, were handled and were acknowledged."""
    return {
        "received": _count(happened(table.received_ns)),
        "handled": _count(happened(table.handled_ns)),
        "acked": _count(happened(table.acked_ns)),
    }


def _aged_out(table: MessageTable, backlog: Backlog) -> int:
    return UNKNOWN if backlog.msgs < 0 else _count(aged_out(table, backlog))


def reordered(record: ConsumerRecord, before: int = 0) -> int:
    """Return how many first deliveries came to a process below an earlier stream sequence.

    Args:
        record: of a process.
        before: the highest sequence of the first deliveries that came earlier than these.
    """
    first_time = record.stream_seqs[record.deliveries == 1]
    if not first_time.size:
        return 0
    highest = np.maximum(np.maximum.accumulate(first_time), before)
    return int(np.count_nonzero(first_time < highest))


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
