"""Notices when an event loop does not turn: a process that stalls measures itself."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bench.core.units import NS_PER_S
from bench.engine.clock import now_ns

EVERY_S = 0.05


class StallWatch:
    """Wakes twenty times a second and notes by how much it was late.

    Attributes:
        longest_ns: the worst lateness so far.
    """

    def __init__(self) -> None:
        self.longest_ns = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch meanwhile."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()

    async def _run(self) -> None:
        while True:
            due_ns = now_ns() + int(EVERY_S * NS_PER_S)
            await asyncio.sleep(EVERY_S)
            self.longest_ns = max(self.longest_ns, now_ns() - due_ns)
