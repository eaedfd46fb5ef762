"""The capacity plan that a run is held against, as it is kept beside its trials."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter

from bench.record.checks import instant
from bench.record.reading import Fault, Schema, read_json
from bench.record.store import write_json
from bench.spec.capacity_plan import CapacityPlan

NAME = "capacity-plan.json"
"""In the directory of the run."""

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and when it was made.

    Attributes:
        schema_version: of the file.
        file: of the user, as he named it.
        planned_utc: when it was held against the run.
        plan: what it assumes; it says of which day.
    """

    schema_version: int
    file: str
    planned_utc: str
    plan: CapacityPlan


PLANNED = TypeAdapter(Planned)


def write_planned(run: Path, planned: Planned) -> None:
    """Keep it with a run, in place of an older one; StorageError when the disk refuses."""
    write_json(run / NAME, PLANNED, planned)


def read_planned(run: Path, having: Collection[str] | None = None) -> Planned | None:
    """Return what is kept with a run; None where nothing is.

    Args:
        run: its directory.
        having: variants whose capacity it sought; not asked for when None.

    Raises:
        RecordError: the file is broken, of another version, or for variants that the run has not.
    """
    path = run / NAME
    if not path.exists():
        return None
    return read_json(
        path, Schema(adapter=PLANNED, version=SCHEMA_VERSION, check=partial(_faults, having=having))
    )


def _faults(planned: Planned, having: Collection[str] | None) -> Iterator[Fault]:
    if instant(planned.planned_utc) is None:
        yield Fault(loc=("planned_utc",), what="no instant of UTC")
    if not planned.file.isprintable():
        yield Fault(loc=("file",), what="holds what cannot be shown")
    if planned.plan.as_of is None:
        yield Fault(loc=("plan", "as_of"), what="missing: a kept plan says of which day it is")
    for place, name in enumerate(planned.plan.variants or ()):
        if having is not None and name not in having:
            yield Fault(loc=("plan", "variants", place), what="the run has no such variant")
