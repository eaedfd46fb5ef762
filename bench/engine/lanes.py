"""Which messages of a process are handled one after the other, and which not at all. Pure."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench.clients.port import Ending
from bench.engine.line import Line
from bench.spec.trying import PerKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A delivery that came.

    Attributes:
        position: of it.
        key: of its message; -1 where that is none of ours.
        seq: of the message in its stream.
        received_ns: when.
    """

    position: int
    key: int
    seq: int
    received_ns: int


class Lanes(Protocol):
    """Puts what came into a line."""

    def put(self, line: Line, came: Came) -> None:
        """Have a message wait, or leave at once."""


class AnyWorker:
    """Whoever is free takes the message that came first."""

    def put(self, line: Line, came: Came) -> None:
        """Have it wait in a lane of its own."""
        line.put(came.position, came.position, came.received_ns)


class Shards:
    """All messages of a key go to one worker, by a hash of its name."""

    def __init__(self, workers: int, name: Callable[[int], str]) -> None:
        """Know the keys' names.

        Args:
            workers: how many; as many lanes.
            name: of a key.
        """
        self._workers = workers
        self._name = name
        self._shards: dict[int, int] = {}

    def put(self, line: Line, came: Came) -> None:
        """Have it wait behind those of its worker."""
        line.put(came.position, self._shard(came.key), came.received_ns)

    def _shard(self, key: int) -> int:
        if key not in self._shards:
            name = self._name(key) if key >= 0 else ""
            self._shards[key] = zlib.crc32(name.encode()) % self._workers
        return self._shards[key]


class Latest:
    """Of each key one message is handled at a time, and of those that wait the latest alone.

    What is older than what came of its key before is not handled any more; what comes again while
    it waits or is being handled is left to that.
    """

    def __init__(self) -> None:
        self._newest: dict[int, int] = {}

    def put(self, line: Line, came: Came) -> None:
        """Have it wait, in the place of the one that waits of its key, or leave."""
        if came.key < 0:
            line.put(came.position, -1 - came.position, came.received_ns)
            return
        newest = self._newest.get(came.key, 0)
        if came.seq < newest:
            line.leave(came.position, came.received_ns, Ending.SUPERSEDED)
        elif came.seq == newest and line.holds(came.key):
            line.leave(came.position, came.received_ns, Ending.IN_HAND)
        elif line.waits_in(came.key):
            line.supersede(came.key, came.position, came.received_ns)
        else:
            line.put(came.position, came.key, came.received_ns)
        self._newest[came.key] = max(newest, came.seq)


def make_lanes(per_key: PerKey, workers: int, name: Callable[[int], str]) -> Lanes:
    """Return how messages are put into lanes, of so many workers; `name` is that of a key."""
    if per_key == "in-order":
        return Shards(workers, name)
    return Latest() if per_key == "latest" else AnyWorker()
