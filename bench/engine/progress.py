"""Tells the server every so often that messages in hand are still worked on (`+WPI`).

It stands between a consumer and its link, so that a consumer that says nothing of the kind has
nothing of it in its way.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bench.clients.port import (
    ConsumerLink,
    Content,
    Delivered,
    DeliverySink,
    IntArray,
    TaskLink,
    TaskSink,
)
from bench.engine.clock import Timer, make_timer, now_ns

NOBODY: IntArray = np.empty(0, dtype=np.int64)


class Telling(Protocol):
    """A link that can say of deliveries that they are worked on."""

    def in_progress(self, positions: IntArray) -> object:
        """Have the server's wait for the ack of each begin anew."""

    async def flush(self) -> None:
        """Return when the server has all that was handed over."""


class TellingLink(ConsumerLink, Telling, Protocol):
    """A ConsumerLink that can."""

    def content(self, position: int) -> Content:
        """Return what a delivery that awaits its ack holds."""


class TellingTaskLink(TaskLink, Telling, Protocol):
    """A TaskLink that can."""

    def content(self, position: int) -> Content:
        """Return what a delivery that awaits its ack holds."""


class InHand:
    """Which deliveries are in hand, and when the server is to be told so. Pure: no clock."""

    def __init__(self, every_ns: int) -> None:
        self._every_ns = every_ns
        self._stop = 0
        self._open: set[int] = set()
        self._due: deque[tuple[int, IntArray]] = deque()

    @property
    def next_ns(self) -> int | None:
        """When somebody is to be told next; None while nothing is in hand."""
        return self._due[0][0] if self._due else None

    def came(self, count: int, at_ns: int) -> None:
        """Take the next deliveries in hand."""
        positions = np.arange(self._stop, self._stop + count, dtype=np.int64)
        self._stop += count
        self._open.update(positions.tolist())
        self._due.append((at_ns + self._every_ns, positions))

    def settled(self, positions: IntArray) -> None:
        """These have their last answer, or are to have none."""
        self._open.difference_update(positions.tolist())

    def due(self, at_ns: int) -> IntArray:
        """Return those of which the server is to be told now, shape (n,), ascending each time."""
        found: list[int] = []
        while self._due and self._due[0][0] <= at_ns:
            found += [each for each in self._due.popleft()[1].tolist() if each in self._open]
        if not found:
            return NOBODY
        positions = np.array(sorted(found), dtype=np.int64)
        self._due.append((at_ns + self._every_ns, positions))
        return positions


class _Reminder:
    """Tells a link what is due, when it is.

    Attributes:
        told: how often the server was told of a delivery.
    """

    def __init__(self, link: Telling, every_ns: int) -> None:
        self._saying = link
        self._in_hand = InHand(every_ns)
        self._timer: Timer | None = None
        self.told = 0

    @property
    def beneath(self) -> Telling:
        """The link that it stands before."""
        return self._saying

    async def flush(self) -> None:
        """Return when the server has all that was handed over."""
        await self._saying.flush()

    def _begin(self) -> None:
        self._timer = make_timer(self._ring)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _came(self, count: int) -> None:
        alone = self._in_hand.next_ns is None
        self._in_hand.came(count, now_ns())
        if alone:
            self._set()

    def _set(self) -> None:
        if self._timer is not None and (at_ns := self._in_hand.next_ns) is not None:
            self._timer.ring_at(at_ns)

    def _ring(self) -> None:
        if (positions := self._in_hand.due(now_ns())).size:
            self._saying.in_progress(positions)
            self.told += positions.size
        self._set()


class ProgressLink(_Reminder):
    """A ConsumerLink that says of what it delivered that it is in hand, until it is answered."""

    def __init__(self, link: TellingLink, every_ns: int) -> None:
        """Stand before a link.

        Args:
            link: that is not open.
            every_ns: how long a delivery is in hand when the server is told, and told again.
        """
        super().__init__(link, every_ns)
        self._link = link
        self._sink: DeliverySink | None = None

    async def open(self, sink: DeliverySink) -> None:
        """Connect and bind to the consumer."""
        self._sink = sink
        self._begin()
        await self._link.open(self)

    def ask(self) -> None:
        """Have more delivered."""
        self._link.ask()

    def delivered(self, block: Delivered) -> None:
        """Hand on what came."""
        self._came(block.ids.size)
        self._to.delivered(block)

    def acked(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """Hand on that acks were handed over."""
        self._to.acked(positions, acked_ns)

    def failed(self, error: Exception) -> None:
        """Hand on that nothing more will come."""
        self._to.failed(error)

    def content(self, position: int) -> Content:
        """Return what a delivery that awaits its ack holds."""
        return self._link.content(position)

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge."""
        self._in_hand.settled(positions)
        self._link.ack(positions, cumulative=cumulative)

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again."""
        self._in_hand.settled(positions)
        self._link.nak(positions, delay_ns)

    def term(self, positions: IntArray, reason: str = "") -> None:
        """Have none of them delivered ever again."""
        self._in_hand.settled(positions)
        self._link.term(positions, reason)

    def drop(self, positions: IntArray) -> None:
        """Say nothing about them, now or later."""
        self._in_hand.settled(positions)
        self._link.drop(positions)

    @property
    def faults(self) -> Sequence[str]:
        """Those of the link."""
        return self._link.faults

    async def close(self) -> None:
        """Say nothing more, stop the flow and disconnect."""
        self._end()
        await self._link.close()

    @property
    def _to(self) -> DeliverySink:
        assert self._sink is not None  # noqa: S101 - it is open
        return self._sink


class ProgressTaskLink(_Reminder):
    """A TaskLink that says of what it brought that it is in hand, until it is answered."""

    def __init__(self, link: TellingTaskLink, every_ns: int) -> None:
        """Stand before a link; arguments as of a ProgressLink."""
        super().__init__(link, every_ns)
        self._link = link
        self._sink: TaskSink | None = None

    async def open(self, sink: TaskSink) -> None:
        """Connect and bind to the consumer."""
        self._sink = sink
        self._begin()
        await self._link.open(self)

    def came(self, received_ns: int, message_id: int, stream_seq: int, deliveries: int) -> None:
        """Hand on what came."""
        self._came(1)
        self._to.came(received_ns, message_id, stream_seq, deliveries)

    async def handle(self, position: int) -> None:
        """Have a message handled."""
        await self._to.handle(position)

    def acked(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """Hand on that acks were handed over."""
        self._to.acked(positions, acked_ns)

    def failed(self, error: Exception) -> None:
        """Hand on that nothing more will come."""
        self._to.failed(error)

    def content(self, position: int) -> Content:
        """Return what a delivery that awaits its ack holds."""
        return self._link.content(position)

    async def acknowledge(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge."""
        self._in_hand.settled(positions)
        await self._link.acknowledge(positions, cumulative=cumulative)

    async def asked_again(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again."""
        self._in_hand.settled(positions)
        await self._link.asked_again(positions, delay_ns)

    async def given_up(self, positions: IntArray, reason: str = "") -> None:
        """Have none of them delivered ever again."""
        self._in_hand.settled(positions)
        await self._link.given_up(positions, reason)

    def drop(self, positions: IntArray) -> None:
        """Say nothing about them, now or later."""
        self._in_hand.settled(positions)
        self._link.drop(positions)

    @property
    def faults(self) -> Sequence[str]:
        """Those of the link."""
        return self._link.faults

    async def close(self) -> None:
        """Say nothing more, and disconnect."""
        self._end()
        await self._link.close()

    @property
    def _to(self) -> TaskSink:
        assert self._sink is not None  # noqa: S101 - it is open
        return self._sink
