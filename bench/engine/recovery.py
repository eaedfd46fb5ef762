"""How long after a disturbance the lag was back to what it was before (docs/adr/0037)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from bench.clients.port import Ending
from bench.core.units import NS_PER_S
from bench.engine.lag import Level, level_from_due
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import MessageTable, Tables, happened, ours
from bench.record.schema import Disturbed, Window
from bench.spec.cast import Cast, Part
from bench.spec.disturbed import DROPPED, UNRECOVERED

BEFORE_NS = NS_PER_S
"""What the lag was before: its highest in so long a time."""

NOT_RECOVERED = -1


def recovered(
    tables: Tables,
    cast: Cast,
    done: Sequence[Disturbed],
    window: Window | None,
    within_ns: Mapping[str, int | None] = MappingProxyType({}),
) -> tuple[Disturbed, ...]:
    """Return disturbances with the time to recover of each part that has a lag.

    Args:
        tables: of each part.
        cast: what takes part.
        done: as they were carried out, by their instants.
        window: of the trial; None where it did not end, and nothing is told.
        within_ns: how long answers are waited for, by the part that asks.
    """
    if window is None or not done:
        return tuple(done)
    first_ns = min((each.begun_ns for each in done if each.begun_ns >= 0), default=NOT_RECOVERED)
    lags = {
        part.name: level_from_due(tables, cast, part, within_ns.get(part.name))
        for part in cast.parts
        if part.levels
    }
    return tuple(
        replace(
            each,
            recovery_ns={
                name: recovery_ns(lag, first_ns, each.ended_ns, window.window_end_ns)
                for name, lag in lags.items()
            },
        )
        for each in done
    )


def recovery_ns(lag: Level, before_ns: int, ended_ns: int, until_ns: int) -> int:
    """Return how long after its end a lag was back to what it was before; else NOT_RECOVERED.

    Args:
        lag: how many messages were due and not through.
        before_ns: when the first disturbance began, from the trial's start.
        ended_ns: when this one was over; below 0 where it never was.
        until_ns: when the load ended: what becomes less after it recovers from nothing.
    """
    if before_ns < 0 or not 0 <= ended_ns <= until_ns:
        return NOT_RECOVERED
    since_ns = max(0, before_ns - BEFORE_NS)
    usual = _highest(lag, since_ns, before_ns)
    first, stop = np.searchsorted(lag.left_ns, [ended_ns, until_ns])
    moments_ns = np.append(ended_ns, lag.left_ns[first:stop])
    back_ns = moments_ns[lag.at(moments_ns) <= usual]
    return int(back_ns[0]) - ended_ns if back_ns.size else NOT_RECOVERED


def _highest(lag: Level, since_ns: int, before_ns: int) -> int:
    first, stop = np.searchsorted(lag.came_ns, [since_ns, before_ns])
    rises_ns = np.append(since_ns, lag.came_ns[first:stop])
    return int(lag.at(rises_ns).max())


Records = Mapping[str, Sequence[ConsumerRecord]]


def counted(
    tables: Tables, cast: Cast, done: Sequence[Disturbed], window: Window | None, fallen: Records
) -> Mapping[str, Mapping[str, int]]:
    """Return what disturbances cost, as ledgers count it, by the parts that have a lag.

    Args:
        tables: of each part.
        cast: what takes part.
        done: disturbances, with the time to recover of each part.
        window: of the trial; None where it did not end.
        fallen: of processes that were killed, by part; by the numbers of what each part is due.
    """
    return {
        part.name: {
            UNRECOVERED.name: _unrecovered(part, done, window),
            DROPPED.name: dropped(tables[part.name], fallen.get(part.name, ())),
        }
        for part in cast.parts
        if part.levels
    }


def _unrecovered(part: Part, done: Sequence[Disturbed], window: Window | None) -> int:
    if window is None:
        return UNKNOWN
    return sum(each.recovery_ns.get(part.name) == NOT_RECOVERED for each in done)


def dropped(table: MessageTable, fallen: Sequence[ConsumerRecord]) -> int:
    """Return how many messages went with processes that were killed.

    Each had acknowledged them, or never acknowledges anything, so that nobody is told to do them
    again; and nobody handled them.

    Args:
        table: of the part.
        fallen: what those processes wrote down.
    """
    size = table.intended_ns.size
    gone = np.zeros(size, dtype=np.bool_)
    for record in fallen:
        acked = record.acked_ns != NEVER
        settled = acked if acked.any() else np.ones_like(acked)
        settled &= record.ending != Ending.REPEATED  # taken for done, and not in hand
        gone[record.ids[ours(record.ids, size) & settled]] = True
    return int(np.count_nonzero(gone & ~happened(table.handled_ns)))
