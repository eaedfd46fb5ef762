"""Which messages are acknowledged when: one class for each ack timing.

Pure: positions (the link's numbering of deliveries) go in, orders come out. The engine carries
the orders out and notes the instants.
"""

from typing import NamedTuple, Protocol

import numpy as np

from bench.clients.port import IntArray
from bench.spec.variant import AckTiming


class AckOrder(NamedTuple):
    """What to acknowledge now.

    Attributes:
        positions: messages that this order settles, shape (n,); n is 0 for "nothing now".
        cumulative: one ack for the one highest in the stream stands for all of them.
    """

    positions: IntArray
    cumulative: bool = False


NOTHING = AckOrder(positions=np.empty(0, dtype=np.int64))


class AckPlan(Protocol):
    """Decides on acks as messages arrive and are handled."""

    def received(self, positions: IntArray) -> AckOrder:
        """Messages arrived and their id was read."""

    def handled(self, positions: IntArray, *, idle: bool) -> AckOrder:
        """Handlers ended; `idle` when no received message is left to handle."""


class AfterHandler:
    """Each message when its handler ends."""

    def received(self, positions: IntArray) -> AckOrder:
        """Nothing yet."""
        del positions
        return NOTHING

    def handled(self, positions: IntArray, *, idle: bool) -> AckOrder:
        """Exactly these."""
        del idle
        return AckOrder(positions=positions)


class AfterValidation:
    """Each message as soon as it was read, before its handler: fast, and lossy on a crash."""

    def received(self, positions: IntArray) -> AckOrder:
        """Exactly these."""
        return AckOrder(positions=positions)

    def handled(self, positions: IntArray, *, idle: bool) -> AckOrder:
        """Nothing more."""
        del positions, idle
        return NOTHING


class Never:
    """No acks at all (`ack_policy: none`)."""

    def received(self, positions: IntArray) -> AckOrder:
        """Nothing."""
        del positions
        return NOTHING

    def handled(self, positions: IntArray, *, idle: bool) -> AckOrder:
        """Nothing."""
        del positions, idle
        return NOTHING


class PerBatch:
    """Each message, but sent together: when a batch is handled, or nothing is left in hand."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._waiting: list[IntArray] = []
        self._waiting_msgs = 0

    def received(self, positions: IntArray) -> AckOrder:
        """Nothing yet."""
        del positions
        return NOTHING

    def handled(self, positions: IntArray, *, idle: bool) -> AckOrder:
        """All handled and not yet acknowledged, once they fill a batch or the consumer is idle."""
        self._waiting.append(positions)
        self._waiting_msgs += positions.size
        if not idle and self._waiting_msgs < self._batch:
            return NOTHING
        together = np.concatenate(self._waiting)
        self._waiting, self._waiting_msgs = [], 0
        return AckOrder(positions=together)


class Cumulative:
    """One ack for everything up to a message (`ack_policy: all`), at the end of a batch.

    Only over messages that are handled without a gap: an ack past an unfinished handler would
    tell the server that its message is done.
    """

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._acked_stop = 0
        self._handled_stop = 0
        self._beyond_gap: set[int] = set()

    def received(self, positions: IntArray) -> AckOrder:
        """Nothing yet."""
        del positions
        return NOTHING

    def handled(self, positions: IntArray, *, idle: bool) -> AckOrder:
        """Everything handled without a gap, once that fills a batch or the consumer is idle."""
        self._beyond_gap.update(positions.tolist())
        while self._handled_stop in self._beyond_gap:
            self._beyond_gap.remove(self._handled_stop)
            self._handled_stop += 1
        ready = self._handled_stop - self._acked_stop
        if ready == 0 or (not idle and ready < self._batch):
            return NOTHING
        order = np.arange(self._acked_stop, self._handled_stop, dtype=np.int64)
        self._acked_stop = self._handled_stop
        return AckOrder(positions=order, cumulative=True)


def make_ack_plan(timing: AckTiming, batch: int) -> AckPlan:
    """Return the plan for a timing; `batch` matters for `per-batch` and `cumulative` only."""
    plans: dict[AckTiming, AckPlan] = {
        "after-handler": AfterHandler(),
        "after-validation": AfterValidation(),
        "per-batch": PerBatch(batch),
        "cumulative": Cumulative(batch),
        "none": Never(),
    }
    return plans[timing]
