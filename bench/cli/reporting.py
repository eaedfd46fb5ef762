"""Writing a run's report and the page over all runs, and saying where they are."""

from pathlib import Path

from bench.analysis.figures import RunFigures
from bench.cli.console import errors, output
from bench.core.errors import RecordError
from bench.gate.calibration import Calibration
from bench.gate.files import read_calibration
from bench.gate.verdict import GateResult
from bench.judgement.judge import judge
from bench.report import html
from bench.report.overview import write_overview


def write_report(
    figures: RunFigures, results: Path, reports: Path, gate: GateResult | None = None
) -> None:
    """Write the report of a run and bring the page over all runs up to date; print both paths.

    Raises:
        StorageError: the disk refuses.
    """
    path = html.write(judge(figures, gate, _calibration(results)), reports)
    all_runs = write_overview(results, reports)
    for title, written in (("report:  ", path), ("all runs:", all_runs)):
        output().print(f"{title} {written}", markup=False, soft_wrap=True)


def _calibration(results: Path) -> Calibration | None:
    """Return what is kept with the results; a broken file must not cost the report."""
    try:
        return read_calibration(results)
    except RecordError as error:
        errors().print(f"warning: {error}", markup=False, soft_wrap=True)
        return None
