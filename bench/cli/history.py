"""`jetbench export --history`: all runs that are known, from their reports or their records."""

from collections.abc import Iterator
from pathlib import Path

from bench.analysis.summary import summarise
from bench.cli.console import errors
from bench.cli.kept import run_directories
from bench.cli.reporting import judged
from bench.core import text
from bench.core.errors import RecordError, UsageError
from bench.judgement.summary import RunSummary, summarised
from bench.record.store import RunStore
from bench.report import history
from bench.report.kept_reports import read_reports


def history_csv(results: Path, reports: Path) -> str:
    """Return the history of all runs as CSV; say which rows and runs lack something.

    Raises:
        UsageError: there is no run.
        StorageError: we may not look.
    """
    runs = list(_timed(_runs(results, reports)))
    if not runs:
        raise UsageError(f"no run that can be read is in {results}, and no report in {reports}")
    if lacking := history.incomplete(runs):
        _say(
            f"note: {text.plural(lacking, 'row')} lack figures, as the column `missing` says; "
            f"the branch of each ends in `{history.INCOMPLETE}`, for Otava reads no such row"
        )
    return history.csv_of(runs)


def _timed(runs: Iterator[RunSummary]) -> Iterator[RunSummary]:
    for run in runs:
        if history.instant(run) is None:
            _say(f"warning: {run.run_id}: left out: it began at no instant: {run.started_utc!r}")
        else:
            yield run


def _runs(results: Path, reports: Path) -> Iterator[RunSummary]:
    """Yield each run as its report has it; one without a report that can be read, as its records.

    Reading a report costs milliseconds, judging records seconds.
    """
    reported = read_reports(reports)
    yield from reported.runs.values()
    kept = {path.name: path for path in run_directories(results)}
    for name, why in reported.broken.items():
        if name not in kept:
            _say(f"warning: {name}: left out: no records, and its report is not readable: {why}")
    for name in kept.keys() - reported.runs.keys():
        try:
            yield summarised(judged(summarise(RunStore(kept[name])), results))
        except RecordError as error:
            _say(f"warning: {name}: left out: {error}")


def _say(words: str) -> None:
    errors().print(words, markup=False, soft_wrap=True)
