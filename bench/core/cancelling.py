"""A cancellation that a library kept from us.

`asyncio.wait_for` of Python 3.11 gives back what came at the same instant, and nobody hears that
the task was to end.
"""

import asyncio


def heed_cancel() -> None:
    """End the task where it was to end before, and went on all the same.

    Not for cleaning up, which goes on in a task that was cancelled.

    Raises:
        CancelledError: it was cancelled.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
