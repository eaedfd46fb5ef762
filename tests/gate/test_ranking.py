"""Which of the variants that meet the criteria is the best, by values of known order."""

from collections.abc import Sequence
from dataclasses import replace

from bench.analysis.figures import CellFigures
from bench.gate.criteria import Answer, answer
from tests.analysis import runs
from tests.gate.figures import counting, figures_of, trial_of, with_trials


def cell(
    name: str, *, workload: str = "a", cpu_us: float | None = None, redelivered: int = 0
) -> CellFigures:
    """A cell of five equal trials: 10 ms, this CPU for a message, so many of it redelivered."""
    place = replace(runs.cell(name, workload=workload), id=f"{workload}--{name}")
    trials = [
        counting(trial_of(place, block, 10.0), redelivered=redelivered) for block in range(1, 6)
    ]
    cpu = {} if cpu_us is None else {"server": cpu_us}
    return with_trials(place, [replace(trial, cpu_us_per_msg=cpu) for trial in trials])


def answered(*cells: CellFigures, primary: str, secondary: Sequence[str] = ()) -> Answer:
    """What a run of these cells says, all of which meet its criterion."""
    plan = replace(
        runs.plan([each.cell for each in cells], blocks=5),
        success=("p99 < 20ms",),
        primary=primary,
        secondary=tuple(secondary),
        quick=False,
    )
    names = dict.fromkeys(each.cell.workload_name for each in cells)
    by_name = {name: [c for c in cells if c.cell.workload_name == name] for name in names}
    found = answer(figures_of(plan, by_name))
    assert found is not None
    return found


def test_workloads_count_alike_however_large_their_figures_are() -> None:
    """Twice as much under one outweighs 7 / 9 of it under the other, though the sum is less.

    0.1 and 0.9 µs against 0.2 and 0.7: the product of the shares, 0.09 / 0.14, is what counts.
    """
    found = answered(
        cell("heavy", workload="a", cpu_us=0.2),
        cell("light", workload="a", cpu_us=0.1),
        cell("heavy", workload="b", cpu_us=0.7),
        cell("light", workload="b", cpu_us=0.9),
        primary="server_cpu",
    )

    assert found.recommended == "pull-batch/light"


def test_nothing_at_all_is_less_than_anything() -> None:
    """No message redelivered, beside one in a hundred: of 0 there is no logarithm."""
    found = answered(cell("some", redelivered=140), cell("none"), primary="redelivered_ratio")

    assert (found.recommended, found.alike) == ("pull-batch/none", ())


def test_who_lacks_the_figure_is_not_as_good_as_who_has_it() -> None:
    """Nobody knows what the server spent on it: that is no tie."""
    found = answered(cell("silent"), cell("told", cpu_us=5.0), primary="server_cpu")

    assert (found.recommended, found.alike) == ("pull-batch/told", ())


def test_a_primary_that_nobody_has_leaves_it_to_the_secondary() -> None:
    """The sampler saw no CPU of any server; redeliveries are known all the same."""
    found = answered(
        cell("some", redelivered=140),
        cell("none"),
        primary="server_cpu",
        secondary=["redelivered_ratio"],
    )

    assert found.recommended == "pull-batch/none"
    assert "is best by redelivered" in found.sentence


def test_a_figure_that_tells_nothing_decides_nothing() -> None:
    """CPU leaves two of three, and redeliveries are 0 in both: it was CPU that decided."""
    found = answered(
        cell("one", cpu_us=5.0),
        cell("other", cpu_us=5.0),
        cell("heavy", cpu_us=9.0),
        primary="server_cpu",
        secondary=["redelivered_ratio"],
    )

    assert found.sentence == (
        "Recommended: pull-batch/one. It meets the criterion and is first by server CPU per "
        "message (5.00 µs/msg under a). Not to be told from it: pull-batch/other."
    )
