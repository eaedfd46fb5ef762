"""How long the handler of a message takes: constant, or skewed as services are."""

import math
from statistics import NormalDist
from typing import Annotated, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from bench.core.units import format_duration
from bench.spec.base import Duration, MisfitError, Spec

_Z99 = NormalDist().inv_cdf(0.99)


class Lognormal(Spec):
    """A skewed handler time, given by its median and its 99th percentile."""

    p50_ns: Duration = Field(alias="p50")
    p99_ns: Duration = Field(alias="p99")

    @property
    def sigma(self) -> float:
        """Standard deviation of the time's natural logarithm."""
        return math.log(self.p99_ns / self.p50_ns) / _Z99

    @property
    def mean_ns(self) -> float:
        """Mean time; above the median, as the distribution is skewed."""
        return self.p50_ns * math.exp(self.sigma**2 / 2)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 < self.p50_ns <= self.p99_ns:
            raise MisfitError(
                what="p50 must be above 0 and not above p99", allowed="0 < p50 <= p99"
            )
        return self


class Constant(Spec):
    """The same handler time for every message."""

    constant_ns: Duration = Field(alias="constant")

    @property
    def mean_ns(self) -> float:
        """The time itself."""
        return self.constant_ns

    @property
    def p99_ns(self) -> int:
        """The time itself."""
        return self.constant_ns


def _bare_time(value: object) -> object:
    return value if isinstance(value, dict | Constant | Lognormal) else {"constant": value}


def _distribution(value: object) -> str:
    constant = "constant" in value if isinstance(value, dict) else isinstance(value, Constant)
    return "constant" if constant else "lognormal"


HandlerTime = Annotated[
    Annotated[Constant, Tag("constant")] | Annotated[Lognormal, Tag("lognormal")],
    Discriminator(_distribution),
    BeforeValidator(_bare_time, json_schema_input_type=Duration | Constant | Lognormal),
]


class Handler(Spec):
    """What a consumer does with a message; simulated by waiting, without using a core.

    Attributes:
        time: `5ms` for a constant time, `{p50: 5ms, p99: 40ms}` for a lognormal one.
    """

    time: HandlerTime = Field(
        default=Constant(constant="0s")  # type: ignore[arg-type]
    )

    def told(self) -> str:
        """Return how long it takes, in words."""
        time = self.time
        if isinstance(time, Constant):
            takes = format_duration(time.constant_ns)
            return f"handler {takes}" if time.constant_ns else "no handler time"
        return f"handler p50 {format_duration(time.p50_ns)}, p99 {format_duration(time.p99_ns)}"

    def slower(self, share: float) -> Self:
        """Return one that takes longer by a share."""
        longer = {name: round(value * (1 + share)) for name, value in self.time}
        return self.model_copy(update={"time": self.time.model_copy(update=longer)})
