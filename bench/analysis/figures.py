"""The figures of a run, as every reader of it (report, terminal, export) sees them.

Plain data: `bench.analysis.summary` computes it from the records, `bench.report` shows it. None
stands for "no honest figure" (too few messages, process not visible) and prints as n/a.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bench.analysis.decision import Decision
from bench.plan.model import Cell, Plan
from bench.record.planned import Planned
from bench.record.schema import Environment, TrialRecord
from bench.record.storage import Storage
from bench.spec.metrics import MIN_BEYOND_READ, Metric
from bench.stats.shape import Shape

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9, 99.99)
"""Shown wherever at least MIN_BEYOND messages lie beyond them."""

MIN_BEYOND = MIN_BEYOND_READ

Array = NDArray[np.float64]


class LagVerdict(StrEnum):
    """Whether a consumer keeps up (MEASUREMENT.md R14)."""

    STABLE = "stable"
    GROWING = "growing"
    DRAINING = "draining"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFigures:
    """One time of one trial, or of a cell's trials together, within the window.

    Attributes:
        count: messages of the window that have this time. Those that never came so far
            (offered less count) count as longer than all others.
        percentiles_ns: by percentile, from the merged histogram; None with fewer than MIN_BEYOND
            messages beyond it, and where it falls among those that have no time.
        mean_ns, max_ns: of the messages that have it; None when count is 0.
        spectrum: percentile curve, (percentile, ns) pairs up to the last honest nine.
    """

    count: int
    percentiles_ns: Mapping[float, int | None]
    mean_ns: float | None
    max_ns: int | None
    spectrum: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LagFigures:
    """Lag within the window of one trial: messages stored and not handled.

    Attributes:
        peak_msgs: largest at any instant; the largest sample where only the server's lag is known.
        end_msgs: mean of the window's last tenth.
        slope_msgs_per_s: Theil-Sen on 10 batch means, or what the window left undone, if that is
            more and beyond the margin; positive = falling behind.
        slope_low_msgs_per_s, slope_high_msgs_per_s: its 90 % interval.
        slope_share_per_s: slope / offered rate, fraction a second.
        verdict: against a margin of 1 % of the offered rate; the worse of this and of `unacked`.
        lag_s: end_msgs / rate at which it shrinks, how far behind in time; None when nothing left.
        unacked: the same of a part's second level, messages stored and not acknowledged; None
            where it has none, and where only the server's lag is known.
        by_server: not by our own instants, which were not kept, but as the server told it.
        words: what waits, `not handled`.
    """

    peak_msgs: float
    end_msgs: float
    slope_msgs_per_s: float
    slope_low_msgs_per_s: float
    slope_high_msgs_per_s: float
    slope_share_per_s: float
    verdict: LagVerdict
    lag_s: float | None
    unacked: "LagFigures | None" = None
    by_server: bool = False
    words: str = ""

    @property
    def each(self) -> "tuple[LagFigures, ...]":
        """This and the figures of `unacked`, where there are any."""
        return (self,) if self.unacked is None else (self, self.unacked)

    @property
    def steepest(self) -> "LagFigures":
        """Of those, the one that rises most: what the lag slope is."""
        return max(self.each, key=lambda lag: lag.slope_msgs_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One trial over time, for plots; time in s from the trial's start.

    Attributes:
        slice_s: start of each slice, shape (k,).
        rates: instant -> operations a second, by when it happened, shape (k,).
        p99_ns: time -> p99 of each slice, NaN where a slice has too few, shape (k,).
        sample_s: instants of the samples, shape (n,).
        lag_msgs: lag at those, shape (n,), NaN where it was not told; the larger of messages not
            handled and not acknowledged.
        oldest_ns: age of the oldest message not handled at those, shape (n,); empty where not kept.
        cpu_share: role -> share of a core between samples, shape (n,), first is NaN.
        rss_bytes: role -> resident set, shape (n,).
    """

    slice_s: Array
    rates: Mapping[str, Array]
    p99_ns: Mapping[str, Array]
    sample_s: Array
    lag_msgs: Array
    cpu_share: Mapping[str, Array]
    rss_bytes: Mapping[str, Array]
    oldest_ns: Array = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How a trial's stream grew within the window.

    Attributes:
        msgs_per_s, bytes_per_s: from the first to the last sample; bytes before compression.
        left_s: name of each limit that is set -> time until it is reached, from the window's end at
            that pace, s; 0 where it is reached, None where the stream does not grow towards it.
    """

    msgs_per_s: float
    bytes_per_s: float
    left_s: Mapping[str, float | None]

    @property
    def first_left_s(self) -> float | None:
        """How long until the first limit is reached, s; None where none is, or none is set."""
        return min((each for each in self.left_s.values() if each is not None), default=None)


class Limit(StrEnum):
    """What is limited, or what spoils it."""

    GENERATOR = "generator-limited"
    WINDOW = "window-limited"
    PRODUCER = "producer-limited"
    STORAGE = "storage-limited"
    REFUSAL = "retention or refusal"
    STORM = "retry storm"
    GAP = "delivery gap"
    HANDLER = "handler-limited"
    ACKS = "ack-budget-limited"
    RATE = "rate-limited"
    FETCH = "fetch-limited"
    NONE = "not limited"
    UNTOLD = "limit not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What limits a part.

    Attributes:
        part: its name.
        limit: the layer.
        words: the figures that say so.
        knob: what to turn; empty where nothing is to be turned.
    """

    part: str
    limit: Limit
    words: str
    knob: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFigures:
    """Everything about one trial.

    Attributes:
        record: as stored, with the judging half's findings after those of the measuring half.
        times: by the names of its cast's spans.
        rates: instant -> operations a second within the window, by when it happened.
        lag: of the part that is farthest behind; None where it is hardly known.
        lags: of each part that has one, by its name.
        diagnoses: what limits each part that takes messages.
        bytes_per_s: `stored` and `handled` -> payload bytes a second within the window; absent
            where nobody can tell.
        growth: of its stream; None where it was not seen.
        times, rates, lag, series: None or empty when the trial broke off before its window ended.
        cpu_us_per_msg: `server` and each role of its cast -> CPU time per operation, µs; None where
            it cannot be read.
    """

    record: TrialRecord
    times: Mapping[str, TimeFigures]
    rates: Mapping[str, float]
    lag: LagFigures | None
    cpu_us_per_msg: Mapping[str, float | None]
    series: Series | None
    lags: Mapping[str, LagFigures] = field(default_factory=dict)
    diagnoses: tuple[Diagnosis, ...] = ()
    bytes_per_s: Mapping[str, float] = field(default_factory=dict)
    growth: Growth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A metric of a cell over its valid trials (MEASUREMENT.md R6).

    Attributes:
        value: mean over trials; geometric for times, rates and CPU, arithmetic for lag slope.
        low, high: 90 % t interval over trials; None with fewer than 3 trials.
        by_block: block -> the trial's value; invalid trials are left out.
    """

    value: float
    low: float | None
    high: float | None
    by_block: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFigures:
    """One cell over its blocks.

    Attributes:
        cell: as planned.
        trials: of this cell on disk, by block.
        estimates: metric key -> estimate; absent where a valid trial lacks the metric: it fell
            behind, and the others would flatter.
        lag_verdict: over the trials; None when no trial has one.
        times: of the merged histograms of the valid trials; messages of a valid trial that never
            came so far count as longer than all others, also where none of that trial did.
        shapes: how often each of those times occurred.
    """

    cell: Cell
    trials: tuple[TrialFigures, ...]
    estimates: Mapping[str, Estimate]
    lag_verdict: LagVerdict | None
    times: Mapping[str, TimeFigures]
    shapes: Mapping[str, Shape]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadFigures:
    """The cells of one workload, side by side.

    Attributes:
        name: of the workload.
        cells: in the plan's order.
        decisions: metric key -> what the blocks tell of every two cells; absent where no cell has
            the metric.
    """

    name: str
    cells: tuple[CellFigures, ...]
    decisions: Mapping[str, Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """A whole run.

    Attributes:
        run_id: directory name.
        plan, environment: as stored.
        metrics: compared, in the order of the tables.
        workloads: in the plan's order.
        missing: planned trials that have no record.
        planned: the capacity plan that it is held against; None without one.
        storage: what messages take in a store; None where that was not measured.
    """

    run_id: str
    plan: Plan
    environment: Environment
    metrics: tuple[Metric, ...]
    workloads: tuple[WorkloadFigures, ...]
    missing: tuple[str, ...]
    planned: Planned | None = None
    storage: Storage | None = None
