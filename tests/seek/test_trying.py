"""What a search of a large space tries, and how near it comes to the best."""

import math

import numpy as np
import pytest

from bench.seek.known import Known
from bench.seek.trying import NEW, next_points, ranked
from bench.spec.space import Point
from tests.seek import surfaces
from tests.seek.surfaces import BASE, World, beyond_best, drawn, searched, world


def _fresh(name: str = "valley", seed: int = 1) -> World:
    return world(surfaces.PLANTED[name](np.random.default_rng(seed)), seed)


def _next(made: World, left: int) -> tuple[Point, ...]:
    return next_points(made.space, list(made.known.values()), left, 1)


def test_the_first_block_has_the_base_and_points_that_lie_apart() -> None:
    made = _fresh()
    first = _next(made, 60)

    assert first[0] == BASE
    assert len(set(first)) == NEW + 1
    keys = ("a", "b")
    corners = [tuple(dict(point.values)[key] for key in keys) for point in first[1:]]
    assert len(set(corners)) == NEW


def test_every_block_has_what_is_best_so_far_and_none_twice() -> None:
    made = _fresh()
    while points := _next(made, 60 - made.trials):
        assert len(set(points)) == len(points)
        best = ranked(made.space, list(made.known.values()), 1)
        assert not best or best[0].point in points
        made.run(points)
    assert made.trials <= 60


def test_at_last_the_best_are_measured_again() -> None:
    made = _fresh()
    searched(made, 1)

    best = ranked(made.space, list(made.known.values()), 1)[0]

    assert len(best.worse) >= 4


def test_the_same_records_want_the_same() -> None:
    one, other = _fresh(), _fresh()
    for made in (one, other):
        for _ in range(4):
            made.run(_next(made, 60 - made.trials))

    assert _next(one, 40) == _next(other, 40)


def test_nothing_is_wanted_without_room() -> None:
    made = _fresh()
    made.run(_next(made, 60))

    assert _next(made, 0) == ()


def test_what_is_out_is_never_tried_again_nor_named_best() -> None:
    made = _fresh()
    for _ in range(4):
        made.run(_next(made, 60))
    best = ranked(made.space, list(made.known.values()), 1)[0]
    made.known[best.point] = Known(point=best.point, worse=best.worse, trials=best.trials, out=True)

    assert best.point not in _next(made, 40)
    assert best.point not in [
        each.point for each in ranked(made.space, list(made.known.values()), 1)
    ]


def test_what_looks_to_break_a_rule_comes_after_all_that_does_not() -> None:
    made = _fresh()
    for _ in range(4):
        made.run(_next(made, 60))
    best = ranked(made.space, list(made.known.values()), 1)[0]
    made.known[best.point] = Known(
        point=best.point, worse=best.worse, trials=best.trials, beyond=(0.3,)
    )

    assert ranked(made.space, list(made.known.values()), 1)[-1].point == best.point


def test_an_invalid_trial_is_made_again_twice() -> None:
    made = _fresh()
    made.run(_next(made, 60))
    spoilt = next(point for point in made.known if point != BASE)

    for trials in (1, 2, 3):
        made.known[spoilt] = Known(point=spoilt, trials=trials)
        assert (spoilt in _next(made, 40)) is (trials < 3)


def test_a_base_without_a_valid_trial_ends_no_search() -> None:
    made = _fresh()
    made.run(_next(made, 60))
    made.known[BASE] = Known(point=BASE, trials=1)

    assert len(_next(made, 40)) > 1


def test_a_space_of_which_all_was_tried_measures_the_best_again() -> None:
    made = _fresh()
    points = list(made.surface.worse)[:6]
    small = surfaces.Surface(
        knobs=made.surface.knobs, worse={p: made.surface.worse[p] for p in points}
    )
    made = world(small, 1)
    searched(made, 1, budget=40)

    assert made.trials > 30


@pytest.mark.simulates
@pytest.mark.parametrize("name", surfaces.PLANTED)
def test_what_is_found_is_near_the_best(name: str) -> None:
    """`make tune-truth` says how near and how often; here a few show that it does not break."""
    seeds = range(6)
    found, by_chance = [], []
    for seed in seeds:
        made, other = _fresh(name, seed), _fresh(name, seed)
        found.append(beyond_best(made, searched(made, seed)[0]))
        by_chance.append(beyond_best(other, drawn(other)))

    assert np.median(found) <= 0.05
    assert math.fsum(found) < math.fsum(by_chance)
