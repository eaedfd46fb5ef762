"""The simulated handler: when a message's work begins and ends.

Workers are modelled by the instant at which each is free, so a worker with a constant time of
20 ms does exactly 50 messages a second, however late the process wakes up to report it, and no
coroutine is needed per message (docs/adr/0005). Pure: no clock, no sleep.
"""

import heapq

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S


class Tokens:
    """A bucket of tokens, each of which begins a handler; it begins full."""

    def __init__(self, rate_per_s: float, burst: int) -> None:
        self._apart_ns = round(NS_PER_S / rate_per_s)
        self._slack_ns = (burst - 1) * self._apart_ns
        self._full_ns = 0

    def there_ns(self, at_ns: int) -> int:
        """Return when there is a token for who asks at this instant, or after."""
        return max(at_ns, self._full_ns - self._slack_ns)

    def take(self, at_ns: int) -> None:
        """Take one, at an instant when there is one."""
        self._full_ns = max(at_ns, self._full_ns) + self._apart_ns


class VirtualWorkers:
    """Takes messages in the order they arrive; each goes to the worker that is free first."""

    def __init__(self, workers: int, cycle_ns: int = 0, tokens: Tokens | None = None) -> None:
        """Begin with all workers free.

        Args:
            workers: how many.
            cycle_ns: how much longer the first message takes that comes after a request.
            tokens: of which each handler needs one to begin; None without such a limit.
        """
        if workers < 1:
            raise ValueError(f"workers must be >= 1, got {workers}")
        self._free_at_ns = [0] * workers
        self._last_start_ns = 0
        self._cycle_ns = cycle_ns
        self._due_ns = 0
        self._tokens = tokens

    @property
    def plain(self) -> bool:
        """Whether a handler that takes no time ends when its message comes."""
        return not self._cycle_ns and self._tokens is None

    def asked(self, at_ns: int = 0) -> None:
        """Messages were asked for: the next one that comes bears the cost of that."""
        del at_ns
        self._due_ns = self._cycle_ns

    @property
    def last_start_ns(self) -> int:
        """When the last message taken so far begins; until then some message waits for a worker."""
        return self._last_start_ns

    @property
    def asks_ns(self) -> int:
        """When more is to be asked for: nothing that was taken so far waits any more then."""
        return self._last_start_ns

    def begins_ns(self, received_ns: int) -> int:
        """Return when the handler of a message begins that arrives at this instant and is next."""
        free_ns = max(received_ns, self._free_at_ns[0])
        return free_ns if self._tokens is None else self._tokens.there_ns(free_ns)

    def assign(self, received_ns: IntArray, handler_ns: IntArray) -> IntArray:
        """Return when each message's handler ends.

        Args:
            received_ns: arrival instants, ascending, shape (n,).
            handler_ns: how long each takes, >= 0, shape (n,).

        Returns:
            End instants, shape (n,); a message of no duration with a free worker ends on arrival.
        """
        idle = received_ns.size and max(self._free_at_ns) <= received_ns[0]
        if idle and self.plain and not handler_ns.any():
            return self._pass_through(received_ns)
        if self._due_ns and handler_ns.size:
            handler_ns, self._due_ns = self._with_cycle(handler_ns), 0
        if self._tokens is not None:
            return self._paced(self._tokens, received_ns, handler_ns)
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

    def _with_cycle(self, handler_ns: IntArray) -> IntArray:
        longer_ns = handler_ns.copy()
        longer_ns[0] += self._due_ns
        return longer_ns

    def _paced(self, tokens: Tokens, received_ns: IntArray, handler_ns: IntArray) -> IntArray:
        """Return when handlers end that each need a token: a worker waits for one."""
        ends = np.empty_like(received_ns)
        rows = zip(received_ns.tolist(), handler_ns.tolist(), strict=True)
        for row, (received, duration) in enumerate(rows):
            self._last_start_ns = start = self.begins_ns(received)
            tokens.take(start)
            heapq.heapreplace(self._free_at_ns, start + duration)
            ends[row] = start + duration
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
