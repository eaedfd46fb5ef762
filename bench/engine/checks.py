"""What a trial's own records say about whether it may be believed (MEASUREMENT.md R12).

Rules fixed beforehand: none of them looks at whether the figures are good.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.core import text
from bench.core.text import percent
from bench.core.units import NS_PER_MS, NS_PER_S, human_duration
from bench.engine.findings import invalid, warning
from bench.engine.limits import OFFERED_TOLERANCE, missing_share, rate_findings
from bench.engine.pressure import Offer, pressures
from bench.engine.stall import LONG_NS, Stall
from bench.engine.table import MessageTable, Tables, happened
from bench.record.schema import (
    Finding,
    HostLoad,
    ProcessUsage,
    Window,
)
from bench.spec.cast import Cast, Entry, Part, entries, instants, levels
from bench.stats.histogram import Histogram, tally
from bench.stats.percentile import percentile_ns

Counts = Mapping[str, int]

GENERATOR_CPU_SHARE = 0.8
GENERATOR_BUSY_SHARE = 0.95
COMPUTED_SHARE = 0.8
"""Of what a process used, handlers that use the CPU are to be so much: with a client that costs
nothing it would do a quarter more at most. Else the client is measured as much as they are."""

THROTTLED_SHARE = 0.01
STOLEN_SHARE = 0.05
NO_LOAD = ("server", "sampler")
"""Processes of a trial that are no part of the load generator."""

CONDUCTOR, LONG_PAUSE_NS = "conductor", NS_PER_S
"""It carries no load: it begins the drain and looks at the server, some twenty times a second."""

LATE_BEYOND_TICK_NS = NS_PER_MS
SLIP_BEYOND = 10
"""Messages that must lie beyond a percentile for it to be told (MEASUREMENT.md R4)."""

SLIP_PERCENTILES = (99.0, 90.0, 50.0)
"""A percentile below p99 that is late says that p99 is, in a window too short to tell it."""


def times_findings(negative_times: int, overflows: int) -> Iterator[Finding]:
    """Yield what no time can be."""
    if negative_times:
        yield invalid(
            "negative-time",
            f"{negative_times} times came out below zero: a clock or bookkeeping fault",
        )
    if overflows:
        yield invalid("histogram-overflow", f"{overflows} times were longer than an hour")


def ledger_findings(ledger: Counts, cast: Cast) -> Iterator[Finding]:
    """Yield what the ledger says against the trial, or about it."""
    for name, (_, entry) in entries(cast).items():
        yield from _entry_findings(entry, ledger[name])


def _entry_findings(entry: Entry, count: int) -> Iterator[Finding]:
    if count < 0 and entry.counted == "lost":
        yield warning(
            "loss-unknown",
            "stored messages never came, and whether the server still held all of them for "
            "delivery could not be told",
        )
    if count <= 0:
        return
    told = f"{count} messages: {entry.means}"
    if entry.counted == "foreign":
        yield invalid("foreign-message", told)
    if entry.counted == "silent":
        yield warning("unconfirmed", told)
    if entry.counted == "lost":
        yield warning("lost", told)
    if entry.counted == "evicted":
        yield warning("evicted", told)


def not_drained(ledger: Counts, cast: Cast, drain_ns: int) -> Finding:
    """Return what was still to be done when the drain's time was up."""
    told = [f"{count} {what}" for what, count in _left(ledger, cast) if count > 0]
    return warning(
        "not-drained",
        f"when the drain ended after {human_duration(drain_ns)}, messages were left: "
        f"{'; '.join(told) or 'how many could not be told'}",
    )


def _left(ledger: Counts, cast: Cast) -> Iterator[tuple[str, int]]:
    """Yield what was left and how much of it; of what a filter leaves out nothing is."""
    for part, level in levels(cast).values():
        came, left = (ledger[_counted(cast, part, name)] for name in (level.came, level.left))
        due = min(came, ledger[cast.planned(part)])
        yield f"{level.came} and {level.words}{_whose(cast, part)}", due - left
    for part, entry in entries(cast).values():
        if (words := _LEFT_WORDS.get(entry.counted)) is not None:
            yield f"{words}{_whose(cast, part)}", ledger[cast.entry(part, entry.name)]


def _whose(cast: Cast, part: Part) -> str:
    beside = [each for each in cast.parts if each.side is part.side]
    return f" ({part.name})" if len(beside) > 1 else ""


def _counted(cast: Cast, part: Part, instant: str) -> str:
    """Return the flat name of the entry that counts an instant that a part names."""
    owner, found = instants(cast)[cast.instant(part, instant)]
    return cast.entry(owner, found.entry)


_LEFT_WORDS = {
    "silent": "published and not answered",
    "backlog": "pending or unacknowledged on the server",
}


def stream_findings(ledger: Counts, cast: Cast) -> Iterator[Finding]:
    """Yield what says that a stream's count of stored messages is not that of who filled it.

    Each confirmed message is in it; one that was never answered may be. Anything else came from
    somebody else, or somebody took the stream away.
    """
    for part, entry in entries(cast).values():
        if entry.counted == "held":
            yield from _stream_findings(*_held(ledger, cast, part, entry))


def _held(ledger: Counts, cast: Cast, part: Part, entry: Entry) -> tuple[int, int, int]:
    """Return what a stream counted, and what it can have at least and at most."""
    of = {each.counted: ledger[cast.entry(part, each.name)] for each in part.entries}
    return ledger[cast.entry(part, entry.name)], of["answered"], of["answered"] + of["silent"]


def _stream_findings(held: int, least: int, most: int) -> Iterator[Finding]:
    if held >= 0 and not least <= held <= most:
        allowed = f"{least}" if least == most else f"{least} to {most}"
        yield invalid(
            "stream-disagrees",
            f"the stream counted {held} messages, where PubAcks account for "
            f"{allowed}: others published to it, it was made anew or lost some, or it "
            "took a fast batch's messages for duplicates",
        )


def stream_untold(ledger: Counts, cast: Cast) -> bool:
    """Say whether nobody told at the end what a stream holds."""
    return any(ledger[name] < 0 for name in cast.counting("held"))


def stream_unknown() -> Finding:
    """Return that nobody told at the end what the stream holds."""
    return invalid(
        "stream-unknown",
        "what the stream held at the end could not be told, so it may lack what PubAcks confirmed",
    )


def answered_again(again: Counts, cast: Cast) -> Iterator[Finding]:
    """Yield that operations had a second answer, of parts whose ledger does not count them.

    Args:
        again: answers to what had one, by the part that drives.
        cast: of the trial.
    """
    for part in cast.driving:
        counted = any(entry.counted == "answered_again" for entry in part.entries)
        if (count := again.get(part.name, 0)) and not counted:
            words = f"{part.name}: {text.plural(count, 'answer')} came to what had one already"
            yield warning("answered-again", f"{words}; the first one counts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the load of a trial looked like in its window.

    Attributes:
        window, counts: limits and counts.
        processes, host: what was used, and what was kept from us.
        window_full_msgs: role -> messages that were due while its window was full.
        awaited_ns: role -> how long messages were due while its batches waited for answers.
        offers: how operations were dealt to processes, by part.
        stalls: role -> when its event loop did not turn for longest, from the trial's start, and
            how long; CONDUCTOR is one of them.
        computing: role -> the share of a core that its handlers were to use; of those that use the
            CPU.
    """

    window: Window
    counts: Counts
    processes: tuple[ProcessUsage, ...]
    host: HostLoad | None
    window_full_msgs: Mapping[str, int]
    offers: Mapping[str, Offer]
    stalls: Mapping[str, Stall]
    computing: Mapping[str, float] = field(default_factory=dict)
    awaited_ns: Mapping[str, int] = field(default_factory=dict)


def load_findings(tables: Tables, load: Load, cast: Cast) -> Iterator[Finding]:
    """Yield what says that the generator or the host, not the server, set the figures."""
    offering = [part for part in cast.driving if part.name in load.offers]
    for part in offering:
        yield from _sent_findings(tables[part.name], load, cast, part)
    slips = {part.name: _slips(tables[part.name], load.window) for part in offering}
    yield from generator_findings(slips, load)


def soak_findings(slips: Mapping[str, Histogram], load: Load, cast: Cast) -> Iterator[Finding]:
    """Yield the same of a soak, where nobody can tell what held its publishers back.

    Args:
        slips: of the window, by part.
        load: what it looked like.
        cast: of the trial.
    """
    for part in (part for part in cast.driving if part.name in load.offers):
        due, sent = (load.counts[name] for name in (cast.due(part), cast.instant(part, "sent")))
        if (missing := missing_share(due, sent)) > OFFERED_TOLERANCE:
            yield invalid(
                "offered-rate-missed",
                f"{percent(missing)} of the messages due in the window were not sent in it; in a "
                "soak nobody can tell whether that was the server's doing",
            )
    yield from generator_findings(slips, load)


def generator_findings(slips: Mapping[str, Histogram], load: Load) -> Iterator[Finding]:
    """Yield what says that the generator or the host was late or full, by its own figures."""
    yield from _cpu_findings(load)
    for part, slip in slips.items():
        yield from _slip_findings(slip, load, load.offers[part])
    for role, stall in load.stalls.items():
        if stall[1] > (LONG_PAUSE_NS if role == CONDUCTOR else LONG_NS):
            yield stalled(role, stall)


def stalled(role: str, stall: Stall) -> Finding:
    """Return that a process's event loop did not turn; the stall from the trial's start."""
    at_ns, stall_ns = stall
    text = f"{role}'s event loop stood still for {human_duration(stall_ns)}"
    return warning("loop-stalled", text, role, max(-1, at_ns))


def _sent_findings(table: MessageTable, load: Load, cast: Cast, part: Part) -> Iterator[Finding]:
    due, sent = (load.counts[name] for name in (cast.due(part), cast.instant(part, "sent")))
    if (missing := missing_share(due, sent)) > OFFERED_TOLERANCE:
        held = pressures(table, load.window, load.offers[part.name], load.awaited_ns)
        yield from rate_findings(missing, held, load.processes)


def _cpu_findings(load: Load) -> Iterator[Finding]:
    for usage in load.processes:
        if usage.role in NO_LOAD or not _saturated(usage):
            continue
        meant = load.computing.get(usage.role, 0.0)
        filled = usage.cpu_share > GENERATOR_CPU_SHARE  # else it was a core that it waited for
        if filled and meant >= COMPUTED_SHARE * usage.cpu_share:
            yield warning(
                "handlers-saturated",
                f"{usage.role} used {percent(usage.cpu_share)} of a core, of which its handlers "
                f"were to use {percent(meant)}: they are its limit, and what the client itself "
                "took is in the rate",
                usage.role,
            )
        else:
            yield invalid(
                "generator-saturated",
                f"{usage.role} used {percent(usage.cpu_share)} of a core and waited for one during "
                f"{percent(max(0.0, usage.wait_share))} of the window: what was measured is the "
                "client, not the server",
                usage.role,
            )
    if load.host is None:
        return
    if load.host.throttled_share > THROTTLED_SHARE:
        yield invalid(
            "cpu-throttled",
            f"the control group's CPU quota held us up for {percent(load.host.throttled_share)} of "
            "the window",
        )
    if load.host.steal_share > STOLEN_SHARE:
        yield invalid(
            "cpu-steal",
            f"the hypervisor took {percent(load.host.steal_share)} of the cores' time",
        )


def _saturated(usage: ProcessUsage) -> bool:
    """A client that always runs, or is always about to, cannot do more whatever the server does."""
    busy_share = usage.cpu_share + max(0.0, usage.wait_share)
    return usage.cpu_share > GENERATOR_CPU_SHARE or busy_share > GENERATOR_BUSY_SHARE


def _slip_findings(slips: Histogram, load: Load, offer: Offer) -> Iterator[Finding]:
    late_ns = offer.tick_ns + LATE_BEYOND_TICK_NS
    percentile, slip_ns = _highest_slip_ns(slips)
    if slip_ns <= late_ns:
        return
    waits = [usage.wait_share for usage in load.processes if usage.role in offer.roles]
    waited = (
        f"; one {offer.role} waited {percent(max(waits))} of the window for a core" if waits else ""
    )
    full = ", the window full" if any(map(load.window_full_msgs.get, offer.roles)) else ""
    yield warning(
        "late-sends",
        f"p{percentile:g} of slip is {human_duration(slip_ns)}, above {human_duration(late_ns)}"
        f"{full}{waited}; times from the intended instant include it",
    )


def _highest_slip_ns(slips: Histogram) -> tuple[float, int]:
    """Return the highest percentile of SLIP_PERCENTILES that can be told, and the slip there.

    Where none can be told it is 0.
    """
    told = ((each, percentile_ns(slips, each, beyond=SLIP_BEYOND)) for each in SLIP_PERCENTILES)
    return next(((each, slip_ns) for each, slip_ns in told if slip_ns is not None), (0.0, 0))


def _slips(table: MessageTable, window: Window) -> Histogram:
    """Return by how much the messages of the window were late."""
    inside = (
        (table.intended_ns >= window.window_start_ns)
        & (table.intended_ns < window.window_end_ns)
        & happened(table.sent_ns)
    )
    return tally((table.sent_ns - table.intended_ns)[inside]).histogram
