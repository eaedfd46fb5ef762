"""Figures of made-up runs, from the value of one time in each block; no histogram is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.analysis import comparison
from bench.analysis.figures import (
    PERCENTILES,
    CellFigures,
    LagFigures,
    LagVerdict,
    RunFigures,
    TimeFigures,
    TrialFigures,
    WorkloadFigures,
)
from bench.analysis.lag import cell_verdict
from bench.analysis.summary import workload_figures
from bench.plan.model import Cell, Plan, Trial, VariantName
from bench.record.schema import Finding, Level
from bench.spec.criteria import parse_criterion
from bench.spec.gates import Gates
from bench.spec.metrics import of_casts
from tests.analysis import runs
from tests.parts import INSTANTS, Time, cast

MESSAGES = 20_000
BASELINE = VariantName(config="pull-batch", variant="old")

Blocks = Sequence[float | None]


def gates(*rules: str, own: Mapping[str, Sequence[str]] | None = None) -> Gates:
    """A gate file of these rules."""
    return Gates(
        file="gates.yaml",
        description="",
        general=tuple(map(parse_criterion, rules)),
        own={name: tuple(map(parse_criterion, each)) for name, each in (own or {}).items()},
        phases=None,
    )


def run_of(
    cells: Mapping[str, Blocks],
    *,
    workloads: Sequence[str] = ("small-events",),
    planned: int | None = None,
    changes: Mapping[str, object] | None = None,
    contested: bool = True,
) -> RunFigures:
    """A run of cells by their variant's name, under workloads that come out alike.

    Args:
        cells: end-to-end times, ms, one for each block; None for an invalid trial.
        workloads: names.
        planned: blocks of the plan; as many as there are values when None.
        changes: laid over the plan.
        contested: whether the cells are told from each other, which costs half of all and which
            no gate looks at.
    """
    made = {
        workload: [_cell(_named(name, workload, workloads), v) for name, v in cells.items()]
        for workload in workloads
    }
    blocks = planned or max(len(values) for values in cells.values())
    plan = runs.plan([cell.cell for each in made.values() for cell in each], blocks=blocks)
    plan = replace(plan, quick=False, **(changes or {}))  # type: ignore[arg-type]
    return figures_of(plan, made, contested=contested)


def _named(name: str, workload: str, workloads: Sequence[str]) -> Cell:
    cell = runs.cell(name, workload=workload)
    return cell if len(workloads) == 1 else replace(cell, id=f"{workload}--{name}")


def figures_of(
    plan: Plan, cells: Mapping[str, Sequence[CellFigures]], *, contested: bool = True
) -> RunFigures:
    """The figures of a run of these cells, by workload."""
    told = {
        name: workload_figures(name, each, plan)
        if contested
        else WorkloadFigures(name=name, cells=tuple(each), decisions={})
        for name, each in cells.items()
    }
    return RunFigures(
        run_id="made-up-1",
        plan=plan,
        environment=runs.environment(),
        metrics=of_casts([cast()]),
        workloads=tuple(told.values()),
        missing=(),
    )


def _cell(cell: Cell, values: Blocks) -> CellFigures:
    return with_trials(cell, [trial_of(cell, b, v) for b, v in enumerate(values, start=1)])


def with_trials(cell: Cell, trials: Sequence[TrialFigures]) -> CellFigures:
    """A cell with these trials."""
    lags = [trial.lag for trial in trials if trial.record.valid and trial.lag is not None]
    return CellFigures(
        cell=cell,
        trials=tuple(trials),
        estimates=comparison.estimates(trials),
        lag_verdict=cell_verdict(lags),
        times={},
        shapes={},
    )


def with_peaks(cell: CellFigures, msgs: Sequence[float]) -> CellFigures:
    """The cell with these peaks of its lag, by block."""
    trials = [
        replace(trial, lag=replace(trial.lag, peak_msgs=float(peak)))
        for trial, peak in zip(cell.trials, msgs, strict=True)
        if trial.lag is not None
    ]
    return with_trials(cell.cell, trials)


def trial_of(
    cell: Cell,
    block: int,
    value_ms: float | None,
    *,
    lost: int = 0,
    messages: int = MESSAGES,
    slope_share: float = 0.0,
) -> TrialFigures:
    """A trial whose every time is one value; an invalid one without a value."""
    trial = Trial(id=f"{block:03d}-{cell.id}", index=block, cell_id=cell.id, block=block, seed=1)
    if value_ms is None:
        finding = Finding(level=Level.INVALID, code="server-ended", text="It ended.")
        record = runs.record(trial, findings=[finding])
        return TrialFigures(
            record=record, times={}, rates={}, lag=None, cpu_us_per_msg={}, series=None
        )
    record = runs.record(trial)
    assert record.ledger is not None
    assert record.window_counts is not None
    record = replace(
        record,
        ledger={**record.ledger, "lost": lost},
        window_counts={**record.window_counts, "offered": messages},
    )
    return TrialFigures(
        record=record,
        times={Time.END_TO_END: time_of(value_ms, messages)},
        rates={**dict.fromkeys(INSTANTS, 1000.0), "acked": 1000 / value_ms},
        lag=_lag(slope_share),
        cpu_us_per_msg={},
        series=None,
    )


def counting(trial: TrialFigures, **counts: int) -> TrialFigures:
    """The trial with these counts in its ledger, and what was not published as not sent."""
    assert trial.record.ledger is not None
    ledger = {**trial.record.ledger, **counts}
    ledger["not_sent"] = ledger["planned"] - ledger["published"]
    return replace(trial, record=replace(trial.record, ledger=ledger))


def spoilt(trial: TrialFigures, code: str, role: str = "") -> TrialFigures:
    """The trial, invalid for a reason of this code, which befell this process."""
    finding = Finding(level=Level.INVALID, code=code, text="It is.", role=role)
    record = replace(trial.record, findings=(*trial.record.findings, finding))
    return replace(trial, record=record)


def time_of(value_ms: float, messages: int = MESSAGES) -> TimeFigures:
    """A time that is the same for every message."""
    value_ns = round(value_ms * 1e6)
    return TimeFigures(
        count=messages,
        percentiles_ns=dict.fromkeys(PERCENTILES, value_ns),
        mean_ns=float(value_ns),
        max_ns=value_ns,
        spectrum=(),
    )


def _lag(slope_share: float) -> LagFigures:
    return LagFigures(
        peak_msgs=10.0,
        end_msgs=5.0,
        slope_msgs_per_s=1000 * slope_share,
        slope_low_msgs_per_s=1000 * slope_share,
        slope_high_msgs_per_s=1000 * slope_share,
        slope_share_per_s=slope_share,
        verdict=LagVerdict.STABLE,
        lag_s=0.005,
    )
