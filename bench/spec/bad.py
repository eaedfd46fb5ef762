"""Messages that are bad in themselves: a handler that looks at them is to refuse each of them.

Which ones are bad is dealt by seed and id like any other fault, and they are bad where they are
published: both sides know of each what is to become of it.
"""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from bench.core.units import format_share, human_duration
from bench.spec.base import Duration, MisfitError, Share, Spec
from bench.spec.variant import HandlerCheck

BadKind = Literal["malformed", "unknown-version", "tampered", "stale", "replayed"]

REPLAYED: BadKind = "replayed"

MOST_AGAIN = 0.5
"""Of the messages: each is to have one that it says again."""

BAD: tuple[BadKind, ...] = get_args(BadKind)

_NOTICED: dict[BadKind, frozenset[HandlerCheck]] = {
    "malformed": frozenset({"envelope"}),
    "unknown-version": frozenset({"envelope"}),
    "tampered": frozenset({"signature"}),
    "stale": frozenset({"signature"}),
    "replayed": frozenset({"signature"}),
}
"""By which checks a kind is noticed, each of them alone."""

_TOLD: dict[BadKind, str] = {
    "malformed": "is malformed",
    "unknown-version": "is of an unknown version",
    "tampered": "is tampered with",
    "stale": "was signed long before",
    "replayed": "is another one replayed",
}


class BadMessage(Spec):
    """What is wrong with the content of a share of the messages.

    Attributes:
        kind: what is `malformed` is no envelope: it is cut off, lacks a field, or a field of it is
            of another type; what is of an `unknown-version` is one that nobody can read. Of signed
            ones, what is `tampered` was changed since, what is `stale` was signed long before it
            was published, and what is `replayed` is one before it once more, as it was.
        share: of all messages, dealt exactly and at random places.
        time_ns: how long a handler takes that has it; as long as any other when left out.
        age_ns: how old it is when it is published: what is stale, by its signature; what is
            replayed, by when the first one was due, the one before when left out.
    """

    kind: BadKind
    share: Share
    time_ns: Duration | None = Field(default=None, alias="time")
    age_ns: Duration | None = Field(default=None, alias="age")

    @model_validator(mode="after")
    def _aged(self) -> Self:
        if self.kind == "stale" and not self.age_ns:
            raise MisfitError(what="a stale message has an age", allowed="age: 5m, say")
        if self.age_ns is not None and self.kind not in ("stale", "replayed"):
            raise MisfitError(
                "age",
                what=f"a {self.kind} message is as old as any other",
                allowed="no age, or kind stale or replayed",
            )
        if self.kind == "replayed" and self.time_ns is not None:
            raise MisfitError(
                "time",
                what="a replayed message is handled like the one that it was",
                allowed="no time",
            )
        if self.kind == "replayed" and self.share > MOST_AGAIN:
            raise MisfitError(
                "share",
                what="more than half of the messages would be another one replayed",
                allowed=f"up to {format_share(MOST_AGAIN)}",
            )
        return self

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
