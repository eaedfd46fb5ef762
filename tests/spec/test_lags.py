"""The lag of a part is known by name, wherever its level stands."""

from dataclasses import replace

import pytest

from bench.spec.kinds.registry import usual_casts
from bench.spec.lags import beside_lag, lag_of
from tests.parts import cast


def test_what_is_not_handled_is_the_lag_in_whatever_order_levels_stand() -> None:
    """And what is not acknowledged stands beside it."""
    part = cast().part("consume")
    turned = replace(part, levels=part.levels[::-1])

    for each in (part, turned):
        beside = beside_lag(each)
        assert lag_of(each).name == "unhandled"
        assert beside is not None
        assert beside.name == "unacked"


def test_each_part_of_each_kind_has_one_lag_or_none() -> None:
    """No kind has a level of which nobody knows what it is."""
    parts = [part for each in usual_casts() for part in each.parts]
    levels = {level.name for part in parts for level in part.levels}

    assert {"unhandled", "unacked", "in_flight", "divergent"} <= levels
    for part in parts:
        if part.levels:
            assert lag_of(part).name != "unacked"
            beside = beside_lag(part)
            assert beside is None or beside.name == "unacked"


def test_a_part_without_levels_has_no_lag() -> None:
    with pytest.raises(ValueError, match="publish has no lag"):
        lag_of(cast().part("publish"))
