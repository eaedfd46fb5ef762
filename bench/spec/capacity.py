"""A capacity file: whose highest rate is sought, which goals it has to meet, and between what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from bench.core.errors import Problem, SpecError
from bench.core.units import format_duration
from bench.spec.base import Loose, MisfitError, Rate, Spec
from bench.spec.criteria import Criterion, Rule, parse_criterion
from bench.spec.given import UNWRITTEN, with_given
from bench.spec.load import LoadedMatrix, matrix_in
from bench.spec.looks import objections_at
from bench.spec.lookup import find_named, search_roots, shown
from bench.spec.matrix import Choice, WorkloadName, checked_label
from bench.spec.problems import split_allowed, validate
from bench.spec.together import attempt, raise_any
from bench.spec.workload import Phases, Workload
from bench.spec.yaml_tree import Document, Loc, read_document

NOTHING = "lost == 0"
"""In the place of a goal that is wrong by itself: it is asked anyway."""

PROBE = Phases.model_validate({"warmup": "2s", "measure": "5s", "drain": "5s"})
SOAK = Phases.model_validate({"warmup": "5s", "measure": "20s", "drain": "10s"})


def _limits_alone(rule: Criterion) -> Criterion:
    if rule.versus_baseline:
        raise MisfitError(
            what=f"'{rule}' compares with a baseline, and a capacity has none",
            allowed="a fixed limit, such as p99 < 20ms",
        )
    return rule


class Range(Spec):
    """Between which rates the capacity is sought.

    Attributes:
        from_per_s: the lowest rate that is of use.
        to_per_s: the highest.
    """

    from_per_s: Rate = Field(alias="from")
    to_per_s: Rate = Field(alias="to")

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.to_per_s <= self.from_per_s:
            raise MisfitError("to", what="the range is empty", allowed="above `from`")
        return self


class CapacityFile(Spec):
    """The content of `configs/capacity/<name>.yaml`.

    Attributes:
        label: names the run; letters, digits, `.`, `_`, `-`.
        question: what the run is to answer.
        workload: name of a file in `workloads/`, or a path relative to this file. Its rate is only
            what its parts share: each offers its part of what is tried.
        configs: whose capacities are sought, as in a matrix.
        goals: rules that a capacity meets, such as `p99 < 20ms`. Nothing lost, refused,
            unconfirmed or left unsent, and a lag that does not grow, are asked of every rate, too.
        rate: of all parts together, between what.
        probe: phases of a short look at a rate.
        soak: phases of the trials that confirm one, at least five.
        seed: seeds order, arrivals and payloads.
    """

    label: Annotated[str, AfterValidator(checked_label)]
    question: str = ""
    workload: WorkloadName
    configs: Annotated[tuple[Choice, ...], Loose, Field(min_length=1)]
    goals: Annotated[tuple[Annotated[Rule, AfterValidator(_limits_alone)], ...], Loose] = ()
    rate: Range
    probe: Phases = PROBE
    soak: Phases = SOAK
    seed: int = Field(default=1, ge=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCapacity:
    """A capacity file with all that it names.

    Attributes:
        file: its content.
        matrix: its one workload and its configs, as a matrix has them.
    """

    file: CapacityFile
    matrix: LoadedMatrix

    @property
    def workload(self) -> Workload:
        """The profile, as written."""
        return next(iter(self.matrix.workloads.values()))


def load_capacity(
    name_or_path: str | Path | None,
    given: Mapping[str, Any] | None = None,
    search: Sequence[Path] | None = None,
) -> LoadedCapacity:
    """Return a capacity file with its workload and configs.

    Args:
        name_or_path: `work-queue`, or the path of a file; None where all is given.
        given: keys in place of those of the file.
        search: directories for bare names, in order; the working directory and the shipped files
            when None.

    Raises:
        SpecError: with all that is wrong with it and the files that it names.
    """
    roots = search_roots() if search is None else tuple(search)
    if name_or_path is None:
        return capacity_in(with_given(UNWRITTEN, given or {}, "capacity"), Path(), roots)
    path = find_named("capacity", str(name_or_path), roots, called="capacity file")
    document = with_given(read_document(path, shown(path)), given or {}, "capacity")
    return capacity_in(document, path, roots)


def capacity_in(document: Document, path: Path, roots: Sequence[Path]) -> LoadedCapacity:
    """Return what a document asks for; SpecError with all that is wrong with it."""
    file, problems = validate(CapacityFile, document)
    found, more = [*document.problems, *problems], list[Problem]()
    matrix = attempt(more, matrix_in, _AsMatrix.of(document), path, roots)
    told = {each.key for each in found if each.key.startswith("goals")}
    found += (each for each in more if each.key not in told)  # what stands in for them is no goal
    if file is None or matrix is None:
        raise_any(found)
        raise SpecError(found)
    loaded = LoadedCapacity(file=file, matrix=matrix)
    raise_any([*found, *_unoffered(loaded, document)])
    return loaded


def _unoffered(loaded: LoadedCapacity, document: Document) -> Iterator[Problem]:
    """Yield why the ends of the range cannot be looked at with this workload and these goals."""
    file = loaded.file
    for key, per_s in (("from", file.rate.from_per_s), ("to", file.rate.to_per_s)):
        wrong = objections_at(loaded.workload, per_s, file.probe, file.soak, file.goals)
        for length, phases, error in wrong:
            what, allowed = split_allowed(str(error))
            if error.key[:1] == ("workload",):
                yield document.problem(("workload",), what, allowed=allowed)
            else:
                over = format_duration(phases.measure_ns)
                said = f"as a {length.name} of {over}: {what}"
                yield document.problem(("rate", key), said, allowed=allowed)
            break


@dataclass(frozen=True, slots=True, kw_only=True)
class _AsMatrix(Document):
    """A capacity file as a matrix, whose problems name the keys of the file."""

    @classmethod
    def of(cls, document: Document) -> "_AsMatrix":
        """Return the part of a file that a matrix has, too."""
        own = document.data
        data: dict[str, Any] = {k: own[k] for k in ("label", "question", "configs") if k in own}
        if isinstance(own.get("workload"), str):
            data["workloads"] = [own["workload"]]
        data["success"] = [
            each if _is_limit(each) else NOTHING for each in _listed(own.get("goals"))
        ]
        return cls(
            file=document.file,
            data=data,
            lines=_moved(document.lines),
            written=_moved(document.written),
            problems=(),
        )

    def problem(self, loc: Loc, what: str, *, allowed: str = "", nearest: str = "") -> Problem:
        """Return a problem at its place in the file."""
        found = super(_AsMatrix, self).problem(loc, what, allowed=allowed, nearest=nearest)
        key = found.key.replace("workloads[0]", "workload").replace("success", "goals")
        return replace(found, key=key.replace("workloads", "workload"))


def _is_limit(rule: object) -> bool:
    try:
        return not parse_criterion(str(rule)).versus_baseline
    except MisfitError:
        return False


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _moved(places: Mapping[Loc, Any]) -> dict[Loc, Any]:
    """Return what stands where, by the places that a matrix has it at."""
    heads: dict[str, Loc] = {"workload": ("workloads", 0), "goals": ("success",)}
    return {
        (*heads.get(str(loc[0]), loc[:1]), *loc[1:]) if loc else loc: value
        for loc, value in places.items()
    }
