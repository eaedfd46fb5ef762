"""All deliveries of a trial's own messages to a part, and how they ended, by every process."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.engine.fates import APPLIED, DONE_WITH, GIVEN_UP
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags, ours

FAILED = (Ending.NAKED, Ending.SILENT, Ending.UNPOSTED, *DONE_WITH)
UNTRIED = (Ending.RETURNED, Ending.TURNED_AWAY)
"""Of a delivery that did not fail, and whose message was asked for again."""

_NO_END = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Deliveries, each column of shape (n,).

    Attributes:
        size: messages of the flow that say no other again.
        max_deliver: so often the server delivers at most.
        ids, deliveries, ending, handled_ns, seqs: as in a record; ids are places among those.
    """

    size: int
    ids: IntArray
    deliveries: IntArray
    ending: IntArray
    handled_ns: IntArray
    seqs: IntArray
    max_deliver: int = _NO_END

    @classmethod
    def of(
        cls, records: Sequence[ConsumerRecord], size: int, max_deliver: int | None = None
    ) -> "Rows":
        """Return those of messages of ours, of so many; delivered without end where None is."""
        rows = [
            np.stack([e.ids, e.deliveries, e.ending, e.handled_ns, e.stream_seqs]) for e in records
        ]
        columns = np.concatenate([np.empty((5, 0), dtype=np.int64), *rows], axis=1)
        ids, deliveries, ending, handled_ns, seqs = columns[:, ours(columns[0], size)]
        return cls(
            size=size,
            ids=ids,
            deliveries=deliveries,
            ending=ending,
            handled_ns=handled_ns,
            seqs=seqs,
            max_deliver=_NO_END if max_deliver is None else max_deliver,
        )

    @cached_property
    def done(self) -> Flags:
        """Whose handler did its work."""
        return applied(self.ending, self.handled_ns)

    @cached_property
    def failed(self) -> Flags:
        """Whose handler failed."""
        return np.isin(self.ending, FAILED)

    @cached_property
    def untried(self) -> Flags:
        """Whose message was asked for again, though its handler did not fail."""
        return np.isin(self.ending, UNTRIED)

    @cached_property
    def given_up(self) -> Flags:
        """After which a message never comes again, though it was not handled for good."""
        return np.isin(self.ending, GIVEN_UP) | (
            self.untried & (self.deliveries >= self.max_deliver)
        )

    @cached_property
    def later(self) -> Flags:
        """Of a message of the stream that is not the first with its id.

        Where messages are replayed the first one was meant: whoever replays it comes later.
        """
        first = np.full(self.size, np.iinfo(np.int64).max)
        np.minimum.at(first, self.ids, self.seqs)
        later: Flags = self.seqs > first[self.ids]
        return later

    def messages(self, chosen: Flags) -> IntArray:
        """Return in how many of these deliveries each message came, shape (size,)."""
        return np.bincount(self.ids[chosen], minlength=self.size)


def applied(ending: IntArray, handled_ns: IntArray) -> Flags:
    """Return of which deliveries the handler did its work, (n,); its process may have ended then.

    Args:
        ending: of each, shape (n,).
        handled_ns: when its handler ended, or NEVER, shape (n,).
    """
    done: Flags = np.isin(ending, (*APPLIED, Ending.CRASHED)) & (handled_ns != NEVER)
    return done
