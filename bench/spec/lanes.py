"""Streams beside the first one of a fan-out: each with a flow and consumers of its own."""

from collections.abc import Sequence
from typing import Protocol, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.spec.base import MisfitError, Spec
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.members import PLACE, Member
from bench.spec.stored import stored_bytes
from bench.spec.variant import PublishSettings
from bench.spec.workload import Load, Payload, Phases, Publish, Subjects

MAX_STREAMS = 7
"""Beside the first one."""


class Flow(Protocol):
    """A stream that consumers read, whether the first one or beside it."""

    @property
    def consumers(self) -> dict[str, Member]:
        """By their names, as they are written."""

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to."""

    def matching(self, pattern: str) -> int:
        """Return how many of the subjects a filter matches."""


class Beside(Spec):
    """A stream of its own on the same server, under the same settings.

    Attributes:
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        publish: how messages are offered.
        consumers: name -> a consumer of its own.
    """

    subjects: Subjects = Subjects()
    payload: Payload
    publish: Publish
    consumers: dict[str, Member] = Field(min_length=1)

    @property
    def trace(self) -> None:
        """What its messages are dealt from: the first stream's alone may be dealt from one."""
        return None

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.subjects.names

    def matching(self, pattern: str) -> int:
        """Return how many of the subjects a filter matches."""
        return self.subjects.matching(pattern)

    def share_matched(self, pattern: str) -> float:
        """Return what share of the messages a filter matches; subjects take turns."""
        return self.subjects.matching(pattern) / len(self.subjects.combined)

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        return max(self.payload.sizes) + header_bytes(self.publish.headers, how)

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean."""
        return stored_bytes(self.subjects, self.payload, self.publish.headers, how)

    def load(self, handler: Handler, phases: Phases) -> Load:
        """Return what its messages are made from."""
        return Load(
            publish=self.publish,
            subjects=self.subjects,
            payload=self.payload,
            handler=handler,
            phases=phases,
        )

    @model_validator(mode="after")
    def _members_fit(self) -> Self:
        check_members(self)
        return self


def sees_all(flow: Flow, member: Member) -> bool:
    """Say whether a consumer's filter matches all that is published to its stream."""
    return flow.matching(member.filter) == len(flow.addressed)


def check_members(flow: Flow) -> None:
    """Raise a MisfitError where a stream cannot have such consumers."""
    if all(member.is_core for member in flow.consumers.values()):
        raise MisfitError(
            "consumers",
            what="nobody reads the stream",
            allowed="a durable consumer, pull or push, beside those of the mode core",
        )
    for name, member in flow.consumers.items():
        _check_count(name, member)
        for _, each in member.each(name):
            _check_filter(flow, name, each.filter)


def _check_filter(flow: Flow, name: str, pattern: str) -> None:
    if flow.addressed and not flow.matching(pattern):  # of a trace without any more is said
        raise MisfitError(
            "consumers",
            name,
            "filter",
            what=f"'{pattern}' matches nothing that is published",
            allowed=f"a filter for some of {text.listed(list(flow.addressed[:5]))}",
        )


def _check_count(name: str, member: Member) -> None:
    if PLACE in name:
        return
    if member.count > 1:
        raise MisfitError(
            "consumers",
            name,
            "count",
            what=f"{member.count} consumers cannot all be called {name}",
            allowed=f"count 1, or {PLACE} in the name: `{name}_{PLACE}`",
        )
    if PLACE in member.filter:
        raise MisfitError(
            "consumers",
            name,
            "filter",
            what=f"{PLACE} is the number of a consumer, and {name} has none",
            allowed=f"a filter without it, or {PLACE} in the name, too",
        )
