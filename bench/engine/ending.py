"""Ending tasks for certain."""

import asyncio
from contextlib import suppress

CANCEL_EVERY_S = 0.2


async def end(*tasks: "asyncio.Task[None]") -> None:
    """Cancel until it takes: `asyncio.wait_for` of Python 3.11 can swallow a cancellation.

    Being cancelled meanwhile changes nothing: whoever calls this is at its end already.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait(pending, timeout=CANCEL_EVERY_S)
