"""What held a publisher back within the window, from its own instants (MEASUREMENT.md R12).

How long it waited for answers with its window full, how long answers took, and how long the
quickest one of the trial took: that is a round trip at rest, with all that the server does for a
message when it has nothing else to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S
from bench.engine.publisher import ROOM_SHARE, TICK_NS
from bench.engine.table import MessageTable, happened
from bench.record.schema import Window
from bench.spec.cast import Part
from bench.spec.variant import PublishSettings
from bench.spec.workload import Publish

NOBODY: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """One publisher in the window of a trial.

    Attributes:
        role: `publisher-0`, …
        one_by_one: it waits for each answer, as its variant says.
        awaited_share: of the window, messages were due and a batch waited for an answer, as its
            variant says.
        part: whose process it is, as its workload's file calls it.
        window_msgs: most messages that it has under way.
        offered_msgs_per_s: of it alone, over the window.
        missing_share: of what was due in the window, what was not sent in it.
        full_share: of the window, messages were due and the window was full.
        silent_share: of the window, the longest time without an answer.
        rest_ns: shortest service time of the whole trial; None without any answer.
        service_ns_mean: of messages that were sent in the window and not refused; what was never
            answered had waited until the drain's end at least. None without any answer.
    """

    role: str
    one_by_one: bool
    part: str
    window_msgs: int
    offered_msgs_per_s: float
    missing_share: float
    full_share: float
    silent_share: float
    rest_ns: int | None
    service_ns_mean: float | None
    awaited_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a trial's messages are dealt to its publishers.

    Attributes:
        part: that drives them.
        role: of each is this with its number, `publisher-0`.
        publishers: how many; the message of an id goes to the one of its remainder.
        window_msgs: most messages without an answer, of each.
        one_by_one: the variant waits for each answer.
        tick_ns: shortest time between two wake-ups of one.
        answer_within_ns: an answer that takes longer came to nobody; None where any is waited for.
    """

    part: str
    role: str
    publishers: int
    window_msgs: int
    one_by_one: bool
    tick_ns: int
    answer_within_ns: int | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Of all of them."""
        return tuple(f"{self.role}-{share}" for share in range(self.publishers))


def offer_of(part: Part, publish: Publish, how: PublishSettings) -> Offer:
    """Return how a part's operations are dealt to processes; one by one has a window of one."""
    one_by_one = how.mode == "one-by-one"
    return Offer(
        part=part.name,
        role=part.role,
        publishers=publish.publishers,
        window_msgs=1 if one_by_one else publish.window_msgs,
        one_by_one=one_by_one,
        tick_ns=TICK_NS[publish.pacing],
        answer_within_ns=publish.answer_within_ns,
    )


def pressures(
    table: MessageTable, window: Window, offer: Offer, awaited_ns: Mapping[str, int] = NOBODY
) -> tuple[Pressure, ...]:
    """Return what held each publisher back; none where its share offered nothing in the window.

    Args:
        table: of the part.
        window: of the trial.
        offer: how its messages are dealt.
        awaited_ns: role -> how long messages were due in the window while batches waited.
    """
    length_ns = window.window_end_ns - window.window_start_ns
    found = (_pressure(table, window, offer, share) for share in range(offer.publishers))
    return tuple(
        replace(each, awaited_share=awaited_ns.get(each.role, 0) / length_ns)
        for each in found
        if each is not None
    )


def _pressure(table: MessageTable, window: Window, offer: Offer, share: int) -> Pressure | None:
    own = slice(share, None, offer.publishers)
    intended_ns, sent_ns, stored_ns = (
        column[own] for column in (table.intended_ns, table.sent_ns, table.stored_ns)
    )
    start_ns, end_ns = window.window_start_ns, window.window_end_ns
    offered, sent = (_within(column, window) for column in (intended_ns, sent_ns))
    if not offered.any():
        return None
    answered = happened(sent_ns) & happened(stored_ns)
    service_ns = (stored_ns - sent_ns)[answered]
    waiting = happened(sent_ns) & ~happened(stored_ns) & ~table.refused[own]
    waited_ns = np.where(waiting, window.drained_ns, stored_ns) - sent_ns
    counted_ns = waited_ns[(answered | waiting) & sent]
    # Who was refused has its answer: nobody waits for it. When it came is not recorded.
    settled_ns = np.where(table.refused[own] & ~answered, sent_ns, stored_ns)
    return Pressure(
        role=f"{offer.role}-{share}",
        one_by_one=offer.one_by_one,
        part=offer.part,
        window_msgs=offer.window_msgs,
        offered_msgs_per_s=np.count_nonzero(offered) * NS_PER_S / (end_ns - start_ns),
        missing_share=1 - np.count_nonzero(sent) / np.count_nonzero(offered),
        full_share=_full_share((intended_ns, sent_ns, settled_ns), window, offer.window_msgs),
        silent_share=_longest_gap_ns(stored_ns, window) / (end_ns - start_ns),
        rest_ns=int(service_ns.min()) if service_ns.size else None,
        service_ns_mean=float(counted_ns.mean()) if (answered & sent).any() else None,
    )


def _within(instants_ns: IntArray, window: Window) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (instants_ns >= window.window_start_ns) & (
        instants_ns < window.window_end_ns
    )
    return inside


def _longest_gap_ns(stored_ns: IntArray, window: Window) -> int:
    inside = np.sort(stored_ns[_within(stored_ns, window)])
    edges = np.r_[window.window_start_ns, inside, window.window_end_ns]
    return int(np.diff(edges).max())


def _full_share(
    columns: tuple[IntArray, IntArray, IntArray], window: Window, window_msgs: int
) -> float:
    """Return in what share of the window a message was due and the window counted as full.

    That is until a part of it is free: see `ROOM_SHARE`.

    Args:
        columns: when messages were due, sent and settled, or NOT_YET.
        window: limits.
        window_msgs: most messages under way.
    """
    intended_ns, sent_ns, settled_ns = columns
    sent_ns, settled_ns = sent_ns[happened(sent_ns)], settled_ns[happened(settled_ns)]
    start_ns, end_ns = window.window_start_ns, window.window_end_ns
    instants = np.r_[intended_ns, sent_ns, settled_ns, start_ns, end_ns]
    order = np.argsort(instants, kind="stable")
    sizes = (intended_ns.size, sent_ns.size, settled_ns.size, 2)
    waiting = np.cumsum(np.repeat([1, -1, 0, 0], sizes)[order])
    under_way = np.cumsum(np.repeat([0, 1, -1, 0], sizes)[order])
    full = (waiting > 0) & (under_way > window_msgs - max(1, window_msgs // ROOM_SHARE))
    instants = instants[order].clip(start_ns, end_ns)
    return float(np.diff(instants)[full[:-1]].sum()) / (end_ns - start_ns)
