"""The open-loop publisher: sends what is due, whatever the server does.

A slow server cannot slow the schedule (coordinated omission, docs/adr/0003). Only the window, the
number of messages without an answer, holds messages back; their waiting shows as slip.
"""

import asyncio
from collections.abc import Mapping
from typing import Literal

import numpy as np

from bench.clients.port import IntArray, PublisherLink
from bench.core.units import NS_PER_S
from bench.engine.clock import Alarm, now_ns
from bench.engine.recorder import PublishRecorder
from bench.spec.workload import Publish

TICK_NS: Mapping[Literal["precise", "frugal"], int] = {"precise": 250_000, "frugal": 1_000_000}
"""Shortest time between two wake-ups; above 4000 or 1000 msg/s several messages leave at each.

Still finer ticks, or spinning, take from the server what they gain in slip. The tick changes what a
message costs the server, so it belongs to the workload and is the same for all that is compared.
"""

ROOM_SHARE = 4
"""A publisher whose window is full goes on when this part of it is free: blocks, not dribbles."""


class OpenLoopPublisher:
    """Sends one publisher's share of the traffic.

    Attributes:
        window_full_msgs: messages that were due while the window was full.
    """

    def __init__(
        self, link: PublisherLink, recorder: PublishRecorder, alarm: Alarm, offer: Publish
    ) -> None:
        self._link = link
        self._recorder = recorder
        self._alarm = alarm
        self._window_msgs = offer.window_msgs
        self._tick_ns = TICK_NS[offer.pacing]
        self.sent = 0
        self.window_full_msgs = 0

    async def run(self, due_ns: IntArray, answers_until_ns: int) -> None:
        """Send everything, then wait for the answers.

        Args:
            due_ns: absolute intended instants of this publisher's messages, ascending, shape (n,).
            answers_until_ns: instant after which it waits for answers no longer.
        """
        held_stop = 0
        while self.sent < due_ns.size:
            now = now_ns()
            due_stop = int(np.searchsorted(due_ns, now, side="right"))
            room = self._window_msgs - (self.sent - self._recorder.settled)
            stop = min(due_stop, self.sent + room)
            if stop > self.sent:
                await self._send(stop, now)
                continue
            if due_stop > self.sent:  # due, but the window is full
                self.window_full_msgs += due_stop - max(self.sent, held_stop)
                held_stop = due_stop
                if now > answers_until_ns:
                    return
                await self._room(due_stop - self.sent, answers_until_ns)
            else:
                await self._alarm.until(max(int(due_ns[self.sent]), now + self._tick_ns))
        await self._settled(self.sent, answers_until_ns)

    async def _send(self, stop: int, at_ns: int) -> None:
        self._recorder.sent(self.sent, stop, at_ns)
        first, self.sent = self.sent, stop
        await self._link.send(first, stop)
        # Lets PubAcks in even when the schedule is so late that it never sleeps.
        await asyncio.sleep(0)

    async def _room(self, wanted: int, until_ns: int) -> None:
        """Wait until the window has room for what is due, or for a good part of the window."""
        room = min(wanted, max(1, self._window_msgs // ROOM_SHARE))
        await self._settled(self.sent - self._window_msgs + room, until_ns)

    async def _settled(self, count: int, until_ns: int) -> None:
        await self._recorder.until_settled(count, (until_ns - now_ns()) / NS_PER_S)
