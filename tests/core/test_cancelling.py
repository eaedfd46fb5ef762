"""An end that was asked for comes, also where a library swallowed it."""

import asyncio
import contextlib

import pytest

from bench.core.cancelling import heed_cancel


async def _swallowed(*, cancelled: bool) -> str:
    """What `asyncio.wait_for` does when the answer and the cancellation come at once."""
    task = asyncio.current_task()
    assert task is not None
    if cancelled:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
    heed_cancel()
    return "went on"


def test_a_cancellation_that_was_swallowed_ends_the_task_at_the_next_look() -> None:
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_swallowed(cancelled=True))


def test_a_task_that_nobody_cancelled_goes_on() -> None:
    assert asyncio.run(_swallowed(cancelled=False)) == "went on"
