"""From the joined instants to what is kept: histograms per slice, counts and the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S
from bench.engine.losses import Backlog, lost
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import MessageTable, happened, ours
from bench.record.hlog import Interval
from bench.record.schema import Ledger, Slices, Time, Window, WindowCounts
from bench.stats.histogram import Tally, tally

SLICE_NS = NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The histograms of a trial and what could not go into them."""

    intervals: tuple[Interval, ...]
    negatives: int
    overflows: int


def times(table: MessageTable, window_start_ns: int) -> Times:
    """Return one interval for each time and slice that has messages.

    A message belongs to the slice of its intended instant, whenever the rest happened. A slice
    begins where the window does, so that none holds messages of two phases; the first of a trial
    is shorter for it.
    """
    tallies = list(_tallies(table, window_start_ns % SLICE_NS))
    return Times(
        intervals=tuple(
            Interval(
                time=time,
                start_ns=max(0, end_ns - SLICE_NS),
                end_ns=end_ns,
                histogram=counted.histogram,
            )
            for time, end_ns, counted in tallies
            if counted.histogram.total_count
        ),
        negatives=sum(counted.negatives for _, _, counted in tallies),
        overflows=sum(counted.overflows for _, _, counted in tallies),
    )


def _tallies(table: MessageTable, first_end_ns: int) -> Iterator[tuple[Time, int, Tally]]:
    """Yield each time's tally of each slice, with the slice's end."""
    bounds = {
        Time.SLIP: (table.intended_ns, table.sent_ns),
        Time.SERVICE: (table.sent_ns, table.stored_ns),
        Time.RESPONSE: (table.intended_ns, table.stored_ns),
        Time.DELIVERY: (table.intended_ns, table.received_ns),
        Time.COMPLETION: (table.intended_ns, table.handled_ns),
        Time.END_TO_END: (table.intended_ns, table.acked_ns),
    }
    last_ns = int(table.intended_ns[-1]) if table.intended_ns.size else -1
    ends_ns = np.arange(first_end_ns, last_ns + SLICE_NS + 1, SLICE_NS)
    edges = np.searchsorted(table.intended_ns, ends_ns)
    for time, (begin_ns, end_ns) in bounds.items():
        counted = happened(begin_ns) & happened(end_ns)
        first = 0
        for slice_end_ns, stop in zip(ends_ns.tolist(), edges.tolist(), strict=True):
            chosen = slice(first, stop)
            spans = (end_ns[chosen] - begin_ns[chosen])[counted[chosen]]
            yield time, slice_end_ns, tally(spans)
            first = stop


def slices(table: MessageTable, until_ns: int) -> Slices:
    """Return counts per slice from the trial's start to `until_ns`, by when things happened."""
    count = max(1, -(-until_ns // SLICE_NS))

    def per_slice(instants_ns: IntArray) -> tuple[int, ...]:
        index = instants_ns[happened(instants_ns)] // SLICE_NS
        inside = index[(index >= 0) & (index < count)]
        return tuple(np.bincount(inside, minlength=count).tolist())

    return Slices(
        offered=per_slice(table.intended_ns),
        sent=per_slice(table.sent_ns),
        stored=per_slice(table.stored_ns),
        received=per_slice(table.received_ns),
        handled=per_slice(table.handled_ns),
        acked=per_slice(table.acked_ns),
    )


def window_counts(table: MessageTable, window: Window) -> WindowCounts:
    """Return counts within the window, by when things happened."""

    def within(instants_ns: IntArray) -> int:
        inside = (instants_ns >= window.window_start_ns) & (instants_ns < window.window_end_ns)
        return int(np.count_nonzero(inside))

    return WindowCounts(
        offered=within(table.intended_ns),
        sent=within(table.sent_ns),
        stored=within(table.stored_ns),
        received=within(table.received_ns),
        handled=within(table.handled_ns),
        acked=within(table.acked_ns),
    )


def ledger(
    table: MessageTable, consumers: Sequence[ConsumerRecord], recorded: Times, backlog: Backlog
) -> Ledger:
    """Return where every message went."""
    size = table.intended_ns.size
    sent, stored = happened(table.sent_ns), happened(table.stored_ns)
    received = happened(table.received_ns)
    deliveries = sum(record.ids.size for record in consumers)
    foreign = sum(int(np.count_nonzero(~ours(record.ids, size))) for record in consumers)
    return Ledger(
        planned=size,
        published=_count(sent),
        stored=_count(stored),
        refused=_count(table.refused & ~stored),
        unconfirmed=_count(sent & ~stored & ~table.refused),
        received=_count(received),
        handled=_count(happened(table.handled_ns)),
        acked=_count(happened(table.acked_ns)),
        deliveries=deliveries,
        redelivered=sum(int(np.count_nonzero(record.deliveries > 1)) for record in consumers),
        duplicates=deliveries - foreign - _count(received),
        reordered=sum(_reordered(record) for record in consumers),
        foreign=foreign,
        backlog=backlog.msgs,
        stream_msgs=backlog.stream_msgs,
        lost=lost(table, consumers, backlog),
        negative_times=recorded.negatives,
        overflows=recorded.overflows,
    )


def _reordered(record: ConsumerRecord) -> int:
    first_time = record.stream_seqs[record.deliveries == 1]
    if not first_time.size:
        return 0
    return int(np.count_nonzero(first_time < np.maximum.accumulate(first_time)))


def _count(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    return int(np.count_nonzero(flags))
