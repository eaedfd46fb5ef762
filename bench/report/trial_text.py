"""Everything about one trial, for the terminal."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from bench.analysis import latency
from bench.analysis.figures import MIN_BEYOND, PERCENTILES, TrialFigures
from bench.core import text
from bench.core.units import NS_PER_S, human_duration
from bench.record.schema import Disturbed
from bench.report import naming
from bench.spec.cast import levels
from bench.spec.disturbances import named
from bench.spec.metrics import PROCESS_FIGURES


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
    for each in record.disturbances:
        console.print(f"  disturbed: {_done(each)}", markup=False)
    for finding in record.findings:
        console.print(f"  {finding.level} {finding.code}: {finding.text}", markup=False)
    ledger = _table("Ledger (whole trial)", _ledger(figures))
    rates = _table("Rates and lag in the window", _rates(figures))
    for table in (_times(figures), rates, ledger, _processes(figures)):
        console.print()
        console.print(table)


def _done(disturbed: Disturbed) -> str:
    """Return what was done to the system, when, and how long each part took to recover."""
    what = named(disturbed.do, disturbed.part)
    if disturbed.begun_ns < 0:
        return f"{what} never began"
    when = f"{what} at {disturbed.begun_ns / NS_PER_S:.2f} s of the trial"
    if disturbed.ended_ns < 0:
        return f"{when}, which did not end"
    away = human_duration(disturbed.ended_ns - disturbed.begun_ns)
    back = (
        f"{part} recovered after {human_duration(ns)}" if ns >= 0 else f"{part} did not recover"
        for part, ns in disturbed.recovery_ns.items()
    )
    return "; ".join([f"{when} for {away}", *back])


def _table(title: str, rows: Iterable[Sequence[str]], *heads: str) -> Table:
    table = Table(*(heads or ("", "")), title=title, title_justify="left", box=None)
    table.show_header = bool(heads)
    for row in rows:
        table.add_row(*row)
    return table


def _times(figures: TrialFigures) -> Table:
    title = (
        f"Times in the window (n/a: fewer than {MIN_BEYOND} messages beyond; "
        "≥: messages never came so far)"
    )
    names = [f"p{percentile:g}" for percentile in PERCENTILES]
    rows = (
        (
            naming.of_time(time),
            text.count(of_time.count),
            *(latency.written(figures, time, percentile) for percentile in PERCENTILES),
            latency.longest(figures, time),
        )
        for time, of_time in figures.times.items()
    )
    return _table(title, rows, "time", "messages", *names, "max")


def _rates(figures: TrialFigures) -> Iterator[tuple[str, str]]:
    for name, value in figures.rates.items():
        yield name, text.in_unit(value, "msg/s")
    for name, value in figures.bytes_per_s.items():
        yield f"payload {name}", text.in_unit(value, "bytes/s")
    yield from _growth(figures)
    if (lag := figures.lag) is not None:
        for each in lag.each:
            yield f"peak lag, {each.words}", text.in_unit(each.peak_msgs, "msgs")
            ends = (each.slope_msgs_per_s, each.slope_low_msgs_per_s, each.slope_high_msgs_per_s)
            middle, low, high = map(text.slope, ends)
            yield f"lag slope, {each.words}", f"{middle} msg/s (90 % interval {low} to {high})"
        yield "lag verdict", str(lag.verdict)
    for name, age_ns in figures.record.oldest_ns.items():
        words = levels(figures.record.cast)[name][1].words
        which = name.rpartition(".")[0]
        yield " ".join(filter(None, (which, "oldest", words))), human_duration(age_ns)


def _growth(figures: TrialFigures) -> Iterator[tuple[str, str]]:
    if (growth := figures.growth) is None:
        yield "stream growth", text.NA
        return
    size = text.in_unit(growth.bytes_per_s, "bytes/s")
    yield "stream growth", f"{size}, {text.in_unit(growth.msgs_per_s, 'msg/s')}"
    for name, left_s in growth.left_s.items():
        left = "does not grow" if left_s is None else human_duration(left_s * NS_PER_S)
        yield f"time left to {name}", left


def _ledger(figures: TrialFigures) -> Iterator[tuple[str, str]]:
    record = figures.record
    besides = {"negative times": record.negative_times, "overflows": record.overflows}
    for name, count in ({**record.ledger, **besides} if record.ledger else {}).items():
        yield name.replace("_", " "), text.count(count) if count >= 0 else text.NA


def _processes(figures: TrialFigures) -> Table:
    rows = (
        (usage.role, *(_used(getattr(usage, each), each) for each in naming.OF_PROCESS))
        for usage in figures.record.processes
    )
    return _table("Processes in the window", rows, "process", *naming.OF_PROCESS.values())


def _used(value: float, figure: str) -> str:
    *_, unit = PROCESS_FIGURES[figure]
    of = " of a core" if figure == "cpu_share" else ""
    return f"{text.in_unit(value, unit)}{of}" if value >= 0 else text.NA
