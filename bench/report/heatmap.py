"""A config of two axes as a map: one figure over every combination of their values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, LagVerdict
from bench.analysis.validity import reproach_of
from bench.core import text
from bench.core.marks import State
from bench.core.units import NS_PER_MS
from bench.report import comparison, lettering, traces
from bench.report.model import Column, Entry, Plot, Row, Table, Tone
from bench.report.traces import Json
from bench.spec.metrics import PRICE, metric_of

ROW_PX = 52
FRAME_PX = 110
_LEAST, _MOST = (214, 230, 243), (29, 92, 147)
"""One hue from light to dark: its order survives grey print and any kind of colour vision."""

LEAST_FACTOR = 2.0
"""From the lightest shade to the darkest at least: 5 % must not look like a cliff."""

_DARK, _LIGHT = "#16202c", "#ffffff"
_DARK_BELOW = 0.72
"""Of the way from least to most; on darker shades white is easier to read than black."""


Values = Mapping[tuple[str, str], float]
"""(row, column) -> figure, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The variants of a config by their two axes.

    Attributes:
        down, across: names of the axes.
        rows, columns: their values in the file's order.
        cells: (row, column) -> cell.
    """

    down: str
    across: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], CellFigures]


def grid(cells: Mapping[str, CellFigures]) -> Grid | None:
    """Return variants named like `batch=1+max_ack_pending=50` as a grid; None for other names.

    Args:
        cells: variant -> its cell. bench/spec/variants.py gives such names to a config's axes.
    """
    settings = [_settings(variant) for variant in cells]
    keys = {tuple(key for key, _ in pairs) for pairs in settings}
    names = next(iter(keys), ())
    if len(keys) != 1 or len(names) != 2:
        return None
    rows, columns = (tuple(dict.fromkeys(pairs[axis][1] for pairs in settings)) for axis in (0, 1))
    if len(rows) < 2 or len(columns) < 2:
        return None
    placed = {
        (pairs[0][1], pairs[1][1]): cell
        for pairs, cell in zip(settings, cells.values(), strict=True)
    }
    return Grid(down=names[0], across=names[1], rows=rows, columns=columns, cells=placed)


def _settings(variant: str) -> tuple[tuple[str, str], ...]:
    """Return the settings that a variant's name spells out; a part without `=` has an empty key."""
    parts = [part.rpartition("=") for part in variant.split("+")]
    return tuple((key, value) for key, _, value in parts)


def plots(found: Grid, id_: str, time_key: str) -> tuple[Plot, ...]:
    """Return the maps of a grid: how long the rare message takes, and what one costs the server.

    Args:
        found: the grid.
        id_: of the plots.
        time_key: of the time that the workload's cells are ranked by.
    """
    made = (
        _map(found, time_key, f"{id_}-p99", "ms", NS_PER_MS),
        _map(found, PRICE, f"{id_}-cpu", "µs/msg", 1.0),
    )
    return tuple(plot for plot in made if plot is not None)


def _map(found: Grid, key: str, id_: str, unit: str, factor: float) -> Plot | None:
    metric = metric_of(key)
    values = {
        place: cell.estimates[key].value / factor
        for place, cell in found.cells.items()
        if key in cell.estimates and not reproach_of(cell)
    }
    if not values:
        return None
    title = f"{metric.title}, {unit}"
    layout = traces.layout(
        _categories(found.across, found.columns),
        _categories(found.down, found.rows) | {"autorange": "reversed"},
        legend=False,
    )
    layout["annotations"] = _numbers(found, values)
    return Plot(
        id=id_,
        title=title[0].upper() + title[1:],
        caption=(
            "Darker is more, on a logarithmic scale that spans a factor of 2 or more. ▲ where lag "
            f"grows, so that times depend on how long one measures; {State.FAILS.mark} where "
            "messages were lost, refused, unconfirmed or not sent; empty where nothing is known."
        ),
        document=traces.document([_heat(found, values, title)], layout),
        height_px=FRAME_PX + ROW_PX * max(2, len(found.rows)),
        table=_table(found, key, id_, title, values),
    )


def _categories(name: str, values: Sequence[str]) -> Json:
    # Places, not categories: plotly would read values such as `50` as numbers.
    words = [lettering.for_plot(value, limit=20) for value in values]
    return traces.axis(
        lettering.for_plot(name),
        tickvals=list(range(len(values))),
        ticktext=words,
        showgrid=False,
        zeroline=False,
        ticks="",
    )


def _heat(found: Grid, values: Values, title: str) -> Json:
    low, high = _range(values)

    def at(row: str, column: str) -> float | None:
        return _height(values[row, column]) if (row, column) in values else None

    return {
        "type": "heatmap",
        "z": [[at(row, column) for column in found.columns] for row in found.rows],
        "text": [[_number(found, values, r, c) for c in found.columns] for r in found.rows],
        "hovertemplate": f"{title}: %{{text}}<extra></extra>",
        "colorscale": [[0, f"rgb{_LEAST}"], [1, f"rgb{_MOST}"]],
        "zmin": low,
        "zmax": high,
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
    }


def _height(value: float) -> float:
    return math.log10(value) if value > 0 else 0.0


def _range(values: Values) -> tuple[float, float]:
    """Return the heights of the lightest and the darkest shade."""
    heights = [_height(value) for value in values.values()]
    spare = max(0.0, math.log10(LEAST_FACTOR) - (max(heights) - min(heights))) / 2
    return min(heights) - spare, max(heights) + spare


def _numbers(found: Grid, values: Values) -> list[Json]:
    """Return the number of each field, dark on light shades and white on dark ones."""
    low, high = _range(values)

    def ink(value: float) -> str:
        return _DARK if (_height(value) - low) / (high - low) < _DARK_BELOW else _LIGHT

    return [
        {
            "x": x,
            "y": y,
            "text": _number(found, values, row, column),
            "showarrow": False,
            "font": {"size": 14, "color": ink(values[row, column])},
        }
        for y, row in enumerate(found.rows)
        for x, column in enumerate(found.columns)
        if (row, column) in values
    ]


def _number(found: Grid, values: Values, row: str, column: str) -> str:
    value = values.get((row, column))
    if value is None:
        return ""
    cell = found.cells[row, column]
    growing = cell.lag_verdict is LagVerdict.GROWING
    marks = [lettering.MARKS[LagVerdict.GROWING]] if growing else []
    marks += [State.FAILS.mark] if shortfalls.of_cell(cell) else []
    return " ".join([text.number(value), *marks])


def _table(found: Grid, key: str, id_: str, title: str, values: Values) -> Table:
    def entry(row: str, column: str) -> Entry:
        if (row, column) in values:
            return Entry(text=_number(found, values, row, column))
        cell = found.cells.get((row, column))
        reason = "not in this run"
        if cell:
            reason = reproach_of(cell) or comparison.missing_reason(cell, metric_of(key))
        return Entry(text=text.NA, hint=reason, tone=Tone.MUTED)

    return Table(
        id=f"{id_}-table",
        caption=f"{title}, means over valid trials; rows: {found.down}, columns: {found.across}",
        head=found.down,
        columns=tuple(Column(title=column, group=found.across) for column in found.columns),
        rows=tuple(
            Row(names=(row,), entries=tuple(entry(row, column) for column in found.columns))
            for row in found.rows
        ),
    )
