"""`jetbench validate` and `jetbench schema`: files, checked and described."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bench.cli.console import output
from bench.gate.files import JUDGED_TYPES
from bench.record.store import RECORD_TYPES
from bench.spec.load import check_files
from bench.spec.lookup import Kind as SpecKind
from bench.spec.schema import json_schema, written_schema


class Kind(StrEnum):
    """The files a user writes, then those that jetbench writes."""

    WORKLOAD = "workload"
    CONFIG = "config"
    MATRIX = "matrix"
    GATES = "gates"
    PLAN = "plan"
    ENVIRONMENT = "environment"
    TRIAL = "trial"
    GATE_RESULT = "gate-result"
    CALIBRATION = "calibration"


_WRITTEN = RECORD_TYPES | JUDGED_TYPES


def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="FILES…", help="Files to check.")],
) -> None:
    """Check workloads, configs, matrices and gate files; name every problem at once."""
    console = output()
    for found in check_files(paths):
        line = f"{found.file}: {found.kind}, no problem found"
        console.print(line, markup=False, soft_wrap=True)


def schema(
    kind: Annotated[Kind, typer.Argument(help="Which file to describe.")],
) -> None:
    """Print the JSON Schema of a file, for editors that complete and check while one types."""
    output().out(json.dumps(_schema(kind), indent=2))


def _schema(kind: Kind) -> dict[str, Any]:
    if kind.value in _WRITTEN:
        return written_schema(_WRITTEN[kind.value], kind.value)
    return json_schema(cast("SpecKind", kind.value))
