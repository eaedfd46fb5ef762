"""The simulated handler: when a message's work begins and ends.

Workers are modelled by the instant at which each is free, so a worker with a constant time of
20 ms does exactly 50 messages a second, however late the process wakes up to report it, and no
coroutine is needed per message (docs/adr/0005). Pure: no clock, no sleep.
"""

import heapq

import numpy as np

from bench.clients.port import IntArray


class VirtualWorkers:
    """Takes messages in the order they arrive; each goes to the worker that is free first."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"workers must be >= 1, got {workers}")
        self._free_at_ns = [0] * workers
        self._last_start_ns = 0

    @property
    def last_start_ns(self) -> int:
        """When the last message taken so far begins; until then some message waits for a worker."""
        return self._last_start_ns

    def begins_ns(self, received_ns: int) -> int:
        """Return when the handler of a message begins that arrives at this instant and is next."""
        return max(received_ns, self._free_at_ns[0])

    def assign(self, received_ns: IntArray, handler_ns: IntArray) -> IntArray:
        """Return when each message's handler ends.

        Args:
            received_ns: arrival instants, ascending, shape (n,).
            handler_ns: how long each takes, >= 0, shape (n,).

        Returns:
            End instants, shape (n,); a message of no duration with a free worker ends on arrival.
        """
        if received_ns.size and not handler_ns.any() and max(self._free_at_ns) <= received_ns[0]:
            return self._pass_through(received_ns)
        ends = np.empty_like(received_ns)
        free_at_ns = self._free_at_ns
        start = self._last_start_ns
        for index, (received, duration) in enumerate(
            zip(received_ns.tolist(), handler_ns.tolist(), strict=True)
        ):
            start = max(received, free_at_ns[0])
            heapq.heapreplace(free_at_ns, start + duration)
            ends[index] = start + duration
        self._last_start_ns = start
        return ends

    def _pass_through(self, received_ns: IntArray) -> IntArray:
        """Take messages of no duration while every worker is free: each ends on arrival.

        The workers are then free at the last arrivals; a sorted list is a heap.
        """
        workers = len(self._free_at_ns)
        latest = received_ns[-workers:].tolist()
        self._free_at_ns = sorted([*self._free_at_ns, *latest])[-workers:]
        self._last_start_ns = latest[-1]
        return received_ns.copy()
