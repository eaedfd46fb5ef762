"""The figures of every trial as data: what the page lets its reader take away."""

import math

from bench.analysis.figures import RunFigures
from bench.analysis.tidy import COLUMNS, tidy
from bench.report.embed import embedded
from bench.report.model import Download, Section

MOST_BYTES = 1_000_000
"""Beyond it the figures would weigh on the page that shows them."""

_OF_TRIAL = COLUMNS[: COLUMNS.index("metric")]
"""The columns that are the same in all rows of a trial."""


def section(figures: RunFigures) -> Section:
    """Return the section on where the figures are as data."""
    where = f"results/{figures.run_id}/"
    lead = (
        f"The records stand in {where} as they were measured: histograms, samples over time, "
        "counts. Every figure of this page is computed from them."
    )
    rows = embedded(_rows(figures))
    if len(rows) > MOST_BYTES:
        large = f"Too many trials to carry their figures in this page: take {where}."
        return Section(id="data", title="Data", lead=((lead,), (large,)))
    download = Download(
        id="tidy",
        file_name=f"{figures.run_id}.csv",
        title="Save the figures as CSV",
        caption=(
            "One row for each trial and figure, invalid trials marked; units as stored. "
            f"It needs JavaScript; without it, take {where}."
        ),
        document=rows,
    )
    return Section(id="data", title="Data", lead=((lead,),), blocks=(download,))


def _rows(figures: RunFigures) -> dict[str, object]:
    """Return every trial once with all its values; the page makes a row of each value."""
    table = tidy(figures)
    of_trials = [
        [*map(_plain, place), [_plain(value) for value in rows["value"]]]
        for place, rows in table.groupby(list(_OF_TRIAL), sort=False)
    ]
    metrics = table[["metric", "unit"]].drop_duplicates().to_numpy().tolist()
    return {"head": list(COLUMNS), "metrics": metrics, "trials": of_trials}


def _plain(value: object) -> object:
    """Return a value of the table as JSON knows it; None for a missing one."""
    if isinstance(value, (str, bool)):
        return str(value)  # as `jetbench export` writes them
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number
