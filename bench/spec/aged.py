"""A stream that has a past before a trial begins: messages, subjects, gaps and other consumers.

"Fine on a fresh stream" is how an upgrade's regression is missed (docs/adr/0040). What is laid is
none of a trial's messages: they come after it.
"""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from bench.core import text, units
from bench.core.units import format_share, human_size
from bench.spec.base import MisfitError, Share, Size, Spec

MAX_AGED_MSGS = 50_000_000
MAX_AGED_BYTES = 1024**2
"""Of a message: what a server takes by default."""

OVERHEAD_BYTES = 70
"""What a store adds to each, its subject included."""


def _counted(value: object) -> object:
    return units.parse_count(value) if isinstance(value, str) else value


Many = Annotated[
    int,
    BeforeValidator(_counted),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s*[kM]$"},
            ],
            "description": units.COUNT_WORDS,
        }
    ),
]
"""A number of things, which may be written as `100k` or `5M`."""


class Aged(Spec):
    """The past of a stream.

    Attributes:
        messages: ever stored in it before; the trial's own begin with the next sequence.
        subjects: of those that are left, in turns.
        deleted: share of the messages that is gone, all of it from between others.
        consumers: durable ones besides the trial's own, idle, each with deliveries in the air.
        size_bytes: of each message.
    """

    messages: Many = Field(ge=2, le=MAX_AGED_MSGS)
    subjects: Many = Field(default=1, ge=1, le=MAX_AGED_MSGS)
    deleted: Share | None = None
    consumers: int = Field(default=0, ge=0, le=1000)
    size_bytes: Size = Field(default=128, alias="size", ge=1, le=MAX_AGED_BYTES)

    @property
    def gone_msgs(self) -> int:
        """How many of its messages are deleted."""
        return round(self.messages * (self.deleted or 0.0))

    @property
    def kept_msgs(self) -> int:
        """How many of its messages are left."""
        return self.messages - self.gone_msgs

    @property
    def laid_bytes(self) -> int:
        """What it takes on a disk before any is deleted, about."""
        return self.messages * (self.size_bytes + OVERHEAD_BYTES)

    def told(self) -> str:
        """Return it as a clause: `20 messages of 128 B, 6 of them deleted from between`."""
        gone = f"{text.count(self.gone_msgs)} of them" if self.gone_msgs else "none"
        words = (
            f"{text.count(self.messages)} messages of {human_size(self.size_bytes)}, "
            f"{gone} deleted from between, {text.plural(self.subjects, 'subject')}"
        )
        others = text.plural(self.consumers, "other consumer")
        return f"{words}, {others}" if self.consumers else words

    @model_validator(mode="after")
    def _fits_between(self) -> Self:
        """The first and the last stay, or what is gone would be no gap."""
        if self.gone_msgs > self.messages - 2:
            raise MisfitError(
                "deleted",
                what=f"{format_share(self.deleted or 0.0)} of {self.messages} leaves less than the "
                "first and the last message",
                allowed=f"up to {self.messages - 2} of them",
            )
        if self.subjects > self.kept_msgs:
            raise MisfitError(
                "subjects",
                what=f"more than the {self.kept_msgs} messages that are left",
                allowed=f"1 to {self.kept_msgs}",
            )
        return self
