"""How many runs end invalid, over many made-up ones measured to their end (MEASUREMENT.md R12)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.analysis.validity import (
    reproach_of,
    reproach_of_workload,
    to_repeat,
    trials_of,
    whole_blocks,
)
from tests.analysis import runs
from tests.gate.figures import trial_of

pytestmark = pytest.mark.simulates

RUNS = 400
PLANNED = 5
BASELINE = "pull-batch/c0"


def measured(shares: Sequence[float], rng: np.random.Generator) -> WorkloadFigures:
    """A run whose cells' trials are invalid so often, measured again until nothing is missing."""
    cells = [
        CellFigures(
            cell=runs.cell(f"c{n}"), trials=(), estimates={}, lag_verdict=None, times={}, shapes={}
        )
        for n, _ in enumerate(shares)
    ]
    wanted, block = dict.fromkeys((cell.cell.id for cell in cells), PLANNED), 0
    while wanted:
        for turn in range(max(wanted.values())):
            block += 1
            cells = [
                with_trial(cell, block, invalid=rng.random() < share)
                if wanted.get(cell.cell.id, 0) > turn
                else cell
                for cell, share in zip(cells, shares, strict=True)
            ]
        workload = WorkloadFigures(name="w", cells=tuple(cells), decisions={})
        wanted = dict(to_repeat(workload, BASELINE, PLANNED))
    return workload


def with_trial(cell: CellFigures, block: int, *, invalid: bool) -> CellFigures:
    trial = trial_of(cell.cell, block, None if invalid else 1.0)
    return replace(cell, trials=(*cell.trials, trial))


def test_a_rare_invalid_trial_no_longer_costs_the_run() -> None:
    """With 13 cells and 2 % invalid trials 42 % of runs ended invalid, by whole blocks.

    By cell it takes two of a baseline's five, or three such cells: 0.4 % of runs, give or take.
    """
    rng = np.random.default_rng(1)
    made = [measured([0.02] * 13, rng) for _ in range(RUNS)]

    assert np.mean([bool(reproach_of_workload(each, BASELINE)) for each in made]) <= 0.02


def test_what_is_measured_to_its_end_is_whole_or_reproached() -> None:
    """Short and still believed there is nothing: each cell has its pairs, or says why not."""
    rng = np.random.default_rng(2)
    for _ in range(RUNS):
        made = measured([0.05, *[0.1] * 5], rng)
        if reproach_of_workload(made, BASELINE):
            continue
        for cell in made.cells:
            pairs = len(whole_blocks([made.cells[0], cell]))
            assert reproach_of(cell) or pairs >= PLANNED


def test_repeating_never_lets_a_bad_cell_pass_by_luck() -> None:
    """Of its trials 40 % are invalid, so it is valid only where at most one of five is: 34 %.

    Repeats may make it fewer, as they can be invalid too, and never more; three standard errors
    of 400 runs are 7 %.
    """
    rng = np.random.default_rng(3)
    made = [measured([0.0, *[0.0] * 8, 0.4], rng) for _ in range(RUNS)]
    believed = [each.cells[-1] for each in made if not reproach_of(each.cells[-1])]

    assert len(believed) / RUNS <= 0.34 + 0.07
    for cell in believed:
        found = trials_of(cell)
        assert found.valid >= 4 * found.invalid  # never beyond a fifth of planned and repeated
