"""From the joined instants to what is kept: histograms per slice, counts and the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S
from bench.engine.losses import Backlog, lost
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import MessageTable, happened, ours
from bench.record.hlog import Interval
from bench.record.schema import Window
from bench.spec.cast import Cast, entries, spans
from bench.stats.histogram import Tally, tally

SLICE_NS = NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The histograms of a trial and what could not go into them."""

    intervals: tuple[Interval, ...]
    negatives: int
    overflows: int


def times(table: MessageTable, cast: Cast, window_start_ns: int) -> Times:
    """Return one interval for each time and slice that has messages.

    A message belongs to the slice of its intended instant, whenever the rest happened. A slice
    begins where the window does, so that none holds messages of two phases; the first of a trial
    is shorter for it.
    """
    tallies = list(_tallies(table, cast, window_start_ns % SLICE_NS))
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


def _tallies(
    table: MessageTable, cast: Cast, first_end_ns: int
) -> Iterator[tuple[str, int, Tally]]:
    """Yield each time's tally of each slice, with the slice's end."""
    at = table.at(cast)
    last_ns = int(table.intended_ns[-1]) if table.intended_ns.size else -1
    ends_ns = np.arange(first_end_ns, last_ns + SLICE_NS + 1, SLICE_NS)
    edges = np.searchsorted(table.intended_ns, ends_ns)
    for time, (part, span) in spans(cast).items():
        begin_ns, end_ns = (at[cast.instant(part, name)] for name in (span.begin, span.end))
        counted = happened(begin_ns) & happened(end_ns)
        first = 0
        for slice_end_ns, stop in zip(ends_ns.tolist(), edges.tolist(), strict=True):
            chosen = slice(first, stop)
            spent_ns = (end_ns[chosen] - begin_ns[chosen])[counted[chosen]]
            yield time, slice_end_ns, tally(spent_ns)
            first = stop


def slices(table: MessageTable, cast: Cast, until_ns: int) -> Mapping[str, tuple[int, ...]]:
    """Return counts per slice from the trial's start to `until_ns`, by when things happened."""
    count = max(1, -(-until_ns // SLICE_NS))

    def per_slice(instants_ns: IntArray) -> tuple[int, ...]:
        index = instants_ns[happened(instants_ns)] // SLICE_NS
        inside = index[(index >= 0) & (index < count)]
        return tuple(np.bincount(inside, minlength=count).tolist())

    return {name: per_slice(column) for name, column in table.at(cast).items()}


def window_counts(table: MessageTable, cast: Cast, window: Window) -> Mapping[str, int]:
    """Return counts within the window, by when things happened."""

    def within(instants_ns: IntArray) -> int:
        inside = (instants_ns >= window.window_start_ns) & (instants_ns < window.window_end_ns)
        return int(np.count_nonzero(inside))

    return {name: within(column) for name, column in table.at(cast).items()}


def ledger(
    table: MessageTable, cast: Cast, consumers: Sequence[ConsumerRecord], backlog: Backlog
) -> Mapping[str, int]:
    """Return where every message went, by the entries that a cast has."""
    size = table.intended_ns.size
    sent, stored = happened(table.sent_ns), happened(table.stored_ns)
    received = _count(happened(table.received_ns))
    deliveries = sum(record.ids.size for record in consumers)
    foreign = sum(int(np.count_nonzero(~ours(record.ids, size))) for record in consumers)
    counted = {
        "planned": size,
        "published": _count(sent),
        "not_sent": size - _count(sent),
        "stored": _count(stored),
        "refused": _count(table.refused & ~stored),
        "unconfirmed": _count(sent & ~stored & ~table.refused),
        "stream_msgs": backlog.stream_msgs,
        "received": received,
        "handled": _count(happened(table.handled_ns)),
        "acked": _count(happened(table.acked_ns)),
        "lost": lost(table, consumers, backlog),
        "deliveries": deliveries,
        "duplicates": deliveries - foreign - received,
        "redelivered": sum(int(np.count_nonzero(r.deliveries > 1)) for r in consumers),
        "reordered": sum(_reordered(record) for record in consumers),
        "foreign": foreign,
        "backlog": backlog.msgs,
    }
    return {name: counted[entry.name] for name, (_, entry) in entries(cast).items()}


def _reordered(record: ConsumerRecord) -> int:
    first_time = record.stream_seqs[record.deliveries == 1]
    if not first_time.size:
        return 0
    return int(np.count_nonzero(first_time < np.maximum.accumulate(first_time)))


def _count(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    return int(np.count_nonzero(flags))
