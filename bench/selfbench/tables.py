"""The figures as tables, in Markdown: readable on a terminal and ready to be kept in a document."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from bench.core.units import NS_PER_US, human_duration
from bench.selfbench.figures import LOAD_FIGURES, PACED_FIGURES, LoadFigures, Row, Run, Spread
from bench.selfbench.targets import Standing, Unit

LEAST_COLUMNS = 160
"""Narrower consoles get lines this long all the same: a folded table cannot be kept."""

Shown = Callable[[float], str]


def _us(ns: float) -> str:
    return f"{ns / NS_PER_US:.2f}"


def _whole_us(ns: float) -> str:
    return f"{ns / NS_PER_US:.0f}"


def _thousands(rate: float) -> str:
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
    "sent_share": ("sent", lambda share: f"{share:.1%}"),
}
_UNITS: Mapping[Unit, Shown] = {
    "ns": human_duration,
    "times": lambda ratio: f"{ratio:.2f} ×",
    "msg/s": lambda rate: f"{rate:,.0f} msg/s".replace(",", " "),
    "share": lambda share: f"{share:.2f}",
}
_VERDICTS = {True: "yes", False: "no", None: "not measured"}


def print_tables(rows: Sequence[Row], standings: Sequence[Standing], console: Console) -> None:
    """Print the loads, the open loops and the targets; medians, with least–greatest."""
    console.width = max(console.width, LEAST_COLUMNS)
    loads = [row for row in rows if row.figures.keys() & LOAD_FIGURES.keys()]
    paced = [row for row in rows if row.figures.keys() & PACED_FIGURES.keys()]
    for title, chosen, columns in (
        ("Load", loads, _LOAD_COLUMNS),
        ("Open loop", paced, _PACED_COLUMNS),
    ):
        if chosen:
            _print(console, title, ["case", *_titles(columns)], _cells(chosen, columns))
    _print(console, "To reach", ["target", "limit", "found", "reached"], _verdicts(standings))


def run_line(run: Run) -> str:
    """Return one run in one line, for whoever watches."""
    figures = run.figures
    if isinstance(figures, LoadFigures):
        client = f"{human_duration(figures.client_ns_per_msg)} client"
        server_ns = figures.server_ns_per_msg
        server = f", {human_duration(server_ns)} server" if server_ns is not None else ""
        rate = _UNITS["msg/s"](figures.rate_msgs_per_s)
        return f"{run.case}: {client}{server} per message, {rate}"
    slip = " / ".join(
        "n/a" if value is None else human_duration(value)
        for value in (figures.slip_ns_p50, figures.slip_ns_p99)
    )
    return f"{run.case}: slip p50 / p99 {slip}"


def _print(
    console: Console, title: str, headings: Sequence[str], lines: Iterable[Sequence[str]]
) -> None:
    table = Table(box=box.MARKDOWN, header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    console.print(f"\n{title}", style="bold")
    console.print(table)


def _titles(columns: Mapping[str, tuple[str, Shown]]) -> list[str]:
    return [title for title, _ in columns.values()]


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
