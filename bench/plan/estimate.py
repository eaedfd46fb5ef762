"""What a run will take, before it runs: time, messages, disk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.core.units import NS_PER_S
from bench.plan.model import Cell, Plan
from bench.plan.shared import aged_msgs, kept_bytes
from bench.spec.workload import Workload

TRIAL_OVERHEAD_S = 1.5
"""To start and end the server and processes of a trial: 1.0 to 1.7 s on two busy cores."""

LAYING_S_PER_MSG = 160e-6
"""To give a stream its past: 125 to 190 µs a message of 128 B on two busy cores."""

RESULT_BYTES_PER_TRIAL = 4_000
"""trial.json without its slices."""

RESULT_BYTES_PER_S = 8_000
"""Six histograms of about 1 kB, ten samples of 100 bytes and a slice for each second.

Both of two parts; more have more of all that.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a plan will take.

    Attributes:
        duration_s: when every drain ends at once, as it does for consumers that keep up; with what
            laying takes.
        longest_s: when every drain takes all the time it may.
        laying_s: to lay the pasts that streams are to have, each once, as reckoned from how many
            messages they hold: it depends on the host far more than the rest does.
        messages: published over all trials.
        stored_bytes: written to stores over all trials, replicas included, before compression.
        peak_store_bytes: the largest store of one trial, which each removes, and what is laid once
            and kept for the trials of a block.
        results_bytes: kept in `results/<run>/`.
    """

    duration_s: float
    longest_s: float
    laying_s: float
    messages: int
    stored_bytes: int
    peak_store_bytes: int
    results_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What may still come of a plan that grows, at most; nobody knows how much will.

    Attributes:
        trials: that have no record, planned or not.
        duration_s: of those.
        peak_store_bytes: the largest store that one of them may need, as an estimate has it.
        results_bytes: that all of them may leave.
    """

    trials: int
    duration_s: float
    peak_store_bytes: int = 0
    results_bytes: int = 0


def ahead_of(times: Iterable[tuple[Cell, int]]) -> Ahead:
    """Return what so many trials of cells take, when every drain takes all the time it may."""
    each = tuple(times)
    return Ahead(
        trials=sum(count for _, count in each),
        duration_s=sum(count * _longest_s(cell) for cell, count in each),
        peak_store_bytes=peak_store_bytes([cell for cell, count in each if count]),
        results_bytes=sum(count * _results_bytes(cell) for cell, count in each),
    )


def peak_store_bytes(cells: Sequence[Cell]) -> int:
    """Return the largest store of one trial of these, with what is laid once and kept."""
    return max(map(_store_bytes, cells), default=0) + kept_bytes(cells)


def _longest_s(cell: Cell) -> float:
    drain_s = cell.workload.phases.drain_ns / NS_PER_S
    return TRIAL_OVERHEAD_S + _offered_s(cell.workload) + drain_s


def estimate(plan: Plan) -> Estimate:
    """Return what a plan will take."""
    cells = plan.cells
    stores = [_store_bytes(cell) for cell in cells]
    offered_s = sum(_offered_s(cell.workload) for cell in cells)
    drain_s = sum(cell.workload.phases.drain_ns for cell in cells) / NS_PER_S
    block_s = len(cells) * TRIAL_OVERHEAD_S + offered_s
    laying_s = aged_msgs(cells) * LAYING_S_PER_MSG
    results = sum(map(_results_bytes, cells))
    return Estimate(
        duration_s=laying_s + plan.blocks * block_s,
        longest_s=laying_s + plan.blocks * (block_s + drain_s),
        laying_s=laying_s,
        messages=plan.blocks * sum(cell.workload.messages for cell in cells),
        stored_bytes=plan.blocks * sum(stores),
        peak_store_bytes=peak_store_bytes(cells),
        results_bytes=plan.blocks * results,
    )


def _results_bytes(cell: Cell) -> int:
    whole_s = _offered_s(cell.workload)
    of_two = RESULT_BYTES_PER_TRIAL + whole_s * RESULT_BYTES_PER_S
    return round(of_two * max(1.0, len(cell.cast.parts) / 2))


def _offered_s(workload: Workload) -> float:
    return (workload.phases.warmup_ns + workload.phases.measure_ns) / NS_PER_S


def held_bytes(cell: Cell) -> int:
    """Return what a trial's stream comes to hold for sure, bytes of one replica.

    0 where messages leave by themselves: once acked, after max_age, or for others of their subject.
    """
    stream = cell.workload.kept_in(cell.settings)
    leave = stream.max_age_ns is not None or stream.max_msgs_per_subject is not None
    return 0 if stream.retention != "limits" or leave else _stream_bytes(cell)


def _store_bytes(cell: Cell) -> int:
    past = cell.settings.stream.history
    own = _stream_bytes(cell) * cell.workload.kept_in(cell.settings).num_replicas
    return own + (past.laid_bytes if past is not None else 0)


def _stream_bytes(cell: Cell) -> int:
    workload, stream = cell.workload, cell.workload.kept_in(cell.settings)
    messages = min(workload.messages, stream.max_msgs or workload.messages)
    stored = round(messages * workload.stored_bytes(cell.settings.publish))
    return min(stored, stream.max_bytes or stored)
