"""Who was the limit where less was sent than offered: the server, or we ourselves (docs/adr/0021).

Only what is shown to be the server's counts as its saturation. All else makes the trial invalid:
with a wider window, a faster client or a connection that works, the same server may well do more.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from bench.core.text import number, percent
from bench.core.units import NS_PER_S, human_duration
from bench.engine.findings import invalid, warning
from bench.engine.pressure import Pressure
from bench.record.schema import Finding, ProcessUsage

OFFERED_TOLERANCE = 0.01
SILENT_SHARE = 0.5
"""A publisher without a PubAck for longer than this part of the window shows no server."""

FULL_FOR_MISSING = 0.5
"""What a full window kept back takes about as long as it is a share of; less was not its doing."""

GROWN = 5
"""Answers that take so many times a round trip at rest wait for something beyond it."""

BUSY_SHARE = 0.8
"""A publisher that ran, or was about to, for longer may have left its answers unread."""


def missing_share(due: int, sent: int) -> float:
    """Return what was not sent in the window of what was due in it, as a share."""
    return 1 - sent / due if due else 0.0


def rate_findings(
    missing: float, pressures: Sequence[Pressure], processes: Sequence[ProcessUsage]
) -> Iterator[Finding]:
    """Yield why less was sent in the window than was due in it, for each publisher that was late.

    Args:
        missing: share of all messages, above OFFERED_TOLERANCE.
        pressures: what held each publisher back.
        processes: what was used within the window.
    """
    usages = {usage.role: usage for usage in processes}
    late = [each for each in pressures if each.missing_share > OFFERED_TOLERANCE]
    if not late:
        yield _ours(f"{percent(missing)} of the messages due in the window were not sent in it", "")
    for pressure in late:
        yield _limit(pressure, usages)


def _limit(pressure: Pressure, usages: Mapping[str, ProcessUsage]) -> Finding:
    missed = (
        f"{pressure.role}: {percent(pressure.missing_share)} of its messages due in the window "
        "were not sent in it"
    )
    rest_ns, mean_ns = pressure.rest_ns, pressure.service_ns_mean
    if pressure.silent_share > SILENT_SHARE or rest_ns is None or mean_ns is None:
        return invalid(
            "unanswered",
            f"{missed}: for {percent(pressure.silent_share)} of the window no answer came; that "
            "shows a connection or a server that does not answer, not what one can do",
            pressure.role,
        )
    if pressure.full_share < FULL_FOR_MISSING * pressure.missing_share:
        return _never_full(pressure, missed, usages)
    if rest_ns * pressure.offered_msgs_per_s > pressure.window_msgs * NS_PER_S:
        return _window_too_small(pressure, missed, rest_ns, mean_ns)
    busy_share = _busy_share(usages.get(pressure.role))
    if busy_share > BUSY_SHARE:
        return _ours(
            f"{missed}: its window was full, but it ran or waited for a core during "
            f"{percent(busy_share)} of the time, so the answers may have waited for it",
            pressure.role,
        )
    if mean_ns < GROWN * rest_ns:
        return _window_too_small(pressure, missed, rest_ns, mean_ns)
    return _saturated(pressure, missed, usages.get("server"))


def _never_full(pressure: Pressure, missed: str, usages: Mapping[str, ProcessUsage]) -> Finding:
    if pressure.awaited_share < FULL_FOR_MISSING * pressure.missing_share:
        return _ours(
            f"{missed}, and its window was full for only "
            f"{percent(pressure.full_share)} of the time",
            pressure.role,
        )
    waited = f"{missed}: its batches waited for answers for {percent(pressure.awaited_share)}"
    busy_share = _busy_share(usages.get(pressure.role))
    if busy_share > BUSY_SHARE:
        return _ours(
            f"{waited} of the time, but it ran or waited for a core during {percent(busy_share)}, "
            "so the answers may have waited for it",
            pressure.role,
        )
    return warning(
        "batches-waited",
        f"{waited} of the time; that is a result of publishing so (publish.ack_first, ack_every), "
        "and not the server's limit",
        pressure.role,
    )


def _window_too_small(pressure: Pressure, missed: str, rest_ns: int, mean_ns: float) -> Finding:
    most = pressure.window_msgs * NS_PER_S / mean_ns
    why = (
        f"{missed}: an answer takes {human_duration(round(mean_ns))}, and "
        f"{human_duration(rest_ns)} at rest, so "
    )
    if pressure.one_by_one:
        return warning(
            "one-by-one-limit",
            f"{why}one message at a time comes to {number(most)} msg/s; that is a result of "
            "publishing so, and not the server's limit",
            pressure.role,
        )
    enough = _round_up(2 * pressure.offered_msgs_per_s * mean_ns / NS_PER_S)
    return invalid(
        "window-too-small",
        f"{why}{pressure.window_msgs} messages under way come to {number(most)} msg/s: the limit "
        f"is {pressure.part}.window, not the server; {enough} would do",
        pressure.role,
    )


def _saturated(pressure: Pressure, missed: str, server: ProcessUsage | None) -> Finding:
    whom = "the server, its disk or the way to it"
    if server is not None and server.cpu_share >= 0:
        waited = f" and waited for one during {percent(server.wait_share)} of the window"
        whom = (
            f"the server or its disk (it used {percent(server.cpu_share)} of a core"
            f"{waited if server.wait_share >= 0 else ''})"
        )
    return warning(
        "server-saturated",
        f"{missed}: its window was full for {percent(pressure.full_share)} of the time, and "
        f"answers took {human_duration(round(pressure.service_ns_mean or 0))}, "
        f"{human_duration(pressure.rest_ns or 0)} at rest: {whom} could not keep up; that is a "
        "result, not a fault",
        pressure.role,
    )


def _busy_share(usage: ProcessUsage | None) -> float:
    return 0.0 if usage is None else usage.cpu_share + max(0.0, usage.wait_share)


def _round_up(messages: float) -> int:
    """Return at least so many, in two digits, as people write them."""
    unit: int = 10 ** max(0, len(str(math.ceil(messages))) - 2)
    return math.ceil(messages / unit) * unit


def _ours(text: str, role: str) -> Finding:
    why = "the generator could not keep its schedule"
    return invalid("offered-rate-missed", f"{text}: {why}", role)
