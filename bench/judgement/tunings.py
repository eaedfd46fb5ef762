"""From the search for the best settings to plain data that every view shows alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bench.analysis.figures import CellFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import Contrast, contrast, typical
from bench.core import text
from bench.core.marks import State
from bench.judgement.changes import directed
from bench.judgement.kinds import Figure
from bench.judgement.mattering import importance, written
from bench.judgement.names import spoken
from bench.judgement.pasted import pasted
from bench.judgement.tried import Change, Importance, Objective, Pasted, Tried, Tuning
from bench.judgement.tuned_words import holds, open_points
from bench.plan.model import Plan
from bench.seek.tuned import Ending, Standing, Tuned
from bench.spec.flat import flat
from bench.spec.metrics import Better, Metric, find_metric
from bench.spec.space import Knob, Point

BASE = "base"

STATES = {
    Ending.BETTER: State.HOLDS,
    Ending.NO_BETTER: State.HOLDS,
    Ending.NOTHING_HOLDS: State.FAILS,
}
"""Of all other endings nothing is decided."""

LEADING = (Ending.BETTER, Ending.UNDECIDED, Ending.NOT_OVER)
"""Endings of which the incumbent is told as what is best, if only so far."""


def tuning_of(found: Tuned, plan: Plan) -> Tuning:
    """Return what was found."""
    objectives = tuple(map(objective_of, found.tuning.objectives))
    tried = {each.point: _tried(each, found, objectives) for each in _ordered(found)}
    leading = _leading(found)
    made = Tuning(
        state=STATES.get(found.ending, State.DOUBTFUL),
        ending=found.ending,
        over=found.over,
        label=plan.label,
        objectives=objectives,
        constraints=found.tuning.constraints,
        knobs=found.tuning.knobs,
        points=found.tuning.points,
        raced=found.tuning.raced,
        tried=tuple(tried.values()),
        chosen=None if leading is None else tried[leading.point],
        compared=tuple(tried[each.point] for each in _compared(found)),
        fell_back=found.fell_back,
        near=found.near,
        importance=tuple(_importance(found, tried.values(), objectives)),
        pasted=_pasted(leading, found, plan) if leading and _may_be_taken(found) else None,
        open_points=(),
        spent_ns=found.spent_ns,
        budget_ns=found.tuning.budget_ns,
        holds="",
    )
    told = replace(made, holds=holds(made))
    alike = [tried[point] for point in _alike(found, objectives[0])]
    return replace(told, open_points=tuple(open_points(told, alike)))


def _leading(found: Tuned) -> Standing | None:
    """Return what is told as best, if only so far; None where that is the base, or nothing."""
    first = found.incumbent
    if first is None or found.ending not in LEADING or first.point == found.base.point:
        return None
    return first


def _may_be_taken(found: Tuned) -> bool:
    """Say whether what leads is better, or looks so in what confirms it."""
    if found.ending is Ending.UNDECIDED:
        return found.gain is not None and found.gain.found.worse < 0
    return found.ending is Ending.BETTER


def objective_of(rule: str) -> Objective:
    """Return an objective as read; a plan that names no metric was refused before."""
    verb, _, name = rule.partition(" ")
    metric = find_metric(name.strip())
    assert metric is not None, rule  # noqa: S101 - read and checked with the plan
    return Objective(
        rule=rule, metric=metric, better=Better.HIGHER if verb == "maximise" else Better.LOWER
    )


def _ordered(found: Tuned) -> Iterator[Standing]:
    """Yield the base, then all others."""
    yield found.base
    yield from (each for each in found.standings if each.point != found.base.point)


def _compared(found: Tuned) -> Iterator[Standing]:
    """Yield what has confirming blocks: the base, what leads, the others; each once."""
    incumbent = () if found.incumbent is None else (found.incumbent,)
    every = (found.base, *incumbent, *found.finalists, *found.front)
    yield from (s for s in {each.point: each for each in every}.values() if s.confirmed)


def _pasted(leading: Standing, found: Tuned, plan: Plan) -> Pasted:
    return pasted(str(leading.point), plan.label, found.tuning.base, leading.cell.cell)


def _tried(standing: Standing, found: Tuned, objectives: Sequence[Objective]) -> Tried:
    is_base = standing.point == found.base.point
    metrics = [each.metric for each in objectives]
    front = {each.point for each in found.front}
    return Tried(
        name=BASE if is_base else str(standing.point),
        values=_base_values(found) if is_base else _values(standing.point),
        fate=standing.fate,
        why=spoken(standing.why),
        trials=standing.trials,
        valid=standing.valid,
        figures=dict(_figures(standing.cell, metrics)),
        confirmed=dict(_figures(standing.confirmed, metrics)) if standing.confirmed else {},
        changes={} if is_base else dict(_changes(standing, found, metrics)),
        on_front=len(objectives) > 1 and standing.point in front,
    )


def _values(point: Point) -> Mapping[str, str]:
    return {key: written(value) for key, value in point.values}


def _base_values(found: Tuned) -> Mapping[str, str]:
    """Return what the base sets each knob to that is turned under it."""
    settings = flat(found.tuning.base.settings)
    return {
        knob.key: settings[knob.key]
        for knob in found.tuning.knobs
        if knob.key in settings
        and all(settings.get(key, "") in map(written, values) for key, values in knob.when)
    }


def _figures(cell: CellFigures, metrics: Sequence[Metric]) -> Iterator[tuple[str, Figure]]:
    for metric in metrics:
        found, estimate = typical(measure_of(metric.key), cell), cell.estimates.get(metric.key)
        if found is not None:
            low, high = (None, None) if estimate is None else (estimate.low, estimate.high)
            yield (
                metric.key,
                Figure(value=found.value, low=low, high=high, at_least=found.at_least),
            )


def _changes(
    standing: Standing, found: Tuned, metrics: Sequence[Metric]
) -> Iterator[tuple[str, Change]]:
    """Yield what confirming blocks say against the base: of what leads as it was decided."""
    for place, metric in enumerate(metrics):
        leads = found.incumbent is not None and standing.point == found.incumbent.point
        decided = found.gains[place] if leads and len(found.gains) > place else None
        between = decided or _contrast(metric, found.base, standing)
        if between is not None:
            yield metric.key, _change(between)


def _contrast(metric: Metric, one: Standing, other: Standing) -> Contrast | None:
    if one.confirmed is None or other.confirmed is None:
        return None
    return contrast(measure_of(metric.key), one.confirmed, other.confirmed)


def _change(found: Contrast) -> Change:
    size = found.written(found.change).lstrip(f"+±{text.MINUS}")
    size = text.size_of(found.change) if found.relative else size
    words = directed(found.metric, size, more=found.change > 0)
    ends = found.metric.written_interval(found.low, found.high, relative=found.relative)
    return Change(
        told=found.told,
        said=f"{words} (90 % interval {ends})" if found.tellable else found.told,
        brief=words if found.tellable else found.told,
        low=found.low,
        high=found.high,
        relative=found.relative,
        blocks=found.found.pairs,
    )


def _alike(found: Tuned, objective: Objective) -> Iterator[Point]:
    """Yield what confirming blocks cannot tell from what leads."""
    leads = found.incumbent
    if leads is None:
        return
    for each in found.finalists:
        if each.point not in (leads.point, found.base.point):
            told = _contrast(objective.metric, leads, each)
            if told is not None and told.low <= 0 <= told.high:
                yield each.point


def _importance(
    found: Tuned, tried: Iterable[Tried], objectives: Sequence[Objective]
) -> Iterator[Importance]:
    standings = list(_ordered(found))
    values = [each.values for each in tried]
    pairs = [
        (value, each.cell)
        for value, each in zip(values, standings, strict=True)
        if _in_space(value, found.tuning.knobs)
    ]
    for objective in objectives:
        said = importance(objective, found.tuning.knobs, pairs)
        if said is not None:
            yield said


def _in_space(values: Mapping[str, str], knobs: Sequence[Knob]) -> bool:
    """Say whether each knob has one of its values: the base may have others."""
    allowed = {knob.key: {written(each) for each in knob.values} for knob in knobs}
    return all(value in allowed[key] for key, value in values.items())
