"""What compared figures count, and what they leave out."""

from dataclasses import replace

import pytest

from bench.analysis.deciding import decisions
from bench.analysis.decision import Told
from bench.analysis.figures import TrialFigures
from bench.analysis.metrics import MEASURES, Measure, measure_of
from tests.report.factory import cell_figures, run_figures
from tests.report.trial_factory import RATE, Variant

ONE = Variant(names=("c/one",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=1.0)


def with_rate(trial: TrialFigures, rate: float) -> TrialFigures:
    assert trial.rates is not None
    return replace(trial, rates=replace(trial.rates, acked=rate, stored=rate))


@pytest.mark.parametrize("key", ["acked_msgs_per_s", "stored_msgs_per_s"])
@pytest.mark.parametrize(("counted", "compared"), [(RATE * 1.1, RATE), (RATE * 0.9, RATE * 0.9)])
def test_a_rate_counts_up_to_the_offered_one(key: str, counted: float, compared: float) -> None:
    """More than was offered is the backlog of a warm-up: who fell behind there would lead here."""
    trial = run_figures(variants=(ONE,), workloads=("w",), blocks=1).workloads[0].cells[0].trials[0]

    assert measure_of(key).of_trial(with_rate(trial, counted)) == compared


def test_draining_a_backlog_makes_nobody_the_best() -> None:
    """Two cells that both take all that is offered are equal, whatever one of them owed."""
    run = run_figures(variants=(ONE, TWO), workloads=("w",), with_fault=False)
    steady, owing = run.workloads[0].cells
    drained = cell_figures(owing.cell, [with_rate(trial, RATE * 1.2) for trial in owing.trials])

    found = decisions((steady, drained))["acked_msgs_per_s"]
    assert found.between(*found.ids).told is Told.ALIKE


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.metric.key)
def test_every_entry_of_the_catalogue_can_be_read(measure: Measure) -> None:
    """An entry at a percentile that no histogram is read at, or of nobody's CPU, has no figures."""
    trial = run_figures(variants=(ONE,), workloads=("w",), blocks=1).workloads[0].cells[0].trials[0]

    assert measure.of_trial(trial) is not None
