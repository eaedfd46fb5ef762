"""What a handler does to the keys of a bucket, step by step, whoever carries the steps out; pure.

A deed is a generator: it yields what is to be done next and is sent what came of it. So a strategy
is written once, top to bottom, for both clients and for both ways of running handlers.
"""

from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from typing import Protocol

from bench.clients.buckets import ChangeLink, Value


@dataclass(frozen=True, slots=True)
class Get:
    """Read a key; sent its Value.

    Attributes:
        subject: of the key.
    """

    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Write a key; sent True when that is confirmed, False where another writer was faster.

    Attributes:
        subject: of the key.
        payload: its value.
        expect: the revision that it is to have until then, 0 for none; None whatever it has.
        ttl_s: how long the value lives; 0 for ever.
    """

    subject: str
    payload: bytes
    expect: int | None = None
    ttl_s: int = 0

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names and values of what the message says to the server."""
        ttl = (("Nats-TTL", f"{self.ttl_s}s"),) if self.ttl_s else ()
        if self.expect is None:
            return ttl
        return (("Nats-Expected-Last-Subject-Sequence", str(self.expect)), *ttl)


@dataclass(frozen=True, slots=True)
class Pause:
    """Work for a while, ns, above 0; sent None."""

    for_ns: int


Step = Get | Put | Pause
Answer = Value | bool | None
Deed = Generator[Step, Answer, None]


def read(subject: str) -> Generator[Step, Answer, Value]:
    """Return what a key holds, within a deed."""
    answer = yield Get(subject)
    assert isinstance(answer, Value)  # noqa: S101 - as a Get is answered
    return answer


def wrote(put: Put) -> Generator[Step, Answer, bool]:
    """Write a key, within a deed; say whether nobody was faster."""
    answer = yield put
    return answer is True


class Deeds(Protocol):
    """What is to be done for deliveries, by position.

    Attributes:
        largest_bytes: the largest value.
    """

    largest_bytes: int

    def of(self, position: int) -> Deed:
        """Begin the deed of a delivery."""


class Doer(ChangeLink, Protocol):
    """A connection that carries out deeds."""

    def perform(self, position: int) -> Awaitable[str]:
        """Carry one out, in the task that asks; return why it failed, or nothing.

        ValueError of a client that has no handlers as tasks.
        """
