"""The figures of a run as one long table: a row for each trial and figure."""

from collections.abc import Iterator, Sequence

import pandas as pd

from bench.analysis.figures import CellFigures, RunFigures, TrialFigures
from bench.analysis.metrics import measure_of
from bench.record.schema import TrialRecord
from bench.spec.cast import ruled
from bench.spec.metrics import Metric

COLUMNS = (
    "run",
    "workload",
    "cell",
    "variants",
    "trial",
    "block",
    "valid",
    "started_utc",
    "metric",
    "value",
    "unit",
    "at_least",
)


def tidy(figures: RunFigures) -> pd.DataFrame:
    """Return every figure of every trial on disk, invalid ones included and marked.

    Returns:
        Columns COLUMNS. `variants` holds all names of the cell, separated by spaces; `metric` is a
        key of docs/METRICS.md, an entry of the ledger or `attempts_<n>`; `value` is missing where
        there is no honest figure, and `at_least` tells what it exceeds where messages that never
        came hide it.
    """
    rows = [
        row
        for workload in figures.workloads
        for cell in workload.cells
        for trial in cell.trials
        for row in _rows(figures.run_id, figures.metrics, cell, trial)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"value": "float64", "at_least": "float64"}
    )


def _rows(
    run_id: str, metrics: Sequence[Metric], cell: CellFigures, trial: TrialFigures
) -> Iterator[tuple[object, ...]]:
    record = trial.record
    place = (
        run_id,
        cell.cell.workload_name,
        cell.cell.id,
        " ".join(str(name) for name in cell.cell.variants),
        record.trial_id,
        record.block,
        record.valid,
        record.started_utc,
    )
    for measure in map(measure_of, (metric.key for metric in metrics)):
        value, unit = measure.of_trial(trial), measure.metric.unit
        bound = measure.at_least(trial) if value is None else None
        yield (*place, measure.metric.key, value, unit, bound)
    for word in ruled(record.cast):
        yield (*place, word, record.known(word), "msgs", None)
    for name, count in _attempts(record):
        yield (*place, name, count, "msgs", None)


def _attempts(record: TrialRecord) -> Iterator[tuple[str, int]]:
    """Yield how many messages came how often to each part: `attempts_2`, `billing.attempts_2`."""
    for part, came in record.attempts.items():
        before = "" if len(record.attempts) == 1 else f"{part}."
        for times, count in sorted(came.items()):
            yield f"{before}attempts_{times}", count
