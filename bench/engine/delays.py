"""Calls that are due a while from now, as precisely as the engine's timer rings."""

import heapq
import itertools
from collections.abc import Callable

from bench.engine.clock import make_timer, now_ns


class Delays:
    """Calls each of what it was given when its time has come; call within a running loop."""

    def __init__(self) -> None:
        self._timer = make_timer(self._ring)
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._ticket = itertools.count()

    def after(self, delay_ns: int, call: Callable[[], None]) -> None:
        """Call once, so many ns from now."""
        due = (now_ns() + delay_ns, next(self._ticket), call)
        heapq.heappush(self._waiting, due)
        if self._waiting[0] is due:
            self._timer.ring_at(due[0])

    def close(self) -> None:
        """Release the timer; what still waits is not called."""
        self._waiting.clear()
        self._timer.close()

    def _ring(self) -> None:
        now = now_ns()
        while self._waiting and self._waiting[0][0] <= now:
            heapq.heappop(self._waiting)[2]()
        if self._waiting:
            self._timer.ring_at(self._waiting[0][0])
