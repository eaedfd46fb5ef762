"""Capacity: the highest load at which a goal holds, and the curve that says so."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State
from bench.draw import svg
from bench.draw.axis import Axis, of_amounts, of_times
from bench.draw.chart import Field, charts
from bench.draw.limit import Held, limit
from bench.judgement.kinds import Capacity, Step
from bench.report.model import Drawing, Name, Sentence, plain
from bench.report.tables import NOTHING, Column, Entry, Table, marked


def sentence(found: Capacity) -> Sentence:
    """Say how far the goal holds, and where that was not found out."""
    if found.rate_per_s is None:
        lowest = _rate(found.steps[0].rate_per_s)
        return (f"Does not hold {found.goal} even at ", Name(lowest), ", the lowest load tried.")
    if found.at_least:
        tried = Name(_rate(found.rate_per_s))
        return (f"Holds {found.goal} to at least ", tried, ", the highest load tried.")
    beside = f" ({_interval(found)})" if _interval(found) else ""
    return (f"Holds {found.goal} to ", Name(_rate(found.rate_per_s)), f"{beside}.")


def _rate(per_s: float) -> str:
    return text.in_unit(per_s, "msg/s")


def _interval(found: Capacity) -> str:
    if found.at_least or (found.low_per_s is None and found.high_per_s is None):
        return ""
    return text.ends(found.low_per_s, found.high_per_s, text.number)


def drawing(found: Capacity, scale: text.Scale, id_: str) -> Drawing | None:
    """Return the curve against the offered rate; None where no step has a time."""
    known = [end for step in found.steps for end in _times(step)]
    y = of_times([*known, found.goal_ns], scale)
    if y is None or not known:
        return None
    x = of_amounts([step.rate_per_s for step in found.steps])
    return Drawing(
        id=id_,
        title=f"{found.variant}: time against offered rate, {scale.unit}",
        caption="A dot and its 90 % interval for each load tried. Red: the goal.",
        svg=charts(
            (x, "offered, msg/s"), y, plain(sentence(found)), lambda field: _parts(found, field)
        ),
    )


def _times(step: Step) -> list[float]:
    return [end for end in (step.time_ns, step.low_ns, step.high_ns) if end]


def _parts(found: Capacity, field: Field) -> Iterator[Markup]:
    yield from _held(found, field)
    yield from _goal(found, field)
    yield from _curve(found.steps, field)


def _held(found: Capacity, field: Field) -> Iterator[Markup]:
    """Yield the interval of the capacity, shaded."""
    if found.low_per_s is not None and found.high_per_s is not None:
        left, right = map(field.across, (found.low_per_s, found.high_per_s))
        yield svg.box("fault", (left, field.top), (right, field.bottom))


def _goal(found: Capacity, field: Field) -> Iterator[Markup]:
    y = field.down(found.goal_ns)
    yield svg.level("lim", field.left, field.right, y)
    yield svg.words(field.left + 4, y - 5, f"goal {found.goal}")


def _curve(steps: Sequence[Step], field: Field) -> Iterator[Markup]:
    known = [(step.rate_per_s, step.time_ns) for step in steps if step.time_ns is not None]
    yield svg.path("ln2", field.way(known))
    for step in steps:
        if step.time_ns is not None:
            x, y = field.at(step.rate_per_s, step.time_ns)
            yield from _whisker(step, field, x)
            yield svg.dot(x, y, 3, "dot" if step.keeps_up else "dot hollow")
    behind = [step.rate_per_s for step in steps if not step.keeps_up]
    if behind:
        yield field.upright("off", min(behind))
        x = field.across(min(behind)) - 4
        yield svg.words(x, field.top - 5, "falls behind from here", "end")


def _whisker(step: Step, field: Field, x: float) -> Iterator[Markup]:
    """Yield the interval of a step; an end that cannot be told lies on the side."""
    if step.low_ns is not None or step.high_ns is not None:
        low, high = step.low_ns or field.y.low, step.high_ns or field.y.high
        yield svg.upright("rng", x, field.down(high), field.down(low))


def table(found: Sequence[Capacity], id_: str) -> Table:
    """Return the variants side by side: a dot and its interval on one axis of rates."""
    ends = [end for each in found for end in (each.rate_per_s, each.low_per_s, each.high_per_s)]
    axis = of_amounts([end for end in ends if end is not None])
    caption = "Highest load at which the goal holds"
    return Table(id_, caption, "Variant", cards="goals").of(
        found,
        lambda each: each.variant,
        (
            Column("msg/s", lambda each: _bar(each, axis), "bar", axis=axis.labels()),
            Column("Holds to", _holds_to, "found"),
        ),
    )


def _holds_to(found: Capacity) -> Entry:
    if found.rate_per_s is None:
        return marked(State.FAILS, "at none of the loads tried")
    at_least = "≥ " if found.at_least else ""
    return Entry(f"{at_least}{_rate(found.rate_per_s)}", detail=_interval(found))


def _bar(found: Capacity, axis: Axis) -> Entry:
    if found.rate_per_s is None:
        return NOTHING
    ends = (found.rate_per_s, None) if found.at_least else (found.low_per_s, found.high_per_s)
    held = Held(found.rate_per_s, *ends)
    said = _holds_to(found)
    return Entry(drawing=limit(held, axis, ", ".join(filter(None, (said.text, said.detail)))))
