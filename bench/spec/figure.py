"""What a figure is read from, which way of it is better, and where it is shown."""

from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    """Which way a metric improves."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Kind(StrEnum):
    """What a figure is read from; each kind is read by one function of `bench.analysis.metrics`."""

    TIME = "time"
    RATE = "rate"
    LAG = "lag"
    CPU = "cpu"
    PROCESS = "process"
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
            the rate of work, `recovery`.
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
