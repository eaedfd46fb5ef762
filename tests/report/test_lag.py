"""Whose lag the report shows, and how it tells of a loss that nobody can tell."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.report import comparison, overtime, standing
from bench.report.model import Plot, Tone, plain
from tests.analysis import runs
from tests.gate.figures import counting, trial_of, with_trials
from tests.report.factory import run_figures
from tests.report.test_charts import unpacked
from tests.report.trial_factory import Variant

CELL = runs.cell("new")


def losing(*lost: int) -> CellFigures:
    trials = [
        counting(trial_of(CELL, block, 10.0), lost=msgs) for block, msgs in enumerate(lost, start=1)
    ]
    return with_trials(CELL, trials)


@pytest.mark.parametrize(
    ("lost", "text", "tone"),
    [
        ((0, 0), "0", Tone.PLAIN),
        ((0, 3), "✕ 3", Tone.BAD),
        ((0, -1), "▲ n/a", Tone.WARNING),
        ((4, -1), "✕ 4", Tone.BAD),
    ],
)
def test_a_loss_that_nobody_can_tell_is_no_zero_and_hides_none(
    lost: tuple[int, ...], text: str, tone: Tone
) -> None:
    """The table of a workload shows it beside the times, for whoever reads no further."""
    workload = WorkloadFigures(name="w", cells=(losing(*lost),), decisions={})

    row = comparison.workload_table(workload, [], "table").rows[0]

    entry = row.entries[-comparison.count_columns(workload.cells)]
    assert (entry.text, entry.tone) == (text, tone)


def test_the_headline_names_a_cell_that_may_have_lost_messages() -> None:
    """It did not lose for sure, and it is not clean either."""
    workload = WorkloadFigures(name="w", cells=(losing(0, -1),), decisions={})

    said = " ".join(plain(sentence) for sentence in standing.answers(workload))

    assert "Whether messages were lost nobody can tell: pull-batch/new." in said
    assert "Messages were lost" not in said


def lag_plot(*, by_server: bool) -> Plot:
    """The lag plot of one cell, six of whose samples did not tell the lag."""
    workload = run_figures(blocks=1, with_fault=False).workloads[0]
    cell = workload.cells[0]
    (trial,) = cell.trials
    assert trial.series is not None
    assert trial.lag is not None
    places = np.arange(len(trial.series.sample_s))
    lag_msgs = np.where((places >= 52) & (places < 58), np.nan, 40.0)
    told = replace(
        trial,
        series=replace(trial.series, lag_msgs=lag_msgs),
        lag=replace(trial.lag, by_server=by_server),
    )
    plots = overtime.plots({"one": replace(cell, trials=(told,))}, "question")
    return next(plot for plot in plots if plot.title == "Lag over time")


def test_a_lag_that_is_the_servers_is_called_so() -> None:
    """Records of older versions have no other: it leaves out what was acknowledged early."""
    assert "lag is the server's" in lag_plot(by_server=True).caption
    assert "the server's" not in lag_plot(by_server=False).caption


def test_our_own_lag_is_drawn_without_a_gap() -> None:
    """Rows of the samples in which other things stand are none; the server's silence is one."""

    def gaps(plot: Plot) -> int:
        lines = [trace["y"] for trace in json.loads(plot.document)["data"] if "bdata" in trace["y"]]
        return sum(int(np.isnan(unpacked(y)).sum()) for y in lines)

    assert gaps(lag_plot(by_server=True)) > 0
    assert gaps(lag_plot(by_server=False)) == 0


FAST = Variant(names=("c/fast",), settings={}, p50_ms=1.0, behind_msgs_per_s=500.0)
SLOW = Variant(names=("c/slow",), settings={"pull": {"batch": 1}}, p50_ms=2.0)
EARLY = {"ack": {"timing": "after-validation"}}


def headline(*variants: Variant) -> str:
    figures = run_figures(variants=variants, workloads=("w",), blocks=5, with_fault=False)
    return plain(standing.answers(figures.workloads[0])[0])


def test_what_falls_behind_is_not_the_shortest() -> None:
    """Its times depend on how long was measured; the one that keeps up stands first."""
    assert headline(SLOW, FAST).startswith("The only end-to-end p99 of cells that keep up: c/slow")


def test_where_nothing_keeps_up_the_headline_says_so() -> None:
    """Lists of runs show the first sentence alone."""
    assert headline(FAST).endswith(", while its lag grows.")


def test_where_messages_are_acked_early_the_work_is_what_is_ranked() -> None:
    """An end-to-end p99 of 1.6 ms with three of four messages never handled led the report."""
    early = replace(SLOW, settings=EARLY)

    said = headline(early)

    assert said.startswith("The only completion p99: c/slow")
    figures = run_figures(variants=(early,), workloads=("w",), blocks=5, with_fault=False)
    words = " ".join(plain(sentence) for sentence in standing.answers(figures.workloads[0]))
    assert "an ack before the handler ends the end-to-end time" in words


def test_a_cell_that_handles_too_little_for_a_p99_is_told_to_fall_behind() -> None:
    """Not that it had too few messages: it had them, and they were never done."""
    figures = run_figures(
        variants=(replace(FAST, settings=EARLY),), workloads=("w",), blocks=5, with_fault=False
    )
    workload = figures.workloads[0]
    (cell,) = workload.cells
    estimates = {k: e for k, e in cell.estimates.items() if not k.startswith("completion")}

    said = standing.answers(replace(workload, cells=(replace(cell, estimates=estimates),)))[0]

    assert plain(said) == (
        "No cell has a figure for completion p99: too much is never done, for lag is growing: "
        "c/fast."
    )


def test_the_interval_beside_a_slope_is_that_slopes_own() -> None:
    """Handlers keep up and acks do not: the figure is of the acks, and so are its ends."""
    workload = run_figures(variants=(SLOW,), workloads=("w",), blocks=1, with_fault=False)
    (cell,) = workload.workloads[0].cells
    (trial,) = cell.trials
    assert trial.lag is not None
    behind = replace(
        trial.lag,
        slope_msgs_per_s=70.0,
        slope_low_msgs_per_s=60.0,
        slope_high_msgs_per_s=80.0,
    )
    both = replace(trial, lag=replace(trial.lag, unacked=behind))

    assert comparison.slope_interval(replace(cell, trials=(both,))) == (60.0, 80.0)
