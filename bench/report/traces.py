"""Pieces of plotly figures, as plain JSON documents.

A figure of a thousand traces takes plotly.py seconds to check and is the same JSON afterwards; so
the documents are written here and checked by plotly.py in tests/report/test_charts.py. Colours of
text, grid and background are left to the page, which knows whether it is light or dark.
"""

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.analysis.figures import Array
from bench.core.text import THIN
from bench.core.units import NS_PER_S
from bench.record.schema import Window
from bench.report.embed import embedded
from bench.report.ticks import log_ticks, tick_text

Json = dict[str, Any]

PALETTE = ("#2f7ec0", "#d4602a", "#1d9a78", "#b067ab", "#b98a00", "#3aa3d1", "#8a6d5a", "#7d8590")
"""After Okabe and Ito (2008), darkened or lightened until each reads on white and on black."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
LEGEND_ROW_PX = 20
LEGEND_COLUMNS = 3
NAMED_FROM_SHARE = 0.1
"""A phase that takes less of the time axis has no room for its name."""

SHADE = "rgba(128,136,148,0.14)"
AXIS_GREY = "rgba(128,136,148,0.75)"

PERCENTILE_TICKS = (
    (10 / 9, "10"),
    (2.0, "50"),
    (10.0, "90"),
    (100.0, "99"),
    (1e3, "99.9"),
    (1e4, "99.99"),
)


def colour(index: int) -> str:
    """Return the colour of the line at `index`; the palette starts again after its last."""
    return PALETTE[index % len(PALETTE)]


def dash(index: int) -> str:
    """Return the dash of the line at `index`, so that lines differ by more than colour."""
    return DASHES[index % len(DASHES)]


def translucent(hex_colour: str, opacity: float) -> str:
    """Return `#rrggbb` as an rgba() of this opacity."""
    red, green, blue = (int(hex_colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def packed(values: NDArray[Any]) -> Json:
    """Return an array as plotly's binary form; 4 bytes a value is finer than any screen."""
    return {"dtype": "f4", "bdata": base64.b64encode(values.astype("<f4").tobytes()).decode()}


def document(data: Sequence[Json], layout: Json) -> str:
    """Return a figure as JSON that no label can break out of a script element with."""
    return embedded({"data": list(data), "layout": layout})


def layout(x: Json, y: Json, *, legend: bool, shapes: Sequence[Json] = ()) -> Json:
    """Return the layout that all plots share."""
    return {
        "xaxis": {"automargin": True, **x},
        "yaxis": {"automargin": True, **y},
        "margin": {"l": 8, "r": 12, "t": 10, "b": 8},
        "showlegend": legend,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
            "maxheight": 1,
        },
        "separators": f".{THIN}",
        "hovermode": "closest",
        "dragmode": "zoom",
        "shapes": list(shapes),
        "annotations": [],
    }


def legend_px(entries: int) -> int:
    """Return the height that a legend needs beyond its first line."""
    return LEGEND_ROW_PX * max(0, -(-entries // LEGEND_COLUMNS) - 1)


def axis(title: str, **more: object) -> Json:
    """Return an axis with a title."""
    return {"title": {"text": title, "standoff": 8}, **more}


def log_axis(title: str, values: Sequence[float], **more: object) -> Json:
    """Return a logarithmic axis for `values`, its ticks written out: 1, 2, 5, 10, 20."""
    shown = [value for value in values if value > 0 and math.isfinite(value)]
    ticks = log_ticks(min(shown, default=1.0), max(shown, default=1.0))
    words = [tick_text(tick) for tick in ticks]
    return axis(title, type="log", tickvals=ticks, ticktext=words, **more)


def line(name: str, index: int, x: Array, y: Array, **more: object) -> Json:
    """Return one line.

    Args:
        name: in the legend, escaped for plotly.
        index: of its colour.
        x: shape (n,).
        y: heights, shape (n,), NaN for gaps.
        more: plotly properties that replace or join these.
    """
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "legendgroup": str(index),
        "x": packed(x),
        "y": packed(y),
        "line": {"color": colour(index), "width": 1.6},
        **more,
    }


def phase_shapes(window: Window) -> tuple[list[Json], list[Json]]:
    """Return the shading of warm-up and drain, and the words over the phases."""
    start, end, drained = (
        instant / NS_PER_S
        for instant in (window.window_start_ns, window.window_end_ns, window.drained_ns)
    )
    shaded = [band(0.0, start), band(end, max(drained, end))]
    edges = [_edge(start), _edge(end)]
    words = [_word("window", (start + end) / 2)]
    if start >= NAMED_FROM_SHARE * drained:
        words.append(_word("warm-up", start / 2))
    return shaded + edges, words


def band(x0: float, x1: float) -> Json:
    """Return a shaded band over the whole height."""
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": x0, "x1": x1, "y0": 0, "y1": 1,
        "fillcolor": SHADE, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def _edge(x: float) -> Json:
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1,
        "line": {"color": AXIS_GREY, "width": 1, "dash": "dot"},
    }  # fmt: skip


def _word(word: str, x: float) -> Json:
    return {
        "text": word, "x": x, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom",
        "showarrow": False, "font": {"size": 11, "color": AXIS_GREY},
    }  # fmt: skip


def thinned(heights: Array, most: int) -> NDArray[np.int64]:
    """Return which of `heights` to draw so that at most `most` are: the largest of each group.

    Groups are neighbours of equal number. The largest stays so that no peak is lost; a group of
    NaN alone stays a gap.
    """
    width = group_width(len(heights), most)
    padded = np.full(-(-len(heights) // width) * width, -np.inf)
    padded[: len(heights)] = np.where(np.isnan(heights), -np.inf, heights)
    groups = padded.reshape(-1, width)
    return np.asarray(np.arange(len(groups)) * width + groups.argmax(axis=1))


def group_width(points: int, most: int) -> int:
    """Return how many neighbours make a group when `points` are thinned to `most`."""
    return max(1, -(-points // most))
