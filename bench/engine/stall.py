"""Notices when an event loop does not turn: a process that stalls measures itself."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.clock import now_ns

EVERY_S = 0.05
LONG_NS = 100 * NS_PER_MS
"""A standstill that lasts longer is kept with its instant."""

MOST_KEPT = 1000

Stall = tuple[int, int]
"""Since when a loop stood still, CLOCK_MONOTONIC, and for how long, ns."""


class StallWatch:
    """Wakes twenty times a second and notes by how much it was late.

    Attributes:
        longest_ns: the worst lateness so far.
        long: the longest of those above LONG_NS, in the order they came.
    """

    def __init__(self) -> None:
        self.longest_ns = 0
        self.long: Sequence[Stall] = ()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch meanwhile."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()

    def note(self, due_ns: int, late_ns: int) -> None:
        """Note that the loop was to turn at an instant, and turned so much later."""
        self.longest_ns = max(self.longest_ns, late_ns)
        if late_ns > LONG_NS:
            self.long = (*self.long, (due_ns, late_ns))
        if len(self.long) > MOST_KEPT:
            shortest = min(self.long, key=lambda stall: stall[1])
            self.long = tuple(stall for stall in self.long if stall is not shortest)

    async def _run(self) -> None:
        while True:
            due_ns = now_ns() + int(EVERY_S * NS_PER_S)
            await asyncio.sleep(EVERY_S)
            self.note(due_ns, now_ns() - due_ns)
