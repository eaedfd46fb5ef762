"""Changes against a baseline: paired, with an interval, and honest about few blocks."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from bench.analysis.deciding import decisions
from bench.analysis.figures import CellFigures, LagVerdict, WorkloadFigures
from bench.analysis.validity import baseline_of
from bench.record.schema import Time
from bench.report import forest, standing
from bench.report.model import Tone, plain
from tests.gate.figures import counting
from tests.report.factory import cell_figures, run_figures
from tests.report.trial_factory import Variant

SHARED = Variant(names=("c/base", "d/base"), settings={"pull": {"batch": 1}}, p50_ms=1.0)
OTHER = Variant(names=("c/other",), settings={"pull": {"batch": 2}}, p50_ms=2.0)


def workload(*variants: Variant, blocks: int = 5) -> WorkloadFigures:
    run = run_figures(variants=variants, workloads=("w",), blocks=blocks, with_fault=False)
    return run.workloads[0]


def with_p99(cell: CellFigures, values_ms: list[float]) -> CellFigures:
    """The cell with these p99 in its blocks."""
    trials = []
    for trial, ms in zip(cell.trials, values_ms, strict=True):
        times = trial.times[Time.END_TO_END]
        told = {**times.percentiles_ns, 99.0: round(ms * 1e6)}
        both = {**trial.times, Time.END_TO_END: replace(times, percentiles_ns=told)}
        trials.append(replace(trial, times=both))
    return cell_figures(cell.cell, trials)


def fallen_behind(cell: CellFigures, percentiles: tuple[float, ...]) -> CellFigures:
    """The cell with so few messages acknowledged that these percentiles lie among the others."""
    trials = []
    for trial in cell.trials:
        times = trial.times[Time.END_TO_END]
        told = {**times.percentiles_ns, **dict.fromkeys(percentiles)}
        both = {**trial.times, Time.END_TO_END: replace(times, count=100, percentiles_ns=told)}
        trials.append(replace(trial, times=both))
    return cell_figures(cell.cell, trials)


def both_fallen_behind(*percentiles: float) -> WorkloadFigures:
    found = workload(SHARED, OTHER)
    cells = tuple(fallen_behind(cell, percentiles) for cell in found.cells)
    return replace(found, cells=cells, decisions=decisions(cells))


def test_the_baseline_is_the_cell_that_most_configs_share() -> None:
    """A base that every config varies from is what its variants are meant to be compared with."""
    assert baseline_of(workload(OTHER, SHARED), "").cell.variants[0].variant == "base"


def test_a_plan_may_name_the_baseline() -> None:
    """Who asks whether B is better than A must not be answered for C."""
    found = baseline_of(workload(SHARED, OTHER), "c/other")

    assert found.cell.variants[0].variant == "other"


def test_without_a_shared_cell_the_first_is_the_baseline() -> None:
    """The order of the files is the only hint that is left, and it is stable."""
    first = replace(SHARED, names=("c/base",))

    assert baseline_of(workload(first, OTHER), "").cell.variants[0].variant == "base"


def test_the_change_is_paired_within_blocks() -> None:
    """Blocks at 1, 10 and 100 ms, each doubled and a bit, show what no mean over blocks could.

    By hand: logs of 2.0, 2.2 and 2.0 have the mean ln 2.0646 and the standard error 0.03177. The
    p99 takes half of 10 %, the quantile of 97.5 % for 2 degrees of freedom is 4.303, so the ends
    are 2.0646 × e^±0.13670.
    """
    figures = workload(SHARED, OTHER, blocks=3)
    base = with_p99(figures.cells[0], [1.0, 10.0, 100.0])
    other = with_p99(figures.cells[1], [2.0, 22.0, 200.0])
    key = "end_to_end_ns_p99"
    decided = decisions((base, other), asked=[key])
    (found,) = forest.compared(replace(figures, cells=(base, other), decisions=decided), base, key)

    assert found.found.blocks == 3
    assert found.ratio == pytest.approx(2.0646, rel=1e-4)
    low, high = found.ends
    assert low == pytest.approx(2.0646 * math.exp(-0.13670), rel=1e-3)
    assert high == pytest.approx(2.0646 * math.exp(0.13670), rel=1e-3)


def test_two_blocks_have_a_mark_and_no_interval() -> None:
    """An interval of two would be a line across the plot, or a lie."""
    figures = workload(SHARED, OTHER, blocks=2)
    plot = forest.plot(figures, figures.cells[0], "x")
    assert plot is not None
    traces = {t["name"]: t for t in json.loads(plot.document)["data"]}

    assert traces["p99"]["x"] == []
    assert len(traces["p99, n too small"]["x"]) == 1
    assert "n too small (2 of 3)" in [entry.text for entry in plot.table.rows[0].entries]
    assert "n too small" in plain(forest.words(figures, figures.cells[0])[1])


def test_a_clear_change_reads_slower_and_a_draw_reads_not_separable() -> None:
    """Words, not a place on an axis: the table must say what the plot shows."""
    twin = replace(SHARED, names=("c/twin",))
    figures = workload(SHARED, OTHER, twin)
    plot = forest.plot(figures, figures.cells[0], "x")
    assert plot is not None
    reading = [column.title for column in plot.table.columns].index("reading")

    assert [row.entries[reading].text for row in plot.table.rows] == [
        "▲ slower",
        "≈ not separable",
    ]


def test_a_cell_without_the_time_keeps_its_line() -> None:
    """Leaving it out would read as "no change"."""
    figures = workload(SHARED, OTHER, replace(OTHER, names=("c/none",)))
    cells = (*figures.cells[:2], cell_figures(figures.cells[2].cell, []))
    figures = replace(figures, cells=cells, decisions=decisions(cells))
    plot = forest.plot(figures, figures.cells[0], "x")
    assert plot is not None

    assert plot.table.rows[1].names == ("c/none",)
    assert "no such time" in [entry.text for entry in plot.table.rows[1].entries]
    assert len(json.loads(plot.document)["layout"]["yaxis"]["ticktext"]) == 2


def test_two_cells_that_fell_behind_have_no_change_and_no_mark_at_nothing() -> None:
    """Times that both exceed are not the same time, and no scatter tells what would have shown."""
    figures = both_fallen_behind(50.0, 99.0)

    words = " ".join(plain(sentence) for sentence in forest.words(figures, figures.cells[0]))

    assert forest.plot(figures, figures.cells[0], "x") is None
    assert "Too many messages never came to tell how large a change would have shown." in words


def test_a_figure_that_never_came_has_no_mark_beside_one_that_did() -> None:
    """Of p99 both have bounds alone, of p50 both have values."""
    figures = both_fallen_behind(99.0)
    plot = forest.plot(figures, figures.cells[0], "x")
    assert plot is not None

    texts = [entry.text for entry in plot.table.rows[0].entries]

    assert texts.count("both fell behind") == 1
    assert [each["name"] for each in json.loads(plot.document)["data"] if each["x"]] == ["p50"]


def test_the_section_says_what_it_is_not_and_what_it_cannot_see() -> None:
    """Without a margin nothing is decided, and an unseen change is not an absent one."""
    figures = workload(SHARED, OTHER)
    words = " ".join(plain(sentence) for sentence in forest.words(figures, figures.cells[0]))

    assert "not a gate" in words
    assert "Smallest visible difference of end-to-end p99: +" in words


def test_a_single_cell_is_compared_with_nothing() -> None:
    """An empty plot under a heading looks like a fault."""
    assert forest.sections(workload(SHARED), "", "x") == ()


def test_equal_cells_read_not_separable_as_the_headline_says() -> None:
    """The headline and the plot once had an interval each, and contradicted each other."""
    equal = [replace(SHARED, names=(f"c/v{n}",)) for n in range(5)]
    figures = workload(*equal)
    plot = forest.plot(figures, figures.cells[0], "x")
    assert plot is not None
    reading = [column.title for column in plot.table.columns].index("reading")
    headline = plain(standing.answers(figures)[0])

    assert {row.entries[reading].text for row in plot.table.rows} == {"≈ not separable"}
    assert headline.startswith("Shortest end-to-end p99 cannot be told apart: ")


def test_the_caption_says_what_the_intervals_allow_for() -> None:
    """An interval made for one pair, shown ten times, misleads ten times as often."""
    figures = workload(SHARED, OTHER)
    plot = forest.plot(figures, figures.cells[0], "x")
    assert plot is not None

    assert "wide enough for all comparisons of the run together" in plot.caption


@pytest.mark.parametrize(
    ("changes", "reading"),
    [
        ({}, "▼ faster"),
        ({"refused": 20}, "▼ faster, ✕ messages fell short"),
        ({"lag_verdict": LagVerdict.GROWING}, "▼ faster, ▲ lag is growing"),
    ],
)
def test_what_is_faster_by_carrying_less_is_no_good_news(
    changes: dict[str, Any], reading: str
) -> None:
    """A server that refuses is fast; green is for what does the same work sooner."""
    base, cell = workload(OTHER, SHARED).cells
    cell = with_p99(cell, [1.0, 1.1, 1.0, 1.1, 1.0])
    base = with_p99(base, [2.0, 2.2, 2.0, 2.2, 2.0])
    if "refused" in changes:
        cell = replace(cell, trials=tuple(counting(trial, **changes) for trial in cell.trials))
    else:
        cell = replace(cell, **changes)
    figures = WorkloadFigures(name="w", cells=(base, cell), decisions=decisions([base, cell]))

    drawn = forest.plot(figures, base, "x")

    assert drawn is not None
    entry = drawn.table.rows[0].entries[4]
    assert (entry.text, entry.tone is Tone.GOOD) == (reading, not changes)
