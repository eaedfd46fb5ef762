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


Figures = LoadFigures | PacedFigures


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


LOAD_FIGURES: Mapping[str, Callable[[LoadFigures], float | None]] = {
    "client_cpu_ns_per_msg": lambda figures: figures.client_ns_per_msg,
    "server_cpu_ns_per_msg": lambda figures: figures.server_ns_per_msg,
    "client_to_server_cpu": lambda figures: figures.client_to_server,
    "rate_msgs_per_s": lambda figures: figures.rate_msgs_per_s,
    "client_core_share": lambda figures: figures.client_core_share,
}
PACED_FIGURES: Mapping[str, Callable[[PacedFigures], float | None]] = {
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case over its repeats.

    Attributes:
        case: its name.
        figures: what is known of it, by the keys of LOAD_FIGURES or PACED_FIGURES.
    """

    case: str
    figures: Mapping[str, Spread]


def rows(runs: Sequence[Run]) -> tuple[Row, ...]:
    """Return one row for each case, in the order in which the cases first come."""
    names = dict.fromkeys(run.case for run in runs)
    return tuple(_row(name, [run.figures for run in runs if run.case == name]) for name in names)


def _row(name: str, repeats: Sequence[Figures]) -> Row:
    loads = [figures for figures in repeats if isinstance(figures, LoadFigures)]
    paced = [figures for figures in repeats if isinstance(figures, PacedFigures)]
    return Row(case=name, figures=_spreads(loads, LOAD_FIGURES) | _spreads(paced, PACED_FIGURES))


def _spreads(
    repeats: Sequence[F], columns: Mapping[str, Callable[[F], float | None]]
) -> dict[str, Spread]:
    known = {
        key: [value for figures in repeats if (value := column(figures)) is not None]
        for key, column in columns.items()
    }
    # A figure that one repeat could not tell is told by none: the others would flatter.
    return {key: spread(values) for key, values in known.items() if len(values) == len(repeats) > 0}
