"""A workload profile: what publishers send and what consumers do with it."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from bench.core.units import NS_PER_S
from bench.spec.base import Duration, Loose, Rate, Share, Size, Spec

MIN_PAYLOAD_BYTES = 16
"""The message id alone."""


class Subjects(Spec):
    """Which subjects messages go to.

    Attributes:
        pattern: subject with `{name}` places; jetbench puts its own prefix before it.
        values: for each place, the words that take turns there, evenly.
    """

    pattern: str = Field(default="events", min_length=1)
    values: dict[str, Annotated[tuple[str, ...], Loose]] = Field(default_factory=dict)


def _one_size(value: object) -> object:
    return {value: "100%"} if isinstance(value, str) else value


class Payload(Spec):
    """How large messages are and what is in them.

    Attributes:
        sizes: payload bytes -> share of the messages; shares add up to 1. One size alone may
            stand as `sizes: 128B`.
        format: `random-bytes` (an id, then noise that no codec shrinks) or `json-envelope`
            (type, id, correlation id, time and a data field, as services send it).
    """

    sizes: Annotated[dict[Size, Share], BeforeValidator(_one_size), Field(min_length=1)]
    format: Literal["random-bytes", "json-envelope"] = "random-bytes"


class Publish(Spec):
    """How messages are offered.

    Attributes:
        publishers: publisher processes; they share the rate.
        rate_msgs_per_s: offered rate of all publishers together.
        arrivals: `constant` spacing or a `poisson` process.
        window_msgs: most messages without a PubAck per publisher; what is due beyond that waits,
            and its waiting counts as slip.
    """

    publishers: int = Field(default=1, ge=1, le=16)
    rate_msgs_per_s: Rate = Field(alias="rate")
    arrivals: Literal["constant", "poisson"] = "constant"
    window_msgs: int = Field(default=256, ge=1, le=65536, alias="window")


class Lognormal(Spec):
    """A skewed handler time, given by its median and its 99th percentile."""

    p50_ns: Duration = Field(alias="p50")
    p99_ns: Duration = Field(alias="p99")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 < self.p50_ns <= self.p99_ns:
            raise ValueError("p50 must be above 0 and not above p99; allowed: 0 < p50 <= p99")
        return self


class Constant(Spec):
    """The same handler time for every message."""

    constant_ns: Duration = Field(alias="constant")


def _bare_time(value: object) -> object:
    return {"constant": value} if not isinstance(value, dict) else value


class Handler(Spec):
    """What a consumer does with a message; simulated by waiting, without using a core.

    Attributes:
        time: `5ms` for a constant time, `{p50: 5ms, p99: 40ms}` for a lognormal one.
    """

    time: Annotated[Constant | Lognormal, BeforeValidator(_bare_time)] = Field(
        default=Constant(constant="0s")  # type: ignore[arg-type]
    )


class Consume(Spec):
    """Who takes messages.

    Attributes:
        consumers: consumer processes sharing one JetStream consumer.
        workers: messages one process handles at a time.
        handler: what is done with each.
    """

    consumers: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=1, ge=1, le=10_000)
    handler: Handler = Handler()


class Phases(Spec):
    """How long a trial's phases last.

    Attributes:
        warmup_ns: load runs, figures do not count.
        measure_ns: the window that figures come from.
        drain_ns: longest wait for what is still under way after the window.
    """

    warmup_ns: Duration = Field(default=30 * NS_PER_S, alias="warmup")
    measure_ns: Duration = Field(default=120 * NS_PER_S, alias="measure")
    drain_ns: Duration = Field(default=30 * NS_PER_S, alias="drain")

    @model_validator(mode="after")
    def _measures_something(self) -> Self:
        if self.measure_ns < NS_PER_S:
            raise ValueError("measure is too short for a figure; allowed: 1s or more")
        return self


class Workload(Spec):
    """One workload profile, the content of `workloads/<name>.yaml`."""

    kind: Literal["stream"]
    description: str = ""
    subjects: Subjects = Subjects()
    payload: Payload
    publish: Publish
    consume: Consume = Consume()
    phases: Phases = Phases()
