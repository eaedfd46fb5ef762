"""What is done to the system at planned instants of a trial, while it is measured."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from bench.core.units import NS_PER_S, format_duration
from bench.spec.base import Duration, MisfitError, Spec

Action = Literal["crash", "pause", "restart-server"]

SERVER = "server"
"""Whom `restart-server` befalls, as samples and records call it."""

GRACE_NS = 2 * NS_PER_S
"""How long after its end what a disturbance brings about may still be seen."""


class Disturbance(Spec):
    """Something done to the system while it is measured.

    Attributes:
        at_ns: when, from the begin of the measurement window.
        do: `crash` kills every process of a part (SIGKILL), whose next generation begins later;
            `pause` stops them and lets them go on (SIGSTOP, SIGCONT); `restart-server` stops the
            embedded server and starts it again on the same store and port.
        part: role of the processes that are crashed or paused, such as `consumer`.
        for_ns: how long it stays away.
    """

    at_ns: Duration = Field(alias="at")
    do: Action
    part: str = ""
    for_ns: Duration = Field(alias="for")

    @property
    def whom(self) -> str:
        """The role that it befalls."""
        return self.part or SERVER

    @property
    def end_ns(self) -> int:
        """When it is to be over, from the begin of the window."""
        return self.at_ns + self.for_ns

    def told(self) -> str:
        """Return it as a clause: `crash of consumer at 3s for 500ms`."""
        when = f"at {format_duration(self.at_ns)} for {format_duration(self.for_ns)}"
        return f"{named(self.do, self.part)} {when}"

    @model_validator(mode="after")
    def _lasts(self) -> "Disturbance":
        if self.for_ns < 1:
            raise MisfitError("for", what="lasts no time", allowed="above 0s")
        return self

    @model_validator(mode="after")
    def _befalls_somebody(self) -> "Disturbance":
        if self.do == "restart-server" and self.part:
            what = "restart-server befalls the server"
            raise MisfitError("part", what=what, allowed="leave it out")
        if self.do != "restart-server" and not self.part:
            what = f"{self.do} needs to know whom"
            raise MisfitError("do", what=what, allowed="with it part: ROLE, such as consumer")
        return self


def named(do: str, part: str) -> str:
    """Return what is done to whom: `crash of consumer`, `restart of server`."""
    return f"{do.removesuffix('-server')} of {part or SERVER}"


def told(disturbances: Sequence[Disturbance]) -> str:
    """Return all of them as a clause; empty without any."""
    return "; ".join(each.told() for each in disturbances)


def check_within(disturbances: Sequence[Disturbance], window_ns: int) -> None:
    """Raise MisfitError where one does not end within a window of this length."""
    for each in disturbances:
        if each.end_ns > window_ns:
            window = format_duration(window_ns)
            what = f"{each.told()} does not end within the window of {window}"
            raise MisfitError("disturbances", what=what, allowed=f"at + for up to {window}")


def in_proportion(
    disturbances: Sequence[Disturbance], window_ns: int, short_ns: int
) -> tuple[Disturbance, ...]:
    """Return disturbances of a window as they fit into a shorter one, to the ms."""
    if short_ns >= window_ns:
        return tuple(disturbances)
    return tuple(
        each.model_copy(
            update={
                "at_ns": _share(each.at_ns, window_ns, short_ns),
                "for_ns": max(1_000_000, _share(each.for_ns, window_ns, short_ns)),
            }
        )
        for each in disturbances
    )


def _share(part_ns: int, window_ns: int, short_ns: int) -> int:
    return part_ns * short_ns // window_ns // 1_000_000 * 1_000_000
