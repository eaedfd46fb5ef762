"""Consumers whose messages wait for others of their key, or until they may be tried again."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.clients.port import ConsumerLink, Delivered, Ending, IntArray
from bench.core.units import NS_PER_MS
from bench.engine.acks import AckPlan
from bench.engine.asking import Asking
from bench.engine.breaker import Breaker
from bench.engine.clock import now_ns
from bench.engine.consumer import Consumer
from bench.engine.failing import FailingConsumer, Handling
from bench.engine.handler import Tokens, VirtualWorkers
from bench.engine.lanes import Came, Lanes
from bench.engine.line import ENDED, Left, Line
from bench.engine.recorder import ConsumeRecorder
from bench.engine.tries import Course, Delivery, Tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What messages wait for, and how often a handler tries.

    Attributes:
        workers: how many.
        lanes: which messages are handled one after the other.
        keys: key of each message by id, shape (n,).
        tries: attempts of a delivery.
        asking: when more is asked for.
        tokens: of which each handler needs one to begin; None without such a limit.
        breaker: says whether handlers may begin; None where they always may.
    """

    workers: int
    lanes: Lanes
    keys: IntArray
    tries: Tries
    asking: Asking
    tokens: Tokens | None = None
    breaker: Breaker | None = None


class PacedConsumer(FailingConsumer):
    """A FailingConsumer whose messages stand in a line."""

    def __init__(
        self,
        link: ConsumerLink,
        recorder: ConsumeRecorder,
        acks: AckPlan,
        handling: Handling,
        pace: Pace,
    ) -> None:
        super().__init__(link, recorder, VirtualWorkers(pace.workers), acks, handling)
        self._pace = pace
        self._line = Line(pace.workers, self._begin, pace.tokens, pace.breaker)
        self._known: dict[int, Delivery] = {}
        self._asked_ns = -pace.asking.every_ns

    def counts(self) -> Mapping[str, int]:
        """Return what it counted, by what is counted (bench.spec.paced_parts)."""
        tries, breaker = self._pace.tries, self._pace.breaker
        tried = {
            "retries": tries.retries,
            "recovered": tries.recovered,
            "retrying_ms": tries.again_ns // NS_PER_MS,
        }
        found = {**self._fates.counted(), **tried}
        if breaker is None:
            return found
        open_ms = breaker.open_ns(now_ns()) // NS_PER_MS
        return {**found, "openings": breaker.openings, "open_ms": open_ms, "probes": breaker.probes}

    def _take(self, block: Delivered) -> None:
        positions = self._recorder.take(block)
        self._acknowledge(self._acks.received(positions))
        begun = self._fates.begin(positions, block.ids)
        for delivery, came, is_new in zip(
            self._deliveries(positions, block), self._came(positions, block), begun, strict=True
        ):
            self._line.go_on(came.received_ns)  # however late it is told, it came after that
            if is_new:
                self._known[delivery.position] = delivery
                self._pace.lanes.put(self._line, came)
            else:
                self._line.leave(delivery.position, came.received_ns, Ending.IN_HAND)
        self._finish()

    def _deliveries(self, positions: IntArray, block: Delivered) -> list[Delivery]:
        usual_ns = Consumer._durations(self, block)  # what a fault takes is known when it begins
        columns = (positions, block.ids, block.deliveries, usual_ns)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [
            Delivery(position=place, message_id=each, deliveries=often, usual_ns=takes_ns)
            for place, each, often, takes_ns in rows
        ]

    def _came(self, positions: IntArray, block: Delivered) -> list[Came]:
        keys = self._pace.keys
        ours = (block.ids >= 0) & (block.ids < keys.size)
        of_each = np.where(ours, keys[np.where(ours, block.ids, 0)], -1)
        columns = (positions, of_each, block.stream_seqs, block.received_ns)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [
            Came(position=place, key=key, seq=seq, received_ns=at_ns)
            for place, key, seq, at_ns in rows
        ]

    def _begin(self, position: int, at_ns: int) -> Course:
        return self._pace.tries.begin(self._known[position], at_ns)

    def _finish(self) -> None:
        """Notice what has left the line, ask for more if it is time, and see to what is next."""
        left = self._line.until(now_ns())
        if left:
            self._leave(left)
        self._ask()
        self._wake()

    def _leave(self, left: list[Left]) -> None:
        positions = np.array([each.position for each in left], dtype=np.int64)
        how = np.array([each.how for each in left], dtype=np.int64)
        for position in positions.tolist():
            self._known.pop(position, None)
        ids, deliveries = self._recorder.told(positions)
        ran = how == ENDED
        how[ran] = self._fates.of_handlers(positions[ran], ids[ran], deliveries[ran])
        self._conclude(positions, self._fates.settled(positions, ids, how))

    def _say(self, positions: IntArray, ending: Ending) -> None:
        breaker = self._pace.breaker
        if ending is Ending.SUPERSEDED:
            self._acknowledge(self._acks.handled(positions, idle=self._idle))
        elif ending is Ending.TURNED_AWAY and breaker is not None:
            self._link.nak(positions, breaker.again_ns(now_ns()))
        else:
            super()._say(positions, ending)

    @property
    def _idle(self) -> bool:
        return self._line.empty

    def _ask(self) -> None:
        """Ask for more, if as few wait and as many workers are idle as the variant says."""
        if not self._pull or self._over.done() or self._asks_ns() > (at_ns := now_ns()):
            return
        asking = self._pace.asking
        if self._line.waiting <= asking.ahead and self._line.idle >= asking.idle:
            self._asked_ns = at_ns
            self._link.ask()

    def _asks_ns(self) -> int:
        """Return when it may ask at the earliest: not while what it depends on is left alone."""
        breaker = self._pace.breaker
        paused_ns = breaker.until_ns if breaker is not None and breaker.pauses else 0
        return max(paused_ns, self._asked_ns + self._pace.asking.every_ns)

    def _wake(self) -> None:
        """Be called when something happens though nothing comes."""
        next_ns, asks_ns = self._line.next_ns, self._asks_ns()
        known = [] if next_ns is None else [next_ns]
        if self._pull and asks_ns > now_ns():
            known.append(asks_ns)
        if known:
            self._work_ends.ring_at(min(known))
