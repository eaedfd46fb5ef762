"""A process that handles each message once: what comes again takes no worker and ends with it."""

import numpy as np
import pytest

from bench.clients.port import NO_ID
from bench.engine.handler import VirtualWorkers
from bench.engine.once import Once

WORK_NS = 100


def ends(once: Once, workers: VirtualWorkers, ids: list[int], at_ns: int) -> list[int]:
    """When messages are done with that came at one instant, each of 100 ns of work."""
    came_ns = np.full(len(ids), at_ns)
    durations = np.full(len(ids), WORK_NS)
    return [*map(int, once.assign(workers, (np.array(ids), came_ns), durations))]


def test_a_repeat_waits_for_what_is_in_hand_and_takes_no_worker() -> None:
    """One worker: 1 and 2 in turn; 1 again is done with 1, and 3 does not wait for it."""
    once, workers = Once(), VirtualWorkers(1)

    assert ends(once, workers, [1, 2], 1000) == [1100, 1200]
    assert ends(once, workers, [1, 3], 1050) == [1100, 1300]
    assert once.repeats == 1


def test_a_repeat_of_what_is_done_is_done_at_once() -> None:
    """However often it comes, in one block or in several."""
    once, workers = Once(), VirtualWorkers(2)

    assert ends(once, workers, [7, 7], 1000) == [1100, 1100]
    assert ends(once, workers, [7, 7], 5000) == [5000, 5000]
    assert once.repeats == 3


def test_what_is_foreign_is_not_remembered() -> None:
    """It is no repeat of another one."""
    once, workers = Once(), VirtualWorkers(1)

    assert ends(once, workers, [NO_ID, NO_ID, 4], 1000) == [1100, 1200, 1300]
    assert once.repeats == 0


@pytest.mark.parametrize(("ids", "repeats"), [([1, 2, 3], 0), ([1, 2, 1], 1), ([5, 5, 5], 2)])
def test_what_takes_no_time_is_remembered_as_well(ids: list[int], repeats: int) -> None:
    """A handler without work still has its effect once."""
    once = Once()

    once.done_at_once(np.array(ids))

    assert once.repeats == repeats
