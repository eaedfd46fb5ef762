"""Changes of every cell against one baseline cell, paired within blocks: a forest plot.

A comparison, not a gate: it has no margin, and each interval stands for itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.analysis.comparison import CONFIDENCE
from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import Contrast, contrast, readings
from bench.analysis.validity import baseline_of
from bench.core import text
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
from bench.stats.compare import MIN_PAIRS
from bench.stats.estimate import geometric_mean

END_TO_END_P50 = "end_to_end_ns_p50"
SHOWN = ((standing.END_TO_END_P99, "p99", "circle", 0), (END_TO_END_P50, "p50", "diamond-open", 2))
"""Key, word, symbol and colour of what is compared; the first is the headline."""

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
        pairs: blocks that both have.
        ratio: geometric mean of candidate / baseline over those; None without one.
        found: the change with its interval; None with fewer than MIN_PAIRS pairs.
    """

    cell: CellFigures
    pairs: int
    ratio: float | None
    found: Contrast | None


def compared(workload: WorkloadFigures, base: CellFigures, key: str) -> tuple[Compared, ...]:
    """Return every other cell of a workload beside the baseline, in the plan's order."""
    return tuple(
        _compared(cell, base, key) for cell in workload.cells if cell.cell.id != base.cell.id
    )


def _compared(cell: CellFigures, base: CellFigures, key: str) -> Compared:
    measure = measure_of(key)
    before, after = readings(measure, base), readings(measure, cell)
    shared = before.keys() & after.keys()
    ratios = [after[block].value / before[block].value for block in shared]
    mean = geometric_mean(ratios, confidence=CONFIDENCE).value if ratios else None
    return Compared(cell=cell, pairs=len(shared), ratio=mean, found=contrast(measure, base, cell))


def words(workload: WorkloadFigures, base: CellFigures) -> tuple[Sentence, ...]:
    """Say what was compared with what, and what this run could not have seen."""
    all_found = [each.found for each in compared(workload, base, standing.END_TO_END_P99)]
    found = [each for each in all_found if each is not None]
    head: Sentence = (
        "Every cell beside ",
        Name(standing.label(base)),
        ", the variant that the plan names or that most configs share. A comparison, not a gate: "
        "it has no margin and decides nothing.",
    )
    if not found:
        reason = f"n too small: fewer than {MIN_PAIRS} blocks have both cells of a pair"
        return (head, (f"{reason}, so no change has an interval.",))
    visible = sorted(1 + each.smallest_visible for each in found)
    low, high = text.change(visible[0]), text.change(visible[-1])
    span = low if low == high else f"{low} to {high}, depending on the variant"
    return (
        head,
        (
            f"Smallest visible difference of end-to-end p99: {span}. With this scatter and so few "
            "blocks a true change of that size is found four times in five; of smaller ones "
            "this run says nothing.",
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
    columns = [(shown, compared(workload, base, shown[0])) for shown in SHOWN]
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
            "End-to-end p99 and p50 of each cell over those of the baseline, paired within blocks, "
            "with the 90 % interval. Right of the line is slower. An interval that reaches over "
            "the line shows no difference; a grey mark without interval has too few blocks. "
            "Each interval stands for itself, uncorrected for their number."
        ),
        document=traces.document(data, layout),
        height_px=FRAME_PX + ROW_PX * max(2, len(cells)),
        table=_table(columns, f"{id_}-table", base),
    )


def _ends(each: Compared) -> tuple[float, ...]:
    if each.found is not None:
        return 1 + each.found.low, 1 + each.found.high
    return () if each.ratio is None else (each.ratio,)


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
        ticktext=[f"×{tick:g}" if tick >= 10 else text.change(tick) for tick in ticks],
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


def _traces(
    column: Sequence[Compared], shown: tuple[str, str, str, int], offset: float
) -> list[Json]:
    _, word, symbol, colour = shown
    placed = [(place + offset, each) for place, each in enumerate(column) if each.ratio is not None]
    sure = [(y, each) for y, each in placed if each.found is not None]
    few = [(y, each) for y, each in placed if each.found is None]
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
    return f"{name}<br>{_change_words(each)}, {text.plural(each.pairs, 'block')}"


def _change_words(each: Compared) -> str:
    if each.ratio is None:
        return text.NA
    if each.found is None:
        return text.change(each.ratio)
    low, high = (text.change(1 + end) for end in (each.found.low, each.found.high))
    return f"{text.change(each.ratio)} ({low} to {high})"


def _whiskers(placed: Sequence[tuple[float, Compared]], colour: str) -> Json:
    found = [(each.ratio, each.found) for _, each in placed]
    return {
        "type": "data",
        "symmetric": False,
        "array": [1 + f.high - ratio for ratio, f in found if f and ratio],
        "arrayminus": [ratio - 1 - f.low for ratio, f in found if f and ratio],
        "thickness": 2,
        "width": 5,
        "color": colour,
    }


Shown = tuple[tuple[str, str, str, int], tuple[Compared, ...]]


def _table(columns: Sequence[Shown], id_: str, base: CellFigures) -> Table:
    heads = [
        Column(title=title, group=word, hint=hint, numeric=title != "reading")
        for (_, word, _, _), _ in columns
        for title, hint in (
            ("change", "geometric mean of the ratios within blocks"),
            ("90 % interval", "t interval over the blocks"),
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
        caption=f"Change of the end-to-end time against {standing.label(base)}, paired by block",
        head="Variant",
        columns=tuple(heads),
        rows=rows,
    )


def _entries(each: Compared) -> tuple[Entry, ...]:
    none = Entry(text=text.NA, tone=Tone.MUTED)
    ratio = Entry(text=text.change(each.ratio), order=each.ratio) if each.ratio else none
    pairs = Entry(text=str(each.pairs))
    if each.found is None:
        few = f"n too small ({each.pairs} of {MIN_PAIRS})" if each.ratio else "no such time"
        return (ratio, none, none, pairs, Entry(text=few, tone=Tone.MUTED))
    low, high = (text.change(1 + end) for end in (each.found.low, each.found.high))
    if each.found.at_least[1]:
        ratio = replace(
            ratio, text=f"≥ {ratio.text}", hint="it fell behind; the true time is longer"
        )
    visible = text.change(1 + each.found.smallest_visible)
    return (
        ratio,
        Entry(text=f"{low} to {high}"),
        Entry(text=visible),
        pairs,
        _reading(each.found),
    )


def _reading(found: Contrast) -> Entry:
    if found.low > 0:
        return Entry(text="▲ slower", tone=Tone.WARNING)
    if found.high < 0:
        return Entry(text="▼ faster", tone=Tone.GOOD)
    return Entry(text="≈ not separable", tone=Tone.MUTED)
