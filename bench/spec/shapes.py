"""Load that does not come evenly: in bursts, or rising."""

from typing import Self

from pydantic import Field, model_validator

from bench.spec.base import Duration, MisfitError, Rate, Spec


class Burst(Spec):
    """Load that comes in bursts, with silence in between.

    Attributes:
        every_ns: from the start of one burst to the start of the next.
        during_ns: how long a burst lasts; all messages of the period are due within it, evenly.
    """

    every_ns: Duration = Field(alias="every")
    during_ns: Duration = Field(alias="during")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not 0 < self.during_ns <= self.every_ns:
            raise MisfitError("during", what="no part of `every`", allowed="0 < during <= every")
        return self


class Ramp(Spec):
    """Load that rises, or falls, evenly over the window.

    Attributes:
        from_msgs_per_s: rate through the warm-up and at the window's start; `rate` is at its end.
    """

    from_msgs_per_s: Rate = Field(alias="from")
