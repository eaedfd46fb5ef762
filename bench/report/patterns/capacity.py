"""Capacity: how far the goals hold, and the curves of everything that was tried."""

import math
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from bench.core import text
from bench.core.direction import isolated
from bench.draw import svg
from bench.draw.axis import Axis, close_to, of_times
from bench.draw.chart import Field
from bench.draw.limit import HALF, WIDTH, bar
from bench.draw.shapes import Shape, beyond, mark, ring
from bench.draw.stacked import Panel, stacked
from bench.judgement.capacities import LAG_SLOPE, cpu_key
from bench.judgement.kinds import Capacity, Curve, Figure, HostCeiling, Step
from bench.plan.model import Purpose
from bench.report.model import Block, Drawing, Fold, Name, Section, Sentence
from bench.report.patterns.attempts import table as attempts_table
from bench.report.tables import NOTHING, Column, Entry, Row, Table, Tone, marked
from bench.seek.bracket import Ending, Said
from bench.seek.words import bare, rate
from bench.spec.metrics import Metric, metric_of

SHAPES = {
    Said.MET: Shape.DISC,
    Said.MISSED: Shape.CROSS,
    Said.OPEN: Shape.TRIANGLE,
    Said.NOT_OFFERED: Shape.SQUARE,
    Said.SPOILT: Shape.DIAMOND,
}

_WORDS = {
    Said.MET: "met",
    Said.MISSED: "missed",
    Said.OPEN: "cannot be told",
    Said.NOT_OFFERED: "not offered",
    Said.SPOILT: "spoilt",
}

_RADII = {Purpose.SHORT: 2.6, Purpose.LONG: 4.2, Purpose.SOAK: 4.2}
_RING = 7.5

_EVIDENCE = (Said.MET, Said.MISSED, Said.OPEN)

_HIGH, _MIDDLE, _LOW = 170, 64, 40
"""Heights of the panels of a goal, of a further one and of the lag, and of a process."""


_ROOM = 18
"""Over the first field: what is confirmed, and where it falls behind."""

_WORD = 110
"""Width of what is said there, at most."""


def sections(found: Sequence[Capacity]) -> tuple[Section, ...]:
    """Return the variants side by side, then each with its curves; none where none was sought."""
    if not found:
        return ()
    title = "How much each carries" if len(found) > 1 else "How much it carries"
    above = Section("capacity", title, (table(found, "capacity-table"),), lead=_lead(found))
    return (above, *(_of_one(each, n) for n, each in enumerate(found, start=1)))


def _lead(found: Sequence[Capacity]) -> tuple[Sentence, ...]:
    goals = f"Goals: {text.listed([*found[0].goals])}. " if found[0].goals else ""
    asked = "Nothing lost, refused or left unsent, and no lag that grows, is asked of every rate."
    bars = "A bar runs from the rate that soaks confirmed to the first that was not."
    host = ((found[0].host,),) if found[0].host else ()  # boxes have no room for all of it
    return ((f"{goals}{asked}",), (bars,), *host)


def _of_one(found: Capacity, place: int) -> Section:
    id_ = f"capacity-{place}"
    rows = attempts_table(found, f"{id_}-attempts-table")
    note = f"{text.plural(len(found.steps), 'look')}, "
    note += text.plural(sum(step.trials for step in found.steps), "trial")
    fold = Fold(f"{id_}-attempts", "Every rate that was tried", (rows,), note=note)
    drawn = drawing(found, f"{id_}-curve")
    apart = (_goals(found, f"{id_}-goals"),) if found.apart else ()
    blocks: tuple[Block, ...] = (*(() if drawn is None else (drawn,)), *apart, fold)
    return Section(id_, isolated(found.variant), blocks, lead=tuple(_told(found)))


def _goals(found: Capacity, id_: str) -> Table:
    """Return where each of several goals breaks by itself."""
    caption = "Each goal by itself, as far as looks saw; the capacity is where all are met"
    return Table(id_, caption, "Goal").of(
        found.apart,
        lambda each: Row((each.rule,)),
        (
            Column("Met to", lambda each: _at(each.met_per_s), unit="msg/s"),
            Column("Missed from", lambda each: _at(each.missed_per_s), unit="msg/s"),
        ),
    )


def _at(per_s: float | None) -> Entry:
    return NOTHING if per_s is None else Entry(bare(per_s))


def _told(found: Capacity) -> Iterator[Sentence]:
    yield sentence(found)
    yield from ((said,) for said in (found.breaks, found.limits) if said)


def sentence(found: Capacity) -> Sentence:
    """Say how far the goals hold, and where that was not found out."""
    return (Name(f"{found.state.mark} {found.holds[:1].upper()}{found.holds[1:]}."),)


def drawing(found: Capacity, id_: str) -> Drawing | None:
    """Return the curves against the offered rate; None where nothing was measured."""
    panels = [panel for panel in _panels(found) if panel is not None]
    if not panels:
        return None
    x = close_to([step.rate_per_s for step in found.steps])
    label = f"{found.variant}: {found.holds}"
    return Drawing(
        id=id_,
        title=f"{isolated(found.variant)}: against the offered rate",
        caption=_caption(found),
        svg=stacked((x, "offered, msg/s"), panels, label),
    )


def _caption(found: Capacity) -> str:
    """Say which mark is what, of those that are there."""
    said = dict.fromkeys(step.said for step in found.steps)
    marks = [f"{SHAPES[each].sign} {_WORDS[each]}" for each in SHAPES if each in said]
    sizes = "small: a short probe, large: a long one, ringed: soaks with their 90 % interval"
    edge = ["arrow: longer than can be told"] if _any_at_least(found) else []
    rim = ["at the upper edge: no figure"] if _any_without(found) else []
    broken = ["upright: where that goal breaks by itself"] if _any_broken(found) else []
    host = (
        ["dashed, by its title: what this host does by itself"] if _ceilings_within(found) else []
    )
    shaded = ["shaded: from confirmed to not confirmed"] if _shade(found) else []
    return "; ".join([", ".join(marks), sizes, *edge, *rim, *broken, *host, *shaded]) + "."


def _any_at_least(found: Capacity) -> bool:
    return any(each.at_least for step in found.steps for each in step.figures.values())


def _any_without(found: Capacity) -> bool:
    return any(found.curves[0].metric.key not in step.figures for step in found.steps)


def _any_broken(found: Capacity) -> bool:
    return any(_missed_from(found, curve) is not None for curve in found.curves)


def _panels(found: Capacity) -> Iterator[Panel | None]:
    for place, curve in enumerate(found.curves):
        yield _goal_panel(found, curve, _HIGH if place == 0 else _MIDDLE)
    yield _plain_panel(found, LAG_SLOPE, "lag slope, msg/s", _MIDDLE)
    shares = [step.figures.get(cpu_key(role)) for step in found.steps for role in found.roles]
    widest = max((each.value for each in shares if each is not None), default=0.0)
    for role in found.roles:
        yield _plain_panel(found, cpu_key(role), f"{role} CPU, cores", _LOW, widest)


def _goal_panel(found: Capacity, curve: Curve, height: int) -> Panel | None:
    known = [end for step in found.steps for end in _ends(step.figures.get(curve.metric.key))]
    if not known:
        return None
    ends = [*known, *([] if curve.limit is None else [curve.limit])]
    y, unit = _upright(curve.metric, ends)
    return Panel(
        title=f"{curve.metric.title}, {unit}",
        y=y,
        height=height,
        parts=lambda field: _goal_parts(found, curve, field),
        room=_ROOM if curve is found.curves[0] else 0,
    )


def _upright(metric: Metric, ends: Sequence[float]) -> tuple[Axis, str]:
    """Return the axis of a figure, and its unit: times by their logarithm, others from 0."""
    if metric.unit == "ns":
        scale = text.time_scale(min(ends))
        if (axis := of_times(ends, scale)) is not None:
            return axis, scale.unit
    return close_to(ends), {"share": "cores"}.get(metric.unit, metric.unit)


def _ends(figure: Figure | None) -> list[float]:
    if figure is None:
        return []
    ends = (figure.low, figure.value, figure.high)
    return [end for end in ends if end is not None and math.isfinite(end)]


def _plain_panel(
    found: Capacity, key: str, title: str, height: int, widest: float = 0.0
) -> Panel | None:
    known = [end for step in found.steps for end in _ends(step.figures.get(key))]
    if not known:
        return None
    return Panel(
        title=title,
        y=close_to([*known, widest]),
        height=height,
        parts=lambda field: (*_ground(found, field), *_dots(found, metric_of(key), field)),
    )


def _goal_parts(found: Capacity, curve: Curve, field: Field) -> Iterator[Markup]:
    yield from _ground(found, field)
    if curve.limit is not None:
        y = field.down(curve.limit)
        yield svg.level("lim", field.left, field.right, y)
        yield svg.words(field.left + 4, y - 5, curve.rule)
    if (missed := _missed_from(found, curve)) is not None:
        said = f"{curve.rule} missed from {rate(missed)}"
        yield svg.titled(said, (field.upright("lim", missed),))
    if curve is found.curves[0]:
        yield from _named(found, field)
    yield from _dots(found, curve.metric, field, rim=True)


def _missed_from(found: Capacity, curve: Curve) -> float | None:
    """Return where the goal of a curve breaks by itself; None where that is not told apart."""
    return next((each.missed_per_s for each in found.apart if each.rule == curve.rule), None)


def _shade(found: Capacity) -> tuple[float, float] | None:
    if found.confirmed_per_s is None or found.above_per_s is None:
        return None
    return found.confirmed_per_s, found.above_per_s


def _ground(found: Capacity, field: Field) -> Iterator[Markup]:
    """Yield what lies behind the marks: the interval, shaded, and where it falls behind."""
    if ends := _shade(found):
        left, right = map(field.across, ends)
        yield svg.box("fault", (left, field.top), (right, field.bottom))
    if found.confirmed_per_s is not None:
        yield field.upright("cf", found.confirmed_per_s)
    if (behind := _behind_per_s(found)) is not None:
        yield field.upright("off", behind)
    for each in _ceilings_within(found):
        at = rate(each.rate_msgs_per_s)
        said = f"{each.what}: one client process comes to {at} of 128 B on this host"
        yield svg.titled(said, (field.upright("off", each.rate_msgs_per_s),))


def _ceilings_within(found: Capacity) -> list[HostCeiling]:
    """Return the ceilings of the host among the rates that were tried."""
    rates = [step.rate_per_s for step in found.steps]
    lowest, highest = min(rates, default=0.0), max(rates, default=0.0)
    return [each for each in found.ceilings if lowest <= each.rate_msgs_per_s <= highest]


def _behind_per_s(found: Capacity) -> float | None:
    """Return the lowest rate beyond the capacity at which the lag grows."""
    floor = found.confirmed_per_s or 0.0
    rates = (step.rate_per_s for step in found.steps if step.falls_behind)
    return min((each for each in rates if each > floor), default=None)


def _named(found: Capacity, field: Field) -> Iterator[Markup]:
    """Yield the words over the field: what is confirmed, and where it falls behind."""
    if found.confirmed_per_s is not None:
        x = field.across(found.confirmed_per_s)
        said, y = f"confirmed {bare(found.confirmed_per_s)}", field.top - 8
        yield svg.words(x - 4, y, said, "end") if x > _WORD else svg.words(0, y, said)
    behind = _behind_per_s(found)
    if behind is not None:
        x = field.across(behind)
        turned = x > field.right - 84
        yield svg.beside(x, field.top - 8, "falls behind", -4 if turned else 4, turned=turned)


def _dots(found: Capacity, metric: Metric, field: Field, *, rim: bool = False) -> Iterator[Markup]:
    """Yield the way through what says most of each rate, and a mark for every step.

    Args:
        found: whose.
        metric: that is drawn.
        field: in which.
        rim: steps without a figure stand at the upper edge.
    """
    yield svg.path("ln2", field.way(_way(found.steps, metric)))
    for step in found.steps:
        figure = step.figures.get(metric.key)
        if figure is not None or rim:
            yield svg.titled(_spoken(step, metric), _mark(step, figure, field))


def _way(steps: Sequence[Step], metric: Metric) -> list[tuple[float, float]]:
    """Return what soaks say of each rate, else its longest probe; what is no evidence is none."""
    by_rate: dict[float, Step] = {}
    for step in steps:  # by rising rate, soaks last
        if step.said in _EVIDENCE and metric.key in step.figures:
            by_rate[step.rate_per_s] = step
    return [(per_s, step.figures[metric.key].value) for per_s, step in by_rate.items()]


def _mark(step: Step, figure: Figure | None, field: Field) -> Iterator[Markup]:
    x = field.across(step.rate_per_s)
    place = (x, field.top if figure is None else field.down(figure.value))
    if figure is not None and figure.low is not None and figure.high is not None:
        yield svg.upright("rng", x, field.down(figure.high), field.down(figure.low))
    if step.purpose is Purpose.SOAK:
        yield ring(place, _RING)
    yield mark(SHAPES[step.said], place, _RADII[step.purpose])
    if figure is not None and figure.at_least:
        yield beyond(place)


def _spoken(step: Step, metric: Metric) -> str:
    """Say what a mark shows: `1 987 msg/s, 5 soaks, met: end-to-end p99 12 ms`."""
    figure = step.figures.get(metric.key)
    many = text.plural(step.trials, "soak") if step.purpose is Purpose.SOAK else step.purpose
    head = f"{rate(step.rate_per_s)}, {many}, {_WORDS[step.said]}"
    value = "no figure" if figure is None else metric.written(figure.value)
    at_least = "at least " if figure is not None and figure.at_least else ""
    why = f". {step.why}" if step.why else ""
    return f"{head}: {metric.title} {at_least}{value}{why}"


def table(found: Sequence[Capacity], id_: str) -> Table:
    """Return the variants side by side: from confirmed to not confirmed on one axis of rates."""
    ends = [end for each in found for end in (each.confirmed_per_s, each.above_per_s)]
    axis = close_to([end for end in ends if end is not None])
    caption = "Highest rate at which the goals hold"
    return Table(id_, caption, "Variant", cards="goals").of(
        found,
        lambda each: Row((each.variant,), state=each.state),
        (
            Column("msg/s", lambda each: _bar(each, axis), "bar", axis=axis.labels()),
            Column("Holds to", _holds_to, "found"),
            Column("Beyond it", _beyond, "prose"),
        ),
    )


def _holds_to(found: Capacity) -> Entry:
    head, _, rest = found.told.partition(" (")
    entry = marked(found.state, head)
    return Entry(entry.text, detail=rest.removesuffix(")"), tone=entry.tone, detail_tone=Tone.MUTED)


def _beyond(found: Capacity) -> Entry:
    """Return what limits it and what breaks first."""
    head = f"{found.limited[:1].upper()}{found.limited[1:]}" or _UNSEEN[found.ending]
    return Entry(head, detail=found.breaks)


_UNSEEN: Mapping[Ending, str] = {
    Ending.CONFIRMED: "No part is seen to be full",
    Ending.AT_LEAST: "No rate that could be offered misses a goal",
    Ending.BELOW: "No part is seen to be full",
    Ending.UNCONFIRMED: "No part is seen to be full",
    Ending.NOT_TOLD: "Nothing could be measured",
}


def _bar(found: Capacity, axis: Axis) -> Entry:
    if found.confirmed_per_s is None:
        return NOTHING
    open_ = found.ending is Ending.AT_LEAST or not found.over or found.above_per_s is None
    x = axis.x(found.confirmed_per_s, WIDTH)
    parts = (
        svg.upright("axis", 0, -HALF, HALF),
        svg.level("hold", 0, x, 0),
        *bar("iv", (found.confirmed_per_s, None if open_ else found.above_per_s), axis, WIDTH, 5),
        svg.upright("alone", x, -HALF + 2, HALF - 2),
    )
    label = f"{found.state}: {found.told}"
    frame = (0, -HALF, WIDTH, 2 * HALF)
    return Entry(drawing=svg.drawing("lb", frame, label, parts, stretched=True))
