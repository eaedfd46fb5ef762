"""Changes of a value that something follows: work before it, and events when it is confirmed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.clients.buckets import Changes, Value

TOO_EARLY = "what comes before it was not there, each time that it was looked for"

After = Callable[[int, Callable[[], None]], None]
"""Calls once, so many ns from now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is published when a value is as it is to be.

    Attributes:
        subject: where to.
        message_id: under which the stream remembers it, and stores it once.
        payload: what it says.
    """

    subject: str
    message_id: str
    payload: bytes


class Followed(Changes, Protocol):
    """Changes with what comes before and after each; by position of a delivery."""

    def early(self, position: int, value: Value) -> bool:
        """Say whether a value is not yet what a change begins with: it is read again then."""

    def work_ns(self, position: int) -> int:
        """Return how long is worked before the value is written; 0 where that was done before."""

    def events(self, position: int) -> Sequence[Event]:
        """Return what is to be published now that the value is as it is to be."""
