"""Calls of a user's function: what it raises is told, and ends nobody else."""

import asyncio

import pytest

from bench.clients.port import Content
from bench.engine.calling import Caller

MESSAGE = Content(subject="orders.new", data=b"", headers={}, seq=1, deliveries=1)


async def _waits_for_what_is_cancelled(message: Content) -> None:
    del message
    other = asyncio.ensure_future(asyncio.sleep(60))
    other.cancel()
    await other


async def _waits(message: Content) -> None:
    del message
    await asyncio.sleep(60)


def test_a_function_whose_own_task_was_cancelled_has_failed() -> None:
    """Raised on, it would end our task unseen: no answer, no count, a worker gone."""

    async def called() -> None:
        await Caller(_waits_for_what_is_cancelled, 1).call(MESSAGE)

    with pytest.raises(RuntimeError, match="was cancelled"):
        asyncio.run(called())


def test_a_call_that_we_cancel_is_no_failure() -> None:
    """A trial that ends cancels what is still being handled."""

    async def called() -> bool:
        task = asyncio.ensure_future(Caller(_waits, 1).call(MESSAGE))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(called())
