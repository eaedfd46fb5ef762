"""What a trial's own records say about whether it may be believed (MEASUREMENT.md R12).

Rules fixed beforehand: none of them looks at whether the figures are good.
"""

from collections.abc import Iterator, Sequence

from bench.core.units import NS_PER_MS, human_duration
from bench.engine.publisher import TICK_NS
from bench.engine.table import MessageTable, happened
from bench.record.schema import Finding, Ledger, Level, ProcessUsage, Window, WindowCounts
from bench.stats.histogram import tally
from bench.stats.percentile import percentile_ns

OFFERED_TOLERANCE = 0.01
GENERATOR_CPU_SHARE = 0.8
LATE_SLIP_NS = TICK_NS + NS_PER_MS
SLIP_BEYOND = 10
"""Messages that must lie beyond a percentile for it to be told (MEASUREMENT.md R4)."""


def ledger_findings(ledger: Ledger) -> Iterator[Finding]:
    """Yield what the ledger says against the trial, or about it."""
    if ledger.negative_times:
        yield _invalid(
            "negative-time",
            f"{ledger.negative_times} times came out below zero: a clock or bookkeeping fault",
        )
    if ledger.overflows:
        yield _invalid("histogram-overflow", f"{ledger.overflows} times were longer than an hour")
    if ledger.foreign:
        yield _invalid(
            "foreign-message", f"{ledger.foreign} deliveries carried no message id of this trial"
        )
    if ledger.unconfirmed:
        yield _warning("unconfirmed", f"{ledger.unconfirmed} published messages never got a PubAck")
    if ledger.lost:
        yield _warning(
            "lost",
            f"{ledger.lost} messages were stored, never delivered, and are not in the backlog",
        )


def generator_findings(
    table: MessageTable,
    window: Window,
    counts: WindowCounts,
    processes: Sequence[ProcessUsage],
    *,
    window_full: bool,
) -> Iterator[Finding]:
    """Yield what says that the load generator, not the server, set the figures."""
    missing = 1 - counts.sent / counts.offered if counts.offered else 0.0
    if missing > OFFERED_TOLERANCE and not window_full:
        yield _invalid(
            "offered-rate-missed",
            f"{missing:.1%} of the messages due in the window were not sent in it, "
            "and the publishers' window was not full: the generator could not keep its schedule",
        )
    for usage in processes:
        if usage.role.startswith("publisher") and usage.cpu_share > GENERATOR_CPU_SHARE:
            yield _invalid(
                "generator-saturated",
                f"{usage.role} used {usage.cpu_share:.0%} of a core: what was measured is the "
                "generator",
            )
    slip_ns = _slip_ns_p99(table, window)
    if slip_ns is not None and slip_ns > LATE_SLIP_NS:
        yield _warning(
            "late-sends",
            f"p99 of slip is {human_duration(slip_ns)}, above {human_duration(LATE_SLIP_NS)}: the "
            "host was busy or the window full; times from the intended instant include it",
        )


def _slip_ns_p99(table: MessageTable, window: Window) -> int | None:
    inside = (
        (table.intended_ns >= window.window_start_ns)
        & (table.intended_ns < window.window_end_ns)
        & happened(table.sent_ns)
    )
    slips = tally((table.sent_ns - table.intended_ns)[inside]).histogram
    return percentile_ns(slips, 99.0, beyond=SLIP_BEYOND)


def _invalid(code: str, text: str) -> Finding:
    return Finding(level=Level.INVALID, code=code, text=text)


def _warning(code: str, text: str) -> Finding:
    return Finding(level=Level.WARNING, code=code, text=text)
