"""The settings of a point of a space: it is laid over a base, and held to what may be at all."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bench.core.errors import Problem
from bench.spec.base import MisfitError
from bench.spec.jetstream import objections
from bench.spec.kinds.registry import objections as objections_under
from bench.spec.objection import Objection
from bench.spec.problems import validate
from bench.spec.space import Point, Value
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from bench.spec.yaml_tree import Loc, dotted

Path = tuple[str, ...]
"""A dotted key, split."""


def settled(workload: Workload, base: Settings, point: Point) -> Settings:
    """Return the settings of a point under a workload.

    Args:
        workload: that they are to carry.
        base: what the point says nothing about.
        point: of a space.

    Raises:
        MisfitError: they are none, or do not go together or with the workload; `key` says which.
    """
    settings = laid_over(base, point)
    for objection in _all_against(settings, workload):
        raise _misfit(objection)
    return settings


def laid_over(base: Settings, point: Point) -> Settings:
    """Return the settings of a point, whether they go together or not.

    Raises:
        MisfitError: a setting does not exist, or does not take its value.
    """
    if not point.values:
        return base
    source = Laid(data=laid(base, point.values))
    settings, problems = validate(Settings, source)
    if settings is None:
        first = problems[0]
        raise MisfitError(
            *first.key.split("."), what=first.what, allowed=first.allowed, nearest=first.nearest
        )
    return settings


def laid(base: Settings, values: tuple[tuple[str, Value], ...]) -> dict[str, Any]:
    """Return settings as a file writes them, with these in place of those of the base."""
    data = deepcopy(_written(base))
    for key, value in values:
        *above, last = key.split(".")
        node = data
        for part in above:
            if not isinstance(node.get(part), dict):
                node[part] = {}
            node = node[part]
        node[last] = value
    return data


@lru_cache(maxsize=64)
def _written(base: Settings) -> dict[str, Any]:
    return base.model_dump(mode="json")


def setting_at(settings: Settings, key: str) -> object:
    """Return what a setting is, as a file writes it; None where it is left out."""
    found: object = _written(settings)
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _all_against(settings: Settings, workload: Workload) -> Iterator[Objection]:
    yield from objections(settings)
    yield from objections_under(settings, workload)


def _misfit(objection: Objection) -> MisfitError:
    return MisfitError(*objection.key.split("."), what=objection.what, allowed=objection.allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """Settings of no file; a `Source` of problems that name the key alone."""

    data: Mapping[str, Any]

    def problem(self, loc: Loc, what: str, *, allowed: str = "", nearest: str = "") -> Problem:
        """Return a problem with the setting at `loc`."""
        return Problem(file="", key=dotted(loc), what=what, allowed=allowed, nearest=nearest)
