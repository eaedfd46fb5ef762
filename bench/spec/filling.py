"""What workloads have in common whose messages one stream stores."""

from collections.abc import Mapping, Sequence

from bench.spec.headers import header_bytes
from bench.spec.stored import stored_bytes
from bench.spec.variant import PublishSettings
from bench.spec.workload import Header, Load, Payload, Publish, Subjects, Workload

PUBLISH = "publish"
"""The part that fills the stream."""


class Storing(Workload):
    """Messages that one stream stores, whoever fills it when, and whoever reads it.

    Attributes:
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
    """

    subjects: Subjects = Subjects()
    payload: Payload

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.subjects.names

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        return max(self.payload.sizes) + header_bytes(self._headers, how)

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean, with what any of them carries."""
        return stored_bytes(self.subjects, self.payload, self._headers, how)

    @property
    def _headers(self) -> tuple[Header, ...]:
        return tuple(dict.fromkeys(each for o in self.offers.values() for each in o.headers))


class Filling(Storing):
    """Publishers that fill one stream, whoever reads it.

    Attributes:
        publish: how messages are offered.
    """

    publish: Publish

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {PUBLISH: self.publish}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        load = Load(
            publish=self.publish,
            subjects=self.subjects,
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
        )
        return {PUBLISH: load}
