"""The one clock, and waking up close to an instant of it.

CLOCK_MONOTONIC is the same for every process of a host, so instants of different workers can be
subtracted. A timerfd wakes 47 µs late at the median at 1 ms ticks, where uvloop's own timers,
rounded to milliseconds, are 270 µs late.
"""

import asyncio
import ctypes
import heapq
import itertools
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from bench.core.units import NS_PER_S

_CLOCK_MONOTONIC = 1
_TFD_TIMER_ABSTIME = 1


def now_ns() -> int:
    """Return CLOCK_MONOTONIC, ns."""
    return time.monotonic_ns()


def wall_offset_ns() -> int:
    """Return wall clock minus monotonic clock, ns; it changes when someone sets the clock."""
    return time.time_ns() - time.monotonic_ns()


class Timer(Protocol):
    """Calls back at an instant of CLOCK_MONOTONIC, which may be changed until it rings.

    It may ring early by a hair, or for an instant that has just been changed: whoever is called
    looks at the clock.
    """

    def ring_at(self, instant_ns: int) -> None:
        """Ring at this instant, or soon when it has passed; an earlier wish is forgotten."""

    def close(self) -> None:
        """Never ring again."""


def make_timer(ring: Callable[[], None]) -> Timer:
    """Return the most precise timer of this system; call within a running event loop."""
    return TimerFd(ring) if sys.platform == "linux" else LoopTimer(ring)


class LoopTimer:
    """The event loop's own timer; for systems without timerfd."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    def ring_at(self, instant_ns: int) -> None:
        """Ring near `instant_ns`, as near as the loop's timer comes."""
        self.close()
        delay_s = max(0, instant_ns - now_ns()) / NS_PER_S
        self._handle = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def close(self) -> None:
        """Cancel what is set."""
        if self._handle is not None:
            self._handle.cancel()


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class TimerFd:
    """A timerfd that the event loop watches."""

    def __init__(self, ring: Callable[[], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._settime.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        # Kept and changed in place: making the structures anew costs 20 µs each time, not 2.
        self._spec = _TimerSpec()
        self._at = self._spec.value
        self._spec_address = ctypes.addressof(self._spec)
        self._descriptor: int = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._ring = ring
        self._set = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._rang)

    def ring_at(self, instant_ns: int) -> None:
        """Ring at this instant, or at once when it has passed."""
        self._set = True
        self._at.seconds, self._at.nanoseconds = divmod(max(1, instant_ns), NS_PER_S)
        if self._settime(self._descriptor, _TFD_TIMER_ABSTIME, self._spec_address, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def close(self) -> None:
        """Close the descriptor."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _rang(self) -> None:
        self._set = False
        try:
            self._ring()
        finally:
            # Setting it anew has made the descriptor unreadable already.
            if not self._set and self._descriptor >= 0:
                with suppress(BlockingIOError):
                    os.read(self._descriptor, 8)


class Alarm:
    """Wakes any number of coroutines, each at its instant."""

    def __init__(self) -> None:
        self._timer = make_timer(self._ring)
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._ticket = itertools.count()

    async def until(self, instant_ns: int) -> None:
        """Return at or after `instant_ns`; at once when it has passed."""
        if instant_ns <= now_ns():
            return
        bell: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (instant_ns, next(self._ticket), bell))
        if self._waiting[0][2] is bell:
            self._timer.ring_at(instant_ns)
        await bell

    def close(self) -> None:
        """Release the timer; whoever still waits is cancelled."""
        self._timer.close()
        for _, _, bell in self._waiting:
            bell.cancel()

    def _ring(self) -> None:
        now = now_ns()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, bell = heapq.heappop(self._waiting)
            if not bell.done():  # its waiter may have been cancelled
                bell.set_result(None)
        if self._waiting:
            self._timer.ring_at(self._waiting[0][0])
