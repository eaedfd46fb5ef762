"""The open-loop publisher: sends what is due, whatever the server does.

A slow server cannot slow the schedule (coordinated omission, docs/adr/0003). Only the window, the
number of messages without an answer, holds messages back; their waiting shows as slip.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from bench.clients.port import IntArray, PublisherLink
from bench.engine.clock import Timer, make_timer, now_ns
from bench.engine.feeding import Due
from bench.engine.recorder import PublishRecorder
from bench.spec.workload import Publish

TICK_NS: Mapping[Literal["precise", "frugal"], int] = {"precise": 250_000, "frugal": 1_000_000}
"""Time between two wake-ups; above 4000 or 1000 msg/s several messages leave at each.

Still finer ticks, or spinning, take from the server what they gain in slip. The tick changes what a
message costs the server, so it belongs to the workload and is the same for all that is compared.
"""

ROOM_SHARE = 4
"""A publisher whose window is full goes on when this part of it is free: blocks, not dribbles."""

NEAR_MSGS = 64
"""What is due is looked for among so many messages first: a tick seldom brings more."""


class OpenLoopPublisher:
    """Sends one publisher's share of the traffic.

    It is called, not resumed: by its timer when something is due, by the recorder when the window
    has room, by the link when it takes messages again, and when the answers' time is over. Each
    call looks at the clock and decides anew, so one call too many does no harm.

    Attributes:
        sent: messages handed to the link.
        window_full_msgs: messages that were due while the window was full.
        awaited_ns: how long messages were due within the trial's window while the link waited for
            an answer before it took more.
    """

    def __init__(
        self,
        link: PublisherLink,
        recorder: PublishRecorder,
        offer: Publish,
        free_stop: Callable[[], int] | None = None,
        window_ns: tuple[int, int] = (0, 0),
    ) -> None:
        """Be ready to send.

        Args:
            link: takes messages.
            recorder: keeps what happens.
            offer: how it is to send.
            free_stop: tells up to which position the link takes messages now, where it takes them
                one part after the other; None where it takes all when it is not blocked.
            window_ns: the trial's window, absolute.
        """
        self._link = link
        self._free_stop = free_stop
        self._window_ns = window_ns
        self._stopped_ns = 0
        self.awaited_ns = 0
        self._recorder = recorder
        self._window_msgs = offer.window_msgs
        self._tick_ns = TICK_NS[offer.pacing]
        self._due_ns: memoryview[int] | Due = memoryview(b"").cast("q")
        self._until_ns = 0
        self._turn_ns = 0
        self._held_stop = 0
        self._due_stop = 0
        self._over: asyncio.Future[None] | None = None
        self._timer: Timer | None = None
        self.sent = 0
        self.window_full_msgs = 0

    async def run(self, due_ns: "IntArray | Due", answers_until_ns: int) -> None:
        """Send everything, then wait for the answers.

        Args:
            due_ns: absolute intended instants of this publisher's messages, ascending, shape (n,).
            answers_until_ns: instant after which it waits for answers no longer.
        """
        # Python's own bisection on the buffer takes half the time of numpy's.
        self._due_ns = due_ns.data if isinstance(due_ns, np.ndarray) else due_ns
        self._due_stop = self.sent
        self._until_ns = answers_until_ns
        self._over = asyncio.get_running_loop().create_future()
        self._timer = make_timer(self._called)
        deadline = make_timer(self._called)
        deadline.ring_at(answers_until_ns + 1)
        try:
            self._called()
            await self._over
        finally:
            deadline.close()
            self._timer.close()

    def _called(self) -> None:
        over, timer = self._over, self._timer
        if over is None or timer is None or over.done():
            return
        try:
            if not self._turn(timer):
                over.set_result(None)
        except Exception as error:  # noqa: BLE001 - whoever awaits `run` is told
            over.set_exception(error)

    def _turn(self, timer: Timer) -> bool:
        """Send what may leave now and see to the next call; say False when all is over."""
        now = now_ns()
        self._count_wait(now)
        if now > self._until_ns:
            return False
        count = len(self._due_ns)
        due_stop = self._due_stop = self._due_by(now)
        if due_stop > self.sent:
            if self._waits_for_link():
                return True
            room = self._window_msgs - (self.sent - self._recorder.settled)
            if room > 0:
                self._send(min(due_stop, self.sent + room, *self._link_stop()), now)
                if self._waits_for_link():
                    return True
        if due_stop > self.sent:
            self._hold(due_stop)
        elif self.sent < count:
            if now >= self._turn_ns:  # a call too many must not move the grid
                self._turn_ns = max(self._due_ns[self.sent], self._turn_ns + self._tick_ns)
            timer.ring_at(self._turn_ns)
        else:
            self._recorder.when_settled(count, self._called)
        return self._recorder.settled < count

    def _due_by(self, now: int) -> int:
        """Return up to where messages are due, looking on from where they were."""
        count = len(self._due_ns)
        near = min(count, self._due_stop + NEAR_MSGS)
        due_stop = bisect_right(self._due_ns, now, self._due_stop, near)
        return due_stop if due_stop < near else bisect_right(self._due_ns, now, near)

    def _waits_for_link(self) -> bool:
        """Have the link call when it takes messages; say False when it does now.

        Asked after sending, too: setting the timer takes 13 µs in a virtual machine, and before
        nats-py has written, those would be in every message's time.
        """
        if (blocked := self._link.blocked()) is None:
            return False
        if self._free_stop is not None and self._free_stop() <= self.sent:
            self._stopped_ns = now_ns()
        blocked.add_done_callback(lambda _: self._called())
        return True

    def _count_wait(self, now: int) -> None:
        """Add the part of a wait for an answer in which something was due, within the window."""
        since, self._stopped_ns = self._stopped_ns, 0
        if since and self.sent < len(self._due_ns):
            start_ns, end_ns = self._window_ns
            begun_ns = max(since, self._due_ns[self.sent], start_ns)
            self.awaited_ns += max(0, min(now, end_ns) - begun_ns)

    def _link_stop(self) -> tuple[int, ...]:
        return () if self._free_stop is None else (self._free_stop(),)

    def _send(self, stop: int, at_ns: int) -> None:
        first, self.sent = self.sent, stop
        self._recorder.sent(first, stop, at_ns)
        self._link.send(first, stop)

    def _hold(self, due_stop: int) -> None:
        """Wait until the window has room for what is due, or for a good part of the window."""
        self.window_full_msgs += due_stop - max(self.sent, self._held_stop)
        self._held_stop = due_stop
        room = min(due_stop - self.sent, max(1, self._window_msgs // ROOM_SHARE))
        self._recorder.when_settled(self.sent - self._window_msgs + room, self._called)
