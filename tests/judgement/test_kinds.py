"""What a run may find beside changes and goals."""

from bench.core.marks import State
from bench.judgement.kinds import Checked, Tried, Tuning


def test_a_check_that_was_not_tried_does_not_hold() -> None:
    """What could not be seen counts against a cell."""
    assert Checked(name="x", tried=False).state is State.UNKNOWN
    assert Checked(name="x", tried=False, broken=1).state is State.FAILS


def test_the_front_is_what_nothing_else_beats_in_both() -> None:
    """(3, 7) is dearer and longer than (2, 5); of two of one price the shorter stays."""
    points = ((1, 9), (2, 5), (3, 7), (4, 2), (4, 3))
    tried = tuple(
        Tried(name=f"t{n}", settings=(), time_ns=time, price=price)
        for n, (price, time) in enumerate(points)
    )
    found = Tuning(time="p99", price="CPU", tried=tried, failed=0)

    assert [each.name for each in found.front] == ["t0", "t1", "t3"]
