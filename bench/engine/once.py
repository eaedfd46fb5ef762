"""What a process remembers that handles each message once: what comes again does nothing."""

import numpy as np

from bench.clients.port import NO_ID, IntArray
from bench.engine.handler import VirtualWorkers
from bench.engine.table import Flags


class Once:
    """The ids that a process has taken up, each with the instant at which its handler ends.

    Other processes that share its consumer do not know them.

    Attributes:
        repeats: deliveries of an id that was taken up before.
    """

    def __init__(self) -> None:
        self._ends_ns: dict[int, int] = {}
        self.repeats = 0

    def assign(
        self, workers: VirtualWorkers, block: tuple[IntArray, IntArray], durations_ns: IntArray
    ) -> IntArray:
        """Return when each of a block's messages is done with, shape (n,).

        A repeat takes no worker: it is done at once, or with what is in hand of its id.

        Args:
            workers: handle what is new.
            block: ids, NO_ID of what is foreign, and when each came, ascending; of shape (n,).
            durations_ns: of the handlers, shape (n,).
        """
        ids, received_ns = block
        fresh, ends_ns = self._fresh(ids), received_ns.copy()
        ends_ns[fresh] = workers.assign(received_ns[fresh], durations_ns[fresh])
        self._ends_ns.update(zip(ids[fresh].tolist(), ends_ns[fresh].tolist(), strict=True))
        self._ends_ns.pop(NO_ID, None)
        known = [self._ends_ns.get(each, 0) for each in ids.tolist()]
        return np.maximum(ends_ns, np.array(known, dtype=np.int64))

    def done_at_once(self, ids: IntArray) -> None:
        """Note what took no time."""
        self._fresh(ids)

    def _fresh(self, ids: IntArray) -> Flags:
        """Return which ids were not taken up before, shape (n,)."""
        fresh = np.empty(ids.size, dtype=bool)
        for place, each in enumerate(ids.tolist()):
            fresh[place] = each not in self._ends_ns
            if each != NO_ID:
                self._ends_ns.setdefault(each, 0)
        self.repeats += ids.size - int(np.count_nonzero(fresh))
        return fresh
