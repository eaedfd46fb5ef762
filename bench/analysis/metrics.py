"""How the figures of the catalogue are read from a trial: one function for each kind of source."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bench.analysis.figures import Growth, LagFigures, TrialFigures
from bench.analysis.lag import oldest_ns
from bench.analysis.latency import longer_than_ns, never_sooner_ns, unfinished_of
from bench.analysis.resources import all_used, cpu_us_unspread, most_used
from bench.analysis.throughput import rate_of
from bench.core.units import NS_PER_S
from bench.spec.cast import Cast, Part, entries, spans, tail
from bench.spec.laid import works
from bench.spec.metrics import (
    NETWORK_FIGURES,
    OLDEST,
    PROCESS_FIGURES,
    WORK,
    Kind,
    Metric,
    Source,
    messages_beyond,
    metric_of,
    of_casts,
)
from bench.spec.told_parts import FETCHES

OfTrial = Callable[[TrialFigures], float | None]


def _nothing(trial: TrialFigures) -> float | None:
    del trial
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How a figure is read from a trial.

    Attributes:
        of_trial: its value; None where the trial has none.
        at_least: what the value surely exceeds where it cannot be told because too many messages
            never came so far; else None.
        beyond: how many messages lie beyond a percentile; None for other figures.
    """

    of_trial: OfTrial
    at_least: OfTrial = _nothing
    beyond: OfTrial = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Reader):
    """A metric and how it is read.

    Attributes:
        metric: of the catalogue.
    """

    metric: Metric

    @property
    def logarithmic(self) -> bool:
        """Whether it is averaged over trials as logs."""
        return self.metric.logarithmic

    @property
    def resolution(self) -> float:
        """Relative difference below which two values are the same value."""
        return self.metric.resolution


def _time(source: Source) -> Reader:
    time, percentile = source.of, source.percentile
    if percentile is None:
        raise ValueError(f"the time {time} is read at no percentile")

    def of_trial(trial: TrialFigures) -> float | None:
        figures = trial.times.get(time)
        return None if figures is None else figures.percentiles_ns[percentile]

    def beyond(trial: TrialFigures) -> float | None:
        figures = trial.times.get(time)
        return None if figures is None else messages_beyond(percentile, figures.count)

    return Reader(
        of_trial=of_trial,
        at_least=lambda trial: longer_than_ns(trial, time, percentile),
        beyond=beyond,
    )


def _rate(source: Source) -> Reader:
    return Reader(of_trial=lambda trial: rate_of(trial.rates, trial.record.cast, source.of))


def _cpu(source: Source) -> Reader:
    return Reader(
        of_trial=lambda trial: trial.cpu_us_per_msg.get(source.of),
        at_least=lambda trial: cpu_us_unspread(trial.record, source.of),
    )


def _lag(source: Source) -> Reader:
    part, _, figure = source.of.rpartition(".")
    if figure == OLDEST:
        return Reader(of_trial=lambda trial: _oldest_ns(trial, part))
    of = {"peak": _lag_peak, "slope": _lag_slope}[figure]

    def of_trial(trial: TrialFigures) -> float | None:
        if not part:
            return max(map(of, _every_lag(trial)), default=None)
        lag = trial.lags.get(part)
        return None if lag is None else of(lag)

    return Reader(of_trial=of_trial)


def _oldest_ns(trial: TrialFigures, name: str) -> float | None:
    """Return the highest age of all parts, or of one; None where that of one is not known."""
    behind = [each for each in trial.record.cast.parts if each.levels and name in ("", each.name)]
    ages = [oldest_ns(trial.record, part) for part in behind]
    known = [float(age) for age in ages if age is not None]
    return max(known) if known and len(known) == len(ages) else None


def _every_lag(trial: TrialFigures) -> Sequence[LagFigures]:
    """Return the lags of all parts; none where that of one is not known and may be the largest.

    The part that is farthest behind by its verdict need not have the highest peak.
    """
    behind = [part for part in trial.record.cast.parts if part.levels]
    if trial.lag is None or 0 < len(trial.lags) < len(behind):
        return ()
    return tuple(trial.lags.values()) or (trial.lag,)


def _lag_peak(lag: LagFigures) -> float:
    return max(each.peak_msgs for each in lag.each)


def _lag_slope(lag: LagFigures) -> float:
    return lag.steepest.slope_msgs_per_s


def _process(source: Source) -> Reader:
    figure = max((each for each in PROCESS_FIGURES if source.of.endswith(f"_{each}")), key=len)
    role = source.of.removesuffix(f"_{figure}")
    used = all_used if figure in NETWORK_FIGURES else most_used
    return Reader(of_trial=lambda trial: used(trial.record.processes, role, figure))


def _deliveries(source: Source) -> Reader:
    return Reader(of_trial=lambda trial: _ratio(trial, source.of, tail(source.of), "deliveries"))


def _fetches(source: Source) -> Reader:
    if tail(source.of) == FETCHES.name:
        return Reader(of_trial=lambda trial: _msgs_per_fetch(trial, source.of))
    return Reader(of_trial=lambda trial: _ratio(trial, source.of, tail(source.of), FETCHES.name))


def _msgs_per_fetch(trial: TrialFigures, of: str) -> float | None:
    """Return how much came each time, for all that the same processes ask for together.

    Who drains a backlog takes what comes meanwhile by the same requests.
    """
    cast, held = trial.record.cast, entries(trial.record.cast).get(of)
    if held is None:
        return None
    part, asked = held[0], trial.record.known(of)
    others = [each for each in cast.observing if works(part) and _comes_beside(each, part)]
    came = [trial.record.known(cast.entry(each, "deliveries")) for each in (part, *others)]
    told = [count for count in came if count is not None]
    return sum(told) / asked if asked and len(told) == len(came) else None


def _comes_beside(other: Part, part: Part) -> bool:
    """Say whether what another part sees is asked for by those who ask for this one's."""
    asks = any(each.name == FETCHES.name for each in other.entries)
    return other.role == part.role and other is not part and not asks


def _ratio(trial: TrialFigures, of: str, count: str, per: str) -> float | None:
    """Return one count by another, both of the part that has an entry; None where one is unknown.

    Args:
        trial: its figures.
        of: flat name of the entry.
        count: entry of that part or its flow.
        per: likewise.
    """
    cast = trial.record.cast
    if (held := entries(cast).get(of)) is None:
        return None
    found, every = (trial.record.known(cast.entry(held[0], each)) for each in (count, per))
    return None if found is None or not every else found / every


def _work(source: Source) -> Reader:
    name, _, figure = source.of.rpartition(".")

    def took_ns(trial: TrialFigures) -> int | None:
        times = work_times(trial.record.cast, name)
        whole = [trial.times.get(each) for each in times if not unfinished_of(trial, each)]
        longest = [each.max_ns for each in whole if each is not None and each.max_ns is not None]
        return max(longest) if longest and len(longest) == len(times) else None

    def at_least_ns(trial: TrialFigures) -> int | None:
        times = work_times(trial.record.cast, name)
        bounds = [never_sooner_ns(trial, each) for each in times]
        return max((each for each in bounds if each is not None), default=None)

    def rate(trial: TrialFigures) -> float | None:
        done_ns, times = took_ns(trial), work_times(trial.record.cast, name)
        return None if not done_ns else trial.times[times[0]].count * NS_PER_S / done_ns

    if figure == WORK:
        return Reader(of_trial=took_ns, at_least=at_least_ns)
    return Reader(of_trial=rate)


def work_times(cast: Cast, name: str) -> tuple[str, ...]:
    """Return the times, flat, that a piece of work is done with: handled, and acknowledged.

    Args:
        cast: of the trial.
        name: of the part that does it; empty for the only one.
    """
    return tuple(
        time
        for time, (part, span) in spans(cast).items()
        if works(part) and name in ("", part.name) and span.name in ("completion", "end_to_end")
    )


def _payload(source: Source) -> Reader:
    return Reader(of_trial=lambda trial: trial.bytes_per_s.get(source.of))


def _growth(source: Source) -> Reader:
    of: Mapping[str, Callable[[Growth], float | None]] = {
        "bytes": lambda found: found.bytes_per_s,
        "msgs": lambda found: found.msgs_per_s,
        "left": lambda found: None if found.first_left_s is None else found.first_left_s * NS_PER_S,
    }
    return Reader(
        of_trial=lambda trial: None if trial.growth is None else of[source.of](trial.growth)
    )


def _recovery(source: Source) -> Reader:
    part, _, _ = source.of.rpartition(".")

    def of_trial(trial: TrialFigures) -> float | None:
        """Return the longest time after a disturbance; None where one was not recovered from."""
        told = [
            ns
            for each in trial.record.disturbances
            for name, ns in each.recovery_ns.items()
            if part in ("", name)
        ]
        return float(max(told)) if told and min(told) >= 0 else None

    return Reader(of_trial=of_trial)


_READERS: Mapping[Kind, Callable[[Source], Reader]] = {
    Kind.TIME: _time,
    Kind.RATE: _rate,
    Kind.CPU: _cpu,
    Kind.LAG: _lag,
    Kind.PROCESS: _process,
    Kind.PAYLOAD: _payload,
    Kind.GROWTH: _growth,
    Kind.DELIVERIES: _deliveries,
    Kind.FETCHES: _fetches,
    Kind.WORK: _work,
    Kind.RECOVERY: _recovery,
}


def _measure(metric: Metric) -> Measure:
    reader = _READERS[metric.source.kind](metric.source)
    return Measure(
        metric=metric,
        of_trial=reader.of_trial,
        at_least=reader.at_least,
        beyond=reader.beyond,
    )


@lru_cache(maxsize=4096)
def measure_of(key: str) -> Measure:
    """Return the measure of a metric's key; KeyError when there is none."""
    return _measure(metric_of(key))


def measures_of(casts: Iterable[Cast]) -> tuple[Measure, ...]:
    """Return the measures of what some of these casts can have, in the order of the tables."""
    return tuple(measure_of(metric.key) for metric in of_casts(casts))
