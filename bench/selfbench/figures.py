"""What one run of a case gives, and the medians over its runs. Pure."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.core.units import NS_PER_S

F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFigures:
    """One run of a load, or of the recording alone.

    Attributes:
        messages: published and confirmed, received and acknowledged, or recorded; all of them.
        elapsed_ns: from the first one's start to the last one's end.
        client_cpu_ns: user and system time of the client process meanwhile.
        server_cpu_ns: of the server, until it had taken the last ack; None without a server.
    """

    messages: int
    elapsed_ns: int
    client_cpu_ns: int
    server_cpu_ns: int | None

    @property
    def rate_msgs_per_s(self) -> float:
        """Messages a second."""
        return self.messages * NS_PER_S / self.elapsed_ns

    @property
    def client_ns_per_msg(self) -> float:
        """Client CPU time for one message."""
        return self.client_cpu_ns / self.messages

    @property
    def server_ns_per_msg(self) -> float | None:
        """Server CPU time for one message."""
        return None if self.server_cpu_ns is None else self.server_cpu_ns / self.messages

    @property
    def client_to_server(self) -> float | None:
        """Client CPU time for one second of the server's."""
        return self.client_cpu_ns / self.server_cpu_ns if self.server_cpu_ns else None

    @property
    def client_core_share(self) -> float:
        """Of one core, that the client used."""
        return self.client_cpu_ns / self.elapsed_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class PacedFigures:
    """The window of one open-loop trial.

    Attributes:
        offered_msgs, sent_msgs, acked_msgs: due, sent and acknowledged within the window.
        slip_ns_p50, slip_ns_p99, end_to_end_ns_p50, end_to_end_ns_p99: None where too few
            messages lie beyond.
        publisher_core_share, consumer_core_share, server_core_share: of one core.
        findings: of the trial, as `level code`.
    """

    offered_msgs: int
    sent_msgs: int
    acked_msgs: int
    slip_ns_p50: int | None
    slip_ns_p99: int | None
    end_to_end_ns_p50: int | None
    end_to_end_ns_p99: int | None
    publisher_core_share: float
    consumer_core_share: float
    server_core_share: float
    findings: tuple[str, ...]

    @property
    def sent_share(self) -> float:
        """Messages sent for one that was due; above 1 when a backlog of the warm-up was sent."""
        return self.sent_msgs / self.offered_msgs

    @property
    def acked_share(self) -> float:
        """Messages acknowledged for one that was due."""
        return self.acked_msgs / self.offered_msgs


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFigures:
    """One run of nothing but a timer.

    Attributes:
        wake_ups: how often it rang.
        elapsed_ns: from the first to the last.
        cpu_ns: user and system time of the process meanwhile.
        late_ns_p50, late_ns_p99: how long after its instant it rang.
    """

    wake_ups: int
    elapsed_ns: int
    cpu_ns: int
    late_ns_p50: int
    late_ns_p99: int

    @property
    def cpu_ns_per_wake_up(self) -> float:
        """CPU time for one wake-up."""
        return self.cpu_ns / self.wake_ups

    @property
    def core_share(self) -> float:
        """Of one core, that waking up used."""
        return self.cpu_ns / self.elapsed_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFigures:
    """One long run's memory.

    Attributes:
        messages: published and confirmed.
        early_rss_bytes: resident when a fiftieth of them was confirmed: all is claimed by then.
        late_rss_bytes: resident when all were.
    """

    messages: int
    early_rss_bytes: int
    late_rss_bytes: int

    @property
    def rss_bytes_per_msg(self) -> float:
        """Resident memory in the end for one message."""
        return self.late_rss_bytes / self.messages

    @property
    def growth_share(self) -> float:
        """What came on top after the start, as a share of what was there."""
        return self.late_rss_bytes / self.early_rss_bytes - 1


ProcessFigures = LoadFigures | TimerFigures | MemoryFigures
Figures = ProcessFigures | PacedFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One case, once.

    Attributes:
        case: its name.
        repeat: 1-based.
        figures: what came of it.
    """

    case: str
    repeat: int
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure over the repeats."""

    median: float
    min: float
    max: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median with the extremes; `values` must not be empty."""
    return Spread(median=statistics.median(values), min=min(values), max=max(values))


Column = Callable[[F], float | None]

LOAD_FIGURES: Mapping[str, Column[LoadFigures]] = {
    "client_cpu_ns_per_msg": lambda figures: figures.client_ns_per_msg,
    "server_cpu_ns_per_msg": lambda figures: figures.server_ns_per_msg,
    "client_to_server_cpu": lambda figures: figures.client_to_server,
    "rate_msgs_per_s": lambda figures: figures.rate_msgs_per_s,
    "client_core_share": lambda figures: figures.client_core_share,
}
PACED_FIGURES: Mapping[str, Column[PacedFigures]] = {
    "slip_ns_p50": lambda figures: figures.slip_ns_p50,
    "slip_ns_p99": lambda figures: figures.slip_ns_p99,
    "end_to_end_ns_p50": lambda figures: figures.end_to_end_ns_p50,
    "end_to_end_ns_p99": lambda figures: figures.end_to_end_ns_p99,
    "publisher_core_share": lambda figures: figures.publisher_core_share,
    "consumer_core_share": lambda figures: figures.consumer_core_share,
    "server_core_share": lambda figures: figures.server_core_share,
    "sent_share": lambda figures: figures.sent_share,
    "acked_share": lambda figures: figures.acked_share,
}
TIMER_FIGURES: Mapping[str, Column[TimerFigures]] = {
    "cpu_ns_per_wake_up": lambda figures: figures.cpu_ns_per_wake_up,
    "timer_core_share": lambda figures: figures.core_share,
    "late_ns_p50": lambda figures: figures.late_ns_p50,
    "late_ns_p99": lambda figures: figures.late_ns_p99,
}
MEMORY_FIGURES: Mapping[str, Column[MemoryFigures]] = {
    "messages": lambda figures: figures.messages,
    "rss_bytes_per_msg": lambda figures: figures.rss_bytes_per_msg,
    "late_rss_bytes": lambda figures: figures.late_rss_bytes,
    "growth_share": lambda figures: figures.growth_share,
}


def told(figures: Figures) -> Mapping[str, float]:
    """Return what one run tells, by the keys of the four tables above."""
    match figures:
        case LoadFigures():
            return _known(LOAD_FIGURES, figures)
        case PacedFigures():
            return _known(PACED_FIGURES, figures)
        case TimerFigures():
            return _known(TIMER_FIGURES, figures)
        case MemoryFigures():
            return _known(MEMORY_FIGURES, figures)


def _known(columns: Mapping[str, Column[F]], figures: F) -> Mapping[str, float]:
    values = {key: column(figures) for key, column in columns.items()}
    return {key: value for key, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case over its repeats.

    Attributes:
        case: its name.
        figures: what is known of it, by the keys of `told`.
    """

    case: str
    figures: Mapping[str, Spread]


def rows(runs: Sequence[Run]) -> tuple[Row, ...]:
    """Return one row for each case, in the order in which the cases first come."""
    names = dict.fromkeys(run.case for run in runs)
    return tuple(_row(name, [run.figures for run in runs if run.case == name]) for name in names)


def _row(name: str, repeats: Sequence[Figures]) -> Row:
    values = [told(figures) for figures in repeats]
    # A figure that one repeat could not tell is told by none: the others would flatter.
    keys = [key for key in values[0] if all(key in figures for figures in values)]
    return Row(
        case=name,
        figures={key: spread([figures[key] for figures in values]) for key in keys},
    )
