"""Whether a trial's figures agree with each other (MEASUREMENT.md R12).

Instants of the clients, lag as the server tells it and times of messages come by three roads. Where
they disagree by more than the roads allow, one of them is wrong, and so may be every figure.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.analysis.figures import Array, LagFigures, LagVerdict, TimeFigures
from bench.analysis.sampled import LagSamples, column, instants_s
from bench.core.units import NS_PER_S
from bench.plan.model import Cell
from bench.record.schema import Finding, Level, TrialRecord, Window
from bench.spec.cast import instants
from bench.spec.flow_acked import HEARTBEAT_NS
from bench.spec.jetstream import max_ack_pending
from bench.stats.estimate import arithmetic_mean
from bench.stats.slope import BATCHES, batch_means

EDGE_S = 1.0
"""How far around a limit of the window samples are looked at."""

APART_S = 1.0
LEAST_APART = 5
"""Samples that disagree one and all for so long, and so many of them: a process that loses its core
writes an instant down late, but not for a second."""

UNSEEN_S = 0.1
"""A stall of no more than this is no finding of its own, and may fall between two samples."""

LITTLE_SHARE = 0.10


def bounds_lag(samples: pd.DataFrame) -> bool:
    """Say whether any sample has what the server's lag can have been by the clients' instants."""
    return bool(np.isfinite(column(samples, "lag_msgs_most")).any())


def own_and_servers_lag(
    samples: pd.DataFrame, window: Window, cell: Cell, record: TrialRecord
) -> tuple[Finding, ...]:
    """Return a finding when the server's lag was not what the clients' instants allow, for a while.

    Allowed for, in each sample: what happened between question and answer, messages whose PubAck
    was under way, and acks under way. What the ledger calls lost is missing on the server too: the
    two agree on it, and the trial stays as bad as it was. Less than allowed proves nothing where
    messages leave the stream without an ack: by limits, or by `max_deliver`.
    """
    if "acked" not in instants(record.cast):
        return ()
    at_s, lag_msgs = instants_s(samples), column(samples, "lag_msgs")
    more = lag_msgs - column(samples, "lag_msgs_most")
    less = column(samples, "lag_msgs_least") - lag_msgs - _lost_msgs(record)
    told = np.isfinite(more)
    told &= (at_s >= window.window_start_ns / NS_PER_S) & (at_s < window.window_end_ns / NS_PER_S)
    sides = [("more", more[told])]
    sides += [("fewer", less[told])] if keeps_all(cell) else []
    found = [(apart, word) for word, by in sides if (apart := _apart_for_long(at_s[told], by))]
    if not found:
        return ()
    (msgs, seconds), word = max(found)
    text = (
        f"For {seconds:.1f} s the server told {word} messages as pending or unacknowledged than "
        f"the clients' instants allow, by {msgs:.0f} at most."
    )
    return (Finding(level=Level.INVALID, code="counts-disagree", text=text),)


def _lost_msgs(record: TrialRecord) -> int:
    return sum(record.known(each) or 0 for each in record.cast.counting("lost"))


def _apart_for_long(at_s: Array, by_msgs: Array) -> tuple[float, float] | None:
    """Return the largest value and the length of the worst long run above 0; None without one."""
    above = by_msgs > 0
    starts = np.flatnonzero(above & ~np.append(False, above[:-1]))
    stops = np.flatnonzero(above & ~np.append(above[1:], False)) + 1
    runs = [
        (float(by_msgs[start:stop].max()), float(at_s[stop - 1] - at_s[start]))
        for start, stop in zip(starts, stops, strict=True)
        if stop - start >= LEAST_APART and at_s[stop - 1] - at_s[start] >= APART_S
    ]
    return max(runs, default=None)


def conservation(
    counts: Mapping[str, int], window: Window, samples: LagSamples, cell: Cell
) -> tuple[Finding, ...]:
    """Return a finding when stored minus acked is not the change of the server's lag.

    For records that lack what `own_and_servers_lag` needs: of soaks, and of older versions.

    Allowed for: messages whose PubAck was under way, and how much the lag moved within EDGE_S of
    the window's limits. For variants that ack, and that neither discard nor give up messages.
    """
    if not keeps_all(cell):
        return ()
    start = _lag_at(samples, window.window_start_ns)
    end = _lag_at(samples, window.window_end_ns)
    if start is None or end is None:
        return ()
    counted = counts["stored"] - counts["acked"]
    sampled = end[0] - start[0]
    under_way = sum(each.publishers * each.window_msgs for each in cell.workload.offers.values())
    allowed = start[1] + end[1] + under_way
    if abs(counted - sampled) <= allowed:
        return ()
    text = (
        f"Stored minus acked is {counted:+d} messages within the window, but the lag changed by "
        f"{sampled:+.0f} (allowed for: {allowed:.0f})."
    )
    return (Finding(level=Level.INVALID, code="counts-disagree", text=text),)


def littles_law(
    times: Mapping[str, TimeFigures],
    rates: Mapping[str, float],
    lag: LagFigures | None,
    inside: LagSamples,
    unseen_msgs: float,
) -> tuple[Finding, ...]:
    """Return a finding when the server's mean lag is not acked rate times mean stay of a message.

    A message stays from stored to acked. Both instants are seen by clients, so the way of the
    PubAck and of the ack is allowed for, with the service time for each, and so are the scatter of
    the sampled lag and what no sample saw. Holds only for a lag that stands still, and where no
    message leaves without an ack (`keeps_all`): one that is thrown away was waiting as well, and
    has no stay.

    Args:
        times: of the window.
        rates: of the window.
        lag: as the server told it.
        inside: its samples within the window.
        unseen_msgs: that stayed where no sample was, on the mean (`unseen_msgs`).
    """
    needed = [times.get(time) for time in ("end_to_end", "response", "service")]
    means = [each.mean_ns for each in needed if each is not None and each.mean_ns is not None]
    if len(means) < len(needed) or lag is None or lag.verdict is not LagVerdict.STABLE:
        return ()
    end_to_end_ns, response_ns, service_ns = means
    _, batches = batch_means(inside.t_s, inside.lag_msgs, batches=BATCHES)
    mean = arithmetic_mean(batches.tolist(), confidence=0.90)
    if mean.high is None:
        return ()
    predicted = rates["acked"] * (end_to_end_ns - response_ns) / NS_PER_S
    scatter = mean.high - mean.value
    ways = rates["acked"] * 2 * service_ns / NS_PER_S
    allowed = LITTLE_SHARE * mean.value + scatter + ways + unseen_msgs
    if abs(predicted - mean.value) <= allowed:
        return ()
    text = (
        f"By rate and time {predicted:.0f} messages were under way on average, but the sampled lag "
        f"is {mean.value:.0f} (allowed for: {allowed:.0f})."
    )
    return (Finding(level=Level.INVALID, code="littles-law", text=text),)


def unseen_msgs(rates: Mapping[str, float], window: Window, cell: Cell) -> float:
    """Return what one stall between two samples adds to the messages under way, on the mean.

    Those that come in it wait for half of it, on the mean. Flow control asks for the acks of the
    last messages when nothing has come for a heartbeat, and the window is over: as many as may be
    without one wait for so long.
    """
    window_s = (window.window_end_ns - window.window_start_ns) / NS_PER_S
    stalled = rates["acked"] * UNSEEN_S**2 / 2
    late = max_ack_pending(cell.settings) if cell.settings.consumer.flow_acks else 0
    return (stalled + (late or 0) * HEARTBEAT_NS / NS_PER_S) / window_s


def keeps_all(cell: Cell) -> bool:
    """Return whether the server keeps what it has stored for the consumer until it is acked.

    With `discard: new` it refuses what would not fit; the limit per subject discards the oldest all
    the same. `max_age` throws nothing away that a whole trial is too short for.
    """
    stream, consumer = cell.workload.kept_in(cell.settings), cell.settings.consumer
    age_ns, phases = stream.max_age_ns, cell.workload.phases
    limits = [consumer.max_deliver, stream.max_msgs_per_subject]
    if stream.discard == "old":
        limits += [stream.max_msgs, stream.max_bytes]
    trial_ns = phases.warmup_ns + phases.measure_ns + phases.drain_ns
    if cell.settings.publish.leaves:
        return False
    return all(limit is None for limit in limits) and (age_ns is None or age_ns > trial_ns)


def _lag_at(samples: LagSamples, instant_ns: int) -> tuple[float, float] | None:
    """Return the lag at an instant and how much it moved around it; None without samples there."""
    instant_s = instant_ns / NS_PER_S
    near = np.abs(samples.t_s - instant_s) <= EDGE_S
    before, after = samples.t_s <= instant_s, samples.t_s >= instant_s
    if not (near & before).any() or not (near & after).any():
        return None
    lag_msgs = float(np.interp(instant_s, samples.t_s, samples.lag_msgs))
    return lag_msgs, float(np.ptp(samples.lag_msgs[near]))
