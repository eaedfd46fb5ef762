"""How often gates err, over many made-up runs judged from end to end (MEASUREMENT.md R7 to R9)."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.gate.verdict import Sides, judge, looks_red
from bench.stats.compare import Verdict
from tests.gate.figures import BASELINE, gates, run_of
from tests.stats.unranked import unranked

pytestmark = pytest.mark.simulates

RUNS = 300
SIDES = Sides(baseline=BASELINE)
RULES = gates("p99 vs baseline <= +10%")
WORKLOADS = ("a", "b", "c", "d")

Times = NDArray[np.float64]

made_up = partial(run_of, contested=False)
"""Makes a run of which a gate may be asked, and nothing else."""


def times(change: float, *, spread: float, seed: int) -> Times:
    """Times of baseline and candidate in ten blocks: shape (RUNS, 2, 10).

    Trials scatter by `spread`, the host by 10 % from block to block, and drifts.
    """
    rng = np.random.default_rng(seed)
    host = rng.normal(0, 0.10, (RUNS, 1, 10)) + np.linspace(0, 0.10, 10)
    trials = rng.normal(0, spread, (RUNS, 2, 10))
    trials[:, 1] += np.log1p(change)
    made: Times = 10 * np.exp(host + trials)
    return made


def verdict_of(run: Times) -> Verdict:
    """The verdict of a gate that screens on five blocks and confirms on five more."""
    with unranked():
        return ranked_verdict_of(run)


def ranked_verdict_of(run: Times) -> Verdict:
    """The same, with what ranks say beside it."""
    old, new = run.tolist()
    screened = made_up({"old": old[:5], "new": new[:5]}, planned=5)
    if not looks_red(screened, RULES, SIDES):
        return judge(screened, RULES, SIDES).verdict
    return judge(made_up({"old": old, "new": new}, planned=5), RULES, SIDES).verdict


def share(verdicts: Sequence[Verdict], wanted: Verdict) -> float:
    return sum(verdict is wanted for verdict in verdicts) / len(verdicts)


def test_a_gate_looks_at_nothing_that_variants_contest() -> None:
    """Made-up runs of this module leave it out: what a gate says of them must be the same."""
    old, new = times(0.1, spread=0.05, seed=6)[0].tolist()
    cells = {"old": old, "new": new}

    assert any(workload.decisions for workload in run_of(cells).workloads)
    assert judge(made_up(cells), RULES, SIDES) == judge(run_of(cells), RULES, SIDES)


def test_a_gate_does_not_go_by_ranks() -> None:
    """They are left out as well: of runs at the margin some are red, and the same ones."""
    runs = times(0.15, spread=0.05, seed=7)[:20]
    verdicts = [ranked_verdict_of(run) for run in runs]

    assert [verdict_of(run) for run in runs] == verdicts
    assert len(set(verdicts)) > 1


def test_equal_sides_are_hardly_ever_red() -> None:
    """A gate that cries wolf is switched off. At most 5 %, give or take the luck of 300 runs.

    Three standard errors of 5 % over 300 runs are 3.8 %.
    """
    verdicts = [verdict_of(run) for run in times(0.0, spread=0.05, seed=1)]

    assert share(verdicts, Verdict.FAIL) <= 0.05 + 0.038


def test_a_planted_fifth_is_found() -> None:
    """+20 % where trials scatter by 4 %: at least 19 of 20 such gates are to be red."""
    verdicts = [verdict_of(run) for run in times(0.20, spread=0.04, seed=2)]

    assert share(verdicts, Verdict.FAIL) >= 0.95


def test_a_change_at_the_margin_hardly_ever_passes() -> None:
    """A pass promises a change below the margin: wrong in at most 5 % of runs, give or take."""
    verdicts = [verdict_of(run) for run in times(0.10, spread=0.05, seed=3)]

    assert share(verdicts, Verdict.PASS) <= 0.05 + 0.038


def test_quiet_equal_sides_pass() -> None:
    """A gate that is always unsure guards nothing: with a scatter of 2 % it is nearly always."""
    verdicts = [verdict_of(run) for run in times(0.0, spread=0.02, seed=4)]

    assert share(verdicts, Verdict.PASS) >= 0.95


def test_a_family_of_gates_is_as_rarely_red_as_one() -> None:
    """Four workloads, nothing changed: Holm holds the error of all together."""
    runs = times(0.0, spread=0.08, seed=5)
    red = 0
    with unranked():
        for old, new in runs.tolist():
            figures = made_up({"old": old, "new": new}, workloads=WORKLOADS, planned=10)
            red += judge(figures, RULES, SIDES).verdict is Verdict.FAIL

    assert red / RUNS <= 0.05 + 0.038
