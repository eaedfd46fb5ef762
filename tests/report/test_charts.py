"""Plots as documents: plotly must accept them, and they must tell what they claim."""

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from bench.record.schema import Time
from bench.report import build, cell_plots, overtime, traces
from bench.report.model import Disclosure, Gallery, Plot, Section
from tests.report.factory import AXES, VARIANTS, run_figures, with_texts


def plots(section: Section) -> list[Plot]:
    folded = [b for d in section.blocks if isinstance(d, Disclosure) for b in d.blocks]
    shown = (*section.blocks, *folded)
    own = [plot for block in shown if isinstance(block, Gallery) for plot in block.plots]
    return own + [plot for inner in section.sections for plot in plots(inner)]


@pytest.fixture(scope="module")
def all_plots() -> list[Plot]:
    report = build.build(run_figures())
    return [plot for section in report.sections for plot in plots(section)]


@pytest.fixture(scope="module")
def map_plots() -> list[Plot]:
    report = build.build(run_figures(variants=AXES, workloads=("w",)))
    return [plot for section in report.sections for plot in plots(section) if "-map-" in plot.id]


def test_plotly_knows_every_property(all_plots: list[Plot], map_plots: list[Plot]) -> None:
    """The documents are written by hand; go.Figure refuses any misspelt key or value."""
    for plot in (*all_plots, *map_plots):
        figure = go.Figure(json.loads(plot.document))

        assert len(figure.data) > 0


def test_every_plot_has_a_table_with_figures_behind_it(all_plots: list[Plot]) -> None:
    """Those who do not see the plot read the table."""
    for plot in all_plots:
        written = [entry.text for row in plot.table.rows for entry in row.entries]

        assert any(character.isdigit() for text in written for character in text), plot.id


def test_a_line_joins_the_trials_of_a_block() -> None:
    """Pairs are what is compared: whether all lean one way is seen before any interval."""
    workload = run_figures(
        variants=VARIANTS[2:4], workloads=("w",), blocks=3, with_fault=False
    ).workloads[0]
    document = json.loads(
        cell_plots.spread_plot(workload.cells, Time.END_TO_END, "spread").document
    )
    line = next(trace for trace in document["data"] if trace.get("name") == "same block")

    of_cells = [
        [trial.times[Time.END_TO_END].percentiles_ns[99.0] for trial in cell.trials]
        for cell in workload.cells
    ]
    expected = []
    for one, other in zip(*of_cells, strict=True):
        assert one is not None
        assert other is not None
        expected += [one / 1e6, other / 1e6, None]
    assert line["x"] == pytest.approx(expected)
    assert line["y"] == [0, 1, None] * 3


def test_a_trial_that_fell_too_far_behind_is_drawn_and_not_left_out() -> None:
    """Its p99 is more than what can be told: without it the worst block would look like none.

    Half of its messages never came; they had waited for the drain's second at least.
    """
    workload = run_figures(
        variants=VARIANTS[2:4], workloads=("w",), blocks=3, with_fault=False
    ).workloads[0]
    cell, first = workload.cells[0], workload.cells[0].trials[0]
    times, counts = first.times[Time.END_TO_END], first.record.window_counts
    window = first.record.window
    assert counts is not None
    assert window is not None
    half = replace(times, count=counts.offered // 2, percentiles_ns={50.0: None, 99.0: None})
    behind = replace(first, times={**first.times, Time.END_TO_END: half})
    cell = replace(cell, trials=(behind, *cell.trials[1:]))

    plot = cell_plots.spread_plot((cell,), Time.END_TO_END, "spread")

    more_ms = max(times.max_ns or 0, window.drained_ns - window.window_end_ns) / 1e6
    data = {trace.get("name"): trace for trace in json.loads(plot.document)["data"]}
    assert data["p99 of a trial, more than"]["x"] == pytest.approx([more_ms])
    assert len(data["p99 of a trial"]["x"]) == 2
    assert plot.table.rows[0].entries[0].text.startswith("≥ ")


def test_costs_of_different_messages_are_not_added(all_plots: list[Plot]) -> None:
    """µs per stored and µs per received message have no sum where a message comes twice."""
    costs = next(plot for plot in all_plots if plot.id == "workload-1-cpu")
    document = json.loads(costs.document)

    assert document["layout"]["barmode"] == "group"
    assert [trace["name"] for trace in document["data"]] == [
        "server, per stored message",
        "publisher, per stored message",
        "consumer, per received message",
    ]
    assert [column.unit for column in costs.table.columns] == [
        "µs per stored",
        "µs per stored",
        "µs per received",
    ]


def test_the_table_of_costs_holds_what_is_drawn(all_plots: list[Plot]) -> None:
    """Behind the bars of µs a message stood shares of a core: another figure altogether."""
    costs = next(plot for plot in all_plots if plot.id == "workload-1-cpu")
    bars = json.loads(costs.document)["data"]
    shown = [[row.entries[place].text for row in costs.table.rows] for place in range(3)]

    assert shown == [[f"{value:#.3g}".rstrip(".") for value in bar["x"]] for bar in bars]


def test_ids_are_unique(all_plots: list[Plot]) -> None:
    """A plot finds its figure by id."""
    ids = [plot.id for plot in all_plots] + [plot.table.id for plot in all_plots]

    assert len(ids) == len(set(ids))


def test_no_label_closes_the_script_element() -> None:
    """`</script>` inside JSON would end the element and run what follows."""
    report = build.build(with_texts(run_figures(workloads=("w",)), "</script><script>x</script>"))
    documents = [plot.document for section in report.sections for plot in plots(section)]

    assert documents
    assert not any("<" in document for document in documents)


def test_labels_reach_plotly_as_text() -> None:
    """Plotly would draw `<b>` as bold: what it gets must be escaped."""
    report = build.build(with_texts(run_figures(workloads=("w",)), "<b>bold</b>"))
    drawn = [json.loads(plot.document) for section in report.sections for plot in plots(section)]
    names = {trace.get("name", "") for document in drawn for trace in document["data"]}

    assert "&lt;b&gt;bold&lt;/b&gt;" in names
    assert not any("<" in name for name in names)


def unpacked(values: dict[str, Any]) -> Any:
    return np.frombuffer(base64.b64decode(values["bdata"]), dtype="<f4")


def test_an_invalid_trial_is_drawn_dotted(all_plots: list[Plot]) -> None:
    """Hiding it would hide why it is invalid; drawing it like the others would mislead."""
    p99 = next(p for p in all_plots if p.id == "workload-1-config-1-p99")
    data = json.loads(p99.document)["data"]
    faint = [t for t in data if t["name"] == "batch-10" and "showlegend" in t]

    assert [trace["line"]["dash"] for trace in faint] == ["solid"] * 4 + ["dot"]
    assert "invalid" in faint[-1]["hovertemplate"]


def test_the_bold_line_is_the_median_of_the_valid_trials() -> None:
    """Three trials at 1, 2 and 9 ms read 2: one stalled trial must not bend the bold line."""
    figures = run_figures(workloads=("w",), blocks=3, with_fault=False)
    cell = figures.workloads[0].cells[2]
    trials = tuple(
        replace(trial, series=replace(trial.series, p99_ns={Time.END_TO_END: np.full(27, ns)}))
        for trial, ns in zip(cell.trials, (1e6, 9e6, 2e6), strict=True)
        if trial.series is not None
    )
    _, p99, _ = overtime.plots({"a": replace(cell, trials=trials)}, "x")
    bold = next(t for t in json.loads(p99.document)["data"] if "showlegend" not in t)

    assert unpacked(bold["y"]) == pytest.approx(np.full(27, 2.0))


def test_names_that_are_cut_alike_keep_a_line_each() -> None:
    """As categories they would fall together, and two cells would look like one."""
    report = build.build(with_texts(run_figures(workloads=("w",)), "x" * 500))
    spread = next(p for section in report.sections for p in plots(section) if "spread" in p.id)
    document = json.loads(spread.document)
    dots = next(trace for trace in document["data"] if trace["mode"] == "markers")

    assert len(document["layout"]["yaxis"]["ticktext"]) == len(VARIANTS)
    assert len(set(dots["y"])) == len(VARIANTS)


def test_warm_up_and_drain_are_shaded(all_plots: list[Plot]) -> None:
    """What does not count must look as if it does not."""
    lag = next(p for p in all_plots if p.id == "workload-1-config-1-lag")
    shapes = json.loads(lag.document)["layout"]["shapes"]
    bands = [(s["x0"], s["x1"]) for s in shapes if s["type"] == "rect"]

    assert bands == [(0.0, 5.0), (25.0, 27.0)]


def test_thinning_keeps_the_peak() -> None:
    """A spike of one sample is what a lag plot is looked at for."""
    values = np.zeros(10_001)
    values[7_777] = 42.0

    kept = traces.thinned(values, 300)

    assert len(kept) <= 300
    assert 7_777 in kept
    assert np.all(np.diff(kept) > 0)


def test_thinning_leaves_gaps_where_nothing_was_told() -> None:
    """Bridging a gap would draw a lag that nobody saw."""
    heights = np.array([np.nan, 1.0, np.nan, np.nan])
    thin = heights[traces.thinned(heights, 2)]

    assert np.array_equal(thin, [1.0, np.nan], equal_nan=True)


def test_long_trials_are_thinned_and_say_so() -> None:
    """A 200-trial report must open; a reader must know that it shows steps of more than 1 s."""
    figures = run_figures(workloads=("w",), blocks=1, with_fault=False, seconds=700)
    cells = {"a": figures.workloads[0].cells[0]}
    _, p99, lag = overtime.plots(cells, "x")
    data = [*json.loads(p99.document)["data"], *json.loads(lag.document)["data"]]
    lines = [trace for trace in data if trace.get("fill") is None and "name" in trace]

    assert all(len(unpacked(t["y"])) <= 240 for t in lines)
    assert "the largest of every 3 points is drawn" in p99.caption
    assert "the largest of every 30 points is drawn" in lag.caption


def test_the_packed_form_is_what_plotly_unpacks() -> None:
    """An error in byte order would draw noise that looks like data."""
    values = np.array([1.5, -2.25, np.nan])

    assert np.array_equal(unpacked(traces.packed(values)), values, equal_nan=True)
