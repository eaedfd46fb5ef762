"""How the handler of one delivery goes: how long it takes, with all its attempts, and how it ends.

Pure: given when it begins, all of it is known, for what fails is dealt by seed and id, and what
handlers depend on is away at known instants.
"""

import zlib
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine.away import Away
from bench.engine.table import Flags
from bench.plan.faults import Faults
from bench.spec.faults import FAILING, Fault
from bench.spec.trying import RetrySettings

ONCE = RetrySettings(attempts=1)
"""No further attempt."""

_LUCK = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is known of a delivery before its handler begins.

    Attributes:
        position: of it.
        message_id: of its message.
        deliveries: how often that was delivered by now, 1 for the first time.
        usual_ns: how long an attempt takes with which nothing is wrong.
    """

    position: int
    message_id: int
    deliveries: int
    usual_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a handler goes.

    Attributes:
        takes_ns: from its begin to its end, waits between attempts included.
        failed: none of its attempts went well.
        attempts: that were made.
        again_ns: of `takes_ns`, what passed after its first attempt.
    """

    takes_ns: int
    failed: bool
    attempts: int = 1
    again_ns: int = 0


class Tries:
    """The attempts of one process, and which of its deliveries failed in spite of them.

    Attributes:
        retries: attempts beyond the first of their delivery.
        recovered: deliveries that went well at a further attempt, which has ended.
        again_ns: time that workers spent after the first attempt of a delivery, ns.
    """

    def __init__(
        self, faults: Faults, away: Away, retry: RetrySettings | None = None, seed: int = 0
    ) -> None:
        self._faults = faults
        self._away = away
        self._retry = retry or ONCE
        self._seed = seed
        self._failed: set[int] = set()
        self._recovering: set[int] = set()
        self.retries = self.recovered = self.again_ns = 0

    def begin(self, delivery: Delivery, at_ns: int) -> Course:
        """Return how the handler of a delivery goes that begins at this instant."""
        course = self._course(delivery, at_ns)
        if course.failed:
            self._failed.add(delivery.position)
        self.retries += course.attempts - 1
        if course.attempts > 1 and not course.failed:
            self._recovering.add(delivery.position)
        self.again_ns += course.again_ns
        return course

    def failed(self, positions: IntArray) -> Flags:
        """Return which of these deliveries, that have ended, failed; forget them, shape (n,)."""
        if self._recovering:
            recovered = self._recovering.intersection(positions.tolist())
            self.recovered += len(recovered)
            self._recovering -= recovered
        if not self._failed:
            return np.zeros(positions.size, dtype=np.bool_)
        found = np.array([each in self._failed for each in positions.tolist()], dtype=np.bool_)
        self._failed.difference_update(positions[found].tolist())
        return found

    def _course(self, delivery: Delivery, begins_ns: int) -> Course:
        fault, at_ns, first_ns = self._fault_of(delivery.message_id), begins_ns, begins_ns
        before = (delivery.deliveries - 1) * self._retry.attempts
        attempt, failed = 0, True
        while failed and attempt < self._retry.attempts:
            at_ns += self._wait_ns(delivery, attempt) if attempt else 0
            attempt += 1
            takes_ns, failed = self._attempt(fault, before + attempt, at_ns, delivery.usual_ns)
            at_ns += takes_ns
            first_ns = at_ns if attempt == 1 else first_ns
        return Course(
            takes_ns=at_ns - begins_ns, failed=failed, attempts=attempt, again_ns=at_ns - first_ns
        )

    def _attempt(
        self, fault: Fault | None, number: int, at_ns: int, usual_ns: int
    ) -> tuple[int, bool]:
        """Return how long an attempt takes, and whether it fails.

        Args:
            fault: of the message.
            number: of the attempt, over all deliveries of the message, 1 for the first.
            at_ns: when it begins.
            usual_ns: how long it takes without a fault.
        """
        met = fault is not None and (fault.deliveries is None or number <= fault.deliveries)
        fails = met and fault is not None and fault.kind in FAILING
        own_ns = fault.time_ns if met and fault is not None else None
        takes_ns = usual_ns if own_ns is None else own_ns
        outage = self._away.at(at_ns)
        if outage is None:
            return takes_ns, fails
        return (takes_ns if outage.time_ns is None else outage.time_ns), True

    def _fault_of(self, message_id: int) -> Fault | None:
        index = self._faults.index
        number = int(index[message_id]) if 0 <= message_id < index.size else 0
        kind = self._faults.kinds[number - 1] if number else None
        return kind if isinstance(kind, Fault) else None

    def _wait_ns(self, delivery: Delivery, attempt: int) -> int:
        """Return how long is waited after an attempt: at random, and alike for alike trials."""
        told = f"{self._seed} {delivery.message_id} {delivery.deliveries} {attempt}"
        return self._retry.wait_ns(attempt, zlib.crc32(told.encode()) / _LUCK)
