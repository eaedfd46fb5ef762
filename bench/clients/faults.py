"""What went wrong, counted and in words: faults of a connection, error PubAcks."""

import re
import time
from dataclasses import dataclass, field

from bench.core.noted import MAX_INSTANTS, Noted

MAX_KINDS = 20
"""Kept in words; a reader needs no more, and a server may send as many as there are messages."""

MAX_CHARS = 200

CLOSING = "close: "
NO_HEARTBEAT = "push: no heartbeat"
SILENCES = (CLOSING, NO_HEARTBEAT)
"""Begin the faults of a server that says nothing: a symptom of what befell the load, no cause."""

DUPLICATE = "a duplicate by its Nats-Msg-Id: the stream did not add it"
"""Why a message is not stored though its PubAck says so: another one of its id was."""

NO_RESPONDERS = "nobody listens who would answer (503)"

NO_STREAM = "no stream takes its subject"
"""What the status 503 says of a published message."""

_FORBIDDEN = re.compile(r"permissions violation", re.IGNORECASE)
"""In the server's words for what a user may not do; the connection stands all the same."""

_NUMBER = re.compile(r"\d+")


def is_forbidden(fault: str) -> bool:
    """Say whether a fault is the server's word that something is not allowed."""
    return _FORBIDDEN.search(fault) is not None


@dataclass(slots=True)
class _Kind:
    """Faults of the same words but for numbers in them: the first, how many, and if they differ."""

    first: str
    count: int = 0
    differ: bool = False
    at_ns: list[int] = field(default_factory=list)


class Faults:
    """Notes faults; the same words again only raise a count, so that no flood fills the memory.

    Words that differ in numbers alone are the same. What a fault costs does not depend on how many
    there were, nor on how many were different.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self._others = 0

    def note(self, words: str) -> None:
        """Count one fault."""
        words = words[:MAX_CHARS]
        key = _NUMBER.sub("0", words)
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) == MAX_KINDS:
                self._others += 1
                return
            kind = self._kinds[key] = _Kind(words)
        kind.count += 1
        if len(kind.at_ns) < MAX_INSTANTS:
            kind.at_ns.append(time.monotonic_ns())
        kind.differ = kind.differ or words != kind.first

    def words(self) -> tuple[str, ...]:
        """Return every kind in the order they first came, with its count where above one.

        Each knows its instants (`bench.core.noted`), CLOCK_MONOTONIC.
        """
        more = (f"{self._others} of other kinds",) if self._others else ()
        return (*map(_told, self._kinds.values()), *more)


def _told(kind: _Kind) -> str:
    more = kind.count - len(kind.at_ns)
    if kind.count == 1:
        return Noted(kind.first, kind.at_ns, more)
    differ = ", with other numbers" if kind.differ else ""
    return Noted(f"{kind.first} ({kind.count} times{differ})", kind.at_ns, more)
