"""Whether a push consumer still hears its server."""

import asyncio
from collections.abc import Callable

from bench.clients.faults import NO_HEARTBEAT
from bench.core.units import NS_PER_S, format_duration

MISSED_INTERVALS = 3
"""One or two may be late on a busy host; after three the server has lost us, or we it."""


class HeartbeatWatch:
    """Tells of every silence of MISSED_INTERVALS.

    It counts intervals in which nothing came instead of reading the clock, so that a standstill of
    our own event loop, which is one long interval, does not pass for a silent server.
    """

    def __init__(self, interval_ns: int, tell: Callable[[str], None]) -> None:
        self._interval_s = interval_ns / NS_PER_S
        self._words = f"{NO_HEARTBEAT} for {format_duration(MISSED_INTERVALS * interval_ns)}"
        self._tell = tell
        self._silent_intervals = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to listen; without an interval there is nothing to listen for."""
        if self._interval_s:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._interval_s, self._tick)

    def heard(self) -> None:
        """A message or a heartbeat came."""
        self._silent_intervals = 0

    def stop(self) -> None:
        """Listen no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        self._silent_intervals += 1
        # The interval that has just begun to be counted may have begun with a message.
        if self._silent_intervals > MISSED_INTERVALS:
            self._silent_intervals = 1
            self._tell(self._words)
        self.start()
