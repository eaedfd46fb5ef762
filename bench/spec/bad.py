"""Messages that are bad in themselves: a handler that looks at them is to refuse each of them.

Which ones are bad is dealt by seed and id like any other fault, and they are bad where they are
published: both sides know of each what is to become of it.
"""

from typing import Literal, get_args

from pydantic import Field

from bench.core.units import format_share, human_duration
from bench.spec.base import Duration, Share, Spec
from bench.spec.variant import HandlerCheck

BadKind = Literal["malformed", "unknown-version"]

BAD: tuple[BadKind, ...] = get_args(BadKind)

_NOTICED: dict[BadKind, frozenset[HandlerCheck]] = {
    "malformed": frozenset({"envelope"}),
    "unknown-version": frozenset({"envelope"}),
}
"""By which checks a kind is noticed, each of them alone."""

_TOLD: dict[BadKind, str] = {
    "malformed": "is malformed",
    "unknown-version": "is of an unknown version",
}


class BadMessage(Spec):
    """What is wrong with the content of a share of the messages.

    Attributes:
        kind: what is `malformed` is no envelope: it is cut off, lacks a field, or a field of it is
            of another type; what is of an `unknown-version` is one that nobody can read.
        share: of all messages, dealt exactly and at random places.
        time_ns: how long a handler takes that has it; as long as any other when left out.
    """

    kind: BadKind
    share: Share
    time_ns: Duration | None = Field(default=None, alias="time")

    @property
    def deliveries(self) -> int | None:
        """How many deliveries of a message are bad; None for all."""
        return None

    @property
    def checks(self) -> frozenset[HandlerCheck]:
        """Which checks notice it, each of them alone."""
        return _NOTICED[self.kind]

    def told(self) -> str:
        """Return what it is, in words."""
        takes = f" and takes {human_duration(self.time_ns)}" if self.time_ns is not None else ""
        return f"{format_share(self.share)} {_TOLD[self.kind]}{takes}"
