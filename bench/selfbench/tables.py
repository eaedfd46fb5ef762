"""The figures as tables, in Markdown: readable on a terminal and ready to be kept in a document."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bench.core.units import NS_PER_US, human_duration, human_size
from bench.selfbench.figures import (
    Figures,
    LoadFigures,
    MemoryFigures,
    PacedFigures,
    Row,
    Run,
    Spread,
    TimerFigures,
)
from bench.selfbench.targets import Standing, Unit

Shown = Callable[[float], str]


def _us(ns: float) -> str:
    return f"{ns / NS_PER_US:.2f}"


def _whole_us(ns: float) -> str:
    return f"{ns / NS_PER_US:.0f}"


def _thousands(rate: float) -> str:
    if rate < 1000:
        return f"{rate:.0f}"
    return f"{rate / 1000:.0f}k" if rate >= 10_000 else f"{rate / 1000:.1f}k"


_LOAD_COLUMNS: Mapping[str, tuple[str, Shown]] = {
    "client_cpu_ns_per_msg": ("client µs/msg", _us),
    "server_cpu_ns_per_msg": ("server µs/msg", _us),
    "client_to_server_cpu": ("client/server", lambda ratio: f"{ratio:.2f}"),
    "rate_msgs_per_s": ("msg/s", _thousands),
    "client_core_share": ("of a core", lambda share: f"{share:.2f}"),
}
_PACED_COLUMNS: Mapping[str, tuple[str, Shown]] = {
    "slip_ns_p50": ("slip p50 µs", _whole_us),
    "slip_ns_p99": ("slip p99 µs", _whole_us),
    "end_to_end_ns_p50": ("end-to-end p50 µs", _whole_us),
    "end_to_end_ns_p99": ("end-to-end p99 µs", _whole_us),
    "publisher_core_share": ("publisher", lambda share: f"{share:.2f}"),
    "consumer_core_share": ("consumer", lambda share: f"{share:.2f}"),
    "server_core_share": ("server", lambda share: f"{share:.2f}"),
    "sent_share": ("sent", lambda share: f"{share:.3f}"),
    "acked_share": ("acked", lambda share: f"{share:.3f}"),
}
_TIMER_COLUMNS: Mapping[str, tuple[str, Shown]] = {
    "cpu_ns_per_wake_up": ("CPU µs/wake-up", _us),
    "timer_core_share": ("of a core", lambda share: f"{share:.2f}"),
    "late_ns_p50": ("late p50 µs", _whole_us),
    "late_ns_p99": ("late p99 µs", _whole_us),
}
_MEMORY_COLUMNS: Mapping[str, tuple[str, Shown]] = {
    "messages": ("messages", lambda count: f"{count:,.0f}".replace(",", " ")),
    "rss_bytes_per_msg": ("bytes/msg", lambda size: f"{size:.0f}"),
    "late_rss_bytes": ("memory in the end", human_size),
    "growth_share": ("growth after the start", lambda share: f"{share:.2%}"),
}
_TABLES = (_LOAD_COLUMNS, _PACED_COLUMNS, _TIMER_COLUMNS, _MEMORY_COLUMNS)
_UNITS: Mapping[Unit, Shown] = {
    "ns": human_duration,
    "times": lambda ratio: f"{ratio:.2f} ×",
    "msg/s": lambda rate: f"{rate:,.0f} msg/s".replace(",", " "),
    "share": lambda share: f"{share:.2f}",
}
_VERDICTS = {True: "yes", False: "no", None: "not measured"}


def tables(rows: Sequence[Row], standings: Sequence[Standing]) -> str:
    """Return a table for each kind of case and one of the targets; medians, with least–greatest."""
    parts = []
    for columns in _TABLES:
        if chosen := [row for row in rows if row.figures.keys() & columns.keys()]:
            headings = ("case", *(title for title, _ in columns.values()))
            parts.append(_markdown(headings, _cells(chosen, columns)))
    parts.append(_markdown(("to reach", "limit", "found", "reached"), _verdicts(standings)))
    return "\n\n".join(parts)


def run_line(run: Run) -> str:
    """Return one run in one line, for whoever watches."""
    return f"{run.case}: {_in_words(run.figures)}"


def _in_words(figures: Figures) -> str:
    match figures:
        case LoadFigures():
            client = f"{human_duration(figures.client_ns_per_msg)} client"
            server_ns = figures.server_ns_per_msg
            server = f", {human_duration(server_ns)} server" if server_ns is not None else ""
            rate = _UNITS["msg/s"](figures.rate_msgs_per_s)
            return f"{client}{server} per message, {rate}"
        case PacedFigures():
            return f"slip p50 / p99 {_pair(figures.slip_ns_p50, figures.slip_ns_p99)}"
        case TimerFigures():
            cpu = human_duration(figures.cpu_ns_per_wake_up)
            late = _pair(figures.late_ns_p50, figures.late_ns_p99)
            return f"{cpu} per wake-up, late p50 / p99 {late}"
        case MemoryFigures():
            return f"{figures.growth_share:.2%} more memory in the end than at the start"


def _pair(*values_ns: int | None) -> str:
    return " / ".join("n/a" if value is None else human_duration(value) for value in values_ns)


def _markdown(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table whose columns stand below each other in plain text, too."""
    cells = [headings, *lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    # The first column is text, the others are figures.
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [[line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in (padded[0], rule, *padded[1:]))


def _cells(
    rows: Sequence[Row], columns: Mapping[str, tuple[str, Shown]]
) -> Iterator[Sequence[str]]:
    for row in rows:
        yield [
            row.case,
            *(_spread(row.figures.get(key), shown) for key, (_, shown) in columns.items()),
        ]


def _spread(found: Spread | None, shown: Shown) -> str:
    if found is None:
        return "n/a"
    median, least, greatest = map(shown, (found.median, found.min, found.max))
    return median if least == greatest else f"{median} ({least}–{greatest})"


def _verdicts(standings: Sequence[Standing]) -> Iterator[Sequence[str]]:
    for standing in standings:
        shown = _UNITS[standing.unit]
        sign = "≥" if standing.at_least else "≤"
        yield [
            standing.what,
            f"{sign} {shown(standing.limit)}",
            _spread(standing.found, shown),
            _VERDICTS[standing.reached],
        ]
