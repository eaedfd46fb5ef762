"""How deliveries end whose handlers do not all go well: what is said, and what is noted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from bench.clients.port import Content, Ending, IntArray
from bench.engine.away import Away
from bench.engine.inspecting import Inspector
from bench.engine.memory import Memory
from bench.engine.table import Flags
from bench.engine.tries import Tries
from bench.plan.faults import Faults
from bench.spec.faults import FailureSettings

WELL = 0
"""Of a delivery that is handled, and acknowledged as the plan of acks says."""

APPLIED = (WELL, Ending.UNACKED)
"""Of a delivery whose handler did its work."""

DONE_WITH = (Ending.TERMINATED, Ending.TOO_LATE, Ending.EXHAUSTED)
"""Of a delivery whose handler failed, and is not to do the work again."""

GIVEN_UP = (Ending.TERMINATED, Ending.EXHAUSTED)
"""Of a delivery that failed, and after which its message never comes again."""

_ANSWERS = {"nak": Ending.NAKED, "term": Ending.TERMINATED, "none": Ending.SILENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """What becomes of the deliveries of one process.

    Attributes:
        faults: of the messages.
        failure: what is done about a handler that failed.
        max_deliver: how often the server delivers at most; None without end.
        answers: an answer is still awaited when a handler ends.
        memory: of what was handled; None where nothing is remembered.
        in_order: an ack covers all before it, so that none may be left out.
        away: when what handlers depend on is away.
        inspector: looks at each message and refuses what is bad; None where nobody looks.
        tries: how handlers went that may try again; None where each tries once.
    """

    faults: Faults
    failure: FailureSettings
    max_deliver: int | None
    answers: bool
    memory: Memory | None = None
    in_order: bool = False
    away: Away = field(default_factory=Away)
    inspector: Inspector | None = None
    tries: Tries | None = None

    def reads(self, content: Callable[[int], Content]) -> None:
        """Have what a link keeps of its deliveries looked at, where somebody does look."""
        if self.inspector is not None:
            self.inspector.reads(content)

    def counted(self) -> Mapping[str, int]:
        """Return what is counted of what was looked at; nothing where nobody does."""
        return {} if self.inspector is None else self.inspector.counted()

    def begin(self, positions: IntArray, ids: IntArray) -> Flags:
        """Return which deliveries are to be handled, shape (n,); the others take no time."""
        if self.memory is None:
            return np.ones(ids.size, dtype=bool)
        return self.memory.claim(positions, ids)

    def end(self, positions: IntArray, ids: IntArray, deliveries: IntArray) -> IntArray:
        """Return how deliveries end, WELL or an Ending, shape (n,).

        Args:
            positions: of the deliveries, shape (n,).
            ids: of their messages, shape (n,).
            deliveries: how often each was delivered by then, 1 for the first time, shape (n,).
        """
        return self.settled(positions, ids, self.of_handlers(positions, ids, deliveries))

    def settled(self, positions: IntArray, ids: IntArray, endings: IntArray) -> IntArray:
        """Return how deliveries end whose handlers ended so, remembering it; shape (n,)."""
        if self.memory is not None:
            rows = zip(positions.tolist(), ids.tolist(), strict=True)
            for row, (position, message_id) in enumerate(rows):
                if self.memory.owns(position, message_id):
                    self.memory.settle(message_id, done=endings[row] in APPLIED)
                else:
                    known = self.in_order or self.memory.is_done(message_id)
                    endings[row] = Ending.REPEATED if known else Ending.IN_HAND
        return endings

    def of_handlers(self, positions: IntArray, ids: IntArray, deliveries: IntArray) -> IntArray:
        """Return how deliveries would end that nobody else has in hand; as of `end`."""
        failed = self._failing(positions, ids, deliveries)
        if self.inspector is not None:
            failed |= self.inspector.refused(positions, ids)
        if not self.answers:
            return np.where(failed, Ending.TOO_LATE, WELL)
        silent = self.faults.silent(ids, deliveries)
        return np.where(failed, self.failed(deliveries), np.where(silent, Ending.UNACKED, WELL))

    def _failing(self, positions: IntArray, ids: IntArray, deliveries: IntArray) -> Flags:
        if self.tries is not None:
            return self.tries.failed(positions)
        return self.faults.fails(ids, deliveries) | self.away.met(positions)

    def failed(self, deliveries: IntArray) -> IntArray:
        """Return how deliveries end whose handler failed, shape (n,)."""
        if not self.answers:
            return np.full(deliveries.size, Ending.TOO_LATE, dtype=np.int64)
        answer = np.full(deliveries.size, _ANSWERS[self.failure.answer], dtype=np.int64)
        if self.max_deliver is not None:
            wanted = (deliveries >= self.max_deliver) & (answer != Ending.TERMINATED)
            answer[wanted] = Ending.EXHAUSTED
        if self.failure.attempts is not None:
            answer[deliveries >= self.failure.attempts] = Ending.TERMINATED
        return answer


def sorted_out(positions: IntArray, endings: IntArray) -> Iterator[tuple[Ending, IntArray]]:
    """Yield the positions of each ending that there is but WELL."""
    for ending in np.unique(endings[endings != WELL]).tolist():
        yield Ending(ending), positions[endings == ending]
