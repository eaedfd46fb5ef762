"""Made-up days of a stream: what happens to messages, a block at a time, however many there are.

Most messages are published, confirmed, received, handled and acknowledged within their block. Of
some the answer is refused, missing, late or given twice, some are lost, held or in hand for good,
and some come, come again or are handled only many blocks later, when what was written down of their
block was read and forgotten. What happens follows from the number of a message, so that the ledger
can be told from the numbers alone (`Ledger`).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import NO_ID, Delivered
from bench.engine.losses import Backlog, Present
from bench.engine.recorder import ConsumeRecorder, PublishRecorder

Ints = NDArray[np.int64]

START_NS = 10**12
PUBLISHERS = CONSUMERS = 2
UNSENT = 10


class Fate(IntEnum):
    """What becomes of a message."""

    WELL = 0
    REFUSED = 1
    UNANSWERED = 2
    VANISHED = 3
    LATE_ANSWER = 4
    REFUSED_FIRST = 5
    ANSWERED_TWICE = 6
    LOST = 7
    HELD = 8
    IN_HAND = 9
    SLOW = 10
    COMES_AGAIN = 11
    COMES_LATE = 12


_IN_STREAM = [f for f in Fate if f not in (Fate.REFUSED, Fate.VANISHED)]
_COMES = [f for f in _IN_STREAM if f not in (Fate.LOST, Fate.HELD)]
_ANSWERED = [f for f in _IN_STREAM if f is not Fate.UNANSWERED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """How many messages there are, and of what.

    Attributes:
        messages: planned; the last UNSENT are never sent.
        block: messages that are sent together.
        block_ns: from one block to the next.
        odd: share of messages that meet each of the fates but the first.
        later: blocks until what comes late does, at least; half as many more at most.
        foreign: one message of somebody else comes with every block.
    """

    messages: int
    block: int
    block_ns: int
    odd: float
    later: int
    foreign: bool = True

    @property
    def blocks(self) -> int:
        """How many blocks there are, those included in which the last late ones come."""
        return -(-self.messages // self.block) + 2 * self.later + 2

    def ids(self, block: int) -> Ints:
        """Return the messages that are sent in a block."""
        first = block * self.block
        return np.arange(first, max(first, min(first + self.block, self.messages - UNSENT)))

    def fates(self, ids: Ints) -> Ints:
        """Return what becomes of messages, shape (n,)."""
        dealt = (_chance(ids, 0) / self.odd).astype(np.int64) + 1
        return np.where(dealt < len(Fate), dealt, Fate.WELL)

    def delay(self, ids: Ints) -> Ints:
        """Return how many blocks later what comes late does, shape (n,)."""
        return self.later + (_chance(ids, 1) * (self.later // 2 + 1)).astype(np.int64)


Later = Callable[[int], None]


class Side:
    """Recorders of one kind, to which it all happens."""

    def __init__(
        self, publishers: Sequence[PublishRecorder], consumers: Sequence[ConsumeRecorder]
    ) -> None:
        self.publishers = publishers
        self.consumers = consumers
        self.sent = [0] * len(publishers)


class Happening:
    """Has it all happen to recorders, block by block."""

    def __init__(self, days: Days, sides: Sequence[Side]) -> None:
        self._days = days
        self._sides = sides
        self._later: defaultdict[int, list[Later]] = defaultdict(list)
        self.last_seq = 0
        self.lost_seqs: list[int] = []

    def blocks(self) -> Iterator[int]:
        """Have blocks happen one after the other; yield an instant by which each has."""
        for block in range(self._days.blocks):
            # All messages of a block are due by its end, and are sent then.
            at_ns = START_NS + (block + 1) * self._days.block_ns
            for action in self._later.pop(block, ()):
                action(at_ns)
            self._send(block, at_ns + 1_000)
            yield at_ns + self._days.block_ns - 1

    def _send(self, block: int, at_ns: int) -> None:
        days, ids = self._days, self._days.ids(block)
        if not ids.size:
            return
        fates = days.fates(ids)
        for side in self._sides:
            for share, publisher in enumerate(side.publishers):
                count = int(np.count_nonzero(ids % PUBLISHERS == share))
                publisher.sent(side.sent[share], side.sent[share] + count, at_ns)
                side.sent[share] += count
        comes_first = block % 3 == 0  # a delivery may be seen before the PubAck
        in_stream = np.isin(fates, _IN_STREAM)
        stored, of_stored = ids[in_stream], fates[in_stream]
        seqs = self.last_seq + 1 + np.arange(stored.size)
        self.last_seq += stored.size + days.foreign
        self.lost_seqs += seqs[of_stored == Fate.LOST].tolist()
        if not comes_first:
            self._answer(block, ids, fates, at_ns + 50_000)
        come = np.isin(of_stored, _COMES) & (of_stored != Fate.COMES_LATE)
        foreign = np.full(int(days.foreign), self.last_seq)
        self._deliver(
            np.append(stored[come], np.full(foreign.size, NO_ID)),
            np.append(seqs[come], foreign),
            np.append(of_stored[come], np.full(foreign.size, Fate.WELL)),
            (block, at_ns + 60_000),
        )
        if comes_first:
            self._answer(block, ids, fates, at_ns + 90_000)
        late = of_stored == Fate.COMES_LATE
        self._defer(block, stored[late], (stored[late], seqs[late]), self._comes_late)

    def _answer(self, block: int, ids: Ints, fates: Ints, at_ns: int) -> None:
        now = np.isin(fates, _ANSWERED) & ~np.isin(fates, (Fate.LATE_ANSWER, Fate.REFUSED_FIRST))
        self._stored(ids[now], at_ns)
        for message in ids[np.isin(fates, (Fate.REFUSED, Fate.REFUSED_FIRST))].tolist():
            for side in self._sides:
                side.publishers[message % PUBLISHERS].refused(message // PUBLISHERS, "made up")
        late = ids[np.isin(fates, (Fate.LATE_ANSWER, Fate.REFUSED_FIRST, Fate.ANSWERED_TWICE))]
        self._defer(block, late, (late,), lambda at_ns, own: self._stored(own, at_ns))

    def _stored(self, ids: Ints, at_ns: int) -> None:
        for share in range(PUBLISHERS):
            positions = ids[ids % PUBLISHERS == share] // PUBLISHERS
            for side in self._sides:
                side.publishers[share].stored(positions, at_ns)

    def _deliver(self, ids: Ints, seqs: Ints, fates: Ints, when: tuple[int, int]) -> None:
        """Have messages come for the first time, of which a few stand in another order."""
        block, at_ns = when
        order = np.argsort(seqs + np.where(_chance(seqs, 2) < 0.001, 7, 0), kind="stable")
        ids, seqs, fates = ids[order], seqs[order], fates[order]
        for process in range(CONSUMERS):
            own = seqs // 50 % CONSUMERS == process
            positions = self._came(process, ids[own], seqs[own], (1, at_ns))
            done = ~np.isin(fates[own], (Fate.IN_HAND, Fate.SLOW))
            self._done(process, positions[done], at_ns + 10_000)
            slow = fates[own] == Fate.SLOW
            told = (positions[slow],)
            self._defer(block, ids[own][slow], told, self._done_by(process))
            again = fates[own] == Fate.COMES_AGAIN
            told_again = ids[own][again], seqs[own][again]
            self._defer(block, ids[own][again], told_again, self._comes_again)

    def _came(self, process: int, ids: Ints, seqs: Ints, how: tuple[int, int]) -> Ints:
        deliveries, at_ns = how
        block = Delivered(
            received_ns=np.full(ids.size, at_ns),
            ids=ids,
            stream_seqs=seqs,
            deliveries=np.full(ids.size, deliveries),
        )
        (positions, *_) = [side.consumers[process].take(block) for side in self._sides]
        return positions

    def _done(self, process: int, positions: Ints, at_ns: int) -> None:
        if not positions.size:
            return
        for side in self._sides:
            side.consumers[process].handled_at(positions, at_ns)
            side.consumers[process].acked_at(positions, at_ns + 5)

    def _done_by(self, process: int) -> Callable[[int, Ints], None]:
        return lambda at_ns, positions: self._done(process, positions, at_ns)

    def _comes_late(self, at_ns: int, ids: Ints, seqs: Ints) -> None:
        self._done(0, self._came(0, ids, seqs, (1, at_ns)), at_ns + 10)

    def _comes_again(self, at_ns: int, ids: Ints, seqs: Ints) -> None:
        self._done(1, self._came(1, ids, seqs, (2, at_ns)), at_ns + 10)

    def _defer(self, block: int, ids: Ints, told: Sequence[Ints], act: Callable[..., None]) -> None:
        """Have something happen blocks later, of each message in its own."""
        if not ids.size:
            return
        delays = self._days.delay(ids)
        for delay in np.unique(delays).tolist():
            own = tuple(each[delays == delay] for each in told)
            self._later[block + delay].append(partial(_act, act, own))

    @staticmethod
    def held(ledger: "Ledger", lost_seqs: Sequence[int], last_seq: int, asked_ns: int) -> Backlog:
        """Return what the server says at the end: half of what is lost it has no more."""
        counts = ledger.fates
        waiting = counts[Fate.IN_HAND]
        gone = tuple(lost_seqs[::2])
        return Backlog(
            msgs=counts[Fate.HELD] + waiting,
            stream_msgs=last_seq,
            ack_pending_msgs=waiting,
            present=Present(first_seq=1, last_seq=last_seq, deleted_seqs=gone),
            asked_ns=asked_ns,
        )


class Ledger:
    """What the ledger must say, by the numbers of messages alone."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self.fates: Counter[int] = Counter()
        self._blocks = 0
        for block in range(-(-days.messages // days.block)):
            fates = days.fates(days.ids(block))
            self._blocks += fates.size > 0
            self.fates.update(dict(enumerate(np.bincount(fates, minlength=len(Fate)).tolist())))

    def entries(self) -> Mapping[str, int]:
        """Return its entries, but those that only the order of deliveries tells."""
        of, days = self.fates, self._days
        sent = days.messages - UNSENT
        in_stream = sum(of[fate] for fate in _IN_STREAM)
        came = sum(of[fate] for fate in _COMES)
        foreign = self._blocks if days.foreign else 0
        again = of[Fate.COMES_AGAIN]
        return {
            "planned": days.messages,
            "published": sent,
            "not_sent": UNSENT,
            "stored": in_stream - of[Fate.UNANSWERED],
            "refused": of[Fate.REFUSED],
            "unconfirmed": of[Fate.UNANSWERED] + of[Fate.VANISHED],
            "stream_msgs": in_stream + foreign,
            "received": came,
            "handled": came - of[Fate.IN_HAND],
            "acked": came - of[Fate.IN_HAND],
            "lost": of[Fate.LOST],
            "deliveries": came + again + foreign,
            "duplicates": again,
            "redelivered": again,
            "foreign": foreign,
            "backlog": of[Fate.HELD] + of[Fate.IN_HAND],
        }

    def attempts(self) -> Mapping[int, int]:
        """Return how many messages came how often."""
        again = self.fates[Fate.COMES_AGAIN]
        return {1: sum(self.fates[fate] for fate in _COMES) - again, 2: again}

    @property
    def answered_again(self) -> int:
        """How many answers came to what had one."""
        return self.fates[Fate.REFUSED_FIRST] + self.fates[Fate.ANSWERED_TWICE]


def _act(act: Callable[..., None], told: Sequence[Ints], at_ns: int) -> None:
    act(at_ns, *told)


def _chance(ids: Ints, salt: int) -> NDArray[np.float64]:
    """Return a number from 0 up to 1 of each id: it looks like chance, and is always the same."""
    mixed = (ids.astype(np.uint64) + np.uint64(salt << 40)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
