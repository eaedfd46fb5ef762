"""The summaries that the reports of a directory carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import RecordError
from bench.judgement.summary import RunSummary
from bench.report import run_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What reports say.

    Attributes:
        runs: name of a report -> its run in short.
        broken: name of a report -> why it cannot be read.
    """

    runs: Mapping[str, RunSummary]
    broken: Mapping[str, str]


def read_reports(reports_dir: Path) -> Reported:
    """Return what the reports of a directory say; one that cannot be read keeps no other back."""
    runs: dict[str, RunSummary] = {}
    broken: dict[str, str] = {}
    for page in sorted(reports_dir.glob("*/index.html")):
        try:
            runs[page.parent.name] = run_summary.read(page)
        except RecordError as error:
            broken[page.parent.name] = str(error).removeprefix(f"{page}: ")
    return Reported(runs=runs, broken=broken)
