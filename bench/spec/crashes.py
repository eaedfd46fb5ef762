"""Messages at which the consumer process that has them ends itself, at a step that is known."""

import math
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core.text import plural
from bench.core.units import format_duration, format_share
from bench.spec.base import Count, Duration, MisfitError, Share, Spec
from bench.spec.effects import CrashPoint

MOST_CRASHES = 8
"""Of a trial: a process waits to take the place of each that ends itself."""

_DONE: dict[CrashPoint, str] = {
    "after-receive": "it came",
    "after-effect": "its effect",
    "after-marker": "its marker",
    "before-ack": "all but its ack",
}
"""What was done when a process ends itself."""


class Crash(Spec):
    """Messages of the window at which a consumer process ends itself, once at each.

    Attributes:
        kind: `crash`.
        at: the step of the message at which the process ends: when it came (and was acknowledged,
            where that comes first), when its effect or its marker was confirmed, or when nothing is
            left to be done but to acknowledge it.
        times: how many messages there are, spread over the window; either this or a share.
        share: of the messages of the window.
        for_ns: how long the process stays away; until the next one is up when left out.
    """

    kind: Literal["crash"]
    at: CrashPoint
    times: Count | None = Field(default=None, le=MOST_CRASHES)
    share: Share | None = None
    for_ns: Duration = Field(default=0, alias="for")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if (self.share is None) is (self.times is None):
            raise MisfitError(
                what="either the share or the number of messages is said",
                allowed=f"times: 1 to {MOST_CRASHES}, or share: 0.1%, say",
            )
        return self

    def among(self, messages: float) -> int:
        """Return at how many of so many messages of the window a process ends itself."""
        return self.times or max(1, round(messages * (self.share or 0.0)))

    def told(self) -> str:
        """Return it in words."""
        many = plural(self.times, "message") if self.times else format_share(self.share or 0.0)
        away = f", for {format_duration(self.for_ns)}" if self.for_ns else ""
        return f"at {many} the consumer crashes after {_DONE[self.at]}{away}"


def check_few(crashes: Sequence[Crash], messages: float, sound: float) -> None:
    """Raise MisfitError where there are too many for a window with so many messages.

    Args:
        crashes: of its messages.
        messages: of the window.
        sound: those of them that nothing else befalls, and that say no other again: only at such
            a one a process ends itself.
    """
    count = sum(each.among(messages) for each in crashes)
    if count > MOST_CRASHES:
        what = f"consumers would crash {count} times in a trial"
        raise MisfitError("consume", "faults", what=what, allowed=f"up to {MOST_CRASHES} crashes")
    if count > (most := math.floor(sound)):
        what = f"consumers would crash at {plural(count, 'message')}, of {most} without a fault"
        raise MisfitError("consume", "faults", what=what, allowed=f"up to {most}")
