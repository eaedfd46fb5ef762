"""Workers whose consumer asks for more at another time than when the last message has begun.

Pure, as `handler`: all that is in hand has its worker and its instants already.
"""

from collections import deque
from dataclasses import dataclass

from bench.clients.port import IntArray
from bench.engine.handler import Tokens, VirtualWorkers


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """When a consumer asks for more.

    Attributes:
        ahead: so many messages may still wait for a worker.
        idle: so many workers are to be idle.
        every_ns: the least time from one time that it asks to the next.
    """

    ahead: int = 0
    idle: int = 0
    every_ns: int = 0


AT_ONCE = Asking()
"""When the last message in hand has begun."""


class AskingWorkers(VirtualWorkers):
    """VirtualWorkers that know when their consumer asks."""

    def __init__(
        self, workers: int, asking: Asking, cycle_ns: int = 0, tokens: Tokens | None = None
    ) -> None:
        super().__init__(workers, cycle_ns, tokens)
        self._asking = asking
        self._asked_ns = -asking.every_ns
        self._starts_ns: deque[int] = deque([0] * (asking.ahead + 1), maxlen=asking.ahead + 1)

    def asked(self, at_ns: int = 0) -> None:
        """Messages were asked for at this instant."""
        super().asked(at_ns)
        self._asked_ns = at_ns

    @property
    def asks_ns(self) -> int:
        """When more is to be asked for, given what was taken so far."""
        idle = self._asking.idle
        free_ns = sorted(self._free_at_ns)[idle - 1] if idle else 0
        return max(self._starts_ns[0], free_ns, self._asked_ns + self._asking.every_ns)

    def assign(self, received_ns: IntArray, handler_ns: IntArray) -> IntArray:
        """Return when each message's handler ends, and remember when the last ones begin."""
        cycle_ns, takes_ns = self._due_ns, handler_ns.copy()
        ends_ns = super().assign(received_ns, handler_ns)
        if self._due_ns != cycle_ns:
            takes_ns[0] += cycle_ns
        last = slice(-self._starts_ns.maxlen, None) if self._starts_ns.maxlen else slice(0)
        self._starts_ns.extend((ends_ns - takes_ns)[last].tolist())
        return ends_ns
