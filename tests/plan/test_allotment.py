"""How a budget is shared out."""

import pytest

from bench.plan.allotment import (
    CONFIRMING_SHARE,
    LEAST_BLOCKS,
    MOST_BLOCKS,
    MOST_FINALISTS,
    allotted,
    least_budget_ns,
    trial_ns,
)
from tests.analysis import runs

BASE = runs.cell("base")


@pytest.mark.parametrize("trials", [12, 13, 20, 40, 60, 100, 150, 1000])
def test_what_is_shared_out_fits(trials: int) -> None:
    """A trial may cost whatever it does: only how many there are room for counts."""
    found = allotted(BASE, trials * trial_ns(BASE))

    assert found.confirming + found.searching == trials
    assert LEAST_BLOCKS <= found.blocks <= MOST_BLOCKS
    assert 1 <= found.finalists <= MOST_FINALISTS
    assert found.searching >= 2
    if found.confirming > LEAST_BLOCKS * 2:
        assert found.confirming <= CONFIRMING_SHARE * trials


def test_the_least_budget_leaves_one_look_to_confirm() -> None:
    found = allotted(BASE, least_budget_ns(BASE))

    assert (found.finalists, found.blocks, found.searching) == (1, LEAST_BLOCKS, 2)


def test_more_time_confirms_more_but_not_without_end() -> None:
    assert allotted(BASE, 10_000 * trial_ns(BASE)).confirming == MOST_BLOCKS * (MOST_FINALISTS + 1)
