"""A recommendation of what falls behind, although no criterion asked for lag."""

from dataclasses import replace

import pytest

from bench.gate.criteria import answer
from tests.analysis import runs
from tests.gate.figures import figures_of, trial_of, with_trials

CELL = runs.cell("one")


@pytest.mark.parametrize(("slope_share", "behind"), [(0.05, True), (0.0, False)])
def test_what_falls_behind_is_not_recommended_without_a_word(
    slope_share: float, behind: bool
) -> None:
    """Its p99 holds the rule while measured, and 5 % of the load more waits each second."""
    trials = [trial_of(CELL, block, 10.0, slope_share=slope_share) for block in range(1, 6)]
    plan = replace(runs.plan([CELL], blocks=5), success=("p99 < 1s",), quick=False)

    found = answer(figures_of(plan, {"small-events": [with_trials(CELL, trials)]}))

    assert found is not None
    assert found.recommended == "pull-batch/one"
    assert ("But its lag is growing under small-events" in found.sentence) is behind


def test_what_keeps_up_is_recommended_before_what_falls_behind() -> None:
    """Both hold the rule while measured; of the faster one 5 % of the load more waits each second.

    Next hour it breaks the rule, so no rule about lag should be needed to leave it.
    """
    fast, slow = runs.cell("fast"), runs.cell("slow")
    cells = [
        with_trials(fast, [trial_of(fast, b, 10.0, slope_share=0.05) for b in range(1, 6)]),
        with_trials(slow, [trial_of(slow, b, 15.0) for b in range(1, 6)]),
    ]
    plan = replace(runs.plan([fast, slow], blocks=5), success=("p99 < 1s",), quick=False)

    found = answer(figures_of(plan, {"small-events": cells}))

    assert found is not None
    assert (found.recommended, found.alike) == ("pull-batch/slow", ())
