"""The figures that cells are compared by: what each is called, its unit, which way it improves.

A catalogue of names alone, so that a rule can be checked before anything runs. How each is come by
is `bench.analysis.metrics`; docs/METRICS.md defines them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.core import text


class Better(StrEnum):
    """Which way a metric improves."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure that cells are compared by.

    Attributes:
        key: stable word, `end_to_end_ns_p99`; defined in docs/METRICS.md.
        short: how rules write it, `end_to_end_p99`: there the unit stands in the value.
        title: for people, `end-to-end p99`.
        unit: `ns`, `msg/s`, `msgs`, `µs/msg`, `bytes`, `share`.
        better: which way it improves.
        percentile: that a time is read at; None for other figures.
        signed: its sign says which way it goes and is always written.
    """

    key: str
    short: str
    title: str
    unit: str
    better: Better
    percentile: float | None = None
    signed: bool = False

    def written(self, amount: float) -> str:
        """Write a figure with its unit: `1.23 ms`."""
        if self.signed:
            return f"{text.slope(amount)} {self.unit}"
        return text.in_unit(amount, self.unit)

    def written_change(self, amount: float, *, relative: bool, limit: float | None = None) -> str:
        """Write a change: a share of what was, or a difference in the unit.

        Args:
            amount: of the change.
            relative: it is a share.
            limit: the share that it is judged against; None where nothing is judged.
        """
        if relative:
            return text.share(amount) if limit is None else text.share_beside(amount, limit)
        plus = "+" if amount > 0 and not self.signed else ""
        return plus + self.written(amount)

    def written_interval(
        self, low: float, high: float, *, relative: bool, limit: float | None = None
    ) -> str:
        """Write an interval of changes, as `written_change` writes each: `+4.0 % to +12 %`."""
        if relative:
            return text.share_interval(low, high, limit)
        ends = (self.written_change(end, relative=False) for end in (low, high))
        return " to ".join(ends)


def _time(time: str, percentile: str, better: Better = Better.LOWER) -> Metric:
    word = percentile.replace(".", "_")
    return Metric(
        key=f"{time}_ns_{word}",
        short=f"{time}_{word}",
        title=f"{time.replace('_', '-')} {percentile}",
        unit="ns",
        better=better,
        percentile=float(percentile.removeprefix("p")),
    )


def _rate(kind: str) -> Metric:
    return Metric(
        key=f"{kind}_msgs_per_s",
        short=f"{kind}_rate",
        title=f"{kind} rate",
        unit="msg/s",
        better=Better.HIGHER,
    )


def _cpu(kind: str) -> Metric:
    return Metric(
        key=f"{kind}_cpu_us_per_msg",
        short=f"{kind}_cpu",
        title=f"{kind} CPU per message",
        unit="µs/msg",
        better=Better.LOWER,
    )


METRICS: tuple[Metric, ...] = (
    _time("end_to_end", "p50"),
    _time("end_to_end", "p95"),
    _time("end_to_end", "p99"),
    _time("end_to_end", "p99.9"),
    _time("completion", "p50"),
    _time("completion", "p99"),
    _time("delivery", "p50"),
    _time("delivery", "p99"),
    _time("response", "p50"),
    _time("response", "p99"),
    # Slip tells how well the load was made, not how good a configuration is.
    _time("slip", "p99", Better.NEITHER),
    _rate("stored"),
    _rate("acked"),
    Metric(
        key="lag_msgs_peak", short="lag_peak", title="peak lag", unit="msgs", better=Better.LOWER
    ),
    # Neither way is better: a lag that drains is a backlog of before. The verdict judges it.
    Metric(
        key="lag_slope_msgs_per_s",
        short="lag_slope",
        title="lag slope",
        unit="msg/s",
        better=Better.NEITHER,
        signed=True,
    ),
    _cpu("server"),
    _cpu("publisher"),
    _cpu("consumer"),
    Metric(
        key="server_rss_bytes_peak",
        short="server_memory",
        title="server peak memory",
        unit="bytes",
        better=Better.LOWER,
    ),
    Metric(
        key="redelivered_share",
        short="redelivered_ratio",
        title="redelivered",
        unit="share",
        better=Better.LOWER,
    ),
)
"""In the order of the tables."""

MIN_BEYOND_GATED = 100
"""With fewer messages beyond it, chance alone moves a percentile by more than 10 % (R4)."""


def messages_beyond(percentile: float, messages: float) -> float:
    """Return how many of so many messages lie beyond a percentile."""
    return round(messages * (100 - percentile) / 100, 6)


_BY_NAME: Mapping[str, Metric] = {
    name: metric
    for metric in METRICS
    for name in (metric.key, metric.short, metric.short.removeprefix("end_to_end_"))
}


def find_metric(name: str) -> Metric | None:
    """Return the metric of this key or short name; `p99` alone means `end_to_end_p99`."""
    return _BY_NAME.get(name.replace(".", "_"))


def metric_of(key: str) -> Metric:
    """Return the metric of a key; KeyError when there is none."""
    return _BY_NAME[key]


def metric_names() -> tuple[str, ...]:
    """Return every name that a metric may be given."""
    return tuple(_BY_NAME)


def metric_words() -> str:
    """Return the short names, for a message that says what is allowed."""
    return ", ".join(metric.short for metric in METRICS)
