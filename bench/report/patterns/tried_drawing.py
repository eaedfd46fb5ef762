"""Everything that was tried as lines across its settings, and of two objectives as dots."""

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from bench.core import text
from bench.core.direction import isolated
from bench.draw import svg
from bench.draw.axis import Axis, close_to, of_times
from bench.draw.chart import Field, charts
from bench.draw.parallel import Axle, Course, parallel
from bench.judgement.tried import Objective, Tried, Tuning
from bench.judgement.tuned_words import named
from bench.report import readings
from bench.report.model import Drawing
from bench.seek.tuned import Fate
from bench.spec.space import Knob

BAND = 0.7
"""Share of a value's room over which the lines through it spread, the best objective lowest."""

MOST_COURSES = 400
"""Above so many lines those that left are no longer told apart, and only every so manieth stays."""

MOST_WORDS = 8
"""Of an axis."""

_STYLES = {
    Fate.BREAKS: "w no",
    Fate.INVALID: "w no",
    Fate.LEFT: "w",
    Fate.OPEN: "w seen",
    Fate.FINALIST: "w fin",
    Fate.INCUMBENT: "w fin",
    Fate.BASE: "w was",
}
"""Classes of report.css."""

_ORDER = (Fate.BREAKS, Fate.INVALID, Fate.LEFT, Fate.OPEN, Fate.FINALIST, Fate.INCUMBENT)
"""The lowest first; the base and what leads lie above all."""


def drawing(found: Tuning, id_: str) -> Drawing | None:
    """Return a line for each of everything that was tried; None where nothing was measured."""
    axes = [axis for axis in (_objective_axis(found, each) for each in found.objectives) if axis]
    if not axes or not found.knobs:
        return None
    axles = (*(_axle(found, knob) for knob in found.knobs), *(axle for axle, _, _ in axes))
    shown = _shown(found)
    ranks = _ranks(found)
    courses = [_course(found, each, ranks, axes) for each in shown]
    label = f"{text.plural(len(found.tried), 'setting')} that were tried, by their values"
    return Drawing(
        id=id_,
        title="Each line is one that was tried",
        caption=_caption(found),
        svg=parallel(axles, courses, label),
    )


def _caption(found: Tuning) -> str:
    best = ["thick: what leads"] if found.chosen is not None else []
    finals = ["dark: was confirmed"] if found.compared else []
    broke = found.having(Fate.BREAKS, Fate.INVALID)
    broken = ["dotted: breaks a constraint, or not measured"] if broke else []
    spread = "through a value lines are spread by the objective"
    return "; ".join(["Dashed: the base", *best, *finals, *broken, spread]).capitalize() + "."


def _shown(found: Tuning) -> list[Tried]:
    """Return what is drawn, the lowest first."""
    others = [each for each in found.tried if each is not found.base and each is not found.chosen]
    ordered = sorted(others, key=lambda each: _ORDER.index(each.fate))
    every = -(-len(ordered) // MOST_COURSES) if len(ordered) > MOST_COURSES else 1
    above = [found.base, *([] if found.chosen is None else [found.chosen])]
    return [*ordered[::-1][::every][::-1], *above]


def _ranks(found: Tuning) -> Mapping[str, float]:
    """Return where each stands by the first objective, from 0 of the smallest to 1."""
    key = found.goal.metric.key
    ordered = sorted(
        found.tried, key=lambda each: each.figures[key].value if key in each.figures else 1e300
    )
    last = max(len(ordered) - 1, 1)
    return {each.name: place / last for place, each in enumerate(ordered)}


_Axis = tuple[Axle, Objective, Axis]


def _objective_axis(found: Tuning, objective: Objective) -> _Axis | None:
    metric = objective.metric
    values = [each.figures[metric.key].value for each in found.tried if metric.key in each.figures]
    axis, unit = _axis_of(objective, values)
    if axis is None:
        return None
    words = tuple((axis.share(tick.value), tick.word) for tick in axis.ticks)
    return Axle(f"{metric.title}, {unit}", words), objective, axis


def _axis_of(objective: Objective, values: Sequence[float]) -> tuple[Axis | None, str]:
    """Return an axis for values of an objective, in a unit, and that unit."""
    if not values:
        return None, ""
    scale = readings.scale(objective.metric, values)
    if objective.metric.unit == "ns":
        return of_times(values, scale), scale.unit
    return close_to(values), scale.unit if scale.factor == 1.0 else objective.metric.unit


def _axle(found: Tuning, knob: Knob) -> Axle:
    values = _values(found, knob)
    every = -(-len(values) // MOST_WORDS)
    words = [(_place(n, len(values)), value) for n, value in enumerate(values) if n % every == 0]
    return Axle(isolated(knob.key), tuple(words))


def _values(found: Tuning, knob: Knob) -> list[str]:
    """Return the values of a knob that have a place on its axis."""
    had = {value for each in found.tried if (value := each.values.get(knob.key)) is not None}
    known = [str(value).lower() if isinstance(value, bool) else str(value) for value in knob.values]
    return [*known, *sorted(had - set(known))]


def _place(n: int, many: int) -> float:
    return (n + 0.5) / many


def _course(
    found: Tuning, each: Tried, ranks: Mapping[str, float], axes: Sequence[_Axis]
) -> Course:
    style = "w lead" if each is found.chosen else _STYLES[each.fate]
    knobs = (_knob_place(found, each, knob, ranks[each.name]) for knob in found.knobs)
    figures = ((each.figures.get(o.metric.key), axis) for _, o, axis in axes)
    ends = (None if figure is None else axis.share(figure.value) for figure, axis in figures)
    return Course(style, (*knobs, *ends), _spoken(found, each))


def _knob_place(found: Tuning, each: Tried, knob: Knob, rank: float) -> float | None:
    value = each.values.get(knob.key)
    if value is None:
        return None
    values = _values(found, knob)
    return _place(values.index(value), len(values)) + (rank - 0.5) * BAND / len(values)


def _spoken(found: Tuning, each: Tried) -> str:
    """Say what a line is: `pull.batch 100: end-to-end p99 1.2 ms, clearly worse`."""
    told = [
        f"{o.metric.title} {'at least ' if figure.at_least else ''}{o.metric.written(figure.value)}"
        for o in found.objectives
        if (figure := each.figures.get(o.metric.key)) is not None
    ]
    why = f"; {each.why}" if each.why else ""
    return f"{each.name}: {', '.join(told) or 'no figure'}{why}"


def front(found: Tuning, id_: str) -> Drawing | None:
    """Return the dots of two objectives with what nothing else beats; None of one objective."""
    if len(found.objectives) < 2:
        return None
    first, second = found.objectives
    dots = [each for each in found.tried if _both(found, each) is not None]
    values = [_both(found, each) or (0.0, 0.0) for each in dots]
    x, x_unit = _axis_of(second, [pair[1] for pair in values])
    y, y_unit = _axis_of(first, [pair[0] for pair in values])
    if x is None or y is None:
        return None
    label = f"{text.plural(len(dots), 'setting')} by both objectives"
    return Drawing(
        id=id_,
        title=f"{first.metric.title}, {y_unit}, against {second.metric.title}",
        caption=(
            "Dark: confirmed, by those blocks alone; dashed: what nothing else is better at both "
            "of. Pale: as the search saw it. Ringed: the base."
        ),
        svg=charts(
            (x, f"{second.metric.title}, {x_unit}"), y, label, lambda field: _dots(found, field)
        ),
    )


def _both(found: Tuning, each: Tried) -> tuple[float, float] | None:
    """Return both figures, confirmed where they are; None where one is not told."""
    figures = each.confirmed or each.figures
    keys = [objective.metric.key for objective in found.objectives]
    if not all(key in figures for key in keys):
        return None
    return figures[keys[0]].value, figures[keys[1]].value


def _dots(found: Tuning, field: Field) -> Iterator[Markup]:
    placed = [(each, both) for each in found.tried if (both := _both(found, each)) is not None]
    best = sorted((x, y) for each, (y, x) in placed if each.on_front)
    yield svg.path("off", field.way(best))
    for each, (y, x) in sorted(placed, key=lambda pair: bool(pair[0].confirmed)):
        place = field.at(x, y)
        style = "dot" if each.confirmed else "dim"
        dot = svg.dot(*place, 5 if each is found.chosen else 3.5, style)
        ring = (svg.dot(*place, 7, "pt ring"),) if each is found.base else ()
        yield svg.titled(_spoken(found, each), (dot, *ring))
    if found.chosen is not None and (both := _both(found, found.chosen)) is not None:
        x, y = field.at(both[1], both[0])
        turned = x > (field.left + field.right) / 2
        yield svg.beside(x, y - 9, named(found, found.chosen), 9, turned=turned)
