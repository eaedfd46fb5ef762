"""What a figure is: its names and unit, what it is read from, which way is better, where shown."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bench.core import text


class Better(StrEnum):
    """Which way a metric improves."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Kind(StrEnum):
    """What a figure is read from; each kind is read by one function of `bench.analysis.metrics`."""

    TIME = "time"
    RATE = "rate"
    PAYLOAD = "payload"
    LAG = "lag"
    CPU = "cpu"
    PROCESS = "process"
    GROWTH = "growth"
    DELIVERIES = "deliveries"
    FETCHES = "fetches"
    WORK = "work"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a figure comes from.

    Attributes:
        kind: of figure.
        of: its parameter: which time, the rate of what, the CPU of whom, `server_rss_bytes_peak` of
            a process, `peak`, `oldest` or `slope` of the lag, which entry of the ledger as a share
            of the deliveries, messages by `fetches` or the share of `empty_fetches`, the time or
            the rate of work, `recovery`, the instant of a payload, what of a growth.
        percentile: that a time is read at; None for other figures.
    """

    kind: Kind
    of: str
    percentile: float | None = None


class View(StrEnum):
    """A place that shows some figures and not all; all are in the tables by question and exports.

    TERMINAL stands beside the two percentiles that cells are ranked by.
    """

    CELLS = "the fold of all percentiles in the report"
    TERMINAL = "the tables on the terminal and in Markdown"
    COMPARE = "jetbench compare, unless other figures are named"
    TREND = "the table over runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure that cells are compared by.

    Attributes:
        key: stable word, `end_to_end_ns_p99`; defined in docs/METRICS.md.
        short: how rules write it, `end_to_end_p99`: there the unit stands in the value.
        title: for people, `end-to-end p99`.
        group: heading that it shares with its neighbours in a table, `End-to-end`.
        column: its own heading below that, `p99`.
        unit: `ns`, `msg/s`, `msgs`, `µs/msg`, `bytes`, `bytes/s`, `share`.
        better: which way it improves.
        source: what it is read from.
        logarithmic: averaged over trials as logs; plain where 0 or less is a sound value.
        resolution: relative difference below which two values are the same value.
        shown: where.
        signed: its sign says which way it goes and is always written.
    """

    key: str
    short: str
    title: str
    group: str
    column: str
    unit: str
    better: Better
    source: Source
    logarithmic: bool
    resolution: float
    shown: frozenset[View] = frozenset()
    signed: bool = False

    def of_part(self, part: str) -> "Metric":
        """Return the same figure of one of several parts: `billing.end_to_end_p99`."""
        return replace(
            self,
            key=f"{part}.{self.key}",
            short=f"{part}.{self.short}",
            title=f"{part} {self.title}",
            group=f"{part} {self.group}",
            source=replace(self.source, of=f"{part}.{self.source.of}"),
        )

    @property
    def percentile(self) -> float | None:
        """The percentile that a time is read at; None for other figures."""
        return self.source.percentile

    def written(self, amount: float, *, limit: float | None = None) -> str:
        """Write a figure with its unit: `1.23 ms`.

        Beside a limit that it is judged against, as finely as it takes to differ from it.
        """
        if limit is None:
            return self._written(amount)
        return text.finely(self._written, amount, limit)

    def written_ends(self, low: float, high: float, *, limit: float | None = None) -> str:
        """Write an interval of the figure: `1.21 ms to 1.24 ms`; ends that differ read so."""
        limits = () if limit is None else (limit,)
        ends = ((low, high), (high, low))
        both = (text.finely(self._written, end, other, *limits) for end, other in ends)
        return text.interval(*both)

    def _difference(self, amount: float, digits: int = 3) -> str:
        plus = "+" if amount > 0 and not self.signed else ""
        return plus + self._written(amount, digits)

    def _written(self, amount: float, digits: int = 3) -> str:
        if self.signed:
            return f"{text.slope(amount, digits)} {self.unit}"
        return text.in_unit(amount, self.unit, digits)

    def written_change(self, amount: float, *, relative: bool, limit: float | None = None) -> str:
        """Write a change: a share of what was, or a difference in the unit.

        Args:
            amount: of the change.
            relative: it is a share.
            limit: the share that it is judged against; None where nothing is judged.
        """
        if relative:
            return text.share(amount) if limit is None else text.share_beside(amount, limit)
        return self._difference(amount)

    def written_interval(
        self, low: float, high: float, *, relative: bool, limit: float | None = None
    ) -> str:
        """Write an interval of changes, as `written_change` writes each: `+4.0 % to +12 %`."""
        if relative:
            return text.share_interval(low, high, limit)
        ends = ((low, high), (high, low))
        return text.interval(*(text.finely(self._difference, end, other) for end, other in ends))
