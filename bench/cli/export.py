"""`jetbench export`: the figures of a run, or of all, for other programs."""

import json
from collections.abc import Callable
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from bench.analysis.summary import summarise
from bench.analysis.tidy import tidy
from bench.cli.console import write
from bench.cli.history import history_csv
from bench.cli.kept import find_run
from bench.cli.options import (
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    ReportsOption,
    ResultsOption,
    RunArgument,
)
from bench.core.errors import StorageError, UsageError
from bench.report import openmetrics

EXPORT_SCHEMA_VERSION = 1


class Format(StrEnum):
    """How figures are written."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    OPENMETRICS = "openmetrics"


def export(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    run: RunArgument = "latest",
    form: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.CSV,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write here; else to standard output."),
    ] = None,
    history: Annotated[
        bool,
        typer.Option(
            "--history",
            help="Of all runs, a row for each run and variant: CSV that Apache Otava reads.",
        ),
    ] = False,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Write every figure of every trial of a run, or the history of all runs (--history).

    Of a run there is a row for each trial and metric, with its unit. A history has a row for each
    run and variant, with the figures that trends follow, what fell short, and where it was
    measured; `otava analyze` takes a variant by `--branch WORKLOAD/CONFIG/VARIANT`.
    """
    if history:
        _check_history(run, form)
        content = history_csv(results, reports).encode(errors="backslashreplace")
    else:
        content = _of_run(run, form, to, results)
    if to is None:
        write(content)
        return
    try:
        to.write_bytes(content)
    except OSError as error:
        raise StorageError(f"{to}: cannot be written: {error.strerror or error}") from error


def _of_run(run: str, form: Format, to: Path | None, results: Path) -> bytes:
    if form is Format.PARQUET:
        _check_parquet(to)
    table = tidy(summarise(find_run(run, results)))
    return _parquet(table) if form is Format.PARQUET else _TEXTS[form](table).encode()


def _check_history(run: str, form: Format) -> None:
    """Refuse what a history cannot be, all at once."""
    problems = []
    if run != "latest":
        problems.append(f"RUN: '{run}': a history is of all runs; name none")
    if form is not Format.CSV:
        problems.append(f"--format {form}: a history is csv; allowed: csv")
    if problems:
        raise UsageError("; ".join(f"--history: {problem}" for problem in problems))


def _check_parquet(to: Path | None) -> None:
    if find_spec("pyarrow") is None:
        raise UsageError("--format parquet: needs pyarrow; install jetbench[parquet]")
    if to is None:
        raise UsageError("--format parquet: is no text; name a file with --to FILE")


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def _json(table: pd.DataFrame) -> str:
    rows = json.loads(table.to_json(orient="records"))
    return json.dumps({"schema_version": EXPORT_SCHEMA_VERSION, "rows": rows}, indent=1) + "\n"


def _parquet(table: pd.DataFrame) -> bytes:
    content: bytes = table.to_parquet(index=False)
    return content


_TEXTS: dict[Format, Callable[[pd.DataFrame], str]] = {
    Format.CSV: _csv,
    Format.JSON: _json,
    Format.OPENMETRICS: openmetrics.render,
}
