"""What workloads have in common whose messages one stream stores."""

from collections.abc import Mapping, Sequence

from bench.spec.headers import header_bytes
from bench.spec.stored import stored_bytes
from bench.spec.variant import PublishSettings
from bench.spec.workload import Load, Payload, Publish, Subjects, Workload

PUBLISH = "publish"
"""The part that fills the stream."""


class Filling(Workload):
    """Publishers that fill one stream, whoever reads it.

    Attributes:
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        publish: how messages are offered.
    """

    subjects: Subjects = Subjects()
    payload: Payload
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

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.subjects.names

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        return max(self.payload.sizes) + header_bytes(self.publish.headers, how)

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean."""
        return stored_bytes(self.subjects, self.payload, self.publish.headers, how)
