"""CPU and memory of each process over the time of a trial."""

from collections.abc import Callable, Mapping

import numpy as np

from bench.analysis.figures import Array, Series
from bench.record.schema import Window
from bench.report import timelines, traces
from bench.report.model import Plot
from bench.report.timelines import Cells, Line, drawn

MIB = 1024**2

Told = Callable[[Series], Mapping[str, Array]]


def plots(cells: Cells, id_: str) -> tuple[Plot, ...]:
    """Return a plot of CPU and one of memory for each process that was read; servers first."""
    window = timelines.longest_window(cells)
    if window is None:
        return ()
    made = []
    for number, role in enumerate(_roles(cells), start=1):
        made.append(_cpu_plot(cells, role, window, f"{id_}-{number}-cpu"))
        made.append(_memory_plot(cells, role, window, f"{id_}-{number}-rss"))
    return tuple(made)


def _roles(cells: Cells) -> list[str]:
    told = {
        role for cell in cells.values() for each in drawn(cell) for role in each.series.cpu_share
    }
    return sorted(told, key=lambda role: (role != "server", role))


def _cpu_plot(cells: Cells, role: str, window: Window, id_: str) -> Plot:
    shown = _lines(cells, role, lambda series: series.cpu_share, unit=0.01)
    y = traces.axis("% of a core", rangemode="tozero")
    return Plot(
        id=id_,
        title=f"CPU of {role}",
        caption=(
            "Share of one core between two samples: the largest of each second, median over "
            "valid trials. A server may use several cores."
        ),
        document=traces.document(timelines.medians(shown, "%"), timelines.layout(y, window)),
        height_px=timelines.HEIGHT_PX + traces.legend_px(len(cells)),
        table=timelines.binned_table(
            timelines.worst(shown), f"{id_}-table", f"Largest share of a core, {role}, %", np.max
        ),
    )


def _memory_plot(cells: Cells, role: str, window: Window, id_: str) -> Plot:
    shown = _lines(cells, role, lambda series: series.rss_bytes, unit=MIB)
    y = traces.axis("resident set, MiB", rangemode="tozero")
    return Plot(
        id=id_,
        title=f"Memory of {role}",
        caption="Resident set (RSS): the largest of each second, median over valid trials.",
        document=traces.document(timelines.medians(shown, "MiB"), timelines.layout(y, window)),
        height_px=timelines.HEIGHT_PX + traces.legend_px(len(cells)),
        table=timelines.binned_table(
            timelines.worst(shown), f"{id_}-table", f"Largest resident set, {role}, MiB", np.max
        ),
    )


def _lines(cells: Cells, role: str, told: Told, unit: float) -> dict[str, list[Line]]:
    """Return each variant's valid trials in which the process was read."""
    return {
        variant: [
            Line(trial=each.trial, t_s=each.series.sample_s, heights=told(each.series)[role] / unit)
            for each in drawn(cell)
            if each.trial.record.valid and each.series.sample_s.size and role in told(each.series)
        ]
        for variant, cell in cells.items()
    }
