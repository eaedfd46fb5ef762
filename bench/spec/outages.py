"""Spans in which what handlers depend on is away: each that begins then fails."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core.units import NS_PER_MS, format_duration, human_duration
from bench.spec.base import Duration, MisfitError, Spec


class Outage(Spec):
    """A span of the measurement window in which each handler that begins fails.

    Attributes:
        kind: `outage`.
        at_ns: when it begins, from the begin of the window.
        lasts_ns: how long.
        time_ns: how long a handler takes then until it fails; as long as ever when left out.
    """

    kind: Literal["outage"]
    at_ns: Duration = Field(alias="at")
    lasts_ns: Duration = Field(alias="lasts")
    time_ns: Duration | None = Field(default=None, alias="time")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.lasts_ns < 1:
            raise MisfitError("lasts", what="lasts no time", allowed="above 0s")
        return self

    @property
    def end_ns(self) -> int:
        """When it is over, from the begin of the window."""
        return self.at_ns + self.lasts_ns

    def told(self) -> str:
        """Return it in words."""
        span = f"from {format_duration(self.at_ns)} on for {format_duration(self.lasts_ns)}"
        takes = f" in {human_duration(self.time_ns)}" if self.time_ns is not None else ""
        return f"each whose handler begins {span} fails{takes}"

    def in_proportion(self, window_ns: int, short_ns: int) -> Self:
        """Return it as it fits into a shorter window, to the ms."""
        if short_ns >= window_ns:
            return self
        at_ns, lasts_ns = (
            each * short_ns // window_ns // NS_PER_MS * NS_PER_MS
            for each in (self.at_ns, self.lasts_ns)
        )
        return self.model_copy(update={"at_ns": at_ns, "lasts_ns": max(NS_PER_MS, lasts_ns)})


def check_within(outages: Sequence[Outage], window_ns: int) -> None:
    """Raise MisfitError where one does not end within a window of this length."""
    for each in outages:
        if each.end_ns > window_ns:
            window = format_duration(window_ns)
            end = format_duration(each.end_ns)
            what = f"an outage ends at {end}, after the window of {window}"
            raise MisfitError("consume", "faults", what=what, allowed=f"at + lasts up to {window}")
