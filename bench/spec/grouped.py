"""Keys that belong together: written as one, and read as one."""

from typing import Self

from pydantic import Field, model_validator

from bench.spec.asking import Asking
from bench.spec.base import MisfitError, Spec
from bench.spec.keys import Names
from bench.spec.workload import Publish

GROUP = "group"
"""What keys that belong together begin with."""


class Groups(Spec):
    """Keys that belong together, such as the items and the payment of an order.

    Attributes:
        count: how many groups.
        members: keys of each, `group.7.0` and on.
    """

    count: int = Field(default=20, ge=1, le=10_000)
    members: int = Field(default=2, ge=2, le=64)

    @property
    def names(self) -> Names:
        """The groups."""
        return Names(prefix=GROUP, count=self.count)

    def keys(self, group: str) -> tuple[str, ...]:
        """Return the keys of a group."""
        return tuple(f"{group}.{member}" for member in range(self.members))


class GroupPut(Publish):
    """How groups are written: each key when the one before is confirmed, all with one version.

    Attributes:
        publishers: writer processes; they share the rate, and each group belongs to one of them.
        rate_msgs_per_s: groups offered by all writers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due write, at most every 0.25 ms; `frugal` at most every
            1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most groups under way per writer; what is due beyond that waits, and its
            waiting counts as slip.
        headers: none: a group's version is in its values.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="writers")

    @model_validator(mode="after")
    def _plain(self) -> Self:
        if self.headers:
            raise MisfitError("headers", what="a group carries none", allowed="leave it out")
        return self


class GroupGet(Asking):
    """How groups are read: all keys of one by one request.

    Attributes:
        publishers: reader processes; they share the rate.
        rate_msgs_per_s: groups asked for by all readers together; of bursts, the mean over a
            period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due read, at most every 0.25 ms; `frugal` at most every
            1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most reads without an answer per reader; what is due beyond that waits, and
            its waiting counts as slip.
        headers: none: a read carries nothing.
        timeout_ns: how long a reader waits for each group; what comes later comes to nobody.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="readers")

    @model_validator(mode="after")
    def _plain(self) -> Self:
        if self.headers:
            raise MisfitError("headers", what="a group carries none", allowed="leave it out")
        return self
