"""What a trial shows of a part that takes messages: the signs that its limit is told by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.figures import Array, LagFigures, LagVerdict
from bench.analysis.sampled import column, instants_s
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.plan.model import Cell
from bench.record.schema import Handling, TrialRecord, Window
from bench.spec.cast import Part
from bench.spec.jetstream import max_ack_pending

WAITS_NS = 10 * NS_PER_MS
"""What comes in so long a time may be on its way; more of it waits on the server."""

NEAR_CAP = 0.95
"""Of max_ack_pending: acks come in batches, so that a full budget is seldom seen whole."""

REPLY_BYTES = 60
"""Of the subject that a message is acknowledged by, which comes with it; some 60 to 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of one part within the window of one trial.

    Attributes:
        part: its name.
        offered_per_s: messages of its flow that the server had for it.
        done_per_s: messages that it was through with.
        handling: how its workers were used; None where nobody timed its handlers.
        growing: it falls behind.
        doubtful: nobody can tell whether it does.
        waiting_share: of the samples, those in which messages waited on the server.
        cap: most messages delivered and not acknowledged; None without acks.
        full_share: of the samples, those in which that many were.
        sent_share: of the consumer's `rate_limit_bps`, what it was sent; None without one.
        idle_share: of the samples, those in which a pull request waited; None where none is sent.
        redelivered_share: of its deliveries, those that came again.
        asked_back_share: of those, the ones that it asked for itself, by nak.
        failed_msgs: refused, lost or evicted.
        silence_s: longest time without a delivery while messages waited.
        findings: codes of what was found, by level.
        cpu_share: of a core, by process.
    """

    part: str
    offered_per_s: float
    done_per_s: float
    handling: Handling | None
    growing: bool
    doubtful: bool
    waiting_share: float
    cap: int | None
    full_share: float
    sent_share: float | None
    idle_share: float | None
    redelivered_share: float
    asked_back_share: float
    failed_msgs: int
    silence_s: int
    findings: frozenset[str]
    cpu_share: Mapping[str, float]

    @property
    def limited(self) -> bool:
        """Whether something keeps it from taking what comes."""
        return self.growing or self.waiting_share > MOSTLY


MOSTLY = 0.5
"""Of the samples."""


def signs_of(
    record: TrialRecord,
    samples: pd.DataFrame,
    cell: Cell,
    rates: Mapping[str, float],
    lags: Mapping[str, LagFigures],
) -> Iterator[Signs]:
    """Yield the signs of each part of which the server was asked."""
    window = record.window
    if window is None:
        return
    inside = _inside(samples, window)
    for part in record.cast.observing:
        handling, name = record.handling.get(part.name), part.name
        prefix = f"{name}." if f"{name}.num_pending" in samples else ""
        pending = column(inside, f"{prefix}num_pending")
        if not np.isfinite(pending).any():
            continue
        cast, cap = record.cast, max_ack_pending(cell.settings)
        came = rates.get(cast.instant(part, cast.part(part.flow).worth), 0.0)
        pulls = cell.settings.consumer.mode == "pull"
        lag = lags.get(name)
        least = max(1.0, came * WAITS_NS / NS_PER_S)
        yield Signs(
            part=name,
            offered_per_s=came,
            done_per_s=rates.get(cast.instant(part, part.instants[-1].name), 0.0),
            handling=handling,
            growing=lag is not None and lag.verdict is LagVerdict.GROWING,
            doubtful=lag is None or lag.verdict is LagVerdict.INCONCLUSIVE,
            waiting_share=_share(pending, pending > least),
            cap=cap,
            full_share=_full(column(inside, f"{prefix}num_ack_pending"), cap),
            sent_share=_sent(cell, rates.get(cast.instant(part, part.own[0].name), 0.0)),
            idle_share=_waits(column(inside, f"{prefix}num_waiting")) if pulls else None,
            redelivered_share=_redelivered(record, part),
            asked_back_share=_asked_back(record, part),
            failed_msgs=_failed(record),
            silence_s=_silence_s(record, name, inside, prefix),
            findings=frozenset(finding.code for finding in record.findings),
            cpu_share={each.role: each.cpu_share for each in record.processes},
        )


def _inside(samples: pd.DataFrame, window: Window) -> pd.DataFrame:
    at_ns = samples["t_ns"]
    return samples[(at_ns >= window.window_start_ns) & (at_ns < window.window_end_ns)]


def _share(told: Array, met: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> float:
    """Return the share of the samples in which something was met, of those that tell of it."""
    known = np.isfinite(told)
    return int(np.count_nonzero(met & known)) / max(1, int(np.count_nonzero(known)))


def _full(pending: Array, cap: int | None) -> float:
    return 0.0 if cap is None else _share(pending, pending >= NEAR_CAP * cap)


def _sent(cell: Cell, per_s: float) -> float | None:
    """Return the share of a rate limit that so many messages a second take."""
    limit = cell.settings.consumer.rate_limit_bps
    if limit is None:
        return None
    each = cell.workload.stored_bytes(cell.settings.publish) + REPLY_BYTES
    return per_s * each * 8 / limit


def _waits(waiting: Array) -> float | None:
    return _share(waiting, waiting > 0) if np.isfinite(waiting).any() else None


def _redelivered(record: TrialRecord, part: Part) -> float:
    return _told(record, part, "redelivered") / max(1, _told(record, part, "deliveries"))


def _asked_back(record: TrialRecord, part: Part) -> float:
    """Return the share of naks in what came again; some may have come after the last look."""
    asked = sum(_told(record, part, what) for what in ("naked", "returned", "turned_away"))
    return min(1.0, asked / max(1, _told(record, part, "redelivered")))


def _told(record: TrialRecord, part: Part, what: str) -> int:
    """Return what is counted of a part; 0 where nobody tells."""
    return record.known(record.cast.entry(part, what)) or 0


def _failed(record: TrialRecord) -> int:
    words = (word for what in ("refused", "lost", "evicted") for word in record.cast.counting(what))
    return sum(record.known(word) or 0 for word in words)


def _silence_s(record: TrialRecord, part: str, inside: pd.DataFrame, prefix: str) -> int:
    """Return the most whole seconds in a row in which nothing came and messages waited."""
    window, slices = record.window, record.slices
    if window is None or slices is None:
        return 0
    of = record.cast.part(part)
    came = slices[record.cast.instant(of, of.own[0].name)]
    first, stop = -(-window.window_start_ns // NS_PER_S), window.window_end_ns // NS_PER_S
    at_s, pending = instants_s(inside), column(inside, f"{prefix}num_pending")
    longest = run = 0
    for second in range(first, min(stop, len(came))):
        within = pending[(at_s >= second) & (at_s < second + 1)]
        held = within[np.isfinite(within)]
        run = run + 1 if came[second] == 0 and held.size and held.min() > 0 else 0
        longest = max(longest, run)
    return longest
