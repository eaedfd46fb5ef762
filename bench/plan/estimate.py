"""What a run will take, before it runs: time, messages, disk."""

from dataclasses import dataclass

from bench.core.units import NS_PER_S
from bench.plan.model import Cell, Plan
from bench.plan.traffic import subject_names
from bench.spec.workload import Workload

TRIAL_OVERHEAD_S = 2.0
"""Starting a server and the processes of a trial, and taking them down; measured with two cores."""

STORED_OVERHEAD_BYTES = 30
"""Of a message in a file store: 22 bytes of head, 8 of checksum (nats-server, filestore.go)."""

RESULT_BYTES_PER_TRIAL = 6_000
"""trial.json without its slices."""

RESULT_BYTES_PER_S = 12_000
"""Six histograms and ten samples for each second, and the slices in trial.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a plan will take.

    Attributes:
        duration_s: when every drain ends at once, as it does for consumers that keep up.
        longest_s: when every drain takes all the time it may.
        messages: published over all trials.
        stored_bytes: written to stores over all trials, replicas included, before compression.
        peak_store_bytes: the largest store of one trial; each trial removes its own.
        results_bytes: kept in `results/<run>/`.
    """

    duration_s: float
    longest_s: float
    messages: int
    stored_bytes: int
    peak_store_bytes: int
    results_bytes: int


def estimate(plan: Plan) -> Estimate:
    """Return what a plan will take."""
    cells = plan.cells
    stores = [_store_bytes(cell) for cell in cells]
    busy_s = [TRIAL_OVERHEAD_S + _offered_s(cell.workload) for cell in cells]
    drains_s = [cell.workload.phases.drain_ns / NS_PER_S for cell in cells]
    results = sum(RESULT_BYTES_PER_TRIAL + round(s * RESULT_BYTES_PER_S) for s in busy_s)
    return Estimate(
        duration_s=plan.blocks * sum(busy_s),
        longest_s=plan.blocks * (sum(busy_s) + sum(drains_s)),
        messages=plan.blocks * sum(_messages(cell.workload) for cell in cells),
        stored_bytes=plan.blocks * sum(stores),
        peak_store_bytes=max(stores),
        results_bytes=plan.blocks * results,
    )


def _offered_s(workload: Workload) -> float:
    return (workload.phases.warmup_ns + workload.phases.measure_ns) / NS_PER_S


def _messages(workload: Workload) -> int:
    return round(workload.publish.rate_msgs_per_s * _offered_s(workload))


def _store_bytes(cell: Cell) -> int:
    workload, stream = cell.workload, cell.settings.stream
    names = subject_names(workload.subjects)
    subject_bytes = sum(map(len, names)) / len(names)
    message_bytes = workload.payload.mean_bytes + subject_bytes + STORED_OVERHEAD_BYTES
    messages = min(_messages(workload), stream.max_msgs or _messages(workload))
    stored = round(messages * message_bytes)
    return min(stored, stream.max_bytes or stored) * stream.num_replicas
