"""What a run may find beside changes and goals."""

from bench.core.marks import State
from bench.judgement.kinds import Checked


def test_a_check_that_was_not_tried_does_not_hold() -> None:
    """What could not be seen counts against a cell."""
    assert Checked(name="x", tried=False).state is State.UNKNOWN
    assert Checked(name="x", tried=False, broken=1).state is State.FAILS
