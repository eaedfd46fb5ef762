"""`jetbench validate` and `jetbench schema`: what a user writes, checked and described."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import output
from bench.spec.load import check_files
from bench.spec.schema import json_schema


class Kind(StrEnum):
    """The files a user writes."""

    WORKLOAD = "workload"
    CONFIG = "config"
    MATRIX = "matrix"


def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="FILES…", help="Files to check.")],
) -> None:
    """Check workloads, configs and matrices; name every problem at once, run nothing."""
    console = output()
    for path, kind in zip(paths, check_files(paths), strict=True):
        console.print(f"{path}: {kind}, no problem found", markup=False, soft_wrap=True)


def schema(
    kind: Annotated[Kind, typer.Argument(help="Which file to describe.")],
) -> None:
    """Print the JSON Schema of a file, for editors that complete and check while one types."""
    typer.echo(json.dumps(json_schema(kind.value), indent=2))
