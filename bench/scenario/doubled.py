"""What a stream made of messages that were published twice, held against its duplicate window."""

from collections.abc import Mapping

import numpy as np

from bench.clients.port import IntArray, Outcome
from bench.engine.table import Flags, MessageTable, happened
from bench.plan.traffic import Traffic
from bench.spec.doubled import LATE_NS


def counted(plan: Traffic, table: MessageTable, window_ns: int) -> Mapping[str, int]:
    """Return what is counted of publishers, by what is counted (bench.spec.doubled).

    A server reads a message between when it was sent and when its answer came. So what was sent
    again and answered before the window was over is not to be stored, and what was sent again when
    it was long over is not to be refused; what lies between may be either.

    Args:
        plan: what is published.
        table: what became of it.
        window_ns: how long the stream remembers an id.
    """
    again, stored = ~plan.firsts, happened(table.stored_ns)
    refused = (table.outcome == Outcome.DUPLICATE) & ~stored
    before = _stored_before(plan.carried, table)
    known = again & (before >= 0)
    most_ns, least_ns = (
        table.stored_ns - table.sent_ns[before],
        (table.sent_ns - table.stored_ns[before]),
    )
    return {
        "published_again": _count(again & happened(table.sent_ns)),
        "duplicate": _count(again & refused),
        "refused": _count(table.refused & ~stored & ~(again & refused)),
        "stored_again": _count(known & stored),
        "let_in": _count(known & stored & (most_ns < window_ns)),
        "shut_out": _count(known & refused & (least_ns > window_ns + LATE_NS)),
    }


def _stored_before(carried: IntArray, table: MessageTable) -> IntArray:
    """Return which message of its id was stored last before each, -1 for none, shape (n,)."""
    order = np.lexsort((table.sent_ns, carried))
    places = np.where(happened(table.stored_ns)[order], np.arange(order.size), -1)
    last = np.concatenate([[-1], np.maximum.accumulate(places)[:-1]]) if order.size else places
    same = (last >= 0) & (carried[order][last] == carried[order])
    before = np.full(order.size, -1)
    before[order] = np.where(same, order[last], -1)
    return before


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
