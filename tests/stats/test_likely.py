"""What is learned of a figure whose truth is known."""

import numpy as np
import pytest

from bench.stats.likely import Places, learned


def _places(at: list[list[float]], ordered: list[bool]) -> Places:
    return Places(at=np.array(at), ordered=np.array(ordered))


def test_what_lies_between_is_between() -> None:
    places = _places([[0.0], [0.5], [1.0]], [True])
    found = learned(places, np.array([0.0, 0.5, 1.0]), np.arange(3.0), np.random.default_rng(1))

    mean, unsure = found.at(_places([[0.25], [0.75]], [True]))

    assert mean[0] < mean[1]
    assert (unsure > 0).all()


def test_what_was_measured_often_is_surer_than_what_nobody_measured() -> None:
    places = _places([[0.0]] * 6, [True])
    found = learned(places, np.zeros(6), np.arange(6.0), np.random.default_rng(1))

    _, unsure = found.at(_places([[0.0], [1.0]], [True]))

    assert unsure[0] < unsure[1] / 2


def test_a_drift_of_a_block_is_no_merit_of_its_points() -> None:
    """The second is better than the first within every block, and was measured in slow ones."""
    places = _places([[0.0], [1.0], [0.0], [1.0], [0.0], [0.0]], [True])
    figures = np.array([0.0, -0.2, 0.3, 0.1, -0.3, -0.3])
    blocks = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0])

    mean, _ = learned(places, figures, blocks, np.random.default_rng(1)).at(
        _places([[0.0], [1.0]], [True])
    )

    assert mean[1] < mean[0]


@pytest.mark.parametrize("at", [[0.0, 1.0], [np.nan, 1.0]])
def test_values_without_an_order_and_knobs_that_are_not_turned_say_nothing_of_each_other(
    at: list[float],
) -> None:
    places = _places([at, at, at], [False, True])
    found = learned(places, np.full(3, 4.0), np.arange(3.0), np.random.default_rng(1))

    _, unsure = found.at(_places([at, [2.0, 1.0]], [False, True]))

    assert unsure[1] > unsure[0]
