"""How long the handler of a message takes: constant, even, skewed as services are, or measured."""

import math
from collections.abc import Mapping
from statistics import NormalDist, fmean
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from bench.core.units import format_duration, format_rate, human_duration
from bench.spec.base import Count, Duration, Loose, MisfitError, Rate, Spec
from bench.spec.calls import Called
from bench.spec.work import WorkKind
from bench.spec.work import told as work_told

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

    def told(self) -> str:
        """Return it in words."""
        return f"p50 {format_duration(self.p50_ns)}, p99 {format_duration(self.p99_ns)}"

    def slower(self, share: float) -> Self:
        """Return one that takes longer by a share."""
        changes = {"p50_ns": _longer(self.p50_ns, share), "p99_ns": _longer(self.p99_ns, share)}
        return self.model_copy(update=changes)

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

    def told(self) -> str:
        """Return it in words."""
        return format_duration(self.constant_ns)

    def slower(self, share: float) -> Self:
        """Return one that takes longer by a share."""
        return self.model_copy(update={"constant_ns": _longer(self.constant_ns, share)})


class Uniform(Spec):
    """Any time between two, each as likely as any other."""

    from_ns: Duration = Field(alias="from")
    to_ns: Duration = Field(alias="to")

    @property
    def mean_ns(self) -> float:
        """Mean time."""
        return (self.from_ns + self.to_ns) / 2

    @property
    def p99_ns(self) -> int:
        """99th percentile."""
        return round(self.to_ns - (self.to_ns - self.from_ns) / 100)

    def told(self) -> str:
        """Return it in words."""
        return f"{format_duration(self.from_ns)} to {format_duration(self.to_ns)}"

    def slower(self, share: float) -> Self:
        """Return one that takes longer by a share."""
        changes = {"from_ns": _longer(self.from_ns, share), "to_ns": _longer(self.to_ns, share)}
        return self.model_copy(update=changes)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ns >= self.to_ns:
            raise MisfitError(what="from must be below to", allowed="from < to")
        return self


class Empirical(Spec):
    """Times as they were measured, each as likely as it is frequent.

    Attributes:
        file: where they were read from, one a line; empty where the workload lists them.
        times_ns: ascending; of a longer file so many of its quantiles, evenly spaced.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "required": [],
            "anyOf": [{"required": ["file"]}, {"required": ["times"]}],
        }
    )

    file: str = ""
    times_ns: Annotated[tuple[Duration, ...], Loose] = Field(alias="times", min_length=1)

    @property
    def mean_ns(self) -> float:
        """Mean time."""
        return fmean(self.times_ns)

    @property
    def p99_ns(self) -> int:
        """99th percentile."""
        return self.times_ns[math.ceil(len(self.times_ns) * 0.99) - 1]

    def told(self) -> str:
        """Return it in words."""
        median = self.times_ns[math.ceil(len(self.times_ns) / 2) - 1]
        whence = f"as in {self.file}" if self.file else "as listed"
        return f"{whence}: p50 {human_duration(median)}, p99 {human_duration(self.p99_ns)}"

    def slower(self, share: float) -> Self:
        """Return one that takes longer by a share."""
        longer = tuple(_longer(time_ns, share) for time_ns in self.times_ns)
        return self.model_copy(update={"times_ns": longer})

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if list(self.times_ns) != sorted(self.times_ns):
            raise MisfitError("times", what="must not descend", allowed="the shortest first")
        return self


def _longer(time_ns: int, share: float) -> int:
    return round(time_ns * (1 + share))


_KINDS: Mapping[str, type[Spec]] = {
    "constant": Constant,
    "uniform": Uniform,
    "empirical": Empirical,
    "lognormal": Lognormal,
}


_BY_KEY = {
    "constant": "constant",
    "from": "uniform",
    "to": "uniform",
    "file": "empirical",
    "times": "empirical",
}


def _bare_time(value: object) -> object:
    return value if isinstance(value, dict | Spec) else {"constant": value}


def _distribution(value: object) -> str:
    if not isinstance(value, dict):
        return next(name for name, kind in _KINDS.items() if isinstance(value, kind))
    return next((_BY_KEY[key] for key in value if key in _BY_KEY), "lognormal")


HandlerTime = Annotated[
    Annotated[Constant, Tag("constant")]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[Empirical, Tag("empirical")]
    | Annotated[Lognormal, Tag("lognormal")],
    Discriminator(_distribution),
    BeforeValidator(
        _bare_time, json_schema_input_type=Duration | Constant | Uniform | Empirical | Lognormal
    ),
]


class Handler(Spec):
    """What a consumer does with a message; simulated by waiting, without using a core.

    Attributes:
        time: `5ms` for a constant time, `{p50: 5ms, p99: 40ms}` for a lognormal one,
            `{from: 8ms, to: 12ms}` for an even one, `{file: times.txt}` for one as measured.
    """

    time: HandlerTime = Field(
        default=Constant(constant="0s")  # type: ignore[arg-type]
    )

    def told(self) -> str:
        """Return how long it takes, in words."""
        if isinstance(self.time, Constant) and not self.time.constant_ns:
            return "no handler time"
        return f"handler {self.time.told()}"

    def slower(self, share: float) -> Self:
        """Return one that takes longer by a share."""
        return self.model_copy(update={"time": self.time.slower(share)})


class Starts(Spec):
    """How often a process begins a handler: a bucket of tokens, or a leaky one.

    Each token begins one; what finds none waits, and holds its worker meanwhile. Out of a leaky
    bucket work drips evenly: it saves nothing up, and after a pause begins one at a time as well.

    Attributes:
        rate_per_s: tokens that come into the bucket each second, or begins that leak out of it.
        burst: tokens that it holds; it begins full.
        bucket: `token`, or `leaky`, which has no bursts.
    """

    rate_per_s: Rate = Field(alias="rate")
    burst: Count = 1
    bucket: Literal["token", "leaky"] = "token"

    def told(self) -> str:
        """Return how often, in words."""
        even = self.bucket == "leaky"
        how = "evenly" if even else f"bursts of {self.burst}"
        return f"begun {format_rate(self.rate_per_s)} at most ({how})"

    @property
    def unsaid(self) -> set[str]:
        """What came later and is left out."""
        return {"bucket"} if self.bucket == "token" else set()

    @model_validator(mode="after")
    def _even(self) -> Self:
        if self.bucket == "leaky" and self.burst > 1:
            raise MisfitError(
                "burst",
                what="a leaky bucket begins one at a time, whatever it has saved",
                allowed="no burst, or bucket token",
            )
        return self


class ConsumeHandler(Handler):
    """What is done with each message of a stream.

    Attributes:
        time: of each message.
        cycle: what it costs besides that messages were asked for, as a transaction for each batch
            does: it is done with the first message that comes after a request.
        starts: how often a process begins one; as often as it can when left out.
        work: what is done with each message, in this order: `cpu` uses the CPU for its time in
            place of waiting; then, besides, `json` parses it and checks its envelope, `decrypt`
            (AES-GCM) and `verify` (Ed25519) open what is sealed, `kv` puts it into a bucket of the
            trial, `file` writes it to a file with fsync. With `handler.run:
            task` of a variant alone; its time passes, and nothing else is done, when left out.
        call: `module:function` that is called with each message, after its time and work; nothing
            is called when left out.
    """

    cycle_ns: Duration = Field(default=0, alias="cycle")
    starts: Starts | None = None
    work: Annotated[tuple[WorkKind, ...], Loose] = ()
    call: Called = None

    @classmethod
    def of(cls, handler: Handler) -> "ConsumeHandler":
        """Return one that takes as long."""
        return cls.model_construct(time=handler.time, cycle_ns=0, starts=None, work=(), call=None)

    def told(self) -> str:
        """Return how long it takes, in words."""
        cycle = f", {format_duration(self.cycle_ns)} a request" if self.cycle_ns else ""
        called = f", calls {self.call.function}" if self.call else ""
        return f"{super().told()}{work_told(self.work)}{cycle}{self._bounded()}{called}"

    def _bounded(self) -> str:
        return "" if self.starts is None else f", {self.starts.told()}"

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later and is left out, by key."""
        later = {
            "cycle_ns": not self.cycle_ns,
            "starts": self.starts is None,
            "work": not self.work,
            "call": self.call is None,
        }
        plain = {} if self.starts is None else {"starts": self.starts.unsaid}
        return {**plain, **{key: True for key, left_out in later.items() if left_out}}

    @model_validator(mode="after")
    def _works(self) -> Self:
        if len(set(self.work)) < len(self.work):
            raise MisfitError("work", what="a kind of work stands twice", allowed="each once")
        if "cpu" in self.work and not self.time.mean_ns:
            raise MisfitError(
                "work",
                what="cpu uses the CPU for the handler's time, and there is none",
                allowed="no cpu, or with it a time, such as time: 5ms",
            )
        return self
