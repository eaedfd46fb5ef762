"""Percentile curves: how long the rare message takes."""

from collections.abc import Mapping

import numpy as np

from bench.analysis.figures import PERCENTILES, CellFigures
from bench.core import text
from bench.core.units import NS_PER_MS
from bench.record.schema import Time
from bench.report import lettering, traces
from bench.report.model import Column, Entry, Plot, Row, Table, Tone

HEIGHT_PX = 320


def curve_plot(cells: Mapping[str, CellFigures], time: Time, id_: str) -> Plot:
    """Return percentile curves of a time, one line for each variant."""
    word = time.replace("_", "-")
    data, heights = [], []
    for index, (variant, cell) in enumerate(cells.items()):
        of_time = cell.times.get(time)
        curve = [(p, ns) for p, ns in of_time.spectrum if 10 <= p < 100] if of_time else []
        if not curve:
            continue
        percentiles = np.array([p for p, _ in curve])
        times_ms = [ns / NS_PER_MS for _, ns in curve]
        heights += times_ms
        data.append(
            traces.line(
                lettering.for_plot(variant),
                index,
                1 / (1 - percentiles / 100),
                np.array(times_ms),
                line={"color": traces.colour(index), "width": 2, "dash": traces.dash(index)},
                customdata=traces.packed(percentiles),
                hovertemplate="p%{customdata:.6~g}: %{y:.3~g} ms<extra>%{fullData.name}</extra>",
            )
        )
    ticks = traces.PERCENTILE_TICKS
    x = traces.axis(
        "percentile", type="log", tickvals=[at for at, _ in ticks], ticktext=[t for _, t in ticks]
    )
    layout = traces.layout(x, traces.log_axis(f"{word} time, ms", heights), legend=True)
    return Plot(
        id=id_,
        title=f"{word.capitalize()} percentiles",
        caption=(
            "Histograms of all valid trials merged. Each step to the right is ten times rarer; "
            "a curve ends where fewer than 10 messages lie beyond it."
        ),
        document=traces.document(data, layout),
        height_px=HEIGHT_PX + traces.legend_px(len(data)),
        table=_curve_table(cells, time, f"{id_}-table"),
    )


def _curve_table(cells: Mapping[str, CellFigures], time: Time, id_: str) -> Table:
    rows = tuple(
        Row(
            names=(f"p{percentile:g}",),
            entries=tuple(_entry(cell, time, percentile) for cell in cells.values()),
        )
        for percentile in PERCENTILES
    )
    return Table(
        id=id_,
        caption=(
            f"{time.replace('_', '-').capitalize()} time at these percentiles of all valid trials "
            "merged, ms"
        ),
        head="Percentile",
        columns=tuple(Column(title=variant) for variant in cells),
        rows=rows,
    )


def _entry(cell: CellFigures, time: Time, percentile: float) -> Entry:
    # Never read off the curve: it has few points, and the next one may be 12 % longer.
    of_time = cell.times.get(time)
    value_ns = of_time.percentiles_ns[percentile] if of_time else None
    if value_ns is None:
        return Entry(text=text.NA, hint="beyond the last honest percentile", tone=Tone.MUTED)
    return Entry(text=text.number(value_ns / NS_PER_MS))
