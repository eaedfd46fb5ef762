"""What a process remembers of messages, so that none of them is handled twice.

A message is claimed when it comes and known when it is done: what comes again meanwhile is left to
whoever has it in hand, and what failed may be handled again.
"""

import numpy as np

from bench.clients.port import IntArray
from bench.engine.table import Flags

PAGE_IDS = 4096


class Known:
    """A set of ids that lie close together: a byte each, in pages, where a set takes sixty.

    A page is made when an id of it comes, so that one far from the others costs a page.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, message_id: int) -> None:
        """Know an id from now on; 0 or more."""
        number, place = divmod(message_id, PAGE_IDS)
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = bytearray(PAGE_IDS)
        page[place] = 1

    def __contains__(self, message_id: int) -> bool:
        """Say whether an id is known; none below 0 is."""
        page = self._pages.get(message_id // PAGE_IDS)
        return page is not None and page[message_id % PAGE_IDS] == 1


class Memory:
    """Of one process; another one that shares the consumer knows nothing of it."""

    def __init__(self) -> None:
        self._claimed: dict[int, int] = {}
        self._done = Known()

    def claim(self, positions: IntArray, ids: IntArray) -> Flags:
        """Return which deliveries are to be handled, and remember that they are in hand.

        Args:
            positions: of the deliveries, shape (n,).
            ids: of their messages, shape (n,).

        Returns:
            Shape (n,); what carries no id of ours always is.
        """
        pairs = zip(positions.tolist(), ids.tolist(), strict=True)
        return np.array([self._claim(position, message) for position, message in pairs], dtype=bool)

    def owns(self, position: int, message_id: int) -> bool:
        """Say whether this delivery is the one that is being handled."""
        return message_id < 0 or self._claimed.get(message_id) == position

    def is_done(self, message_id: int) -> bool:
        """Say whether a message was handled."""
        return message_id in self._done

    def settle(self, message_id: int, *, done: bool) -> None:
        """Its handler ended: it is done, or may be handled again."""
        self._claimed.pop(message_id, None)
        if done and message_id >= 0:
            self._done.add(message_id)

    def _claim(self, position: int, message_id: int) -> bool:
        if message_id < 0:
            return True
        if message_id in self._done:
            return False
        return self._claimed.setdefault(message_id, position) == position
