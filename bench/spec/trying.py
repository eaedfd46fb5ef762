"""What a handler does before a message counts as failed: try again, or not try for a while."""

from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core.units import NS_PER_MS, NS_PER_S, format_duration
from bench.spec.base import Count, Duration, MisfitError, Share, Spec

PerKey = Literal["none", "counted", "in-order", "latest"]


class RetrySettings(Spec):
    """Further attempts within one delivery; the worker waits between them, and is held meanwhile.

    Attributes:
        attempts: of one delivery at most, the first one included.
        base_ns: the wait after the first attempt; each further wait is twice as long.
        max_ns: the longest wait.
        jitter: each wait is shorter by a random share, up to this one, so that what failed together
            is not tried again together; not at all when left out.
    """

    attempts: int = Field(default=3, ge=1, le=100)
    base_ns: Duration = Field(default=50 * NS_PER_MS, alias="base")
    max_ns: Duration = Field(default=NS_PER_S, alias="max")
    jitter: Share | None = None

    def wait_ns(self, attempt: int, luck: float) -> int:
        """Return how long is waited after an attempt, 1 for the first.

        Args:
            attempt: that has failed.
            luck: at random, from 0 up to and without 1.
        """
        longest_ns = min(self.max_ns, self.base_ns << min(attempt - 1, 62))
        return round(longest_ns * (1 - (self.jitter or 0) * luck))

    @property
    def longest_ns(self) -> int:
        """All waits of one delivery together, without any luck."""
        return sum(self.wait_ns(attempt, 0) for attempt in range(1, self.attempts))

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.max_ns >= self.base_ns:
            return self
        if "max_ns" in self.model_fields_set:
            raise MisfitError("max", what="is below base", allowed="base or more")
        usual = f"max, which is {format_duration(self.max_ns)} when it is left out"
        raise MisfitError("base", what=f"is above {usual}", allowed="max or less, or a longer max")


class BreakerSettings(Spec):
    """When a process stops calling what its handlers depend on, and for how long.

    Attributes:
        failures: handlers that have to fail: so many in a row, or with `share` at least so many.
        share: of the handlers that ended in the last `within`, so many have to fail.
        within_ns: goes with `share`.
        open_for_ns: how long nothing is tried.
        probes: then so many are tried; once all of them went well it is closed, and the first that
            fails opens it again.
        while_open: `pause` asks for no more and lets wait what is in hand; `nak` turns away what
            would begin, until it may be tried again.
    """

    failures: Count = 5
    share: Share | None = None
    within_ns: Duration | None = Field(default=None, alias="within")
    open_for_ns: Duration = Field(default=2 * NS_PER_S, alias="open_for")
    probes: Count = 1
    while_open: Literal["pause", "nak"] = "pause"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.share is None) != (self.within_ns is None):
            missing, given = ("within", "share") if self.share else ("share", "within")
            raise MisfitError(
                given,
                what=f"a share is one of a time: {missing} is missing",
                allowed="share and within, or neither: so many failures in a row",
            )
        if not self.open_for_ns or self.within_ns == 0:
            key = "within" if self.within_ns == 0 else "open_for"
            raise MisfitError(key, what="takes a time", allowed="above 0")
        return self
