"""Which time cells are ranked by: end-to-end, unless an ack means another moment than the work."""

from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures
from bench.analysis.ranking import (
    asked_of,
    primary_of,
    ranking_key,
    ranking_reason,
    ranking_time,
    secondary_of,
)
from bench.plan.model import Cell
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate.figures import with_trials
from tests.parts import Time


def planned(name: str, timing: str, *, double: bool = False, workload: str = "one") -> Cell:
    """A cell that acknowledges at this moment."""
    settings = Settings.model_validate({"ack": {"timing": timing, "double": double}})
    return runs.cell(name, workload=workload, settings=settings)


def cell(name: str, timing: str, *, double: bool = False) -> CellFigures:
    """The same without a trial, for only its settings are looked at."""
    return with_trials(planned(name, timing, double=double), [])


AFTER, ALSO_AFTER = cell("a", "after-handler"), cell("b", "after-handler")
EARLY, CONFIRMED = cell("c", "after-validation"), cell("d", "after-handler", double=True)


@pytest.mark.parametrize(
    ("cells", "time", "reason"),
    [
        ((AFTER, ALSO_AFTER), Time.END_TO_END, ""),
        ((EARLY,), Time.COMPLETION, "an ack before the handler ends the end-to-end time"),
        ((AFTER, CONFIRMED), Time.COMPLETION, "(after-handler, after-handler, confirmed)"),
        ((AFTER, EARLY), Time.COMPLETION, "(after-handler, after-validation)"),
    ],
)
def test_cells_are_ranked_by_a_moment_that_means_the_same_for_all(
    cells: tuple[CellFigures, ...], time: Time, reason: str
) -> None:
    """What acks sooner is not done sooner; the report says so."""
    assert ranking_time(cells) == time
    assert ranking_key(cells) == f"{time}_ns_p99"
    assert ranking_key(cells, "p50") == f"{time}_ns_p50"
    assert reason in ranking_reason(cells)
    assert bool(ranking_reason(cells)) is bool(reason)


def test_a_run_goes_by_what_it_names() -> None:
    """In the order in which it names them."""
    plan = runs.plan([planned("a", "after-handler")], blocks=1)
    named = replace(plan, primary="acked_rate", secondary=("lag_peak", "p50"))

    assert primary_of(named).key == "acked_msgs_per_s"
    assert [each.key for each in secondary_of(named)] == ["lag_msgs_peak", "end_to_end_ns_p50"]


def test_a_run_that_names_nothing_goes_by_the_p99_of_the_time_it_ranks_by() -> None:
    """One early ack among its cells makes that completion."""
    plain = runs.plan([planned("a", "after-handler")], blocks=1)
    early = runs.plan([planned("a", "after-handler"), planned("b", "after-validation")], blocks=1)

    assert primary_of(plain).key == "end_to_end_ns_p99"
    assert primary_of(early).key == "completion_ns_p99"
    assert secondary_of(plain) == ()


def test_what_a_plan_names_must_exist() -> None:
    """Read from a file that another version wrote, it is no fault of the user."""
    plan = replace(runs.plan([planned("a", "none")], blocks=1), primary="luck")

    with pytest.raises(ValueError, match="unknown metric luck"):
        primary_of(plan)


def test_only_a_run_with_rules_for_success_asks_for_more_than_its_ranking() -> None:
    """Without a recommendation to make, what it would go by takes no allowance."""
    plan = runs.plan([planned("a", "after-handler")], blocks=1)
    named = replace(plan, primary="acked_rate", secondary=("lag_peak",))
    successful = replace(named, success=("lost == 0",))

    assert asked_of(named, "one") == {"end_to_end_ns_p99"}
    assert asked_of(successful, "one") == {
        "end_to_end_ns_p99",
        "acked_msgs_per_s",
        "lag_msgs_peak",
    }


def test_each_workload_is_ranked_by_its_own_cells() -> None:
    """An early ack under one workload says nothing of the other."""
    cells = [planned("a", "after-handler"), planned("b", "after-validation", workload="two")]
    plan = runs.plan(cells, blocks=1)

    assert asked_of(plan, "one") == {"end_to_end_ns_p99"}
    assert asked_of(plan, "two") == {"completion_ns_p99"}
