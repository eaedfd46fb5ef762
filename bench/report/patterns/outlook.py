"""A capacity plan: the load over months against what is confirmed, and every figure's origin."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bench.core.direction import isolated
from bench.core.marks import State
from bench.core.text import percent
from bench.draw import svg
from bench.draw.axis import Axis, Spacing, Tick, close_to
from bench.draw.chart import Field
from bench.draw.shapes import Shape, mark
from bench.draw.stacked import Panel, stacked
from bench.judgement.outlook import Given, Kept, Known, Loads, Outlook, VariantOutlook
from bench.judgement.plan_words import size
from bench.report.model import Block, Drawing, Name, Section, Sentence
from bench.report.tables import Column, Entry, Row, Table, Tone, marked
from bench.seek.words import bare

_HIGH, _LOW = 220, 110
_ROOM = 18
_LABEL = 4
_TENTHS = 10
_S_PER_DAY = 86_400
_NEAR = 16
"""Closer words run into each other."""


def sections(found: Outlook | None) -> tuple[Section, ...]:
    """Return a section for each variant; none without a plan."""
    if found is None:
        return ()
    return tuple(_of_one(found, each, n) for n, each in enumerate(found.each, start=1))


def _of_one(found: Outlook, each: VariantOutlook, place: int) -> Section:
    id_ = "plan" if len(found.each) == 1 else f"plan-{place}"
    of = "" if len(found.each) == 1 else f": {isolated(each.variant)}"
    blocks: tuple[Block, ...] = (
        drawing(found, each, f"{id_}-months"),
        results(found, each, f"{id_}-results"),
        given(found, each, f"{id_}-given"),
    )
    return Section(id_, f"The plan{of}", blocks, lead=tuple(_lead(each)))


def _lead(each: VariantOutlook) -> Iterator[Sentence]:
    said = f"{each.sentence[:1].upper()}{each.sentence[1:]}"
    yield (Name(f"{each.state.mark} {said}."),)
    yield from ((note,) for note in each.notes)


def results(found: Outlook, each: VariantOutlook, id_: str) -> Table:
    """Return what is computed: today, at the plan's end, and how."""
    caption = "What it comes to: all computed, with the numbers of the plan's end put in"
    return Table(id_, caption, "Computed", cards="goals planned").of(
        each.results,
        lambda result: Row((result.what,)),
        (
            Column("Today", lambda result: _stated(result.today, result.today_state), "found"),
            Column(
                found.end, lambda result: _stated(result.planned, result.planned_state), "found"
            ),
            Column("How", lambda result: Entry(result.how, tone=Tone.MUTED), "prose"),
        ),
    )


def _stated(written: str, state: State | None) -> Entry:
    return Entry(written) if state is None else marked(state, written)


def given(found: Outlook, each: VariantOutlook, id_: str) -> Table:
    """Return what the results rest on, and how each figure is known."""
    del found
    caption = "What it rests on: what was measured, and what the plan assumes"
    return Table(id_, caption, "Figure", cards="goals planned").of(
        each.given,
        lambda one: Row((one.what,)),
        (
            Column("Value", lambda one: one.figure, "found"),
            Column("Known", _known, "words"),
            Column("From", lambda one: Entry(one.source, tone=Tone.MUTED), "prose"),
        ),
    )


def _known(one: Given) -> Entry:
    return Entry(one.known.value, tone=Tone.MUTED if one.known is Known.UNTOLD else Tone.PLAIN)


def drawing(found: Outlook, each: VariantOutlook, id_: str) -> Drawing:
    """Return the load, and what is kept, over the months of the plan."""
    panels = [_load_panel(each.loads)]
    if each.kept is not None:
        panels.append(_kept_panel(each.kept))
    if each.lasts_s is not None:
        panels.append(_lasts_panel(each.lasts_s))
    label = f"{each.variant}: {each.sentence}"
    return Drawing(
        id=id_,
        title=f"{isolated(each.variant)}: over {found.months} months",
        caption=" ".join(_caption(each)),
        svg=stacked((_months(found), "month"), panels, label),
    )


def _caption(each: VariantOutlook) -> Iterator[str]:
    if each.loads.limit_per_s is not None:
        yield "Shaded: the headroom that is to stay free."
    if each.kept is not None:
        yield "Below, thick: what max_age keeps as the server counts it, thin: on all disks."


def _months(found: Outlook) -> Axis:
    ticks = tuple(Tick(float(month), word) for month, word in found.ticks)
    return Axis(low=0.0, high=float(found.months), spacing=Spacing.EVEN, ticks=ticks)


def _way(values: Sequence[float]) -> list[tuple[float, float]]:
    return [(place / _TENTHS, value) for place, value in enumerate(values)]


def _load_panel(loads: Loads) -> Panel:
    ends = [*loads.peak_per_s, loads.confirmed_per_s or 0.0]
    return Panel(
        title="load, msg/s",
        y=close_to(ends),
        height=_HIGH,
        parts=lambda field: _load_parts(loads, field),
        room=_ROOM,
    )


def _load_parts(loads: Loads, field: Field) -> Iterator[Markup]:
    confirmed, limit = loads.confirmed_per_s, loads.limit_per_s
    if confirmed is not None:
        top = field.down(confirmed)
        if limit is not None:
            yield svg.box("warm", (field.left, top), (field.right, field.down(limit)))
            yield svg.level("lim", field.left, field.right, field.down(limit))
        yield svg.level("cf", field.left, field.right, top)
    yield svg.path("ln", field.way(_way(loads.average_per_s)))
    yield svg.path("ln2", field.way(_way(loads.peak_per_s)))
    yield from _ends(loads, field)
    if loads.crossing is not None:
        limit_at = limit if limit is not None else confirmed or 0.0
        yield from _crossed(loads.crossing.month, loads.crossing.when, limit_at, field)
    yield from _named(loads, field)


def _ends(loads: Loads, field: Field) -> Iterator[Markup]:
    """Yield what the lines are called, at their right ends; one alone where they are the same."""
    peak, average = (field.down(way[-1]) for way in (loads.peak_per_s, loads.average_per_s))
    levels = [field.down(each) for each in (loads.confirmed_per_s, loads.limit_per_s) if each]
    crowded = any(0 < peak - level < _NEAR for level in levels)
    below = crowded and average - peak > 2 * _NEAR
    yield svg.words(field.right - _LABEL, peak + (_NEAR if below else -7), "at peak", "end")
    if average - peak > _NEAR:
        low = field.bottom - average < 2 * _NEAR
        yield svg.words(field.right - _LABEL, average + (-7 if low else _NEAR), "on average", "end")


def _named(loads: Loads, field: Field) -> Iterator[Markup]:
    """Yield the words at the levels; at the left, where a load that grows is low."""
    confirmed, limit = loads.confirmed_per_s, loads.limit_per_s
    if confirmed is None:
        return
    top = field.down(confirmed)
    yield svg.words(field.left + _LABEL, top - 5, f"confirmed {bare(confirmed)}")
    if limit is not None and field.down(limit) - top > _NEAR:
        yield svg.words(
            field.left + _LABEL,
            field.down(limit) - 5,
            f"{percent(1 - limit / confirmed, 2)} free: {bare(limit)}",
        )


def _crossed(month: float, when: str, at: float, field: Field) -> Iterator[Markup]:
    """Yield the line at which something reaches its limit, with the month over it."""
    x, turned = field.across(month), field.across(month) > (field.left + field.right) / 2
    yield field.upright("off", month)
    yield mark(Shape.DIAMOND, (x, field.down(at)), 4.2)
    yield svg.beside(x, field.top - 6, f"reached {when}", 4, turned=turned)


def _kept_panel(kept: Kept) -> Panel:
    ends = [*kept.stream_bytes, *kept.disk_bytes, float(kept.max_bytes or 0)]
    axis = close_to(ends)
    factor, unit = _unit(axis.high)
    scaled = close_to(end / factor for end in ends)
    ticks = tuple(Tick(tick.value * factor, tick.word) for tick in scaled.ticks)
    return Panel(
        title=f"kept for max_age, {unit}",
        y=Axis(low=0.0, high=axis.high, spacing=Spacing.EVEN, ticks=ticks),
        height=_LOW,
        parts=lambda field: _kept_parts(kept, field),
        room=_ROOM,
    )


def _lasts_panel(lasts_s: Sequence[float]) -> Panel:
    days = [each / _S_PER_DAY for each in lasts_s]
    return Panel(
        title="max_bytes are full after, days",
        y=close_to(days),
        height=_LOW,
        parts=lambda field: (svg.path("ln2", field.way(_way(days))),),
    )


def _unit(most_bytes: float) -> tuple[float, str]:
    for unit, factor in (("TiB", 1024.0**4), ("GiB", 1024.0**3), ("MiB", 1024.0**2)):
        if most_bytes >= factor:
            return factor, unit
    return 1024.0, "KiB"


def _kept_parts(kept: Kept, field: Field) -> Iterator[Markup]:
    if kept.max_bytes is not None:
        y = field.down(float(kept.max_bytes))
        yield svg.level("lim", field.left, field.right, y)
        yield svg.words(field.left + _LABEL, y - 5, f"max_bytes {size(kept.max_bytes)}")
    yield svg.path("ln", field.way(_way(kept.disk_bytes)))
    yield svg.path("ln2", field.way(_way(kept.stream_bytes)))
    if kept.crossing is not None and kept.max_bytes is not None:
        yield from _crossed(kept.crossing.month, kept.crossing.when, kept.max_bytes, field)
