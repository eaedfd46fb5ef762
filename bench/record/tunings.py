"""What must hold of the tuning of a plan: what is tried next, and the answer, are read from it."""

from collections import Counter
from collections.abc import Iterator, Mapping

from bench.plan.allotment import allotted
from bench.plan.model import Cell, Plan, TriedPoint, Tuning
from bench.plan.points import is_turned
from bench.record.reading import MOST, Fault, Loc
from bench.spec.base import MisfitError
from bench.spec.criteria import parse_criterion
from bench.spec.objective import Objective, parse_objective
from bench.spec.pointed import laid_over
from bench.spec.space import Knob, Value

_TUNING = "tuning"


def tuning_faults(plan: Plan) -> Iterator[Fault]:
    """Yield what does not fit together in what a plan tunes; nothing of one that tunes nothing."""
    tuning = plan.tuning
    if tuning is None:
        return
    if plan.search is not None:
        yield Fault(loc=("search",), what="beside a tuning: a plan seeks one thing")
    if not tuning.base.variants:
        yield Fault(loc=(_TUNING, "base", "variants"), what="empty")
    yield from _amount_faults(tuning)
    yield from _knob_faults(tuning)
    yield from _objective_faults(tuning, plan)
    yield from _constraint_faults(tuning, plan)
    yield from _tried_faults(tuning, plan)
    yield from _trial_faults(tuning, plan)
    yield from _confirmation_faults(tuning, plan)


def _amount_faults(tuning: Tuning) -> Iterator[Fault]:
    if tuning.points < 1:
        yield Fault(loc=(_TUNING, "points"), what="below 1")
    if not 1 <= tuning.budget_ns <= MOST:
        yield Fault(loc=(_TUNING, "budget_ns"), what="below 1, or beyond counting")


def _knob_faults(tuning: Tuning) -> Iterator[Fault]:
    if not tuning.knobs:
        yield Fault(loc=(_TUNING, "knobs"), what="empty")
    before: dict[str, Knob] = {}
    for index, knob in enumerate(tuning.knobs):
        loc: Loc = (_TUNING, "knobs", index)
        if knob.key in before:
            yield Fault(loc=(*loc, "key"), what=f"{knob.key!r} stands there twice")
        if not knob.values:
            yield Fault(loc=(*loc, "values"), what="empty")
        if len(set(map(_typed, knob.values))) < len(knob.values):
            yield Fault(loc=(*loc, "values"), what="one stands there twice")
        for key, values in knob.when:
            if key not in before:
                yield Fault(loc=(*loc, "when"), what=f"no knob before it is {key!r}")
            elif not values or not {*map(_typed, values)} <= {*map(_typed, before[key].values)}:
                yield Fault(loc=(*loc, "when"), what=f"not values of {key!r}")
        before[knob.key] = knob


def _typed(value: Value) -> tuple[str, Value]:
    return type(value).__name__, value


def _objective_faults(tuning: Tuning, plan: Plan) -> Iterator[Fault]:
    found: list[Objective] = []
    for index, each in enumerate(tuning.objectives):
        try:
            found.append(parse_objective(each))
        except MisfitError as error:
            yield Fault(loc=(_TUNING, "objectives", index), what=str(error))
    named = tuple(each.metric.short for each in found)
    if not 1 <= len(tuning.objectives) <= 2 or len(set(named)) < len(named):
        yield Fault(loc=(_TUNING, "objectives"), what="not one, or two that differ")
    elif len(named) == len(tuning.objectives) and named != (plan.primary, *plan.secondary):
        yield Fault(loc=(_TUNING, "objectives"), what="not what `primary` and `secondary` have")


def _constraint_faults(tuning: Tuning, plan: Plan) -> Iterator[Fault]:
    for index, each in enumerate(tuning.constraints):
        loc: Loc = (_TUNING, "constraints", index)
        try:
            if parse_criterion(each).versus_baseline:
                yield Fault(loc=loc, what="compares with a baseline, and has to hold by itself")
        except ValueError as error:
            yield Fault(loc=loc, what=str(error))
    if tuning.constraints != plan.success:
        yield Fault(loc=(_TUNING, "constraints"), what="not what `success` has")


def _tried_faults(tuning: Tuning, plan: Plan) -> Iterator[Fault]:
    cells = {cell.id: cell for cell in plan.cells}
    trials = Counter(trial.cell_id for trial in plan.trials)
    seen: set[object] = set()
    for index, tried in enumerate(tuning.tried):
        loc: Loc = (_TUNING, "tried", index)
        for key, value in (("cell_id", tried.cell_id), ("point", tried.point)):
            if (key, value) in seen:
                yield Fault(loc=(*loc, key), what="stands there twice")
            seen.add((key, value))
        if bool(tried.point.values) is (index == 0):
            yield Fault(loc=(*loc, "point"), what="the base stands first, and there alone")
        elif tried.cell_id not in cells:
            yield Fault(loc=(*loc, "cell_id"), what=f"the plan has no cell {tried.cell_id!r}")
        else:
            yield from _point_faults(loc, tried, tuning)
            yield from _unlike(loc, tried, cells[tried.cell_id], tuning)
        if tried.cell_id in cells and not trials[tried.cell_id]:
            yield Fault(loc=(*loc, "cell_id"), what="the plan has no trial of it")
    known = {tried.cell_id for tried in tuning.tried}
    for index, cell in enumerate(plan.cells):
        if cell.id not in known:
            yield Fault(loc=("cells", index, "id"), what="no point that was tried is of it")


def _point_faults(loc: Loc, tried: TriedPoint, tuning: Tuning) -> Iterator[Fault]:
    """Yield where a point sets what is not turned, or not what is, or to no value of it."""
    if not tried.point.values:
        return
    values: Mapping[str, Value] = dict(tried.point.values)
    turned = [knob for knob in tuning.knobs if is_turned(knob, values)]
    if [key for key, _ in tried.point.values] != [knob.key for knob in turned]:
        yield Fault(
            loc=(*loc, "point", "values"), what="not each knob that is turned, in its order"
        )
        return
    for place, knob in enumerate(turned):
        if _typed(values[knob.key]) not in {*map(_typed, knob.values)}:
            at = (*loc, "point", "values", place)
            yield Fault(loc=at, what=f"{values[knob.key]!r} is no value of {knob.key!r}")


def _unlike(loc: Loc, tried: TriedPoint, cell: Cell, tuning: Tuning) -> Iterator[Fault]:
    """Yield where the cell of a point is of another load, or of other settings than it says."""
    base = tuning.base
    if (cell.workload_name, cell.workload) != (base.workload_name, base.workload):
        yield Fault(loc=(*loc, "cell_id"), what="its cell is of another load than the base")
    if not tried.point.values and cell.id != base.id:
        yield Fault(loc=(*loc, "cell_id"), what="not the cell of the base")
    try:
        same = laid_over(base.settings, tried.point) == cell.settings
    except MisfitError as error:
        yield Fault(loc=(*loc, "point"), what=f"{'.'.join(error.key)}: {error}")
        return
    if not same:
        yield Fault(loc=(*loc, "cell_id"), what="its cell has other settings than it says")


def _trial_faults(tuning: Tuning, plan: Plan) -> Iterator[Fault]:
    """Yield trials that were taken out or doubled."""
    seen: set[tuple[str, int]] = set()
    for index, trial in enumerate(plan.trials):
        if trial.index != index + 1:
            yield Fault(loc=("trials", index, "index"), what=f"{trial.index}, and not {index + 1}")
        if (trial.cell_id, trial.block) in seen:
            yield Fault(loc=("trials", index, "block"), what="its cell has two trials in it")
        seen.add((trial.cell_id, trial.block))


def _confirmation_faults(tuning: Tuning, plan: Plan) -> Iterator[Fault]:
    """Yield where blocks that are said to confirm are none that a confirmation has."""
    begins, loc = tuning.confirms_from, (_TUNING, "confirms_from")
    if begins is None:
        return
    blocks: dict[int, set[str]] = {}
    for trial in plan.trials:
        blocks.setdefault(trial.block, set()).add(trial.cell_id)
    if begins not in blocks:
        yield Fault(loc=loc, what="no block of the plan")
        return
    sought = set[str]().union(*(cells for block, cells in blocks.items() if block < begins))
    first, share = blocks[begins], allotted(tuning.base, tuning.budget_ns)
    confirming = [cells for block, cells in sorted(blocks.items()) if block >= begins]
    if not first <= sought:
        yield Fault(loc=loc, what="what it confirms was not sought before")
    if tuning.base.id not in first or len(first) < 2:
        yield Fault(loc=loc, what="a block of it has the base and what is held against it")
    if any(cells != first for cells in confirming):
        yield Fault(loc=loc, what="not all blocks from it on have the same cells")
    if len(first) > share.finalists + 1 or len(confirming) > share.most_blocks:
        most = f"{share.most_blocks} blocks of {share.finalists + 1}"
        yield Fault(loc=loc, what=f"its budget confirms in {most} at most")
