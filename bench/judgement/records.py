"""The trials of a run in the order they ran, and what their records warn of."""

from bench.analysis.figures import CellFigures, RunFigures, TrialFigures
from bench.record.schema import Finding, Level


def all_cells(figures: RunFigures) -> list[CellFigures]:
    """Return every cell of a run, by workload."""
    return [cell for workload in figures.workloads for cell in workload.cells]


def all_trials(figures: RunFigures) -> list[TrialFigures]:
    """Return every trial on disk in the order they ran."""
    order = {trial.id: trial.index for trial in figures.plan.trials}
    found = [trial for cell in all_cells(figures) for trial in cell.trials]
    return sorted(found, key=lambda trial: order.get(trial.record.trial_id, 0))


def clients(figures: RunFigures) -> str:
    """Return the client libraries that trials used, with their versions; empty when none tells."""
    used = {
        f"{trial.record.software.client} {trial.record.software.client_version}"
        for trial in all_trials(figures)
        if trial.record.software
    }
    return ", ".join(sorted(used))


def warnings(figures: RunFigures) -> list[tuple[str, Finding]]:
    """Return the warnings of valid trials, each with its trial's id."""
    return [
        (trial.record.trial_id, finding)
        for trial in all_trials(figures)
        if trial.record.valid
        for finding in trial.record.findings
        if finding.level is Level.WARNING
    ]
