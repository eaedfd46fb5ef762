"""A schedule in pieces is the schedule."""

from typing import Any

import numpy as np
import pytest

from bench.plan.arrivals import intended_ns
from bench.plan.pieces import count_of, pieces
from bench.spec.workload import Phases, Publish

PHASES = Phases.model_validate({"warmup": "2s", "measure": "9s", "drain": "1s"})


def _publish(**how: Any) -> Publish:
    return Publish.model_validate({"rate": "997/s", **how})


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"arrivals": "burst", "burst": {"every": "700ms", "during": "90ms"}},
        {"arrivals": "ramp", "ramp": {"from": "31/s"}},
        {"rate": "0.7/s"},
    ],
)
@pytest.mark.parametrize("most", [7, 100, 1994, 100_000])
def test_a_reckoned_schedule_is_the_same_in_pieces(how: dict[str, Any], most: int) -> None:
    publish = _publish(**how)
    found = [*pieces(publish, PHASES, 1, most)]
    whole = intended_ns(publish, PHASES, np.random.default_rng(1))
    assert np.array_equal(np.concatenate([each.intended_ns for each in found]), whole)
    assert count_of(publish, PHASES) == whole.size
    assert all(0 < each.intended_ns.size <= most for each in found)
    starts = np.cumsum([0, *(each.intended_ns.size for each in found)])
    assert [each.first for each in found] == starts[:-1].tolist()


@pytest.mark.parametrize("how", [{}, {"arrivals": "poisson"}])
def test_no_piece_is_of_both_phases(how: dict[str, Any]) -> None:
    for each in pieces(_publish(**how), PHASES, 1, 600):
        assert (each.intended_ns[0] < PHASES.warmup_ns) == (each.intended_ns[-1] < PHASES.warmup_ns)


def test_drawn_arrivals_are_as_many_as_in_one_piece_and_stand_in_order() -> None:
    publish = _publish(arrivals="poisson")
    found = np.concatenate([each.intended_ns for each in pieces(publish, PHASES, 1, 600)])
    whole = intended_ns(publish, PHASES, np.random.default_rng(1))
    assert found.size == whole.size == count_of(publish, PHASES)
    assert (np.diff(found) >= 0).all()
    assert found[-1] < PHASES.warmup_ns + PHASES.measure_ns
    assert np.count_nonzero(found < PHASES.warmup_ns) == np.count_nonzero(whole < PHASES.warmup_ns)


def test_drawn_arrivals_scatter_as_a_poisson_process_does() -> None:
    """The counts of intervals have the variance of their mean, across the edges of pieces too."""
    phases = Phases.model_validate({"warmup": "0s", "measure": "400s", "drain": "1s"})
    publish = Publish.model_validate({"rate": "500/s", "arrivals": "poisson"})
    found = np.concatenate([each.intended_ns for each in pieces(publish, phases, 5, 1000)])
    counts = np.bincount(found // 100_000_000, minlength=4000)
    assert counts.mean() == pytest.approx(50, rel=0.001)
    assert counts.var() / counts.mean() == pytest.approx(1, abs=0.1)
    gaps_ns = np.diff(found)
    assert gaps_ns.std() / gaps_ns.mean() == pytest.approx(1, abs=0.02)


def test_another_seed_draws_other_arrivals() -> None:
    publish = _publish(arrivals="poisson")
    one, same, other = (
        next(pieces(publish, PHASES, seed)).intended_ns.tolist() for seed in (1, 1, 2)
    )
    assert one == same != other
