"""A gate file: the rules that a change must not break, written down before anything is measured.

At most three metrics are gated under one workload: each further one adds chances of a false alarm
and takes power from the others (MEASUREMENT.md R9). Counts and the lag verdict come on top.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from bench.core.errors import Problem, SpecError
from bench.spec.asked import Lack, lack
from bench.spec.base import Loose, MisfitError, Spec
from bench.spec.criteria import Criterion, Rule
from bench.spec.lookup import find_named, search_roots, shown
from bench.spec.problems import split_allowed, validate
from bench.spec.together import raise_any
from bench.spec.workload import Phases, Workload
from bench.spec.yaml_tree import Document, Loc, dotted, read_document

MAX_METRICS = 3

Rules = Annotated[tuple[Rule, ...], Loose]


class GateFile(Spec):
    """The content of `configs/gates/<name>.yaml`.

    Attributes:
        description: what the gate protects, in a sentence.
        gates: rules that hold under every workload, `p99 vs baseline <= +5%`; [] for none.
        workloads: workloads that the gate measures, each with rules of its own, [] for none.
        phases: phases for all of them; each workload's own when left out.
    """

    description: str = ""
    gates: Rules
    workloads: dict[str, Rules] = Field(default_factory=dict)
    phases: Phases | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not self.gates and not any(self.workloads.values()):
            raise MisfitError("gates", what="holds no rule", allowed="at least one")
        _check(self.gates, ("gates",))
        for name, own in self.workloads.items():
            _check((*self.gates, *own), ("workloads", name))
        return self


def _check(rules: Sequence[Criterion], place: tuple[str, ...]) -> None:
    repeated = next((rule for index, rule in enumerate(rules) if rule in rules[:index]), None)
    if repeated is not None:
        raise MisfitError(*place, what=f"'{repeated}' stands twice", allowed="each rule once")
    gated = dict.fromkeys(rule.subject for rule in rules if rule.metric is not None)
    if len(gated) > MAX_METRICS:
        raise MisfitError(
            *place,
            what=f"gates {len(gated)} metrics under one workload ({', '.join(gated)})",
            allowed=f"up to {MAX_METRICS}; counts and the lag verdict come on top",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """A gate file as read.

    Attributes:
        file: path as messages show it.
        description: of the file; may be empty.
        general: rules for every workload.
        own: workload -> rules of its own; its keys are what the gate measures.
        phases: for what it measures; each workload's own when None.
        document: as written, for what is said of a place in it; None of rules from elsewhere.
    """

    file: str
    description: str
    general: tuple[Criterion, ...]
    own: Mapping[str, tuple[Criterion, ...]]
    phases: Phases | None
    document: Document | None = field(default=None, compare=False, repr=False)

    def misfits(self, workloads: Mapping[str, Workload]) -> Iterator[Problem]:
        """Yield the rules about what none of the workloads that they are for has."""
        named = [("gates", self.general, workloads)]
        named += [(n, self.own[n], {n: w}) for n, w in workloads.items() if n in self.own]
        for name, rules, some in named:
            for place, rule in enumerate(rules):
                if found := lack(rule.subject, some):
                    key = ("gates",) if some is workloads else ("workloads", name)
                    yield self._problem((*key, place), found)

    def _problem(self, loc: Loc, found: Lack) -> Problem:
        key, line, value = dotted(loc), 0, ""
        if self.document is not None:
            line, value = self.document.line(loc), self.document.written.get(loc, "")
        return Problem(
            file=self.file,
            line=line,
            key=key,
            value=value,
            what=found.what,
            allowed=found.allowed,
            nearest=found.nearest,
        )

    def covers(self, workload_name: str) -> bool:
        """Say whether the file is about a workload: by rules for all, or by naming it."""
        return bool(self.general) or workload_name in self.own

    def rules_for(self, workload_name: str) -> tuple[Criterion, ...]:
        """Return the rules that hold under a workload."""
        return (*self.general, *self.own.get(workload_name, ()))

    def only(self, workloads: Container[str]) -> Self:
        """Return the same rules, and of the workloads these alone."""
        own = {name: rules for name, rules in self.own.items() if name in workloads}
        return replace(self, own=own)

    @property
    def compares(self) -> bool:
        """Whether any rule compares with a baseline."""
        return any(rule.versus_baseline for rule in self.rules)

    @property
    def rules(self) -> tuple[Criterion, ...]:
        """Every rule of the file."""
        return (*self.general, *chain.from_iterable(self.own.values()))


def phased(workloads: Mapping[str, Workload], gates: Gates) -> dict[str, Workload]:
    """Return the workloads over the phases of a gate file, or over their own where it has none.

    Raises:
        SpecError: a workload offers nothing or too much in these phases, or has not what a rule
            asks for.
    """
    raise_any(gates.misfits(workloads))
    if gates.phases is None:
        return dict(workloads)
    changed: dict[str, Workload] = {}
    problems: list[Problem] = []
    for name, workload in workloads.items():
        try:
            changed[name] = workload.with_phases(gates.phases)
        except MisfitError as error:
            what, allowed = split_allowed(str(error))
            what = f"with workload {name}: {what}"
            problems.append(Problem(file=gates.file, key="phases", what=what, allowed=allowed))
    if problems:
        raise SpecError(problems)
    return changed


def load_gates(name_or_path: str | Path, search: Sequence[Path] | None = None) -> Gates:
    """Return the rules of a gate file; SpecError with all that is wrong with it.

    Args:
        name_or_path: `no-regression`, or the path of a file.
        search: directories with `configs/gates/` for bare names; the working directory and the
            shipped files when None.
    """
    roots = search_roots() if search is None else tuple(search)
    path = find_named("gates", str(name_or_path), roots, called="gate file")
    document = read_document(path, shown(path))
    file, problems = validate(GateFile, document)
    found = [*document.problems, *problems]
    if file is None or found:
        raise SpecError(sorted(found, key=lambda problem: problem.line))
    return Gates(
        file=document.file,
        description=file.description,
        general=file.gates,
        own=file.workloads,
        phases=file.phases,
        document=document,
    )
