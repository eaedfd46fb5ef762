"""Handlers of users: their function is called with each message, as their service would."""

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor

from bench.clients.port import Content
from bench.core.called import Function


class Caller:
    """Calls a function: one that is a coroutine in the event loop, any other one in a thread."""

    def __init__(self, function: Function, workers: int) -> None:
        self._function = function
        awaits = inspect.iscoroutinefunction(function)
        self._threads = None if awaits else ThreadPoolExecutor(workers, "handler")

    async def call(self, message: Content) -> None:
        """Return when it has; raises what it does.

        Raises:
            RuntimeError: what it waited for was cancelled, and nobody has cancelled us: raised on,
                that would end our task as if it had been wanted, and nobody would count it.
        """
        try:
            await self._call(message)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise RuntimeError("what the function waited for was cancelled") from None

    async def _call(self, message: Content) -> None:
        if self._threads is None:
            await self._function(message)
            return
        loop = asyncio.get_running_loop()
        returned = await loop.run_in_executor(self._threads, self._function, message)
        if inspect.isawaitable(returned):  # a plain function that returns a coroutine
            await returned
