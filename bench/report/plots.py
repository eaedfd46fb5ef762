"""What a fold draws when it is opened: whole numbers by column, from which the page makes plots."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import Array
from bench.core.text import THIN
from bench.report import lettering
from bench.report.markup import embedded

COLUMNS = ("name", "block", "valid", "panel", "x", "y")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One of the panels above each other, on the common x axis.

    Attributes:
        title: of its y axis, with the unit.
        unit: of a value, for the pointer.
        factor: how many of the kept whole numbers make one of the unit.
        log: its axis is logarithmic.
    """

    title: str
    unit: str
    factor: float
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """A line of a panel.

    Attributes:
        name: index of its variant.
        y: values in the unit, shape (n,), NaN for a gap.
        x: whole numbers, shape (n,); None for the middle of each second.
        block: 0 for all blocks together.
        valid: whether its trial is.
        panel: index of the panel.
    """

    name: int
    y: Array
    x: Array | None = None
    block: int = 0
    valid: bool = True
    panel: int = 0


def document(
    names: Sequence[str], panels: Sequence[Panel], lines: Iterable[Line], axis: Mapping[str, object]
) -> str:
    """Return the JSON of a fold's plots, safe inside a script element.

    Args:
        names: of the variants.
        panels: from top to bottom.
        lines: of them.
        axis: `title` of the x axis and how it is laid out; the page's script reads it.
    """
    rows = [
        (
            line.name,
            line.block,
            int(line.valid),
            line.panel,
            None if line.x is None else _whole(line.x),
            _whole(line.y * panels[line.panel].factor),
        )
        for line in lines
    ]
    document = {
        "names": [lettering.for_plot(name) for name in names],
        "panels": [(p.title, p.unit, p.factor, int(p.log)) for p in panels],
        "columns": COLUMNS,
        "rows": rows,
        "axis": dict(axis),
        "separators": f".{THIN}",
    }
    return embedded(document) if rows else ""


def _whole(values: Array) -> list[int | None]:
    return [None if np.isnan(value) else round(float(value)) for value in values]
