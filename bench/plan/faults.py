"""Which messages have which fault, and what that means for one of their deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.plan.arrays import IntArray
from bench.plan.dealing import deal
from bench.spec.bad import BadKind, BadMessage
from bench.spec.faults import FAILING, WRITE_ERROR, Fault

Flags = NDArray[np.bool_]

_ALWAYS = np.iinfo(np.int64).max
_AS_USUAL = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong with the messages of a trial.

    Attributes:
        kinds: that there are; may be none.
        index: 1 + index into `kinds` of each message, 0 where nothing is wrong, shape (n,), or (0,)
            where nothing is wrong with any.
    """

    kinds: tuple[Fault | BadMessage, ...] = ()
    index: IntArray

    def __bool__(self) -> bool:
        return bool(self.kinds)

    @property
    def spoil(self) -> bool:
        """Whether some messages are bad in themselves."""
        return any(isinstance(kind, BadMessage) for kind in self.kinds)

    def fails(self, ids: IntArray, deliveries: IntArray) -> Flags:
        """Return whether handlers end without success at these deliveries.

        Args:
            ids: of the messages; those of others have no fault; shape (n,).
            deliveries: how often each was delivered by then, 1 for the first time, shape (n,).

        Returns:
            Shape (n,).
        """
        return self._met(ids, deliveries, [kind.kind in FAILING for kind in self.kinds])

    def unwritten(self, ids: IntArray, deliveries: IntArray) -> Flags:
        """Return whether the effects of messages are to be refused; as `fails`."""
        return self._met(ids, deliveries, [kind.kind == WRITE_ERROR for kind in self.kinds])

    def silent(self, ids: IntArray, deliveries: IntArray) -> Flags:
        """Return whether messages are handled and not acknowledged; as `fails`."""
        return self._met(ids, deliveries, [kind.kind == "silent" for kind in self.kinds])

    def due_to_fail(self, ids: IntArray, deliveries: IntArray) -> Flags:
        """Return whether handlers are to end without success, by themselves; as `fails`.

        What a handler does not make up is among it: it finds that a message is bad, or that its
        effect is refused.
        """
        return self.fails(ids, deliveries) | self.bad(ids) | self.unwritten(ids, deliveries)

    def hopeless(self, ids: IntArray) -> Flags:
        """Return whether a handler fails however often they come, shape (n,)."""
        always = [kind.kind == "permanent" for kind in self.kinds]
        return np.array([False, *always])[self._of(ids)] | self.bad(ids)

    def ages_ns(self, ids: IntArray) -> IntArray:
        """Return how long before they are due messages were signed, shape (n,)."""
        ages = [kind.age_ns or 0 if isinstance(kind, BadMessage) else 0 for kind in self.kinds]
        return np.array([0, *ages])[self._of(ids)]

    def bad(self, ids: IntArray) -> Flags:
        """Return which messages are bad in themselves, shape (n,)."""
        return np.array([False, *(isinstance(kind, BadMessage) for kind in self.kinds)])[
            self._of(ids)
        ]

    def bad_by(self, ids: IntArray) -> Mapping[BadKind, Flags]:
        """Return which messages are bad in themselves by how they are, each shape (n,)."""
        found: dict[BadKind, Flags] = {}
        for index, kind in enumerate(self.kinds, start=1):
            if isinstance(kind, BadMessage):
                own = self._of(ids) == index
                found[kind.kind] = own | found.get(kind.kind, own)
        return found

    def befallen(self, size: int) -> Flags:
        """Return which of so many messages have a fault, shape (size,)."""
        return self._of(np.arange(size)) > 0

    def handler_ns(self, ids: IntArray, deliveries: IntArray, usual_ns: IntArray) -> IntArray:
        """Return how long handlers take at these deliveries, shape (n,).

        Args:
            ids: as of `fails`.
            deliveries: as of `fails`.
            usual_ns: how long each takes without a fault, shape (n,).
        """
        own = [_AS_USUAL if kind.time_ns is None else kind.time_ns for kind in self.kinds]
        met = self._met(ids, deliveries, [time != _AS_USUAL for time in own])
        return np.where(met, np.array([_AS_USUAL, *own])[self._of(ids)], usual_ns)

    def one_handler_ns(self, message_id: int, deliveries: int, usual_ns: int) -> int:
        """Return how long the handler of one delivery takes; as `handler_ns`."""
        one = (np.array([number]) for number in (message_id, deliveries, usual_ns))
        return int(self.handler_ns(*one)[0])

    def _met(self, ids: IntArray, deliveries: IntArray, which: Sequence[bool]) -> Flags:
        """Return where one of these kinds is met at these deliveries."""
        stops = [kind.deliveries or _ALWAYS for kind in self.kinds]
        reach = np.array([0, *(stop * on for stop, on in zip(stops, which, strict=True))])
        met: Flags = deliveries <= reach[self._of(ids)]
        return met

    def _of(self, ids: IntArray) -> IntArray:
        """Return the index of each message, 0 for those of others."""
        if not self.index.size:
            return np.zeros_like(ids)
        ours = (ids >= 0) & (ids < self.index.size)
        return np.where(ours, self.index[np.where(ours, ids, 0)], 0)


NONE = Faults(index=np.empty(0, dtype=np.int64))


def deal_faults(
    kinds: Sequence[Fault | BadMessage], counts: Sequence[int], rng: np.random.Generator
) -> Faults:
    """Return which messages have which fault, dealt exactly within each phase.

    Args:
        kinds: with their shares, which add up to 1 at most.
        counts: messages of each phase.
        rng: shuffles.
    """
    if not kinds:
        return NONE
    shares = [kind.share for kind in kinds]
    sound = max(0.0, 1 - sum(shares))
    return Faults(kinds=tuple(kinds), index=deal(counts, [sound, *shares], rng))
