"""The alarm: never early, in order, and quiet after it is closed."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from bench.core.units import NS_PER_MS
from bench.engine.clock import Alarm, LoopTimer, Timer, make_timer, now_ns


async def wake_ups(offsets_ms: list[int]) -> list[tuple[int, int]]:
    """Return (due, woken) of waiters that were all begun at once."""
    alarm = Alarm()
    begun = now_ns()

    async def wait(due: int) -> tuple[int, int]:
        await alarm.until(due)
        return due, now_ns()

    woken = await asyncio.gather(*(wait(begun + ms * NS_PER_MS) for ms in offsets_ms))
    alarm.close()
    return woken


def test_nobody_is_woken_early() -> None:
    """A message sent before it is due would have a negative slip, which spoils a trial."""
    woken = uvloop.run(wake_ups([30, 10, 20, 0, -5, 10]))

    assert all(at >= due for due, at in woken)


def test_waiters_wake_in_the_order_of_their_instants() -> None:
    """A later waiter with an earlier instant must rearm the timer."""
    woken = uvloop.run(wake_ups([40, 5, 20]))

    order = sorted(range(3), key=lambda index: woken[index][1])
    assert order == [1, 2, 0]


@pytest.mark.parametrize("make", [make_timer, LoopTimer])
def test_a_timer_rings_once_for_its_last_wish(make: Callable[[Callable[[], None]], Timer]) -> None:
    """A publisher that wakes twice for a tick sends twice; one that is never woken sends nothing.

    Systems without timerfd use the loop's timer, which may be early by its millisecond.
    """

    async def scene() -> tuple[int, list[int]]:
        rings: list[int] = []
        timer = make(lambda: rings.append(now_ns()))
        timer.ring_at(now_ns() + 5 * NS_PER_MS)
        due = now_ns() + 30 * NS_PER_MS
        timer.ring_at(due)
        await asyncio.sleep(0.1)
        timer.close()
        return due, rings

    due, rings = uvloop.run(scene())

    assert len(rings) == 1
    assert rings[0] > due - 2 * NS_PER_MS


def test_a_timer_rings_again_when_it_is_set_from_within() -> None:
    """That is how a publisher ticks, and a past instant must not be waited for."""

    async def scene() -> int:
        rang = 0
        over = asyncio.get_running_loop().create_future()

        def ring() -> None:
            nonlocal rang
            rang += 1
            if rang == 20:
                over.set_result(None)
            else:
                timer.ring_at(now_ns() + (NS_PER_MS if rang % 2 else -NS_PER_MS))

        timer = make_timer(ring)
        timer.ring_at(0)
        async with asyncio.timeout(30):
            await over
        await asyncio.sleep(0.02)
        timer.close()
        return rang

    assert uvloop.run(scene()) == 20


def test_a_cancelled_waiter_does_not_stop_the_others() -> None:
    """A consumer is cancelled in the middle of its wait when the trial ends."""

    async def scene() -> bool:
        alarm = Alarm()
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
        alarm = Alarm()
        waiter = asyncio.create_task(alarm.until(now_ns() + 10**12))
        await asyncio.sleep(0)
        alarm.close()
        await waiter

    with pytest.raises(asyncio.CancelledError):
        uvloop.run(scene())
