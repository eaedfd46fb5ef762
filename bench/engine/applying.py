"""The deeds of one process: what its handler does for each delivery, and how that ended."""

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from bench.clients.deeds import Answer, Deed, Step
from bench.clients.port import Delivered, Ending, IntArray
from bench.engine.clock import now_ns
from bench.engine.crashing import Crasher
from bench.engine.fates import APPLIED, WELL, Fates
from bench.engine.jobs import Applied
from bench.engine.letters import Postbox
from bench.engine.recorder import ConsumeRecorder
from bench.engine.refusing import REFUSED, until_refused
from bench.engine.strategies import LARGEST_BYTES, STRATEGIES, Handled
from bench.engine.took import Took
from bench.plan.traffic import Traffic
from bench.spec.effects import CrashPoint

EFFECTS, _MARKERS, _GUARDS = "effect.", "marker.", "guard."
"""What stands before the ids of messages, or the numbers of keys, in a bucket."""


@dataclass(slots=True)
class _Delivery:
    """What a delivery brought.

    Attributes:
        message: its id.
        seq: of the message in the stream.
        count: how often it was delivered by then.
        ending: how it ended; what it is from the beginning counts as handled.
        since_ns: when its deed began; 0 where that did not.
    """

    message: int
    seq: int
    count: int
    ending: int = WELL
    since_ns: int = 0


@dataclass(slots=True, kw_only=True)
class Applying:
    """The Deeds of one process.

    Attributes:
        how: effects are made, and where.
        recorder: keeps what happens.
        fates: of deliveries.
        traffic: of the messages.
        crasher: ends this process; None where nothing is to end it.
        letters: where dead letters are posted; None where they are not.
        took: where is noted how long each deed has its worker; None where it is not.
        largest_bytes: the largest value.
    """

    how: Applied
    recorder: ConsumeRecorder
    fates: Fates
    traffic: Traffic
    crasher: Crasher | None = None
    letters: Postbox | None = None
    took: Took | None = None
    largest_bytes: int = LARGEST_BYTES
    _deliveries: dict[int, _Delivery] = field(default_factory=dict)

    def came(self, positions: IntArray, block: Delivered) -> None:
        """Remember what deliveries brought."""
        columns = (positions, block.ids, block.stream_seqs, block.deliveries)
        for position, *brought in zip(*(each.tolist() for each in columns), strict=True):
            self._deliveries[position] = _Delivery(*brought)

    def came_one(self, position: int, message_id: int, seq: int, deliveries: int) -> None:
        """Remember what a delivery brought."""
        self._deliveries[position] = _Delivery(message_id, seq, deliveries)

    def is_ours(self, position: int) -> bool:
        """Say whether a delivery is of a message of ours: else nothing is to be done for it."""
        return 0 <= self._deliveries[position].message < self.traffic.subject_index.size

    def key(self, position: int) -> int:
        """Return the number of what a delivery waits for: its subject, or nothing but itself."""
        if self.how.idempotency != "sequence-guard":
            return -1 - position
        return int(self.traffic.subject_index[self._deliveries[position].message])

    def crashes(self, position: int, at: CrashPoint) -> bool:
        """Say whether the process is to end itself at this step of a delivery."""
        message = self._deliveries[position].message
        crash = self.traffic.crashes.get(message)
        if self.crasher is None or crash is None or crash.at != at:
            return False
        return self.crasher.is_due(message)

    def crash(self, position: int, *, applied: bool) -> None:
        """Write down that the process ends itself here, and end it."""
        if self.crasher is None:
            return
        positions = np.array([position])
        if applied:
            self.recorder.handled_at(positions, now_ns())
        self.recorder.ended(positions, Ending.CRASHED, answered=False)
        self.crasher.crash(self._deliveries[position].message)

    def of(self, position: int) -> Deed:
        """Begin the deed of a delivery; how it ends is told by `ended`."""
        came = self._deliveries[position]
        came.since_ns = now_ns()
        columns = np.array([position]), np.array([came.message])
        if not self.fates.begin(*columns).all():
            came.ending = self._settled(position, self._of_handler(position, came))
            return
        known = yield from self._work(position, came)
        if known is REFUSED:
            came.ending = self._settled(position, self._failed(came))
            return
        if known:  # who did it may have ended before it wrote that down
            self.recorder.known_at(columns[0], now_ns())
        came.ending = Ending.REPEATED if known else self._settled(position, came.ending)
        if came.ending == WELL:
            self._reached(position, "before-ack")

    def ended(self, position: int) -> int:
        """Return how a delivery ended whose deed is through, and forget it."""
        came = self._deliveries.pop(position)
        if self.took is not None and came.since_ns:
            self.took.note(position, now_ns() - came.since_ns, 0)
        return came.ending

    def failed(self, position: int) -> int:
        """Return how a delivery ends whose deed was not carried out, and forget it."""
        came = self._deliveries[position]
        came.ending = self._settled(position, self._failed(came))
        return self.ended(position)

    def _failed(self, came: _Delivery) -> int:
        return int(self.fates.failed(np.array([came.count]))[0])

    def _work(self, position: int, came: _Delivery) -> Generator[Step, Answer, bool | None]:
        """Do what the strategy says, up to a write that is to be refused."""
        handled = self._handled(position, came)
        doing = STRATEGIES[self.how.idempotency](handled)
        one = np.array([came.message]), np.array([came.count])
        if self.traffic.faults.unwritten(*one).any():
            return (yield from until_refused(doing, handled.effect))
        return (yield from doing)

    def _settled(self, position: int, ending: int) -> int:
        message = np.array([self._deliveries[position].message])
        return int(self.fates.settled(np.array([position]), message, np.array([ending]))[0])

    def _of_handler(self, position: int, came: _Delivery) -> int:
        columns = (np.array([number]) for number in (position, came.message, came.count))
        return int(self.fates.of_handlers(*columns)[0])

    def _handled(self, position: int, came: _Delivery) -> Handled:
        prefix, key = self.how.prefix, self.traffic.subject_index[came.message]

        def succeeds() -> bool:
            came.ending = self._of_handler(position, came)
            return came.ending in APPLIED

        return Handled(
            message_id=came.message,
            seq=came.seq,
            effect=f"{prefix}{EFFECTS}{came.message}",
            marker=f"{prefix}{_MARKERS}{came.message}",
            guard=f"{prefix}{_GUARDS}{key}",
            ttl_s=self.how.marker_ttl_s,
            work_ns=lambda: self._work_ns(position, came),
            succeeds=succeeds,
            reached=lambda point: self._reached(position, point),
        )

    def _work_ns(self, position: int, came: _Delivery) -> int:
        """Return how long the handler of a delivery takes that begins now."""
        usual_ns = int(self.traffic.handler_ns[came.message])
        own_ns = self.traffic.faults.one_handler_ns(came.message, came.count, usual_ns)
        return self.fates.away.takes_ns(position, now_ns(), own_ns)

    def _reached(self, position: int, point: CrashPoint) -> None:
        if self.crashes(position, point):
            claimed = self.how.idempotency == "marker-first" and point == "after-marker"
            self.crash(position, applied=not claimed)
