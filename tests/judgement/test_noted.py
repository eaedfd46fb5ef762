"""What is no failure and worth telling: each cell's own count, and of many the ends."""

from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, TrialFigures, WorkloadFigures
from bench.judgement.cells import cells_of
from bench.judgement.noted import noted
from bench.plan.model import Cell
from bench.spec.cast import entries, instants
from bench.spec.kinds.kv import Kv
from tests.analysis import runs
from tests.gate.figures import spoilt, trial_of, with_trials

COUNTERS = Kv.model_validate(
    {"kind": "kv", "value": {"sizes": "64B"}, "update": {"rate": "100/s", "counters": 1}}
)


def cell(name: str, *conflicts: int, invalid: int | None = None) -> CellFigures:
    """A cell with a trial of 1000 updates for each of these counts."""
    made = replace(runs.cell(name), workload=COUNTERS)
    trials = [_trial(made, block, count) for block, count in enumerate(conflicts, start=1)]
    if invalid is not None:
        trials.append(spoilt(_trial(made, len(trials) + 1, invalid), "not-steady"))
    return with_trials(made, trials)


def _trial(made: Cell, block: int, conflicts: int) -> TrialFigures:
    sound = trial_of(made, block, 10.0)
    full = {"planned": 1000, "published": 1000, "updated": 1000, "conflicts": conflicts}
    record = replace(
        sound.record,
        cast=made.cast,
        ledger={name: full.get(name, 0) for name in entries(made.cast)},
        window_counts=dict.fromkeys(instants(made.cast), 800),
        slices=None,
    )
    return replace(sound, record=record, times={}, rates={}, lag=None, lags={})


def lines(*cells: CellFigures) -> tuple[str, ...]:
    plan = runs.plan([each.cell for each in cells], blocks=2)
    workload = WorkloadFigures(name="w", cells=cells, decisions={})
    return noted(cells_of(workload, cells[0], plan))


def test_where_nothing_is_counted_nothing_is_told() -> None:
    """A line of zeros says nothing."""
    assert lines(cell("one", 0, 0), cell("two", 0)) == ()


def test_each_cell_has_its_own_count_and_share() -> None:
    """Over its valid trials, of all that were planned."""
    assert lines(cell("one", 20, 30, invalid=900), cell("two", 0)) == (
        "conflicts: 50 (2.50 %) of one and 0 of two",
    )


@pytest.mark.parametrize("cells", [7, 20])
def test_of_many_cells_the_ends_are_told(cells: int) -> None:
    """A line has no room for twenty."""
    made = [cell(f"v{number}", 10 * number) for number in range(cells)]

    most = 10 * (cells - 1)
    (line,) = lines(*made)
    assert line.startswith("conflicts: 0 of v0 and ")
    assert line.endswith(f"of v{cells - 1}")
    assert str(most) in line


def test_what_nobody_can_tell_is_not_none() -> None:
    """Of what a server does not say there may be any number: no line of it would say 0."""
    assert lines(cell("one", -1, 0), cell("two", 0)) == (
        "conflicts: nobody can tell how many of one and 0 of two",
    )
    assert lines(cell("one", -1, 20)) == ("conflicts: at least 20 (1.00 %) of one",)


def test_of_many_cells_one_that_cannot_tell_is_named() -> None:
    """Beside the least and the most."""
    (line,) = lines(*(cell(f"v{number}", 10 * number) for number in range(7)), cell("v7", 5, -1))

    assert line.endswith("of v6 and at least 5 (0.250 %) of v7")
