"""How long after a disturbance the lag was back to what it was before (docs/adr/0037)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from bench.clients.port import Ending
from bench.core.units import NS_PER_S
from bench.engine.lag import Level, level_from_due
from bench.engine.losses import UNKNOWN, Backlog
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags, MessageTable, Tables, happened, ours
from bench.record.schema import Disturbed, Window
from bench.spec.cast import Cast, Part
from bench.spec.disturbed import DROPPED, UNRECOVERED

BEFORE_NS = NS_PER_S
"""What the lag was before: its highest in so long a time."""

NOT_RECOVERED = -1

_ENDLESS = int(np.iinfo(np.int64).max)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """What processes of a part leave behind that were killed.

    Attributes:
        records: what they wrote down; by the numbers of what the part is due.
        backlog: what the server held for the part at the end; None where it holds nothing.
    """

    records: Sequence[ConsumerRecord] = ()
    backlog: Backlog | None = None


NOBODY = Fallen()


def counted(
    tables: Tables,
    cast: Cast,
    done: Sequence[Disturbed],
    window: Window | None,
    fallen: Mapping[str, Fallen],
) -> Mapping[str, Mapping[str, int]]:
    """Return what disturbances cost, as ledgers count it, by the parts that have a lag.

    Args:
        tables: of each part.
        cast: what takes part.
        done: disturbances, with the time to recover of each part.
        window: of the trial; None where it did not end.
        fallen: what processes that were killed leave behind, by part.
    """
    return {
        part.name: {
            UNRECOVERED.name: _unrecovered(part, done, window),
            DROPPED.name: dropped(tables[part.name], fallen.get(part.name, NOBODY)),
        }
        for part in cast.parts
        if part.levels
    }


def _unrecovered(part: Part, done: Sequence[Disturbed], window: Window | None) -> int:
    if window is None:
        return UNKNOWN
    return sum(each.recovery_ns.get(part.name) == NOT_RECOVERED for each in done)


def dropped(table: MessageTable, fallen: Fallen) -> int:
    """Return how many messages went with processes that were killed, at least.

    Each had acknowledged them, or never acknowledges anything, so that nobody is told to do them
    again; and nobody handled them. An ack that left in the instant of the kill was not noted: what
    they had in hand, and the stream still has, beyond what the server waits for was acknowledged.

    Args:
        table: of the part.
        fallen: what those processes leave behind.
    """
    undone = ~happened(table.handled_ns)
    settled = undone & _in_hand(table, fallen, noted=True)
    open_ = undone & ~settled & _in_hand(table, fallen, noted=False)
    surely = max(0, int(np.count_nonzero(open_)) - _may_wait(fallen.backlog))
    return int(np.count_nonzero(settled)) + surely


def _in_hand(table: MessageTable, fallen: Fallen, *, noted: bool) -> Flags:
    """Return which messages such processes had, shape (n,).

    Args:
        table: of the part.
        fallen: what they leave behind.
        noted: whether nobody is told to do them again; else those whose ack was not noted, and
            which the server delivers again.
    """
    size = table.intended_ns.size
    found = np.zeros(size, dtype=np.bool_)
    for record in fallen.records:
        acked = record.acked_ns != NEVER
        chosen = acked if _acknowledges(acked, fallen.backlog) else np.ones_like(acked)
        if not noted:
            chosen = ~chosen & _kept(record, fallen.backlog)
        chosen = chosen & (record.ending != Ending.REPEATED)  # taken for done, and not in hand
        found[record.ids[ours(record.ids, size) & chosen]] = True
    return found


def _kept(record: ConsumerRecord, backlog: Backlog | None) -> Flags:
    """Return which deliveries' messages the stream still has, and did not give up, shape (n,)."""
    if backlog is None:
        return np.zeros(record.ids.size, dtype=np.bool_)
    kept: Flags = record.deliveries < (backlog.max_deliver or _ENDLESS)
    if backlog.present is None:
        return kept
    return kept & np.isin(record.stream_seqs, backlog.present.among(record.stream_seqs))


def _acknowledges(acked: Flags, backlog: Backlog | None) -> bool:
    """Say whether a process acknowledges: by what it noted where the server does not keep it."""
    return bool(acked.any()) or (backlog is not None and backlog.tracked)


def _may_wait(backlog: Backlog | None) -> int:
    """Return how many messages without an ack the server may hold, or a limit have taken."""
    told = backlog is not None and backlog.tracked and backlog.msgs >= 0 and not backlog.ttl_ns
    return backlog.ack_pending_msgs if backlog is not None and told else _ENDLESS
