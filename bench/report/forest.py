"""Changes of every cell against one baseline cell, paired within blocks: a forest plot.

A comparison, not a gate: it has no margin. What differs is what `bench.analysis.deciding` tells.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.analysis import shortfalls
from bench.analysis.decision import NOTHING_TOLD, Difference, Told
from bench.analysis.figures import CellFigures, LagVerdict, WorkloadFigures
from bench.analysis.ranking import ranking_key, ranking_time
from bench.analysis.validity import baseline_of, reproach_of
from bench.core import text
from bench.core.marks import State
from bench.report import comparison, lettering, standing, traces
from bench.report.model import (
    Column,
    Entry,
    Gallery,
    Name,
    Plot,
    Row,
    Section,
    Sentence,
    Table,
    Tone,
)
from bench.report.traces import Json
from bench.spec.metrics import Metric, metric_of
from bench.stats.simultaneous import MIN_BLOCKS

SHOWN = (("p99", "circle", 0), ("p50", "diamond-open", 2))
"""Percentile, symbol and colour of what is compared; the first is the headline."""

ROW_PX = 42
FRAME_PX = 110
OFFSET = 0.16
"""How far above and below a cell's line its two figures stand."""

_FINE_TICKS = tuple(1 + percent / 100 for percent in range(-50, 55, 5))
_TICKS = (0.1, 0.2, 0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
_COARSE_TICKS = (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 1000.0)
_FINE_BELOW, _COARSE_BEYOND = 1.5, 4.0
"""Ratios that an axis spans: beyond them the ticks would run into each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A cell beside the baseline by one figure.

    Attributes:
        cell: the candidate.
        metric: compared.
        found: what the blocks tell of it; of times, so that changes are shares.
    """

    cell: CellFigures
    metric: Metric
    found: Difference

    @property
    def ratio(self) -> float | None:
        """Geometric mean of candidate / baseline over the shared blocks; None without one."""
        return None if self.found.change is None else 1 + self.found.change

    @property
    def sure(self) -> bool:
        """Whether enough blocks are shared for an interval."""
        return self.found.told is not Told.NOTHING

    @property
    def ends(self) -> tuple[float, float]:
        """The interval's ends as ratios; the estimate for an end that cannot be told."""
        ratio = self.ratio or 1.0
        low, high = self.found.low, self.found.high
        return (ratio if low is None else 1 + low), (ratio if high is None else 1 + high)


def compared(workload: WorkloadFigures, base: CellFigures, key: str) -> tuple[Compared, ...]:
    """Return every other cell of a workload beside the baseline, in the plan's order."""
    decision = workload.decisions.get(key)
    return tuple(
        Compared(
            cell=cell,
            metric=metric_of(key),
            found=decision.between(cell.cell.id, base.cell.id) if decision else NOTHING_TOLD,
        )
        for cell in workload.cells
        if cell.cell.id != base.cell.id
    )


def ranked(workload: WorkloadFigures, base: CellFigures) -> tuple[Compared, ...]:
    """Return every other cell beside the baseline by the figure that cells are ranked by."""
    return compared(workload, base, ranking_key(workload.cells))


NEVER_CAME = "too many messages never came to tell how large a change would have shown"
"""Why there is no smallest visible change where enough blocks are shared."""


def words(workload: WorkloadFigures, base: CellFigures) -> tuple[Sentence, ...]:
    """Say what was compared with what, and what this run could not have seen."""
    key, pairs = ranking_key(workload.cells), ranked(workload, base)
    each_found = [each.found.smallest_visible for each in pairs]
    visible = sorted(1 + each for each in each_found if each is not None)
    head: Sentence = (
        "Every cell beside ",
        Name(standing.label(base)),
        ", the variant that the plan names or that most configs share. A comparison, not a gate: "
        "it has no margin and decides nothing.",
    )
    if not visible and any(any(each.found.at_least) for each in pairs):
        return (head, (f"{NEVER_CAME[0].upper()}{NEVER_CAME[1:]}.",))
    if not visible:
        reason = f"n too small: fewer than {MIN_BLOCKS} blocks have both cells of a pair"
        return (head, (f"{reason}, so no change has an interval.",))
    low, high = text.change(visible[0]), text.change(visible[-1])
    span = low if low == high else f"{low} to {high}, depending on the variant"
    return (
        head,
        (
            f"Smallest visible difference of {metric_of(key).title}: {span}. With this scatter, so "
            "few blocks and so many comparisons a true change of that size is found four times in "
            "five; of smaller ones this run says nothing.",
        ),
    )


def sections(workload: WorkloadFigures, named: str, id_: str) -> tuple[Section, ...]:
    """Return the section that compares a workload's cells with one; none with a single cell."""
    if len(workload.cells) < 2:
        return ()
    base = baseline_of(workload, named)
    drawn = plot(workload, base, f"{id_}-forest")
    title = f"Against {standing.label(base)}"
    lead = words(workload, base)
    blocks = (Gallery(plots=(drawn,)),) if drawn else ()
    return (Section(id=id_, title=title, lead=lead, blocks=blocks),)


def plot(workload: WorkloadFigures, base: CellFigures, id_: str) -> Plot | None:
    """Return the forest plot with its table; None where there is nothing to compare."""
    cells = [cell for cell in workload.cells if cell.cell.id != base.cell.id]
    columns = [
        (shown, compared(workload, base, ranking_key(workload.cells, shown[0]))) for shown in SHOWN
    ]
    time = ranking_time(workload.cells).replace("_", "-")
    ratios = [end for _, column in columns for each in column for end in _ends(each)]
    if not ratios:
        return None
    data = [
        trace
        for place, (shown, column) in enumerate(columns)
        for trace in _traces(column, shown, (2 * place - 1) * OFFSET)
    ]
    labels = [lettering.for_plot(standing.label(cell)) for cell in cells]
    layout = traces.layout(
        ratio_axis(ratios, "change (right: slower)"),
        line_axis(labels),
        legend=True,
        shapes=[no_change()],
    )
    return Plot(
        id=id_,
        title="Change against the baseline",
        caption=(
            f"{time.capitalize()} p99 and p50 of each cell over those of the baseline, paired "
            "within blocks. Right of the line is slower. An interval that reaches over the line "
            "shows no difference; a grey mark without interval has too few blocks. The intervals "
            "are wide enough for all comparisons of the run together: every pair of variants, "
            "every figure, every workload. In 90 % of runs all of them hold the truth."
        ),
        document=traces.document(data, layout),
        height_px=FRAME_PX + ROW_PX * max(2, len(cells)),
        table=_table(columns, f"{id_}-table", f"{time} time against {standing.label(base)}"),
    )


def _ends(each: Compared) -> tuple[float, ...]:
    if each.ratio is None:
        return ()
    return each.ends if each.sure else (each.ratio,)


def ratio_axis(ratios: Sequence[float], title: str) -> Json:
    """Return a logarithmic axis of ratios above 0, its ticks written as changes."""
    low, high = min(*ratios, 0.95), max(*ratios, 1.05)
    span = high / low
    ticks = (
        _FINE_TICKS if span < _FINE_BELOW else _TICKS if span < _COARSE_BEYOND else _COARSE_TICKS
    )
    margin = (high / low) ** 0.04
    return traces.axis(
        title,
        type="log",
        tickvals=list(ticks),
        ticktext=[f"×{tick:g}" if tick >= 2 else text.change(tick) for tick in ticks],
        range=[math.log10(low / margin), math.log10(high * margin)],
    )


def line_axis(labels: Sequence[str]) -> Json:
    """Return an axis with a line for each label, the first on top."""
    return {
        "tickvals": list(range(len(labels))),
        "ticktext": list(labels),
        "range": [len(labels) - 0.5, -0.5],
        "zeroline": False,
        "ticklabelstandoff": 6,
    }


def no_change() -> Json:
    """Return the line that a change of nothing lies on."""
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": 1, "x1": 1, "y0": 0, "y1": 1,
        "line": {"color": traces.AXIS_GREY, "width": 1.5}, "layer": "below",
    }  # fmt: skip


def _traces(column: Sequence[Compared], shown: tuple[str, str, int], offset: float) -> list[Json]:
    word, symbol, colour = shown
    placed = [(place + offset, each) for place, each in enumerate(column) if each.ratio is not None]
    sure = [(y, each) for y, each in placed if each.sure]
    few = [(y, each) for y, each in placed if not each.sure]
    marker = {"symbol": symbol, "size": 9, "color": traces.colour(colour)}
    grey = {"symbol": f"{symbol.split('-')[0]}-open", "size": 8, "color": traces.AXIS_GREY}
    return [
        _marks(sure, word, marker) | {"error_x": _whiskers(sure, traces.colour(colour))},
        _marks(few, f"{word}, n too small", grey),
    ]


def _marks(placed: Sequence[tuple[float, Compared]], name: str, marker: Json) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [each.ratio for _, each in placed],
        "y": [y for y, _ in placed],
        "text": [_hover(each) for _, each in placed],
        "hovertemplate": f"%{{text}}<extra>{name}</extra>",
        "marker": marker,
        "showlegend": bool(placed),
    }


def _hover(each: Compared) -> str:
    name = lettering.for_plot(standing.label(each.cell))
    return f"{name}<br>{_change_words(each)}, {text.plural(each.found.blocks, 'block')}"


def _change_words(each: Compared) -> str:
    if each.ratio is None:
        return text.NA
    change = each.found.written(each.metric)
    return f"{change} ({each.found.interval(each.metric)})" if each.sure else change


def _whiskers(placed: Sequence[tuple[float, Compared]], colour: str) -> Json:
    found = [(each.ratio or 1.0, *each.ends) for _, each in placed]
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - ratio for ratio, _, high in found],
        "arrayminus": [ratio - low for ratio, low, _ in found],
        "thickness": 2,
        "width": 5,
        "color": colour,
    }


Shown = tuple[tuple[str, str, int], tuple[Compared, ...]]


def _table(columns: Sequence[Shown], id_: str, of: str) -> Table:
    heads = [
        Column(title=title, group=word, hint=hint, numeric=title != "reading")
        for (word, _, _), _ in columns
        for title, hint in (
            ("change", "geometric mean of the ratios within blocks"),
            ("interval", "wide enough for all comparisons of the run together, in 90 % of runs"),
            ("smallest visible", "true change that is found four times in five"),
            ("n", "blocks that have both cells"),
            ("reading", "what the interval says"),
        )
    ]
    rows = tuple(
        Row(
            names=comparison.names(of_cell[0].cell),
            entries=tuple(entry for each in of_cell for entry in _entries(each)),
        )
        for of_cell in zip(*(column for _, column in columns), strict=True)
    )
    return Table(
        id=id_,
        caption=f"Change of the {of}, paired by block",
        head="Variant",
        columns=tuple(heads),
        rows=rows,
    )


def _entries(each: Compared) -> tuple[Entry, ...]:
    none, metric = Entry(text=text.NA, tone=Tone.MUTED), each.metric
    ratio = Entry(text=each.found.written(metric), order=each.ratio) if each.ratio else none
    pairs = Entry(text=str(each.found.blocks))
    if not each.sure:
        return (ratio, none, none, pairs, Entry(text=_silent(each), tone=Tone.MUTED))
    if all(each.found.at_least):
        return (none, none, none, pairs, Entry(text="both fell behind", tone=Tone.WARNING))
    if each.found.at_least[0]:
        ratio = replace(ratio, hint="it fell behind; the true time is longer")
    return (
        ratio,
        Entry(text=each.found.interval(metric)),
        Entry(text=each.found.visible(metric)),
        pairs,
        _reading(each),
    )


def _reading(each: Compared) -> Entry:
    """Say what the interval says; what is faster by carrying less is no good news."""
    reading = _READINGS[each.found.told]
    if each.found.told is not Told.LESS:
        return reading
    if shortfalls.of_cell(each.cell):
        return Entry(text=f"{reading.text}, {State.FAILS.mark} messages fell short", tone=Tone.BAD)
    if each.cell.lag_verdict is LagVerdict.GROWING:
        return Entry(text=f"{reading.text}, ▲ lag is growing", tone=Tone.WARNING)
    return reading


def _silent(each: Compared) -> str:
    """Say why nothing is told of a pair."""
    if reproach_of(each.cell):
        return "too many invalid trials"
    return f"n too small ({each.found.blocks} of {MIN_BLOCKS})" if each.ratio else "no such time"


_READINGS = {
    Told.MORE: Entry(text="▲ slower", tone=Tone.WARNING),
    Told.LESS: Entry(text="▼ faster", tone=Tone.GOOD),
    Told.ALIKE: Entry(text="≈ not separable", tone=Tone.MUTED),
}
