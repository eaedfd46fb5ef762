"""What must hold of the search of a plan: what the next rate, and the answer, are read from."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping

from bench.plan.model import Cell, Plan, Purpose, Search, Step
from bench.record.reading import MOST, Fault, Loc
from bench.spec.criteria import parse_criterion

ALIKE = 1e-6
"""Rates that differ by less are the same: shares of a rate are added up again."""

_SEARCH = "search"


def search_faults(plan: Plan) -> Iterator[Fault]:
    """Yield what does not fit together in what a plan seeks; nothing of one that seeks nothing."""
    search = plan.search
    if search is None:
        return
    yield from _bound_faults(search)
    yield from _goal_faults(search, plan)
    yield from _base_faults(search)
    yield from _step_faults(search, plan)
    yield from _untried(search, plan)


def _bound_faults(search: Search) -> Iterator[Fault]:
    if not 0 < search.low_per_s <= MOST:
        yield Fault(loc=(_SEARCH, "low_per_s"), what="not above 0, or beyond counting")
    if not search.low_per_s < search.high_per_s <= MOST:
        yield Fault(loc=(_SEARCH, "high_per_s"), what="not above low_per_s, or beyond counting")
    if not 1 <= search.most_publishers <= MOST:
        yield Fault(loc=(_SEARCH, "most_publishers"), what="below 1, or beyond counting")


def _goal_faults(search: Search, plan: Plan) -> Iterator[Fault]:
    for index, goal in enumerate(search.goals):
        loc: Loc = (_SEARCH, "goals", index)
        try:
            if parse_criterion(goal).versus_baseline:
                yield Fault(loc=loc, what="compares with a baseline, and a capacity has none")
        except ValueError as error:
            yield Fault(loc=loc, what=str(error))
    if search.goals != plan.success:
        yield Fault(loc=(_SEARCH, "goals"), what="not what `success` has")


def _base_faults(search: Search) -> Iterator[Fault]:
    if not search.bases:
        yield Fault(loc=(_SEARCH, "bases"), what="empty")
    seen: set[str] = set()
    for index, base in enumerate(search.bases):
        loc: Loc = (_SEARCH, "bases", index)
        if base.id in seen:
            yield Fault(loc=(*loc, "id"), what=f"{base.id!r} stands there twice")
        seen.add(base.id)
        if not base.variants:
            yield Fault(loc=(*loc, "variants"), what="empty")
        if not base.workload.offers:
            yield Fault(loc=(*loc, "workload"), what="offers nothing at a rate of its own")


def _step_faults(search: Search, plan: Plan) -> Iterator[Fault]:
    cells = {cell.id: cell for cell in plan.cells}
    bases = {base.id: base for base in search.bases}
    trials = Counter(trial.cell_id for trial in plan.trials)
    seen: set[str] = set()
    for index, step in enumerate(search.steps):
        loc: Loc = (_SEARCH, "steps", index)
        yield from _rate_faults(loc, step, search)
        if step.cell_id in seen:
            yield Fault(loc=(*loc, "cell_id"), what=f"{step.cell_id!r} stands there twice")
        seen.add(step.cell_id)
        if step.base_id not in bases:
            yield Fault(loc=(*loc, "base_id"), what=f"it has no base {step.base_id!r}")
        elif step.cell_id not in cells:
            yield Fault(loc=(*loc, "cell_id"), what=f"the plan has no cell {step.cell_id!r}")
        else:
            yield from _unlike(loc, step, cells[step.cell_id], bases[step.base_id])
        yield from _count_faults(loc, step, trials)


def _rate_faults(loc: Loc, step: Step, search: Search) -> Iterator[Fault]:
    if not search.low_per_s <= step.rate_per_s <= search.high_per_s:
        yield Fault(loc=(*loc, "rate_per_s"), what="not between low_per_s and high_per_s")
    if not 1 <= step.publishers <= MOST:
        yield Fault(loc=(*loc, "publishers"), what="below 1, or beyond counting")


def _unlike(loc: Loc, step: Step, cell: Cell, base: Cell) -> Iterator[Fault]:
    """Yield where a step tells of another load than its trials had, or of another variant."""
    offered = cell.workload.rate_msgs_per_s
    if not math.isclose(offered, step.rate_per_s, rel_tol=ALIKE):
        what = f"its cell offers {offered:g} messages a second"
        yield Fault(loc=(*loc, "rate_per_s"), what=what)
    if cell.variants != base.variants:
        yield Fault(loc=(*loc, "base_id"), what="its cell is of other variants than that base")


def _count_faults(loc: Loc, step: Step, trials: Mapping[str, int]) -> Iterator[Fault]:
    """Yield where trials were taken away, or more are told than a look has."""
    found = trials[step.cell_id]
    if not found:
        yield Fault(loc=(*loc, "cell_id"), what="the plan has no trial of it")
    elif found > 1 and step.purpose is not Purpose.SOAK:
        yield Fault(loc=(*loc, "purpose"), what=f"{found} trials, and a probe is one")


def _untried(search: Search, plan: Plan) -> Iterator[Fault]:
    """Yield cells that no step is about, and trials that were taken out: all bear witness."""
    known = {step.cell_id for step in search.steps}
    for index, cell in enumerate(plan.cells):
        if cell.id not in known:
            yield Fault(loc=("cells", index, "id"), what="no step of the search is about it")
    for index, trial in enumerate(plan.trials):
        if trial.index != index + 1:
            yield Fault(loc=("trials", index, "index"), what=f"{trial.index}, and not {index + 1}")
