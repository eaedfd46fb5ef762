"""Reads what a user wrote: every problem of every file at once, or specs that can run.

A `SpecError` holds all problems that could be seen; what one problem hides, the next reading shows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from bench.core.errors import Problem
from bench.core.ids import is_name
from bench.core.paths import there
from bench.core.words import nearest
from bench.spec.acking import misleads
from bench.spec.asked import in_all, lack, ranked_alike
from bench.spec.base import MisfitError
from bench.spec.calling import with_called
from bench.spec.calls import with_call
from bench.spec.criteria import parse_criterion
from bench.spec.disturbed import faults, not_ours
from bench.spec.jetstream import objections
from bench.spec.kinds.registry import KINDS, asked_of, bears
from bench.spec.kinds.registry import cautions_of as cautions_under
from bench.spec.kinds.registry import objections as objections_under
from bench.spec.lookup import Kind, find, find_named, known, search_roots, shown
from bench.spec.matrix import Matrix
from bench.spec.metrics import find_metric
from bench.spec.objection import Objection
from bench.spec.problems import child_keys, split_allowed, validate, validate_partly
from bench.spec.sealed import unsealable
from bench.spec.servers import server_objections
from bench.spec.times import with_times
from bench.spec.together import attempt, raise_any
from bench.spec.traced import with_trace
from bench.spec.variant import ConfigFile, Settings
from bench.spec.variants import NAME_WORDS, Variant, read_variants
from bench.spec.workload import Phases, Workload
from bench.spec.yaml_tree import Document, Loc, read_document

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """A config file with its variants resolved.

    Attributes:
        name: file stem.
        question: what comparing the variants answers; may be empty.
        variants: name -> resolved settings, in the order of the file.
        sources: name -> where each setting was written.
    """

    name: str
    question: str
    variants: Mapping[str, Settings]
    sources: Mapping[str, Variant]

    def only(self, names: Sequence[str]) -> "LoadedConfig":
        """Return the config with these variants alone."""
        return LoadedConfig(
            name=self.name,
            question=self.question,
            variants={name: self.variants[name] for name in names},
            sources={name: self.sources[name] for name in names},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedMatrix:
    """A matrix with all that it names.

    Attributes:
        name: file stem.
        path: of the file.
        matrix: its content.
        workloads: name -> profile with the phases of this matrix, in its order.
        configs: with the chosen variants alone, in its order.
        document: as written, for what is said of a place in it.
    """

    name: str
    path: Path
    document: Document
    matrix: Matrix
    workloads: Mapping[str, Workload]
    configs: tuple[LoadedConfig, ...]


def load_workload(path: Path) -> Workload:
    """Return a workload; SpecError with all that is wrong with its file."""
    document = read_document(path, shown(path))
    traced: list[Problem] = []
    if _may_be_traced(document):
        document, traced = with_trace(document, path.parent)
    document, timed = with_times(document, path.parent)
    document, called = with_call(document, path.parent)
    workload, problems = _validated_workload(document)
    unread = (*document.problems, *traced, *timed, *called, *unsealable(document))
    raise_any([*_name_problems(path, "workload"), *unread, *problems])
    return _present(workload)


def _may_be_traced(document: Document) -> bool:
    kind = KINDS.get(str(document.data.get("kind")))
    return kind is not None and "trace" in kind.model.model_fields


def _validated_workload(document: Document) -> tuple[Workload | None, list[Problem]]:
    """Return the workload by its kind; of a misspelt kind what is wrong with it as the nearest."""
    word = document.data.get("kind")
    if isinstance(word, str) and word in KINDS:
        workload, problems = validate(KINDS[word].model, document)
        return workload, [*problems, *_disturbance_problems(workload, document)]
    what = "is missing" if word is None else "unknown"
    near = nearest(word, KINDS) if isinstance(word, str) else ""
    own = document.problem(("kind",), what, allowed=", ".join(KINDS), nearest=near)
    meant = near or _kind_by_keys(document.data)
    problems = validate(KINDS[meant].model, document)[1] if meant else []
    return None, [own, *(problem for problem in problems if problem.key != "kind")]


def _kind_by_keys(data: Mapping[str, Any]) -> str:
    """Return the one kind that has all keys of a file; empty where none or several have."""
    able = [name for name, kind in KINDS.items() if {*data} <= {*child_keys(kind.model, ())}]
    return able[0] if len(able) == 1 else ""


def _disturbance_problems(workload: Workload | None, document: Document) -> Iterator[Problem]:
    """Yield what is wrong with what is done to the system, once the rest can be read."""
    if workload is None:
        return
    for fault in faults(workload.disturbances, bears(workload, Settings())):
        loc = ("disturbances", fault.index, fault.key)
        yield document.problem(loc, fault.what, allowed=fault.allowed, nearest=fault.nearest)


def load_config(path: Path) -> LoadedConfig:
    """Return a config with all its variants; SpecError with all that is wrong with its file."""
    config, problems = _config_partly(path)
    raise_any(problems)
    return config


def _config_partly(path: Path) -> tuple[LoadedConfig, list[Problem]]:
    """Return a config, its variants without what is wrong in them, and all that is.

    Raises:
        SpecError: the file cannot be read at all.
    """
    document = read_document(path, shown(path))
    file, shape_problems = validate(ConfigFile, document)
    variants, variant_problems = read_variants(document)
    problems = [
        *_name_problems(path, "config"),
        *document.problems,
        *shape_problems,
        *variant_problems,
    ]
    resolved: dict[str, Settings] = {}
    for written in variants:
        variant, uncalled = with_called(written, path.parent)
        settings, own_problems = validate_partly(Settings, variant)
        problems += [*uncalled, *own_problems]
        if settings is not None:
            problems += map(variant.objection, objections(settings))
            resolved[variant.name] = settings
    config = LoadedConfig(
        name=path.stem,
        question="" if file is None else file.question,
        variants=resolved,
        sources={variant.name: variant for variant in variants},
    )
    return config, problems


def load_matrix(name_or_path: str | Path, search: Sequence[Path] | None = None) -> LoadedMatrix:
    """Return a matrix with its workloads and configs.

    Args:
        name_or_path: `quickstart`, or the path of a file.
        search: directories with `workloads/` and `configs/` for bare names, in order; the working
            directory and the shipped files when None.

    Raises:
        SpecError: with all that is wrong with the matrix and the files that it names.
    """
    roots = search_roots() if search is None else tuple(search)
    path = find_named("matrix", str(name_or_path), roots)
    return matrix_in(read_document(path, shown(path)), path, roots)


def matrix_in(document: Document, path: Path, roots: Sequence[Path]) -> LoadedMatrix:
    """Return the matrix that a document holds, with its workloads and configs.

    Args:
        document: of the file.
        path: of the file; what it names by a path is relative to its directory.
        roots: directories with `workloads/` and `configs/` for bare names, in order.

    Raises:
        SpecError: with all that is wrong with the matrix and the files that it names.
    """
    matrix, matrix_problems = validate(Matrix, document)
    problems = [*document.problems, *matrix_problems]
    members = _Members(document=document, beside=path.parent, roots=roots, problems=problems)
    found = members.load("workload", lambda path: (load_workload(path), []))
    workloads, named = dict(found.values()), _references(document, "workloads")
    configs = [
        members.choose(loc, item)
        for loc, (_, item) in members.load("config", _config_partly).items()
    ]
    if matrix is not None and matrix.phases is not None:
        workloads = members.with_phases(workloads, matrix.phases)
    for config in configs:
        problems += crossing_problems(config, workloads)
    problems += _baseline_problems(document, configs)
    if len(found) == len(list(named)):  # who knows what the others would have
        problems += _goal_problems(document, workloads)
    raise_any(problems)
    return LoadedMatrix(
        name=path.stem,
        path=path,
        document=document,
        matrix=_present(matrix),
        workloads=workloads,
        configs=tuple(configs),
    )


def check_server(loaded: LoadedMatrix, *, version: str, servers: int, embedded: bool) -> None:
    """Raise SpecError when a server cannot run what the matrix asks for.

    Args:
        loaded: the matrix.
        version: of the server, as it says itself.
        servers: members of its cluster, 1 for a single server.
        embedded: we start it and write its configuration file.
    """
    asked = frozenset[str]().union(*map(asked_of, loaded.workloads.values()))
    problems = [
        config.sources[name].objection(objection)
        for config in loaded.configs
        for name, settings in config.variants.items()
        for objection in (
            *server_objections(
                settings, version=version, servers=servers, embedded=embedded, asked=asked
            ),
            *(() if embedded else _not_ours(settings, loaded.workloads.values())),
        )
    ]
    raise_any(problems)


def _not_ours(settings: Settings, workloads: Iterable[Workload]) -> tuple[Objection, ...]:
    """Return what would be done, under some of these workloads, to a server of the user's own."""
    every = (each for load in workloads for each in load.disturbed_by(settings))
    return tuple(not_ours(tuple(every)))


def cautions_of(loaded: LoadedMatrix) -> tuple[Problem, ...]:
    """Return what may surprise in a matrix and stops nothing, each at its place."""
    found = [
        config.sources[name].objection(replace(caution, what=f"{caution.what} ({workload_name})"))
        for config in loaded.configs
        for name, settings in config.variants.items()
        for workload_name, workload in loaded.workloads.items()
        for caution in cautions_under(settings, workload)
    ]
    return tuple(dict.fromkeys((*found, *_goal_cautions(loaded))))


def _goal_cautions(loaded: LoadedMatrix) -> Iterator[Problem]:
    """Yield the goals that compare acks where they are to compare work."""
    variants = [settings for config in loaded.configs for settings in config.variants.values()]
    for loc, subject in _goals(loaded.document.data).items():
        if why := misleads(find_metric(subject), variants):
            yield loaded.document.problem(loc, why)


def _goals(data: Mapping[str, Any]) -> Mapping[Loc, str]:
    """Return what a matrix is to be answered by, as far as it can be read, by its places."""
    written: dict[Loc, object] = {
        **{("success", place): each for place, each in enumerate(_listed(data.get("success")))},
        ("primary",): data.get("primary"),
        **{("secondary", place): each for place, each in enumerate(_listed(data.get("secondary")))},
    }
    goals = {loc: _subject(loc, text) for loc, text in written.items() if isinstance(text, str)}
    return {loc: subject for loc, subject in goals.items() if subject}


def _listed(items: object) -> list[Any]:
    return items if isinstance(items, list) else []


def _subject(loc: Loc, text: str) -> str:
    """Return the figure or count of a goal; empty where it is none, which the model says."""
    if loc[0] != "success":
        metric = find_metric(text)
        return "" if metric is None else metric.short
    try:
        return parse_criterion(text).subject
    except MisfitError:
        return ""


def _goal_problems(document: Document, workloads: Mapping[str, Workload]) -> Iterator[Problem]:
    """Yield the goals that nothing has, and what variants would be ranked by that one lacks."""
    for loc, subject in _goals(document.data).items():
        each = [workloads] if loc[0] == "success" else [{n: w} for n, w in workloads.items()]
        if lacks := [found for some in each if (found := lack(subject, some))]:
            first = lacks[0]
            yield document.problem(loc, first.what, allowed=first.allowed, nearest=first.nearest)
    ranked = document.data.get("primary") is not None or ranked_alike(workloads.values())
    if document.data.get("success") and not ranked:
        what = "missing: these workloads are ranked by different times"
        yield document.problem(("primary",), what, allowed=", ".join(in_all(workloads.values())))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Members:
    """The files that a matrix names, and what is wrong with how it names them."""

    document: Document
    beside: Path
    roots: Sequence[Path]
    problems: list[Problem]

    def load(
        self, kind: Kind, loader: Callable[[Path], tuple[T, list[Problem]]]
    ) -> dict[Loc, tuple[str, T]]:
        """Return, for each place that names a file of this kind, its stem and content.

        What is wrong with a file is noted; of one that cannot be read at all nothing is returned.
        """
        loaded: dict[Loc, tuple[str, T]] = {}
        seen: set[str] = set()
        for loc, text in _references(self.document, f"{kind}s"):
            path = find(kind, text, beside=self.beside, roots=self.roots)
            if path is None:
                names = known(kind, self.roots)
                self._note(loc, f"no such {kind}", ", ".join(names), nearest(text, names))
                continue
            if not there(path):
                self._note(loc, "no such file", "")
                continue
            if path.stem in seen:
                self._note(loc, f"names the {kind} '{path.stem}' again", f"each {kind} once")
                continue
            seen.add(path.stem)
            found = attempt(self.problems, loader, path)
            if found is not None:
                loaded[loc] = path.stem, found[0]
                self.problems.extend(found[1])
        return loaded

    def choose(self, loc: Loc, config: LoadedConfig) -> LoadedConfig:
        """Return the config with the variants that the matrix picks."""
        item = self.document.data[str(loc[0])][loc[1]]
        names = item.get("variants") if isinstance(item, dict) else None
        if not isinstance(names, list):
            return config
        loc = (*loc[:2], "variants")
        if not names:
            self._note(loc, "is empty", "at least one, or leave it out for all")
        chosen: list[str] = []
        for index, name in enumerate(names):
            if not isinstance(name, str):
                continue  # the model says so
            if name in chosen:
                self._note((*loc, index), "given twice", "each variant once")
            elif name in config.variants:
                chosen.append(name)
            else:
                near = nearest(name, config.variants)
                self._note((*loc, index), "no such variant", ", ".join(config.variants), near)
        return config.only(chosen)

    def with_phases(self, workloads: Mapping[str, Workload], phases: Phases) -> dict[str, Workload]:
        """Return the workloads over the phases of the matrix."""
        changed: dict[str, Workload] = {}
        for name, workload in workloads.items():
            try:
                changed[name] = workload.with_phases(phases)
            except MisfitError as error:
                what, allowed = split_allowed(str(error))
                self._note(("phases",), f"with workload {name}: {what}", allowed)
        return changed

    def _note(self, loc: Loc, what: str, allowed: str, near: str = "") -> None:
        self.problems.append(self.document.problem(loc, what, allowed=allowed, nearest=near))


def _references(document: Document, key: str) -> Iterator[tuple[Loc, str]]:
    items = document.data.get(key)
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, str):
            yield (key, index), item
        elif isinstance(item, dict) and isinstance(item.get("config"), str):
            yield (key, index, "config"), item["config"]


def _baseline_problems(document: Document, configs: Sequence[LoadedConfig]) -> Iterator[Problem]:
    name = document.data.get("baseline")
    names = [f"{config.name}/{variant}" for config in configs for variant in config.variants]
    if isinstance(name, str) and names and name not in names:
        yield document.problem(
            ("baseline",),
            "no such variant in this matrix",
            allowed=", ".join(names),
            nearest=nearest(name, names),
        )


def crossing_problems(config: LoadedConfig, workloads: Mapping[str, Workload]) -> Iterator[Problem]:
    """Yield what keeps variants of a config from carrying these workloads."""
    for name, settings in config.variants.items():
        for workload_name, workload in workloads.items():
            for objection in objections_under(settings, workload):
                what = f"{objection.what} (workload {workload_name})"
                yield config.sources[name].objection(replace(objection, what=what))


def _name_problems(path: Path, kind: Kind) -> Iterator[Problem]:
    if not is_name(path.stem):
        yield Problem(
            file=shown(path), what=f"'{path.stem}' cannot name a {kind}", allowed=NAME_WORDS
        )


def _present(value: T | None) -> T:
    if value is None:
        raise ValueError("a model without problems is missing")
    return value
