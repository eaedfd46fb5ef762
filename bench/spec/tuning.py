"""A tuning file: the workload, the base, which settings are turned, and what is best."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from bench.core.errors import Problem
from bench.core.paths import there
from bench.core.words import nearest
from bench.spec.base import Duration, Loose, MisfitError, Spec
from bench.spec.conditions import conditioned
from bench.spec.criteria import Criterion, Rule
from bench.spec.disturbances import in_proportion
from bench.spec.given import UNWRITTEN, with_given
from bench.spec.kinds.registry import objections as objections_under
from bench.spec.load import LoadedConfig, load_config, load_workload
from bench.spec.lookup import Kind, find, find_named, known, search_roots, shown
from bench.spec.matrix import WorkloadName, checked_label
from bench.spec.objective import Aim, Objective
from bench.spec.problems import split_allowed, validate
from bench.spec.space import Knob
from bench.spec.together import attempt, raise_any
from bench.spec.tuned_for import lacking, unreadable
from bench.spec.turned import Space, read_entries
from bench.spec.variant import Settings
from bench.spec.workload import Phases, Workload
from bench.spec.yaml_tree import Document, Loc, read_document

TRIAL = Phases.model_validate({"warmup": "2s", "measure": "10s", "drain": "5s"})

DEFAULTS = "defaults"
"""The base's name where a file names none."""


def _limits_alone(rule: Criterion) -> Criterion:
    if rule.versus_baseline:
        raise MisfitError(
            what=f"'{rule}' compares with a baseline, and what is best has to hold by itself",
            allowed="a fixed limit, such as p99 < 20ms; gains are told against the base anyway",
        )
    return rule


def _once_each(aims: tuple[Objective, ...]) -> tuple[Objective, ...]:
    if len({aim.metric.short for aim in aims}) < len(aims):
        raise MisfitError(what="the same objective twice", allowed="one, or two of two figures")
    return aims


class Base(Spec):
    """The variant that points are laid over.

    Attributes:
        config: name of a file in `configs/`, or a path relative to the tuning.
        variant: one of its variants; may be left out where it has only one.
    """

    config: str = Field(min_length=1)
    variant: str = ""


def _base_in_parts(value: object) -> object:
    """Return `config/variant` as a mapping; a path to a file has its variant behind it."""
    if not isinstance(value, str):
        return value
    config, slash, variant = value.rpartition("/")
    if not slash or value.endswith((".yaml", ".yml")):
        return {"config": value}
    return {"config": config, "variant": variant}


class TuningFile(Spec):
    """The content of `configs/tuning/<name>.yaml`.

    Attributes:
        label: names the run; letters, digits, `.`, `_`, `-`.
        question: what the run is to answer.
        workload: name of a file in `workloads/`, or a path relative to this file.
        base: `config/variant` that every set of settings is laid over, and gains are told against;
            all defaults when left out.
        space: dotted keys of settings, and what each may take.
        objective: `minimise FIGURE` or `maximise FIGURE`; of two there is no best, but a front.
        constraints: rules that the best has to hold, such as `p99 < 20ms`.
        budget: how long all may take, the confirmation included.
        trial: phases of every trial, in place of those of the workload.
        seed: seeds order, arrivals and payloads, and what an optimiser draws.
    """

    label: Annotated[str, AfterValidator(checked_label)]
    question: str = ""
    workload: WorkloadName
    base: Annotated[
        Base | None, BeforeValidator(_base_in_parts, json_schema_input_type=str | Base | None)
    ] = None
    space: Annotated[Space, Field(min_length=1)]
    objective: Annotated[
        tuple[Aim, ...],
        Loose,
        Field(min_length=1, max_length=2),
        AfterValidator(_once_each),
        BeforeValidator(
            lambda value: [value] if isinstance(value, str) else value,
            json_schema_input_type=Aim | list[Aim],
        ),
    ]
    constraints: Annotated[tuple[Annotated[Rule, AfterValidator(_limits_alone)], ...], Loose] = ()
    budget_ns: Duration = Field(alias="budget")
    trial: Phases = TRIAL
    seed: int = Field(default=1, ge=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBase:
    """What points are laid over.

    Attributes:
        config: file stem; empty for all defaults.
        variant: of it.
        settings: of the variant.
    """

    config: str
    variant: str
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTuning:
    """A tuning file with all that it names.

    Attributes:
        name: file stem.
        file: its content.
        document: as written, for what is said of a place in it.
        workload_name: file stem of the workload.
        workload: over the phases of a trial.
        base: that points are laid over.
        knobs: that are turned, each behind those that its conditions are about.
    """

    name: str
    file: TuningFile
    document: Document
    workload_name: str
    workload: Workload
    base: NamedBase
    knobs: tuple[Knob, ...]


def load_tuning(
    name_or_path: str | Path | None,
    given: Mapping[str, Any] | None = None,
    search: Sequence[Path] | None = None,
) -> LoadedTuning:
    """Return a tuning file with its workload and base.

    Args:
        name_or_path: `consumer`, or the path of a file; None where all is given.
        given: keys in place of those of the file.
        search: directories for bare names, in order; the working directory and the shipped files
            when None.

    Raises:
        SpecError: with all that is wrong with it and the files that it names.
    """
    roots = search_roots() if search is None else tuple(search)
    if name_or_path is None:
        return _loaded(with_given(UNWRITTEN, given or {}, "tuning"), Path(), roots)
    path = find_named("tuning", str(name_or_path), roots, called="tuning file")
    return _loaded(with_given(read_document(path, shown(path)), given or {}, "tuning"), path, roots)


def _loaded(document: Document, path: Path, roots: Sequence[Path]) -> LoadedTuning:
    """Return what a document asks for; SpecError with all that is wrong with it."""
    file, problems = validate(TuningFile, document)
    found = [*document.problems, *problems]
    members = _Members(document=document, beside=path.parent, roots=roots, problems=found)
    workload, base = members.workload(), members.base()
    knobs, wrong = _space(document, Settings() if base is None else base.settings)
    found = [*_heard(found, wrong), *wrong]
    if workload is not None:
        found += lacking(document, {workload[0]: workload[1]})
        if file is not None:
            workload, base = _phased(document, workload, base, file.trial, found)
            found += unreadable(document, workload[1])
        if base is not None:
            found += _uncarried(document, *workload, base.settings)
    raise_any(found)
    if file is None or workload is None or base is None:
        raise ValueError("a tuning without problems is missing")
    return LoadedTuning(
        name=path.stem,
        file=file,
        document=document,
        workload_name=workload[0],
        workload=workload[1],
        base=base,
        knobs=knobs,
    )


def _space(document: Document, base: Settings) -> tuple[tuple[Knob, ...], list[Problem]]:
    entries, problems = read_entries(document, base)
    knobs, more = conditioned(document, entries, base)
    return knobs, [*problems, *more]


def _heard(found: Sequence[Problem], wrong: Sequence[Problem]) -> Iterator[Problem]:
    """Yield what a model says, but not of what stands below a key of the space that is none."""
    keys = {each.key for each in wrong if each.key.count(".") and "[" not in each.key}
    below = tuple(f"{key}." for key in keys)
    yield from (each for each in found if not (below and each.key.startswith(below)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Members:
    """The files that a tuning names, and what is wrong with how it names them."""

    document: Document
    beside: Path
    roots: Sequence[Path]
    problems: list[Problem]

    def workload(self) -> tuple[str, Workload] | None:
        """Return the workload and its name; None where there is none, which is noted."""
        path = self._found("workload", ("workload",), self.document.data.get("workload"))
        found = None if path is None else attempt(self.problems, load_workload, path)
        return None if path is None or found is None else (path.stem, found)

    def base(self) -> NamedBase | None:
        """Return the base, all defaults where none is named; None likewise."""
        written = _base_in_parts(self.document.data.get("base"))
        if written is None:
            return NamedBase(config="", variant=DEFAULTS, settings=Settings())
        if not isinstance(written, Mapping):
            return None
        shorthand = isinstance(self.document.data["base"], str)
        loc: Loc = ("base",) if shorthand else ("base", "config")
        path = self._found("config", loc, written.get("config"))
        config = None if path is None else attempt(self.problems, load_config, path)
        if config is None:
            return None
        return self._variant(config, ("base",) if shorthand else ("base", "variant"), written)

    def _variant(
        self, config: LoadedConfig, loc: Loc, written: Mapping[str, object]
    ) -> NamedBase | None:
        names = list(config.variants)
        name = written.get("variant") or (names[0] if len(names) == 1 else "")
        if isinstance(name, str) and name in names:
            return NamedBase(config=config.name, variant=name, settings=config.variants[name])
        what, near = "names no variant, and there are several", ""
        if name:
            what, near = "no such variant", nearest(str(name), names)
        self.problems.append(
            self.document.problem(loc, what, allowed=", ".join(names), nearest=near)
        )
        return None

    def _found(self, kind: Kind, loc: Loc, text: object) -> Path | None:
        if not isinstance(text, str) or not text:
            return None  # the model says so
        path = find(kind, text, beside=self.beside, roots=self.roots)
        if path is not None and there(path):
            return path
        names = known(kind, self.roots)
        what = f"no such {kind}" if path is None else "no such file"
        allowed = ", ".join(names) if path is None else ""
        near = nearest(text, names)
        self.problems.append(self.document.problem(loc, what, allowed=allowed, nearest=near))
        return None


def _phased(
    document: Document,
    workload: tuple[str, Workload],
    base: NamedBase | None,
    phases: Phases,
    problems: list[Problem],
) -> tuple[tuple[str, Workload], NamedBase | None]:
    """Return workload and base over other phases; as they are where these do not do."""
    name, load = workload
    before_ns, after_ns = load.phases.measure_ns, phases.measure_ns
    try:
        load = load.in_short(phases)
    except MisfitError as error:
        what, allowed = split_allowed(str(error))
        loc: Loc = ("trial",) if "trial" in document.data else ("workload",)
        what = f"with workload {name}: {what}"
        problems.append(document.problem(loc, what, allowed=allowed))
    own = None if base is None else base.settings.disturbances
    if base is not None and own is not None:
        fitting = in_proportion(own, before_ns, after_ns)
        settings = base.settings.model_copy(update={"disturbances": fitting})
        base = replace(base, settings=settings)
    return (name, load), base


def _uncarried(
    document: Document, name: str, workload: Workload, base: Settings
) -> Iterator[Problem]:
    """Yield why the base cannot carry the workload."""
    for objection in objections_under(base, workload):
        what = f"{objection.key}: {objection.what} (workload {name})"
        yield document.problem(("base",), what, allowed=objection.allowed)
