"""Made-up lives of many messages, a block at a time: what is published, what comes, what is held.

Each block is made from its number alone, so that the records under test and the reference are fed
the same events one after the other, and neither keeps what the other needs. Of a hundred messages
some five meet a mishap: they are refused, never answered, lost, left at the server, delivered
again, fail and are asked for again, are given up, or stand among the dead letters. Now and then the
consumers are away for some blocks: of those the stream gives up the first by their age.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bench.broker.letters import Letter, Reason
from bench.clients.port import NO_ID, Ending, Outcome
from bench.core.units import NS_PER_S
from bench.spec.kinds.stream import Stream

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BLOCK_MSGS = 1000
PUBLISHERS = CONSUMERS = 2
LAST_ATTEMPT = 3
WELL, IN_HAND_STILL = 0, -1
"""Endings besides those of the port: handled and acknowledged, and not at an end."""

SEND_NS, ANSWER_NS, COMES_NS, TAKES_NS, AGAIN_NS = 1_000, 200_000, 300_000, 40_000, 3_000_000
AGAIN_BLOCKS = 3
START_NS = 10**12
"""The trial's start on the workers' clock."""

SOUND, TRANSIENT, LONGER, PERMANENT, SILENT = range(5)
"""Index of a fault of `load`."""

REFUSED, UNANSWERED, VANISHED, LOST, PENDING, OPEN, DOUBLED, REPEATED, EVICTED = range(1, 10)
_SHARES = (0.002, 0.001, 0.001, 0.002, 0.001, 0.001, 0.009, 0.008)
"""Mishaps of messages without a fault, and of how many: an error PubAck, none though the stream has
it, none and it has it not, gone before it came, still held, still in hand, handled and delivered
again to whoever handles it again, or knows it."""


STRETCH_BLOCKS = 100
"""Of them one stretch each is spent away: so many blocks are given up, and so many come late."""

BEFORE, AWAY, LATE, BACK = 19, (20, 21), (22, 23), 24
"""Places in a stretch: of the last block before they are away, of what is given up, of what waits,
and of the block with which that comes."""

AGE_BLOCKS = 2.7
"""How old the stream lets messages become, in blocks: what is given up is older when others come,
and what waits is younger, though it is lost."""


def max_age_ns(messages: int) -> int:
    """Return how old a stream of so many messages lets them become."""
    return round(AGE_BLOCKS * BLOCK_MSGS * NS_PER_S / rate_msgs_per_s(messages))


def rate_msgs_per_s(messages: int) -> int:
    """Return how many are offered each second: a million, or all in one; whole seconds."""
    return messages // max(1, messages // 1_000_000)


def load(messages: int) -> Stream:
    """Return a load of so many messages, of which some fail, as a matrix would ask for it."""
    rate = rate_msgs_per_s(messages)
    seconds = messages // rate
    faults = [
        {"kind": "transient", "share": "1%"},
        {"kind": "transient", "share": "0.5%", "times": 2},
        {"kind": "permanent", "share": "0.5%"},
        {"kind": "silent", "share": "0.5%"},
    ]
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": f"{rate}/s", "publishers": PUBLISHERS},
            "consume": {"consumers": CONSUMERS, "faults": faults},
            "phases": {"warmup": "0s", "measure": f"{seconds}s", "drain": "1s"},
        }
    )


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What is published in a block; all of shape (n,).

    Attributes:
        ids: of messages, ascending.
        sent_ns: on the workers' clock.
        stored_ns: when the PubAck came; 0 where none did.
        outcome: what came otherwise.
        answers: how many answers come.
    """

    ids: Ints
    sent_ns: Ints
    stored_ns: Ints
    outcome: Ints
    answers: Ints


@dataclass(frozen=True, kw_only=True)
class Came:
    """What processes take in a block, in the order it comes; all of shape (n,).

    Attributes:
        ids: of messages; NO_ID of what is none of ours.
        seqs: in the stream.
        deliveries: how often each was delivered by then.
        received_ns: on the workers' clock.
        ending: how it ends.
        handled_ns, acked_ns: likewise; 0 where that did not happen.
    """

    ids: Ints
    seqs: Ints
    deliveries: Ints
    received_ns: Ints
    ending: Ints
    handled_ns: Ints
    acked_ns: Ints

    def where(self, chosen: Flags | Ints) -> "Came":
        """Return some of them, or all in another order."""
        return Came(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Block:
    """What happens in one stretch of a trial.

    Attributes:
        sent: what is published.
        came: what each process takes.
        held: ids that the server has when all is over, and has never delivered.
        evicted: ids that the stream had too long.
        open_msgs: of what came now, so many whose ack it awaits then.
        gone_seqs: in the stream no more, and never delivered.
        letters: posted.
        advised: messages that the server says it gave up.
        last_seq: of the stream by then.
    """

    sent: Sent
    came: list[Came]
    held: Sequence[int]
    evicted: Sequence[int]
    open_msgs: int
    gone_seqs: Sequence[int]
    letters: Sequence[Letter]
    advised: int
    last_seq: int


class Lives:
    """The events of a trial.

    Attributes:
        messages: planned.
        intended_ns: when each is due.
        last_seq: of the stream, as far as the events went.
    """

    def __init__(self, intended_ns: Ints, faults: Ints, *, unsent: int = 10) -> None:
        """Have messages.

        Args:
            intended_ns: when each is due, by id, shape (n,).
            faults: index of the fault of each, likewise.
            unsent: of the last ones so many are never sent.
        """
        self.messages = intended_ns.size
        self.intended_ns = intended_ns
        self._sent_ns = START_NS + SEND_NS + _last_of_block(intended_ns)
        self._faults = faults
        self._sent = intended_ns.size - unsent
        self.last_seq = 0

    def blocks(self) -> Iterator[Block]:
        """Yield every block in the order of time; the last ones bring what comes again alone."""
        self.last_seq = 0
        due = deque([_nothing()] * AGAIN_BLOCKS)
        more = BLOCK_MSGS * AGAIN_BLOCKS * LAST_ATTEMPT
        for first in range(0, self.messages + more, BLOCK_MSGS):
            ids = np.arange(first, max(first, min(first + BLOCK_MSGS, self._sent)))
            block, again = self._block(ids, due.popleft())
            due.append(again)
            yield block

    def _block(self, ids: Ints, again: Came) -> tuple[Block, Came]:
        """Return what happens, and what is to come again; `again` is what does now."""
        mishap = self._mishaps(ids)
        stored = ids[~np.isin(mishap, (REFUSED, VANISHED))]
        seqs = self.last_seq + 1 + np.arange(stored.size)
        self.last_seq += stored.size + (stored.size > 0)  # one more is written by somebody else
        fate = mishap[np.searchsorted(ids, stored)]
        comes = ~np.isin(fate, (LOST, PENDING, EVICTED))
        taken = self._taken(stored[comes], seqs[comes], again)
        exhausted = taken.ending == Ending.EXHAUSTED
        returns = self._comes_again(taken)
        waiting = np.isin(taken.ending, (IN_HAND_STILL, Ending.NAKED)) & ~returns
        block = Block(
            sent=_sent(ids, self._sent_ns[ids], mishap),
            came=[taken.where(taken.seqs // 50 % CONSUMERS == n) for n in range(CONSUMERS)],
            held=stored[fate == PENDING].tolist(),
            evicted=stored[fate == EVICTED].tolist(),
            open_msgs=int(np.count_nonzero(waiting)),
            gone_seqs=self._gone(seqs, fate),
            letters=tuple(self._letters(taken)),
            advised=int(np.count_nonzero(exhausted)),
            last_seq=self.last_seq,
        )
        return block, taken.where(returns)

    def _gone(self, seqs: Ints, fate: Ints) -> list[int]:
        """Return what the stream has no more: half of what is lost, and all that was too old."""
        if (fate == EVICTED).any():
            return [*seqs.tolist(), self.last_seq]  # somebody else's is as old
        return seqs[fate == LOST][::2].tolist()  # type: ignore[no-any-return]

    def _taken(self, ids: Ints, seqs: Ints, again: Came) -> Came:
        """Return what comes: of the first ones a few in another order, and one of somebody else."""
        order = np.argsort(seqs + np.where(_chance(ids, 1) < 0.001, 70, 0), kind="stable")
        foreign = np.full(int(ids.size > 0), self.last_seq)
        first = np.append(ids[order], np.full(foreign.size, NO_ID))
        ids = np.concatenate([first, again.ids])
        once = np.ones(first.size, dtype=np.int64)
        deliveries = np.concatenate([once, again.deliveries + 1])
        came_ns = self._comes_from(first) + ANSWER_NS + COMES_NS
        waits_ns = (AGAIN_NS * (1 + _chance(again.ids, 5))).astype(np.int64)
        received_ns = np.concatenate([came_ns, again.received_ns + waits_ns])
        ending = np.where(ids == NO_ID, WELL, self._endings(ids, deliveries))
        done = np.isin(ending, (WELL, Ending.UNACKED, Ending.TERMINATED, Ending.EXHAUSTED))
        acked = np.isin(ending, (WELL, Ending.REPEATED))
        return Came(
            ids=ids,
            seqs=np.concatenate([seqs[order], foreign, again.seqs]),
            deliveries=deliveries,
            received_ns=received_ns,
            ending=ending,
            handled_ns=np.where(done, received_ns + TAKES_NS, 0),
            acked_ns=np.where(acked, received_ns + TAKES_NS + 1, 0),
        )

    def _comes_from(self, ids: Ints) -> Ints:
        """Return when each would come if that took no time: what is late when others are back."""
        late = np.isin(_places(ids), LATE)
        back = (ids // BLOCK_MSGS // STRETCH_BLOCKS * STRETCH_BLOCKS + BACK) * BLOCK_MSGS
        return self._sent_ns[np.where(late, np.minimum(back, self.messages - 1), ids)]

    def _mishaps(self, ids: Ints) -> Ints:
        """Return what befalls messages, 0 for nothing; a fault is enough for one.

        Where consumers are away, and before, and at the end, none is lost or left at the server: it
        would be too old as well.
        """
        found, places = self._dealt(ids), _places(ids)
        last = ids >= self._sent - BLOCK_MSGS
        old = last | np.isin(places, (BEFORE, *LATE))
        found[old & np.isin(found, (LOST, PENDING))] = 0
        stored = ~np.isin(found, (REFUSED, VANISHED))
        found[np.isin(places, AWAY) & stored] = EVICTED
        return found

    def _dealt(self, ids: Ints) -> Ints:
        dealt = np.searchsorted(np.cumsum(_SHARES), _chance(ids, 0), side="right") + 1
        none = (dealt > len(_SHARES)) | (self._faults[ids] != SOUND)
        return np.where(none, 0, dealt)

    def _endings(self, ids: Ints, deliveries: Ints) -> Ints:
        """Return how deliveries end, as fault, mishap and chance would have it."""
        fault, mishap, chance = self._faults[ids], self._mishaps(ids), _chance(ids, 2)
        early, first, last = chance < 0.02, deliveries == 1, deliveries >= LAST_ATTEMPT
        fails = (fault == TRANSIENT) & first | (fault == LONGER) & ~last | (fault == PERMANENT)
        cases: list[tuple[Flags, int]] = [
            (mishap == OPEN, IN_HAND_STILL),
            ((mishap == REPEATED) & ~first, Ending.REPEATED),
            ((fault == SILENT) & first, Ending.UNACKED),
            ((fault == SILENT) & (chance < 0.7), Ending.REPEATED),
            ((fault == TRANSIENT) & first & early, Ending.TERMINATED),
            ((fault == TRANSIENT) & first & (chance > 0.6), Ending.SILENT),
            ((fault == PERMANENT) & last & (chance < 0.6), Ending.TERMINATED),
            ((fault == PERMANENT) & last, Ending.EXHAUSTED),
            (fails, Ending.NAKED),
        ]
        return np.select([where for where, _ in cases], [int(what) for _, what in cases], WELL)

    def _comes_again(self, came: Came) -> Flags:
        """Return what is delivered again; of what always fails a little never is."""
        fault, mishap = self._faults[came.ids], self._mishaps(came.ids)
        acks_fail = np.isin(mishap, (DOUBLED, REPEATED)) & (came.deliveries == 1)
        asked = np.isin(came.ending, (Ending.NAKED, Ending.SILENT, Ending.UNACKED))
        stuck = (fault == PERMANENT) & (_chance(came.ids, 2) < 0.02)
        again: Flags = (came.ids != NO_ID) & (acks_fail | asked & ~stuck)
        return again

    def _letters(self, came: Came) -> Iterator[Letter]:
        """Yield what is posted of what is given up; of some nothing, of some twice."""
        reasons = {Ending.TERMINATED: Reason.ATTEMPTS, Ending.EXHAUSTED: Reason.MAX_DELIVER}
        given_up = came.where(np.isin(came.ending, [*reasons]))
        rows = zip(
            given_up.seqs.tolist(),
            given_up.deliveries.tolist(),
            given_up.ending.tolist(),
            _chance(given_up.ids, 3).tolist(),
            strict=True,
        )
        for seq, attempts, ending, chance in rows:
            times = 0 if chance < 0.01 else 2 if chance > 0.99 else 1
            yield from [Letter(seq=seq, attempts=attempts, reason=reasons[Ending(ending)])] * times


def _sent(ids: Ints, sent_ns: Ints, mishap: Ints) -> Sent:
    silent = np.isin(mishap, (REFUSED, UNANSWERED, VANISHED))
    return Sent(
        ids=ids,
        sent_ns=sent_ns,
        stored_ns=np.where(silent, 0, sent_ns + ANSWER_NS),
        outcome=np.where(mishap == REFUSED, Outcome.REFUSED, 0),
        answers=np.where(silent, mishap == REFUSED, 1 + (_chance(ids, 4) < 0.0005)),
    )


def _last_of_block(intended_ns: Ints) -> Ints:
    """Return when the last message of each one's block is due: they are sent together."""
    last = (np.arange(intended_ns.size) // BLOCK_MSGS + 1) * BLOCK_MSGS - 1
    return intended_ns[np.minimum(last, intended_ns.size - 1)]


def _places(ids: Ints) -> Ints:
    """Return the place of each message's block in its stretch."""
    return ids // BLOCK_MSGS % STRETCH_BLOCKS


def _chance(ids: Ints, salt: int) -> NDArray[np.float64]:
    """Return a number from 0 up to 1 of each id: it looks like chance, and is always the same."""
    mixed = (ids.astype(np.uint64) + np.uint64(salt << 40)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53


def _nothing() -> Came:
    return Came(**{each.name: np.empty(0, dtype=np.int64) for each in fields(Came)})
