"""From the records of a run to its figures; the one way in for report, terminal and export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from bench.analysis.accounting import (
    bounds_lag,
    conservation,
    keeps_all,
    littles_law,
    own_and_servers_lag,
    unseen_msgs,
)
from bench.analysis.comparison import estimates
from bench.analysis.deciding import decisions
from bench.analysis.diagnosis import diagnosed
from bench.analysis.figures import (
    CellFigures,
    RunFigures,
    Series,
    TimeFigures,
    TrialFigures,
    WorkloadFigures,
)
from bench.analysis.growth import growth
from bench.analysis.lag import Told, lag_figures, over_parts, part_lags, trial_lag
from bench.analysis.latency import (
    by_time,
    due_of,
    offered_of,
    p99_of_slices,
    time_figures,
    unfinished,
    window_histogram,
)
from bench.analysis.ranking import asked_of
from bench.analysis.resources import cpu_share, cpu_us_per_msg, rss_bytes
from bench.analysis.sampled import (
    instants_s,
    lag_over_time,
    oldest_over_time,
    servers_lag,
)
from bench.analysis.signs import signs_of
from bench.analysis.steadiness import steadiness
from bench.analysis.throughput import payload_rates, slice_rates, slice_starts_s, window_rates
from bench.analysis.validity import reproach_of_workload
from bench.core.shared_out import shared_out, workers_for
from bench.plan.model import Cell, Plan, Trial
from bench.record.hlog import Interval
from bench.record.planned import read_planned
from bench.record.schema import Finding, TrialRecord
from bench.record.storage import read_storage
from bench.record.store import RunStore
from bench.spec.cast import spans
from bench.spec.metrics import of_casts
from bench.stats.histogram import Histogram, merged
from bench.stats.shape import shape

_ACCOUNTED = {"offered", "stored", "acked"}
"""Instants that a stream's counts, lag and times are held against each other by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summed:
    """A trial's figures, with what its cell adds up.

    Attributes:
        figures: of the trial.
        offered: time -> operations of its window that it should have been told of.
        histograms: of the window; none is empty.
    """

    figures: TrialFigures
    offered: Mapping[str, int]
    histograms: Mapping[str, Histogram]


def summarise(store: RunStore) -> RunFigures:
    """Return the figures of a run from its records alone.

    Raises:
        RecordError: a file is missing or broken.
    """
    plan = store.read_plan()
    kept = store.kept(plan)
    summed = shared_out(partial(_cell, store, kept), plan.cells, workers_for(len(kept)))
    cells = {each.cell.id: each for each in summed}
    names = dict.fromkeys(cell.workload_name for cell in plan.cells)
    return RunFigures(
        run_id=store.run_id,
        plan=plan,
        environment=store.read_environment(),
        metrics=of_casts(cast for cell in plan.cells for cast in (cell.usual_cast, cell.cast)),
        workloads=tuple(
            workload_figures(
                name, [c for c in cells.values() if c.cell.workload_name == name], plan
            )
            for name in names
        ),
        missing=tuple(trial.id for trial in plan.trials if trial not in kept),
        planned=read_planned(store.path, None if plan.search is None else plan.search.variants),
        storage=read_storage(store.path),
    )


def summarise_trial(
    record: TrialRecord, intervals: Sequence[Interval], samples: pd.DataFrame, cell: Cell
) -> TrialFigures:
    """Return the figures of one trial of `cell`."""
    return _summed(record, intervals, samples, cell).figures


def workload_figures(name: str, cells: Sequence[CellFigures], plan: Plan) -> WorkloadFigures:
    """Return the cells of one workload of a plan, with what the blocks tell of them.

    Of a workload that is invalid as a whole they tell nothing (MEASUREMENT.md R12).
    """
    untold = WorkloadFigures(name=name, cells=tuple(cells), decisions={})
    if reproach_of_workload(untold, plan.baseline):
        return untold
    workloads = len({cell.workload_name for cell in plan.cells})
    decided = decisions(cells, asked=asked_of(plan, name), workloads=workloads)
    return replace(untold, decisions=decided)


def _cell(store: RunStore, kept: Sequence[Trial], cell: Cell) -> CellFigures:
    whole = (store.read_whole(trial, cell.cast) for trial in kept if trial.cell_id == cell.id)
    summed = [_summed(each.record, each.intervals, each.samples, cell) for each in whole]
    trials = sorted((each.figures for each in summed), key=lambda trial: trial.record.block)
    valid = [each for each in summed if each.figures.record.valid]
    together = _together(valid)
    offered = {time: sum(each.offered.get(time, 0) for each in valid) for time in together}
    return CellFigures(
        cell=cell,
        trials=tuple(trials),
        estimates=estimates(trials),
        lag_verdict=over_parts(trials),
        times={time: time_figures(h, offered=offered[time]) for time, h in together.items()},
        shapes={
            time: shape(h, unfinished=unfinished(h, offered=offered[time]))
            for time, h in together.items()
        },
    )


def _together(trials: Sequence[_Summed]) -> Mapping[str, Histogram]:
    times = dict.fromkeys(time for trial in trials for time in spans(trial.figures.record.cast))
    histograms = {
        time: [trial.histograms[time] for trial in trials if time in trial.histograms]
        for time in times
    }
    return {time: merged(each) for time, each in histograms.items() if each}


def _summed(
    record: TrialRecord, intervals: Sequence[Interval], samples: pd.DataFrame, cell: Cell
) -> _Summed:
    window, counts, slices = record.window, record.window_counts, record.slices
    if window is None or counts is None or slices is None:
        return _Summed(figures=_broken_off(record), offered={}, histograms={})
    groups = by_time(intervals, record.cast)
    merged_groups = {time: window_histogram(group, window) for time, group in groups.items()}
    histograms = {time: each for time, each in merged_groups.items() if each.total_count}
    offered = {time: offered_of(record, time) for time in spans(record.cast)}
    times = {time: time_figures(h, offered=offered[time]) for time, h in histograms.items()}
    rates = window_rates(counts, window)
    told = Told(samples=samples, window=window, rates=rates, peaks=record.peaks, cast=record.cast)
    lag = trial_lag(told)
    found = (
        *steadiness(record, groups, lag, cell.cast.ranked[0]),
        *_contradictions(record, samples, cell, times, rates),
    )
    figures = TrialFigures(
        record=replace(record, findings=(*record.findings, *found)),
        times=times,
        rates=rates,
        lag=lag,
        lags=(lags := part_lags(told)),
        diagnoses=tuple(map(diagnosed, signs_of(record, samples, cell, rates, lags))),
        cpu_us_per_msg=cpu_us_per_msg(record),
        series=_series(record, groups, samples),
        bytes_per_s=payload_rates(rates, record.cast, cell.workload),
        growth=growth(samples, window, cell),
    )
    return _Summed(figures=figures, offered=offered, histograms=histograms)


def _contradictions(
    record: TrialRecord,
    samples: pd.DataFrame,
    cell: Cell,
    times: Mapping[str, TimeFigures],
    rates: Mapping[str, float],
) -> tuple[Finding, ...]:
    """Return what counts, the server's lag and the times say against each other."""
    window, counts = record.window, record.window_counts
    if window is None or counts is None or not counts.keys() >= _ACCOUNTED:
        return ()
    told = servers_lag(samples)
    if bounds_lag(samples):
        of_counts = own_and_servers_lag(samples, window, cell, record)
    else:
        of_counts = conservation(counts, window, told, cell)
    if not keeps_all(cell):
        return of_counts
    standing = lag_figures(told, window, rates["offered"], rates["acked"])
    unseen = unseen_msgs(rates, window, cell)
    return (*of_counts, *littles_law(times, rates, standing, told.within(window), unseen))


def _broken_off(record: TrialRecord) -> TrialFigures:
    return TrialFigures(record=record, times={}, rates={}, lag=None, cpu_us_per_msg={}, series=None)


def _series(
    record: TrialRecord, groups: Mapping[str, Sequence[Interval]], samples: pd.DataFrame
) -> Series | None:
    window, slices = record.window, record.slices
    if window is None or slices is None:
        return None
    return Series(
        slice_s=slice_starts_s(slices),
        rates=slice_rates(slices, window),
        p99_ns={
            time: p99_of_slices(group, slices[due_of(record.cast, time)])
            for time, group in groups.items()
        },
        sample_s=instants_s(samples),
        lag_msgs=lag_over_time(samples, record.cast),
        cpu_share=cpu_share(samples),
        rss_bytes=rss_bytes(samples),
        oldest_ns=oldest_over_time(samples, record.cast),
    )
