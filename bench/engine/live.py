"""The messages of a soak that are not through: sent, and not yet stored, handled and acknowledged.

What is through never changes again in any figure but how often it came, so it is counted and left
out; what is left is small while consumers keep up.
"""

from collections.abc import Mapping

import numpy as np

from bench.clients.port import IntArray
from bench.engine.recorder import NEVER
from bench.engine.table import NEVER_NS, NOT_YET, Flags, MessageTable

INSTANTS = ("sent_ns", "stored_ns", "received_ns", "handled_ns", "acked_ns")
_NUMBERS = ("ids", "intended_ns", "outcome", "came")


class Live:
    """Messages by id, ascending, with what is known of each.

    Attributes:
        columns: `ids`, `intended_ns`, `outcome`, `came` (how often) and INSTANTS, ns from the
            trial's start, NEVER_NS where they did not come; all of shape (n,).
    """

    def __init__(self) -> None:
        self.columns: dict[str, IntArray] = {
            name: np.empty(0, dtype=np.int64) for name in (*_NUMBERS, *INSTANTS)
        }

    def __len__(self) -> int:
        """Return how many there are."""
        return int(self.columns["ids"].size)

    def add(self, new: Mapping[str, IntArray]) -> None:
        """Take messages; what is not told of them did not happen."""
        size = new["ids"].size
        order: IntArray | None = None
        if len(self) and size and new["ids"][0] <= self.columns["ids"][-1]:
            order = np.argsort(np.concatenate([self.columns["ids"], new["ids"]]), kind="stable")
        for name, column in self.columns.items():
            nothing = NEVER_NS if name in INSTANTS else 0
            both = np.concatenate([column, new.get(name, np.full(size, nothing))])
            self.columns[name] = both if order is None else both[order]

    def places(self, ids: IntArray) -> IntArray:
        """Return where messages are, -1 where they are not; shape as given."""
        if not len(self):
            return np.full(ids.shape, -1)
        own = self.columns["ids"]
        near = np.minimum(np.searchsorted(own, ids), own.size - 1)
        return np.where(own[near] == ids, near, -1)

    def happened(self, name: str, places: IntArray, at_ns: IntArray) -> None:
        """Something happened to messages; the first time counts.

        Args:
            name: of INSTANTS.
            places: of the messages, shape (n,).
            at_ns: from the trial's start, or NEVER_NS; shape (n,).
        """
        np.minimum.at(self.columns[name], places, at_ns)

    def table(self) -> MessageTable:
        """Return them as a table."""
        own = self.columns
        return MessageTable(
            intended_ns=own["intended_ns"],
            outcome=own["outcome"],
            **{name: np.where(own[name] == NEVER_NS, NOT_YET, own[name]) for name in INSTANTS},
        )

    def through(self, at_ns: int, *, acks: bool) -> Flags:
        """Return which are through by an instant, shape (n,)."""
        asked = INSTANTS if acks else INSTANTS[:-1]
        found: Flags = np.all([self.columns[name] <= at_ns for name in asked], axis=0)
        return found

    def keep(self, kept: Flags) -> None:
        """Leave out the others."""
        self.columns = {name: column[kept] for name, column in self.columns.items()}


def from_start(instants_ns: IntArray, start_ns: int) -> IntArray:
    """Return recorded instants from the trial's start, NEVER_NS where they did not come."""
    return np.where(instants_ns == NEVER, NEVER_NS, instants_ns - start_ns)


class Often:
    """How often messages came that are through; of those that came once, how many there are."""

    def __init__(self) -> None:
        self.once = 0
        self._ids: IntArray = np.empty(0, dtype=np.int64)
        self._came: IntArray = np.empty(0, dtype=np.int64)

    def through(self, ids: IntArray, came: IntArray) -> None:
        """Messages are through: they came so often, shapes (n,)."""
        several = came > 1
        self.once += int(np.count_nonzero(came == 1))
        self._merge(ids[several], came[several])

    def again(self, ids: IntArray) -> None:
        """Messages that are through came again, each as often as it stands here, shape (n,)."""
        found, times = np.unique(ids, return_counts=True)
        near = np.minimum(np.searchsorted(self._ids, found), max(0, self._ids.size - 1))
        known = self._ids[near] == found if self._ids.size else np.zeros(found.size, dtype=np.bool_)
        self._came[near[known]] += times[known]
        self.once -= int(np.count_nonzero(~known))
        self._merge(found[~known], 1 + times[~known])

    def counted(self, most: int) -> IntArray:
        """Return how many came how often, `most` times for that or more; shape (most + 1,)."""
        often = np.bincount(np.minimum(self._came, most), minlength=most + 1)
        often[1] += self.once
        return often

    def _merge(self, ids: IntArray, came: IntArray) -> None:
        if not ids.size:
            return
        both = np.concatenate([self._ids, ids])
        order = np.argsort(both, kind="stable")
        self._ids, self._came = both[order], np.concatenate([self._came, came])[order]
