"""Whether a workload can tell what a tuning is after: said when the file is read."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.core.errors import Problem
from bench.spec.asked import lack
from bench.spec.base import MisfitError
from bench.spec.criteria import Criterion, Operator, parse_criterion
from bench.spec.decidable import shortfall, window_for_ns
from bench.spec.metrics import MIN_BEYOND_READ
from bench.spec.objective import parse_objective
from bench.spec.workload import Workload
from bench.spec.yaml_tree import Document, Loc


def lacking(document: Document, workload: Mapping[str, Workload]) -> Iterator[Problem]:
    """Yield the objectives and constraints of a tuning that this one workload has no figure for."""
    for loc, rule in rules_of(document.data).items():
        if lacks := lack(rule.subject, workload):
            yield document.problem(loc, lacks.what, allowed=lacks.allowed, nearest=lacks.nearest)


def unreadable(document: Document, workload: Workload) -> Iterator[Problem]:
    """Yield what no trial can tell: percentiles with too few messages beyond them in its window.

    A constraint is decided as a gate decides; an objective is compared, and only has to be there.
    """
    for loc, rule in rules_of(document.data).items():
        if lack(rule.subject, {"": workload}) is not None:
            continue
        if loc[0] == "constraints":
            if why := shortfall(rule, workload):
                yield document.problem(loc, f"cannot be decided: {why}")
        elif window_for_ns(rule, workload, MIN_BEYOND_READ) > workload.phases.measure_ns:
            yield document.problem(loc, f"cannot be read in a trial: {shortfall(rule, workload)}")


def undecided(document: Document, workload: Workload) -> Iterator[Problem]:
    """Yield the objectives that trials tell, but by fewer messages than a gate asks for."""
    for loc, rule in rules_of(document.data).items():
        if loc[0] == "objective" and (why := shortfall(rule, workload)):
            what = f"rests on few messages, and small gains will not be told from noise: {why}"
            yield document.problem(loc, what)


def rules_of(data: Mapping[str, Any]) -> dict[Loc, Criterion]:
    """Return what a tuning asks for, as far as it can be read, by its places.

    An objective stands there as a rule without a limit.
    """
    aims, limits = data.get("objective"), data.get("constraints")
    written: dict[Loc, object] = {("objective",): aims} if isinstance(aims, str) else {}
    for key, items in (("objective", aims), ("constraints", limits)):
        if isinstance(items, list):
            written |= {(key, index): each for index, each in enumerate(items)}
    found = {loc: _rule(loc, text) for loc, text in written.items() if isinstance(text, str)}
    return {loc: rule for loc, rule in found.items() if rule is not None}


def _rule(loc: Loc, text: str) -> Criterion | None:
    try:
        if loc[0] == "constraints":
            return parse_criterion(text)
        short = parse_objective(text).metric.short
    except MisfitError:
        return None
    return Criterion(subject=short, versus_baseline=False, operator=Operator.LESS, limit=0.0)
