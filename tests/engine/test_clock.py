"""The alarm: never early, in order, and quiet after it is closed."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from bench.core.units import NS_PER_MS
from bench.engine.clock import Alarm, LoopAlarm, make_alarm, now_ns


async def wake_ups(make: Callable[[], Alarm], offsets_ms: list[int]) -> list[tuple[int, int]]:
    """Return (due, woken) of waiters that were all begun at once."""
    alarm = make()
    begun = now_ns()

    async def wait(due: int) -> tuple[int, int]:
        await alarm.until(due)
        return due, now_ns()

    woken = await asyncio.gather(*(wait(begun + ms * NS_PER_MS) for ms in offsets_ms))
    alarm.close()
    return woken


def test_nobody_is_woken_early() -> None:
    """A message sent before it is due would have a negative slip, which spoils a trial."""
    woken = uvloop.run(wake_ups(make_alarm, [30, 10, 20, 0, -5, 10]))

    assert all(at >= due for due, at in woken)


def test_waiters_wake_in_the_order_of_their_instants() -> None:
    """A later waiter with an earlier instant must rearm the timer."""
    woken = uvloop.run(wake_ups(make_alarm, [40, 5, 20]))

    order = sorted(range(3), key=lambda index: woken[index][1])
    assert order == [1, 2, 0]


def test_the_fallback_waits_as_well() -> None:
    """Systems without timerfd use the loop's timer."""
    woken = asyncio.run(wake_ups(LoopAlarm, [10]))

    assert woken[0][1] > woken[0][0] - 2 * NS_PER_MS


def test_a_cancelled_waiter_does_not_stop_the_others() -> None:
    """A consumer is cancelled in the middle of its wait when the trial ends."""

    async def scene() -> bool:
        alarm = make_alarm()
        due = now_ns() + 20 * NS_PER_MS
        gone = asyncio.create_task(alarm.until(due - 5 * NS_PER_MS))
        await asyncio.sleep(0)
        gone.cancel()
        await alarm.until(due)
        alarm.close()
        return now_ns() >= due

    assert uvloop.run(scene())


def test_closing_cancels_who_still_waits() -> None:
    """No waiter may hang on a closed descriptor."""

    async def scene() -> None:
        alarm = make_alarm()
        waiter = asyncio.create_task(alarm.until(now_ns() + 10**12))
        await asyncio.sleep(0)
        alarm.close()
        await waiter

    with pytest.raises(asyncio.CancelledError):
        uvloop.run(scene())
