"""Points on their scales, and what they are worth apart from their blocks."""

import math

import numpy as np

from bench.seek.known import Known, effects, placed
from bench.spec.space import Knob, Point

KNOBS = (
    Knob(key="mode", values=("pull", "push"), ordered=False),
    Knob(key="batch", values=(1, 10, 100), ordered=True, when=(("mode", ("pull",)),)),
)


def _known(name: str, **blocks: float) -> Known:
    worse = {int(block[1:]): (value,) for block, value in blocks.items()}
    return Known(point=Point(values=(("mode", name),)), worse=worse, trials=len(worse))


def test_neighbours_lie_beside_each_other_and_what_is_not_turned_lies_nowhere() -> None:
    pull, push = (("mode", "pull"), ("batch", 10)), (("mode", "push"),)

    found = placed(KNOBS, [Point(values=pull), Point(values=push)])

    assert found.at[0].tolist() == [0.0, 0.5]
    assert found.at[1, 0] == 1.0
    assert math.isnan(found.at[1, 1])


def test_points_that_share_no_block_are_compared_by_one_that_stands_in_both() -> None:
    """The second block drifted by 1; within blocks a and b are 0.3 and 0.1 worse."""
    base = _known("base", b1=0.0, b2=1.0)
    found = effects([base, _known("a", b1=0.3), _known("b", b2=1.1)], 0)

    assert np.allclose(found - found[0], [0.0, 0.3, 0.1])


def test_a_point_without_a_valid_trial_is_worth_nothing_yet() -> None:
    found = effects([_known("base", b1=0.0), _known("a")], 0)

    assert math.isnan(found[1])
