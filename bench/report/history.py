"""The history of all cells as CSV, as Apache Otava reads it: a row for each run and variant.

Otava takes the rows of one `branch`, an instant and numbers, and stops at a number that is not
there (an empty one is an error to it, with NaN it finds nothing). Here a branch is a variant under
a workload, and rows that lack a figure which others of their variant have are a branch of their
own: they are in the file, with what they lack, and Otava reads the others.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bench.core.direction import contained
from bench.judgement.summary import RunSummary
from bench.judgement.trends import Point, Trend, followed, trends_of

INCOMPLETE = ":incomplete"
"""Ends the branch of rows that lack a figure."""

NOTHING = "every figure"

_TOLD = (
    "time", "branch", "run", "workload", "variant", "missing", "short", "keeps_up", "valid_trials",
    "host", "cpu", "kernel", "server", "client", "jetbench", "settings",
)  # fmt: skip

_FORMULAS = ("=", "+", "-", "@")
"""A spreadsheet would carry out what begins so."""


def csv_of(runs: Sequence[RunSummary]) -> str:
    """Return the history of every cell: oldest first within each branch, branches by name.

    Args:
        runs: begun at an instant that `instant` can tell.
    """
    trends = trends_of(runs)
    keys = list(dict.fromkeys(key for trend in trends for key in _keys(trend)))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow((*_TOLD, *keys))
    writer.writerows(row for trend in trends for row in _rows(trend, keys))
    return file.getvalue()


def instant(run: RunSummary) -> datetime | None:
    """Return when a run began; None where its record tells no such instant."""
    try:
        began = datetime.fromisoformat(run.started_utc)
    except ValueError:
        return None
    return began if began.tzinfo else began.replace(tzinfo=UTC)


def incomplete(runs: Sequence[RunSummary]) -> int:
    """Return how many rows lack a figure that others of their variant have."""
    return sum(
        bool(_missing(point, _keys(trend))) for trend in trends_of(runs) for point in trend.points
    )


def _keys(trend: Trend) -> list[str]:
    """Return the figures that any run of a variant has, of those that its trend follows."""
    keys = (metric.key for metric in followed(trend.points))
    return [key for key in keys if any(point.figure(key) is not None for point in trend.points)]


def _rows(trend: Trend, keys: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a variant; what it has no figures of at all is nothing that it lacks."""
    own = _keys(trend)
    for point in trend.points:
        missing = _missing(point, own)
        figures = (point.figure(key) for key in keys)
        numbers = ["" if figure is None else repr(float(figure)) for figure in figures]
        yield [*map(_cleared, _words(trend, point, missing)), *numbers]


def _missing(point: Point, own: Sequence[str]) -> str:
    """Return what a run lacks, of the figures of its variant; empty where it has them all."""
    lacking = [key for key in own if point.figure(key) is None]
    return NOTHING if len(lacking) == len(own) else " ".join(lacking)


def _words(trend: Trend, point: Point, missing: str) -> Iterator[str]:
    """Yield what a row tells besides figures, in the order of _TOLD."""
    run, cell, began = point.run, point.cell, instant(point.run)
    yield f"{began.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if began else ""
    yield f"{trend.workload}/{trend.variant}{INCOMPLETE if missing else ''}"
    yield from (run.run_id, trend.workload, trend.variant, missing)
    yield "not known" if cell.short is None else cell.short or "nothing"
    yield str(cell.pace) if cell.pace else "not known"
    yield str(cell.valid)
    yield from (run.host or run.machine, run.cpu, run.kernel)
    yield from (run.server, run.client, run.jetbench, cell.settings)


def _cleared(word: str) -> str:
    """Return a word that does nothing where it is read: on a terminal, in a spreadsheet."""
    plain = contained(word, stray=lambda mark: repr(mark)[1:-1])
    spelled = "".join(each if each.isprintable() else repr(each)[1:-1] for each in plain)
    return f"'{spelled}" if spelled.startswith(_FORMULAS) else spelled
