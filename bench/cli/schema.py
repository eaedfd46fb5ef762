"""`jetbench schema`: what each file may hold, for editors."""

import json
from enum import StrEnum
from typing import Annotated, Any, cast

import typer

from bench.cli.console import output
from bench.cli.options import kind_of
from bench.gate.files import JUDGED_TYPES
from bench.record.store import RECORD_TYPES
from bench.spec.lookup import Kind as SpecKind
from bench.spec.schema import json_schema, written_schema


class Kind(StrEnum):
    """The files a user writes, then those that jetbench writes."""

    WORKLOAD = "workload"
    CONFIG = "config"
    MATRIX = "matrix"
    GATES = "gates"
    CAPACITY = "capacity"
    CAPACITY_PLAN = "capacity-plan"
    TUNING = "tuning"
    PLAN = "plan"
    ENVIRONMENT = "environment"
    TRIAL = "trial"
    GATE_RESULT = "gate-result"
    CALIBRATION = "calibration"


_WRITTEN = RECORD_TYPES | JUDGED_TYPES


def schema(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help=f"Which file to describe: {', '.join(Kind)}.")
    ],
) -> None:
    """Print the JSON Schema of a file, for editors that complete and check while one types."""
    output().out(json.dumps(_schema(kind_of(kind, Kind, "schema")), indent=2))


def _schema(kind: Kind) -> dict[str, Any]:
    if kind.value in _WRITTEN:
        return written_schema(_WRITTEN[kind.value], kind.value)
    return json_schema(cast("SpecKind", kind.value))
