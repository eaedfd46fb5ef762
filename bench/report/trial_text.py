"""Everything about one trial, for the terminal."""

from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bench.analysis import latency
from bench.analysis.figures import MIN_BEYOND, PERCENTILES, TrialFigures
from bench.core import text
from bench.core.units import human_size


def print_trial(figures: TrialFigures, console: Console) -> None:
    """Print a trial's state, findings, times, rates, lag, ledger and processes."""
    record = figures.record
    state = "valid" if record.valid else "INVALID"
    console.print(f"{record.trial_id}: {state}, started {record.started_utc}", markup=False)
    if record.software is not None:
        software = record.software
        console.print(
            f"nats-server {software.server_version}, {software.client} {software.client_version}",
            markup=False,
        )
    for finding in record.findings:
        console.print(f"  {finding.level} {finding.code}: {finding.text}", markup=False)
    for table in (_times(figures), _rates(figures), _ledger(figures), _processes(figures)):
        console.print()
        console.print(table)


def _times(figures: TrialFigures) -> Table:
    title = (
        f"Times in the window (n/a: fewer than {MIN_BEYOND} messages beyond; "
        "≥: messages never came so far)"
    )
    names = [f"p{percentile:g}" for percentile in PERCENTILES]
    table = Table("time", "messages", *names, "max", title=title, title_justify="left", box=None)
    for time, of_time in figures.times.items():
        values = [latency.written(figures, time, percentile) for percentile in PERCENTILES]
        cells = [*values, latency.longest(figures, time)]
        table.add_row(time.replace("_", "-"), text.count(of_time.count), *cells)
    return table


def _rates(figures: TrialFigures) -> Table:
    table = _two_columns("Rates and lag in the window")
    if (rates := figures.rates) is not None:
        for name, value in asdict(rates).items():
            table.add_row(name, text.in_unit(value, "msg/s"))
    if (lag := figures.lag) is not None:
        for name, each in zip(("not handled", "not acknowledged"), lag.each, strict=False):
            told = "pending or unacknowledged, as the server told" if lag.by_server else name
            table.add_row(f"peak lag, {told}", text.in_unit(each.peak_msgs, "msgs"))
            ends = (each.slope_msgs_per_s, each.slope_low_msgs_per_s, each.slope_high_msgs_per_s)
            middle, low, high = map(text.slope, ends)
            slope = f"{middle} msg/s (90 % interval {low} to {high})"
            table.add_row(f"lag slope, {told}", slope)
        table.add_row("lag verdict", str(lag.verdict))
    return table


def _ledger(figures: TrialFigures) -> Table:
    table = _two_columns("Ledger (whole trial)")
    if figures.record.ledger is not None:
        ledger = figures.record.ledger
        for name, count in (asdict(ledger) | {"not_sent": ledger.not_sent}).items():
            shown = text.count(count) if count >= 0 else text.NA
            table.add_row(name.replace("_", " "), shown)
    return table


def _processes(figures: TrialFigures) -> Table:
    title = "Processes in the window"
    table = Table("process", "CPU", "peak memory", title=title, title_justify="left", box=None)
    for row in _process_rows(figures):
        table.add_row(*row)
    return table


def _process_rows(figures: TrialFigures) -> Iterator[tuple[str, str, str]]:
    for usage in figures.record.processes:
        known = usage.cpu_ns >= 0
        cpu = f"{text.percent(usage.cpu_share)} of a core" if known else text.NA
        memory = human_size(usage.rss_bytes_peak) if known else text.NA
        yield usage.role, cpu, memory


def _two_columns(title: str) -> Table:
    return Table("", "", title=title, title_justify="left", box=None, show_header=False)
