"""The catalogue of the figures that cells are compared by: adding one is an entry of _WRITTEN.

What a kind of workload has and nobody wrote down is added by its cast.

An entry says what the figure is called, its unit, which way it improves, what it is read from, and
where it is shown. Rules, tables, comparisons and exports follow from it. How each kind of source is
read is `bench.analysis.metrics`; docs/METRICS.md defines the figures.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache

from bench.spec.cast import PART_NAME, Cast, entries, instants, spans, tail
from bench.spec.disturbed import UNRECOVERED
from bench.spec.figure import Better, Kind, Metric, Source, View
from bench.spec.kinds.registry import usual_casts
from bench.spec.laid import IN_HAND, works
from bench.spec.retried import RETRYING
from bench.spec.told_parts import EMPTY_FETCHES, FETCHES
from bench.spec.waiting import WAIT

__all__ = ["Better", "Kind", "Metric", "Source", "View"]

LISTED = "docs/METRICS.md"
"""Where all figures and counts are defined."""

OLDEST = "oldest"
"""Of a lag: how long the oldest message has waited."""

WORK, WORK_RATE = "work", "work_rate"
"""How long a piece of work took from its release, and how fast it was done."""


HDR_RESOLUTION = 0.001
"""A histogram of 3 digits knows no finer difference."""

RATE_RESOLUTION = 0.01
"""The generator holds the offered rate within 1 %: below that, cells differ by what was offered."""

COUNTED_RESOLUTION = 0.01
"""Of CPU time, memory and lag: what the system and the sampler can tell."""


def time_key(time: str, percentile: str) -> str:
    """Return the key of a time at a percentile: `end_to_end_ns_p99_9`."""
    return f"{time}_ns_{percentile.replace('.', '_')}"


def time_metric(time: str, percentile: str, *shown: View, better: Better = Better.LOWER) -> Metric:
    """Return the entry of a time at a percentile that histograms are read at, such as `p99.9`."""
    word, spaced = percentile.replace(".", "_"), time.replace("_", "-").replace(".", " ")
    return Metric(
        key=time_key(time, percentile),
        short=f"{time}_{word}",
        title=f"{spaced} {percentile}",
        group=spaced.capitalize(),
        column=percentile,
        unit="ns",
        better=better,
        source=Source(kind=Kind.TIME, of=time, percentile=float(percentile.removeprefix("p"))),
        logarithmic=True,
        resolution=HDR_RESOLUTION,
        shown=frozenset(shown),
    )


def _rate(of: str, *shown: View) -> Metric:
    return Metric(
        key=f"{of}_msgs_per_s",
        short=f"{of}_rate",
        title=f"{of} rate",
        group="Rate",
        column=of,
        unit="msg/s",
        better=Better.HIGHER,
        source=Source(kind=Kind.RATE, of=of),
        logarithmic=True,
        resolution=RATE_RESOLUTION,
        shown=frozenset(shown),
    )


def _cpu(of: str, *shown: View) -> Metric:
    return Metric(
        key=f"{of}_cpu_us_per_msg",
        short=f"{of}_cpu",
        title=f"{of} CPU per message",
        group="CPU",
        column=of,
        unit="µs/msg",
        better=Better.LOWER,
        source=Source(kind=Kind.CPU, of=of),
        logarithmic=True,
        resolution=COUNTED_RESOLUTION,
        shown=frozenset(shown),
    )


PAYLOAD_AT = ("stored", "handled", "updated", "created")
"""The instants at which payload bytes are counted."""


def _payload(at: str) -> Metric:
    return Metric(
        key=f"{at}_bytes_per_s",
        short=f"{at}_bytes",
        title=f"payload {at}",
        group="Payload",
        column=at,
        unit="bytes/s",
        better=Better.HIGHER,
        source=Source(kind=Kind.PAYLOAD, of=at),
        logarithmic=True,
        resolution=RATE_RESOLUTION,
        shown=frozenset({View.CELLS}),
    )


GROWTH_FIGURES: Mapping[str, tuple[str, str, str, str, Better]] = {
    "bytes": ("stream_bytes_per_s", "stream_growth", "stream growth", "bytes/s", Better.LOWER),
    "msgs": ("stream_msgs_per_s", "stream_growth_rate", "growth rate", "msg/s", Better.LOWER),
    "left": ("stream_left_ns", "stream_left", "time left to a limit", "ns", Better.HIGHER),
}
"""What of a stream's growth: key, how rules write it, words, unit, and which way is better."""


def _of_growth() -> Iterator[Metric]:
    for of, (key, short, words, unit, better) in GROWTH_FIGURES.items():
        yield Metric(
            key=key,
            short=short,
            title=words,
            group="Stream",
            column=words.removeprefix("stream "),
            unit=unit,
            better=better,
            source=Source(kind=Kind.GROWTH, of=of),
            logarithmic=False,
            resolution=COUNTED_RESOLUTION,
            shown=frozenset({View.CELLS}),
        )


NETWORK_FIGURES: Mapping[str, tuple[str, str, str]] = {
    "in_bytes_per_s": ("network_in", "network in", "bytes/s"),
    "out_bytes_per_s": ("network_out", "network out", "bytes/s"),
}
"""What went over the connections of each process; of several processes all of it."""

PROCESS_FIGURES: Mapping[str, tuple[str, str, str]] = {
    "cpu_share": ("cpu_mean", "mean share of a core", "share"),
    "cpu_share_peak": ("cpu_peak", "busiest second", "share"),
    "rss_bytes_mean": ("memory_mean", "mean memory", "bytes"),
    "rss_bytes_peak": ("memory", "peak memory", "bytes"),
    **NETWORK_FIGURES,
}
"""What each process used: the record's word (`ProcessUsage`), how rules write it, words, unit."""


def _of_processes(role: str) -> Iterator[Metric]:
    """Yield what the processes of a role used: of several the one that used most.

    How much goes over a network is no merit by itself: more of it may be a higher rate.
    """
    for figure, (short, words, unit) in PROCESS_FIGURES.items():
        yield Metric(
            key=f"{role}_{figure}",
            short=f"{role}_{short}",
            title=f"{role} {words}",
            group=words.capitalize(),
            column=role,
            unit=unit,
            better=Better.NEITHER if figure in NETWORK_FIGURES else Better.LOWER,
            source=Source(kind=Kind.PROCESS, of=f"{role}_{figure}"),
            logarithmic=unit == "bytes",  # a process may use no CPU
            resolution=COUNTED_RESOLUTION,
        )


_WRITTEN: tuple[Metric, ...] = (
    time_metric("end_to_end", "p50", View.COMPARE, View.TREND),
    time_metric("end_to_end", "p95"),
    time_metric("end_to_end", "p99", View.COMPARE, View.TREND),
    time_metric("end_to_end", "p99.9"),
    time_metric("completion", "p50"),
    time_metric("completion", "p99"),
    time_metric("delivery", "p50"),
    time_metric("delivery", "p99"),
    time_metric("age", "p50"),
    time_metric("age", "p99"),
    time_metric("response", "p50"),
    time_metric("response", "p99", View.COMPARE),
    # Slip tells how well the load was made, not how good a configuration is.
    time_metric("slip", "p99", better=Better.NEITHER),
    _rate("stored"),
    _rate("acked", View.COMPARE, View.TREND),
    Metric(
        key="lag_msgs_peak",
        short="lag_peak",
        title="peak lag",
        group="Lag",
        column="peak",
        unit="msgs",
        better=Better.LOWER,
        source=Source(kind=Kind.LAG, of="peak"),
        logarithmic=False,
        resolution=COUNTED_RESOLUTION,
        shown=frozenset({View.COMPARE}),
    ),
    # Neither way is better: a lag that drains is a backlog of before. The verdict judges it.
    Metric(
        key="lag_slope_msgs_per_s",
        short="lag_slope",
        title="lag slope",
        group="Lag",
        column="slope",
        unit="msg/s",
        better=Better.NEITHER,
        source=Source(kind=Kind.LAG, of="slope"),
        logarithmic=False,
        resolution=0.0,
        signed=True,
    ),
    Metric(
        key="lag_ns_peak",
        short="lag_age",
        title="age of the oldest not handled",
        group="Lag",
        column="oldest",
        unit="ns",
        better=Better.LOWER,
        source=Source(kind=Kind.LAG, of=OLDEST),
        logarithmic=False,
        resolution=COUNTED_RESOLUTION,
    ),
    _cpu("server", View.TERMINAL, View.COMPARE, View.TREND),
    _cpu("publisher", View.CELLS),
    _cpu("consumer", View.CELLS),
    *map(_payload, PAYLOAD_AT),
    *_of_processes("server"),
    *_of_growth(),
    Metric(
        key="redelivered_share",
        short="redelivered_ratio",
        title="redelivered",
        group="Redelivered",
        column="redelivered",
        unit="share",
        better=Better.LOWER,
        source=Source(kind=Kind.DELIVERIES, of="redelivered"),
        logarithmic=False,
        resolution=0.0,
    ),
    # How a consumer asks is no merit by itself: what that does to times and to CPU is.
    Metric(
        key="msgs_per_fetch",
        short="msgs_per_fetch",
        title="messages per fetch",
        group="Fetches",
        column="messages each",
        unit="msgs",
        better=Better.NEITHER,
        source=Source(kind=Kind.FETCHES, of=FETCHES.name),
        logarithmic=True,
        resolution=COUNTED_RESOLUTION,
        shown=frozenset({View.CELLS}),
    ),
    Metric(
        key="empty_fetch_share",
        short="empty_fetch_ratio",
        title="empty fetches",
        group="Fetches",
        column="empty",
        unit="share",
        better=Better.NEITHER,
        source=Source(kind=Kind.FETCHES, of=EMPTY_FETCHES.name),
        logarithmic=False,
        resolution=0.0,
        shown=frozenset({View.CELLS}),
    ),
    Metric(
        key="work_ns",
        short=WORK,
        title="time until done",
        group="Work",
        column="until done",
        unit="ns",
        better=Better.LOWER,
        source=Source(kind=Kind.WORK, of=WORK),
        logarithmic=True,
        resolution=HDR_RESOLUTION,
        shown=frozenset({View.CELLS, View.COMPARE}),
    ),
    Metric(
        key="work_msgs_per_s",
        short=WORK_RATE,
        title="rate of the work",
        group="Work",
        column="rate",
        unit="msg/s",
        better=Better.HIGHER,
        source=Source(kind=Kind.WORK, of=WORK_RATE),
        logarithmic=True,
        resolution=HDR_RESOLUTION,
        shown=frozenset({View.CELLS}),
    ),
    Metric(
        key="recovery_ns",
        short="recovery",
        title="time to recover",
        group="Recovery",
        column="time to recover",
        unit="ns",
        better=Better.LOWER,
        source=Source(kind=Kind.RECOVERY, of="recovery"),
        logarithmic=False,
        resolution=COUNTED_RESOLUTION,
        shown=frozenset({View.COMPARE}),
    ),
)


def _derived() -> Iterator[Metric]:
    """Yield what kinds have besides: times from when they were due, rates, CPU of each role."""
    for cast in usual_casts():
        besides = (each for each in spans(cast) if tail(each) in (IN_HAND, WAIT, RETRYING))
        for name in (*cast.whole, *besides):
            # Slip tells how well the load was made, not how good a configuration is.
            better = Better.NEITHER if name in cast.slips else Better.LOWER
            yield from (time_metric(tail(name), each, better=better) for each in ("p50", "p99"))
        yield from (_rate(tail(each)) for each in (*cast.answered, cast.done))
        for role in cast.roles:
            yield _cpu(role, View.CELLS)
            yield from _of_processes(role)


def _catalogue() -> tuple[Metric, ...]:
    known = {metric.key: metric for metric in _WRITTEN}
    of_written = {metric.source.of for metric in _WRITTEN if metric.source.kind is Kind.TIME}
    for metric in _derived():
        if metric.source.kind is not Kind.TIME or metric.source.of not in of_written:
            known.setdefault(metric.key, metric)
    return tuple(sorted(known.values(), key=lambda metric: list(Kind).index(metric.source.kind)))


METRICS: tuple[Metric, ...] = _catalogue()
"""In the order of the tables."""


def of_casts(casts: Iterable[Cast]) -> tuple[Metric, ...]:
    """Return the metrics that some of these can have, in the order of the tables."""
    every = tuple(dict.fromkeys(casts))
    found = (each for metric in METRICS for cast in every for each in _in(cast, metric))
    return tuple(dict.fromkeys(found))


def _in(cast: Cast, metric: Metric) -> Iterator[Metric]:
    """Yield a metric as a cast has it: by itself, or of each of the parts that have one."""
    if metric.source.kind in (Kind.LAG, Kind.RECOVERY):
        disturbed = bool(cast.having(UNRECOVERED.name)) or metric.source.kind is Kind.LAG
        behind = [part.name for part in cast.parts if part.levels and disturbed]
        yield from [metric] if behind else []
        yield from map(metric.of_part, behind if len(behind) > 1 else [])
        return
    for name in _NAMES[metric.source.kind](cast):
        part, _, own = name.rpartition(".")
        if own == metric.source.of:
            yield metric.of_part(part) if part else metric


def _works(cast: Cast) -> Iterator[str]:
    """Yield the figures of each piece of work; of several by the parts that do them."""
    does = [part.name for part in cast.parts if works(part)]
    for figure in (WORK, WORK_RATE):
        yield from [figure] if len(does) == 1 else (f"{name}.{figure}" for name in does)


_NAMES: Mapping[Kind, Callable[[Cast], Iterable[str]]] = {
    Kind.TIME: spans,
    Kind.RATE: lambda cast: (name for name, (part, _) in instants(cast).items() if part.spans),
    Kind.PAYLOAD: lambda cast: (
        name for name, (part, at) in instants(cast).items() if part.spans and at.name in PAYLOAD_AT
    ),
    Kind.GROWTH: lambda cast: (
        tuple(GROWTH_FIGURES) if "stored" in map(tail, instants(cast)) else ()
    ),
    Kind.CPU: lambda cast: ("server", *cast.roles),
    Kind.PROCESS: lambda cast: (
        f"{role}_{figure}" for role in ("server", *cast.roles) for figure in PROCESS_FIGURES
    ),
    Kind.DELIVERIES: entries,
    Kind.FETCHES: entries,
    Kind.WORK: _works,
}


LAG_PEAK, LAG_SLOPE = "lag_msgs_peak", "lag_slope_msgs_per_s"
RECOVERY = "recovery_ns"
PRICE = "server_cpu_us_per_msg"
"""What a message costs; beside the time that cells are ranked by."""

MIN_BEYOND_READ = 10
"""With fewer messages beyond it a percentile is no figure of a trial (R4)."""

MIN_BEYOND_GATED = 100
"""With fewer messages beyond it, chance alone moves a percentile by more than 10 % (R4)."""


def messages_beyond(percentile: float, messages: float) -> float:
    """Return how many of so many messages lie beyond a percentile."""
    return round(messages * (100 - percentile) / 100, 6)


def shown_in(view: View) -> tuple[Metric, ...]:
    """Return the metrics that a view shows, in the order of the tables."""
    return tuple(metric for metric in METRICS if view in metric.shown)


@cache
def _by_name() -> Mapping[str, Metric]:
    return {
        name.replace(".", "_"): metric
        for metric in METRICS
        for name in (metric.key, metric.short, metric.short.removeprefix("end_to_end_"))
    }


@lru_cache(maxsize=4096)
def find_metric(name: str) -> Metric | None:
    """Return the metric of this key or short name; `p99` alone means `end_to_end_p99`.

    Of one of several parts it is `<part>.<metric>`.
    """
    known = _by_name()
    if (whole := known.get(name.replace(".", "_"))) is not None:
        return whole
    part, dot, own = name.partition(".")
    of_part = known.get(own.replace(".", "_")) if dot and PART_NAME.fullmatch(part) else None
    return None if of_part is None else of_part.of_part(part)


def metric_of(key: str) -> Metric:
    """Return the metric of a key; KeyError when there is none."""
    if (found := find_metric(key)) is None:
        raise KeyError(key)
    return found


def metric_names() -> tuple[str, ...]:
    """Return every name that a metric may be given."""
    return tuple(_by_name())


def metric_shorts() -> tuple[str, ...]:
    """Return the short name of each metric, for a message that says what is allowed."""
    return tuple(metric.short for metric in METRICS)
