"""Which file of a user a file is, by its keys, and all that is wrong with any of several."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.errors import Problem, SpecError
from bench.spec.capacity import LoadedCapacity, load_capacity
from bench.spec.capacity_plan import LoadedPlan, load_capacity_plan
from bench.spec.gates import Gates, load_gates
from bench.spec.load import (
    LoadedConfig,
    LoadedMatrix,
    load_config,
    load_matrix,
    load_workload,
)
from bench.spec.lookup import Kind, shown
from bench.spec.together import attempt, raise_any
from bench.spec.tuning import LoadedTuning, load_tuning
from bench.spec.workload import Workload
from bench.spec.yaml_tree import read_document

Content = (
    Workload | LoadedConfig | LoadedMatrix | Gates | LoadedCapacity | LoadedPlan | LoadedTuning
)
"""What a file of a user may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A file that `check_files` found nothing wrong with, and what it holds."""

    file: str
    kind: Kind
    content: Content


def check_files(paths: Iterable[Path]) -> tuple[Recognised, ...]:
    """Return what each file is; SpecError with all that is wrong with any of them.

    A file is recognised by its keys. With a matrix go the files that it names.
    """
    problems: list[Problem] = []
    recognised = [attempt(problems, _check_file, path) for path in paths]
    raise_any(problems)
    return tuple(filter(None, recognised))


_TELLING_KEYS: Mapping[Kind, tuple[str, ...]] = {
    "workload": ("kind", "publish", "payload", "consume"),
    "config": ("variants", "axes", "base"),
    "matrix": ("workloads", "configs", "blocks"),
    "gates": ("gates", "workloads"),
    "capacity": ("workload", "rate", "goals", "configs"),
    "capacity-plan": ("today", "growth", "peak_factor", "retention", "headroom", "backlog"),
    "tuning": ("workload", "space", "objective", "constraints", "budget"),
}


def _check_file(path: Path) -> Recognised:
    document = read_document(path, shown(path))
    kind = _kind_of(document.data)
    if kind is None:
        what = (
            "is neither a workload nor a config nor a matrix, nor a gate, capacity or tuning file, "
            "nor a capacity plan"
        )
        keys = "`publish`, `variants`, `axes`, `workloads`, `gates`, `workload`, `today` or `space`"
        allowed = f"a file with the key {keys}"
        raise SpecError([*document.problems, document.problem((), what, allowed=allowed)])
    loaders: Mapping[Kind, Callable[[Path], Content]] = {
        "workload": load_workload,
        "config": load_config,
        "matrix": load_matrix,
        "gates": load_gates,
        "capacity": load_capacity,
        "capacity-plan": load_capacity_plan,
        "tuning": load_tuning,
    }
    return Recognised(file=document.file, kind=kind, content=loaders[kind](path))


def _kind_of(data: Mapping[str, Any]) -> Kind | None:
    """Return what a file is by its keys; None when they tell nothing.

    A gate file has rules under each of its workloads, where a matrix lists them.
    """
    if isinstance(data.get("workloads"), Mapping) and "configs" not in data:
        return "gates"
    found = {kind: sum(key in data for key in keys) for kind, keys in _TELLING_KEYS.items()}
    kind = max(found, key=lambda kind: found[kind])
    return kind if found[kind] else None
