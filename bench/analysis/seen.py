"""What several looks at a live consumer come to: rates, lags, and since when messages wait."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import variance

from bench.analysis.signs import MOSTLY, NEAR_CAP
from bench.core.text import number
from bench.core.units import NS_PER_S
from bench.record.looks import Look, Stock

RISES_SHARE = 0.01
"""Of what was stored meanwhile: a lag that grows by more is one that falls behind."""

SHARED = ("workqueue", "interest")
"""Retentions that keep messages for consumers, and only for them."""

SWINGS = 3.0
"""Standard errors that the means of two halves of the looks may differ by without a rise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What several looks come to.

    Attributes:
        looks: at least one, in their order; rates need two.
        stored_ago_s: how long before the last look the first message after the ack floor was
            stored, by the server's clock; None where nobody asked, or it was not told.
        stock: what the stream holds for whom; None where nobody asked, or it was not told.
    """

    looks: Sequence[Look]
    stored_ago_s: float | None = None
    stock: Stock | None = None

    @property
    def first(self) -> Look:
        """The first look."""
        return self.looks[0]

    @property
    def last(self) -> Look:
        """The last look."""
        return self.looks[-1]

    @property
    def shares(self) -> bool:
        """Whether what is acknowledged is removed: the stream is one with all its consumers."""
        return self.last.retention in SHARED

    @property
    def leaves_undone(self) -> bool:
        """Whether what no consumer will be given stays: in a work queue."""
        return self.last.retention == "workqueue"

    @property
    def span_s(self) -> float:
        """From the first to the last."""
        return max(1e-9, self.last.at_s - self.first.at_s)

    @property
    def stored_msgs(self) -> int:
        """Messages that the stream stored meanwhile, whatever their subjects."""
        return self.last.last_seq - self.first.last_seq

    @property
    def deliveries(self) -> int:
        """Deliveries meanwhile, repeats included."""
        return self.last.deliveries - self.first.deliveries

    @property
    def came_msgs(self) -> int:
        """Messages that came for the consumer meanwhile, as far as it shows: at least 0."""
        pending = self.last.pending_msgs - self.first.pending_msgs
        return max(0, pending + self.deliveries - self.again_msgs)

    @property
    def again_msgs(self) -> int:
        """Deliveries of messages that had been delivered before, as far as it shows.

        No more were new than sequences lie between the last ones, whatever it takes of them.
        """
        more = self.last.redelivered_msgs - self.first.redelivered_msgs
        new = self.last.delivered_seq - self.first.delivered_seq
        return max(0, more, self.deliveries - new)

    @property
    def done_msgs(self) -> int:
        """Messages that it was through with meanwhile: at least 0."""
        unacked = self.last.unacked_msgs - self.first.unacked_msgs
        return max(0, self.deliveries - self.again_msgs - unacked)

    @property
    def may_be_again(self) -> bool:
        """Whether all that it seems to be through with may have come again, and be done by nobody.

        Where some sequences are none of its messages, nobody tells how many were new; only an ack
        floor that moves shows that anything is done.
        """
        sparse = self.last.acks and (self.last.filtered or self.last.thinned)
        again = self.share(lambda look: look.redelivered_msgs > 0) == 1.0
        moved = self.last.floor_seq > self.first.floor_seq
        return sparse and again and not moved and self.deliveries > 0

    @property
    def removed_msgs(self) -> int:
        """Messages that the stream removed meanwhile before they were delivered, at least.

        What came in the same quarter of a second hides as many of them, and so do repeats.
        """
        steps = pairwise(self.looks)
        return sum(max(0, _undelivered(before) - _undelivered(after)) for before, after in steps)

    @property
    def waits(self) -> bool:
        """Whether messages waited on the server in most looks."""
        return self.share(lambda look: look.pending_msgs > 0) > MOSTLY

    @property
    def full_share(self) -> float:
        """Of the looks, those in which max_ack_pending was all but used up."""
        return self.share(_is_full)

    @property
    def full(self) -> bool:
        """Whether it was so in half of them or more."""
        return self.full_share >= MOSTLY

    @property
    def rise_msgs(self) -> float:
        """How far the lag of the second half lies above that of the first; 0 of one look."""
        return self._risen(lambda look: look.lag_msgs)

    @property
    def rise_per_s(self) -> float:
        """How fast it rises, in messages a second; 0 of one look."""
        apart_s = self._risen(lambda look: look.at_s)
        return self.rise_msgs / apart_s if apart_s else 0.0

    def _risen(self, of: Callable[[Look], float]) -> float:
        """Return the mean of a figure over the second half less that over the first."""
        half = len(self.looks) // 2
        early, late = self.looks[:half], self.looks[-half:]
        return (sum(map(of, late)) - sum(map(of, early))) / half if half else 0.0

    @property
    def rises(self) -> bool:
        """Whether it falls behind, beyond what its lag swings by."""
        return self.rise_msgs > max(self._margin_msgs, self._noise_msgs)

    @property
    def falls(self) -> bool:
        """Whether it catches up, beyond what its lag swings by."""
        return -self.rise_msgs > max(self._margin_msgs, self._noise_msgs)

    @property
    def may_rise(self) -> bool:
        """Whether it may fall behind: its lag swings by too much to tell."""
        return not self.rises and self.rise_msgs > self._margin_msgs

    @property
    def _margin_msgs(self) -> float:
        return max(1.0, RISES_SHARE * self.came_msgs)

    @property
    def _noise_msgs(self) -> float:
        """Return what the halves differ by at most if all that tells them apart is their swing.

        Of a lag that rises evenly it is less than the rise, from five looks on.
        """
        half = len(self.looks) // 2
        if half < 2:
            return math.inf
        halves = self.looks[:half], self.looks[-half:]
        scatter = sum(variance([look.lag_msgs for look in each]) for each in halves)
        return SWINGS * math.sqrt(scatter / half)

    @property
    def drain_s(self) -> float | None:
        """So long until nothing waits if all goes on so; None where it would never come to that."""
        left = self.last.lag_msgs
        if not left:
            return 0.0
        return left / -self.rise_per_s if self.falls else None

    @property
    def held_s(self) -> tuple[float, float]:
        """How long the oldest message not acknowledged is so, at least and at most.

        It lies behind the ack floor of the last look. In a look whose last delivery lies behind
        that floor it had been delivered; after one whose last delivery does not, it was yet to be,
        and it was stored before either. Infinite where nothing bounds it.
        """
        floor, now_s = self.last.floor_seq, self.last.at_s
        since = (
            now_s - look.at_s + (look.delivered_ago_s or 0.0)
            for look in self.looks
            if look.delivered_seq > floor
        )
        until = (now_s - look.at_s for look in reversed(self.looks) if look.delivered_seq <= floor)
        stored_s = math.inf if self.stored_ago_s is None else self.stored_ago_s
        least_s = next(since, 0.0)
        return least_s, max(least_s, min(stored_s, next(until, math.inf)))

    def share(self, holds: Callable[[Look], bool]) -> float:
        """Return the share of the looks in which something holds."""
        return sum(map(holds, self.looks)) / len(self.looks)

    def per_s(self, msgs: float) -> str:
        """Write so many messages as a rate."""
        return f"{number(msgs / self.span_s)} msg/s"


def needs_stored_time(seen: Seen) -> bool:
    """Say whether only the time at which a message was stored can tell that none is held long."""
    if not seen.last.acks or not seen.last.unacked_msgs:
        return False
    least_s, most_s = seen.held_s
    return least_s <= seen.last.patience_ns / NS_PER_S < most_s


def _undelivered(look: Look) -> int:
    """Return what grows with each message that comes, and shrinks where one is removed."""
    return look.pending_msgs + look.deliveries


def _is_full(look: Look) -> bool:
    cap = look.max_ack_pending
    return cap is not None and look.unacked_msgs >= NEAR_CAP * cap
