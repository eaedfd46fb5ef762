"""Open loop at a fixed rate: a whole trial of the real runner, on a server of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.core.errors import MeasurementError
from bench.core.units import format_duration
from bench.engine.keep import Kept
from bench.engine.trial import Moment
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan, Trial
from bench.record.hlog import Interval
from bench.record.schema import TrialRecord
from bench.record.store import RunStore
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.runner.target import Target
from bench.selfbench.cases import WINDOW_MSGS, PacedCase
from bench.selfbench.figures import PacedFigures
from bench.selfbench.loads import PULL_BATCH, PULL_REQUESTS
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.stats.histogram import merged
from bench.stats.percentile import percentile_ns

BEYOND_MSGS = 10
"""Messages that must lie above a percentile for it to be told (MEASUREMENT.md R4)."""

_SETTINGS = {
    "stream": {"storage": "memory"},
    "consumer": {"mode": "pull", "max_ack_pending": 20_000},
    "pull": {"batch": PULL_BATCH, "requests": PULL_REQUESTS},
    "ack": {"timing": "after-handler"},
    "client": "wire",
}


async def pace(case: PacedCase, repeat: int, target: Target, directory: Path) -> PacedFigures:
    """Run the trial and return the figures of its window; its records go below `directory`.

    Raises:
        MeasurementError: the trial broke off, or lost a message.
    """
    watcher = _Keeper()
    store = RunStore(directory / "selfbench")
    plan = _plan(case, repeat)
    # Every repeat is told as it was: nothing is waited for.
    await run_matrix(
        Run(plan=plan, store=store, target=target, watcher=watcher, patience=Patience(0.0))
    )
    (kept,) = watcher.kept
    return _figures(case, kept)


@dataclass(slots=True)
class _Keeper:
    """Keeps what is saved of a trial."""

    kept: list[Kept] = field(default_factory=list)

    def run_begins(self, plan: Plan, already_done: int) -> None:
        """Nothing to note."""

    def trial_begins(self, trial: Trial, cell: Cell) -> None:
        """Nothing to note."""

    def moment(self, moment: Moment) -> None:
        """Nothing to note."""

    def trial_ends(self, trial: Trial, kept: Kept) -> None:
        """Keep it."""
        del trial
        self.kept.append(kept)

    def waits(self, text: str) -> None:
        """Nothing to note."""

    def warns(self, text: str) -> None:
        """Nothing to note: the server is our own, and goes with all that is on it."""


def _plan(case: PacedCase, repeat: int) -> Plan:
    workload = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": f"{case.rate_msgs_per_s}/s", "window": _window_msgs(case)},
            "phases": {
                "warmup": format_duration(case.warmup_ns),
                "measure": format_duration(case.window_ns),
                "drain": "10s",
            },
        }
    )
    cell = Cell(
        id="cell",
        workload_name="selfbench",
        workload=workload,
        variants=(),
        settings=Settings.model_validate(_SETTINGS),
    )
    trial = Trial(id="001-cell", index=1, cell_id=cell.id, block=repeat, seed=repeat)
    return Plan(
        schema_version=PLAN_SCHEMA_VERSION,
        label="selfbench",
        question="",
        config_questions=(),
        seed=repeat,
        blocks=1,
        quick=False,
        cells=(cell,),
        trials=(trial,),
    )


def _window_msgs(case: PacedCase) -> int:
    """Return a window of 50 ms of the load: a pause of the server must not turn into slip."""
    return max(WINDOW_MSGS, case.rate_msgs_per_s // 20)


def _figures(case: PacedCase, kept: Kept) -> PacedFigures:
    record = kept.record
    counts, ledger = record.window_counts, record.ledger
    if not record.completed or counts is None or ledger is None:
        reasons = "; ".join(finding.text for finding in record.findings)
        raise MeasurementError(f"{case.name}: {reasons}")
    if lost := _lost_msgs(ledger):
        raise MeasurementError(f"{case.name}: {lost} of {ledger['planned']} messages lost")
    slip_ns, end_to_end_ns = (
        tuple(_percentile_ns(kept, time, percentile) for percentile in (50.0, 99.0))
        for time in ("slip", "end_to_end")
    )
    shares = {usage.role: usage.cpu_share for usage in record.processes}
    return PacedFigures(
        offered_msgs=counts["offered"],
        sent_msgs=counts["sent"],
        acked_msgs=counts["acked"],
        slip_ns_p50=slip_ns[0],
        slip_ns_p99=slip_ns[1],
        end_to_end_ns_p50=end_to_end_ns[0],
        end_to_end_ns_p99=end_to_end_ns[1],
        publisher_core_share=shares["publisher-0"],
        consumer_core_share=shares["consumer-0"],
        server_core_share=shares["server"],
        findings=tuple(f"{finding.level} {finding.code}" for finding in record.findings),
    )


def _lost_msgs(ledger: Mapping[str, int]) -> int:
    return ledger["refused"] + ledger["unconfirmed"] + max(0, ledger["lost"])


def _percentile_ns(kept: Kept, time: str, percentile: float) -> int | None:
    histogram = merged(
        interval.histogram
        for interval in kept.intervals
        if interval.time == time and _in_window(interval, kept.record)
    )
    return percentile_ns(histogram, percentile, beyond=BEYOND_MSGS)


def _in_window(interval: Interval, record: TrialRecord) -> bool:
    window = record.window
    assert window is not None  # noqa: S101 - a completed trial has one
    return window.window_start_ns <= interval.start_ns < window.window_end_ns
