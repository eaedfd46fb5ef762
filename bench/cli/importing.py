"""`jetbench import`: files of other benchmarks, and their command lines, turned into ours."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import output
from bench.cli.options import kind_of
from bench.cli.own_files import check_name, free_path, hides, name_from, write_all_new
from bench.core.errors import UsageError
from bench.core.units import parse_rate_msgs_per_s
from bench.importing.from_bench import from_bench
from bench.importing.from_omb import from_omb
from bench.importing.model import Imported
from bench.importing.writing import texts
from bench.spec.lookup import Kind

FAST = "1000/s"
"""Offered where a source says as fast as it goes: what small-events offers."""


class Source(StrEnum):
    """Whose files are read."""

    OMB = "omb"
    NATS_BENCH = "nats-bench"


def import_from(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="omb (OpenMessaging Benchmark: a workload file) or nats-bench (its command line).",
        ),
    ],
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ARGS",
            help="The file; or the line in quotes, such as 'js pub async orders --size 1KB'.",
        ),
    ],
    driver: Annotated[
        Path | None,
        typer.Option(
            "--driver", metavar="FILE", help="Of omb: its driver file, for storage and replicas."
        ),
    ] = None,
    name: Annotated[
        str,
        typer.Option(
            "--name", metavar="NAME", help="Of the files, without .yaml; else by what is read."
        ),
    ] = "",
    rate: Annotated[
        str,
        typer.Option(
            "--rate", metavar="RATE", help="Offered where the source goes as fast as it can."
        ),
    ] = FAST,
) -> None:
    """Turn a benchmark of another tool into a workload, a config and a matrix.

    They are written below the working directory, never over a file that is there. What cannot be
    carried over is named with the reason, here and in the head of the workload. Nothing of what is
    read is run.
    """
    wanted = kind_of(source, Source, "import")
    fast = _rate(rate)
    if driver is not None and wanted is not Source.OMB:
        raise UsageError(
            "--driver: belongs to omb; allowed: jetbench import omb FILE --driver FILE"
        )
    if name:
        check_name("import", "workload", name)
    imported = (
        from_omb(Path(what), driver, fast) if wanted is Source.OMB else from_bench(what, fast)
    )
    name = name or _usual_name(wanted, what, imported)
    _write(imported, name)


def _rate(text: str) -> float:
    try:
        return parse_rate_msgs_per_s(text)
    except ValueError as error:
        raise UsageError(f"--rate = {text}: {error}") from error


def _usual_name(source: Source, what: str, imported: Imported) -> str:
    own = Path(what).name if source is Source.OMB else f"nats-bench-{imported.workload['kind']}"
    return name_from(own) or str(source)


def _write(imported: Imported, name: str) -> None:
    written = texts(imported, name)
    kinds: Mapping[str, Kind] = {"workload": "workload", "config": "config", "matrix": "matrix"}
    paths = {word: free_path(kind, name) for word, kind in kinds.items()}
    write_all_new((path, written[word]) for word, path in paths.items())
    console = output()
    for path in paths.values():
        console.print(f"wrote {path}", markup=False, soft_wrap=True)
        if hides(path):
            note = f"note: from here it stands before jetbench's own {name}"
            console.print(note, markup=False, soft_wrap=True)
    for lost in imported.lost:
        console.print(f"not carried over as it stood: {lost}", markup=False, soft_wrap=True)
    for step in (f"jetbench validate {paths['matrix']}", f"jetbench run {name} --quick"):
        console.print(f"next: {step}", markup=False, soft_wrap=True)
