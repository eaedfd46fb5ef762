"""The simulated handler's arithmetic: a worker's throughput must be exactly what its time says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.engine.handler import VirtualWorkers

arrivals = st.lists(st.integers(0, 10**6), min_size=1, max_size=60).map(sorted)


def assign(workers: int, received_ns: list[int], handler_ns: list[int]) -> list[int]:
    ends = VirtualWorkers(workers).assign(np.array(received_ns), np.array(handler_ns))
    return [int(end) for end in ends]


def test_one_worker_handles_messages_one_after_the_other() -> None:
    """Three messages at once, 20 each: the last has waited for two."""
    assert assign(1, [100, 100, 100], [20, 20, 20]) == [120, 140, 160]


def test_a_free_worker_starts_on_arrival() -> None:
    """An idle consumer adds nothing to the handler's own time."""
    assert assign(1, [100, 200], [20, 20]) == [120, 220]


def test_two_workers_share_the_work() -> None:
    """The third message takes the worker that is free first: 100 + 10, then 30 more."""
    assert assign(2, [100, 100, 100], [10, 50, 30]) == [110, 150, 140]


def test_no_handler_time_ends_on_arrival() -> None:
    """Without simulated work the consumer must not invent any."""
    assert assign(3, [1, 2, 3], [0, 0, 0]) == [1, 2, 3]


def test_last_start_is_when_the_last_message_gets_its_worker() -> None:
    """A pull consumer asks again at this instant: earlier it would hoard, later it would idle."""
    workers = VirtualWorkers(1)

    workers.assign(np.array([100, 100]), np.array([20, 20]))

    assert workers.last_start_ns == 120


@given(received=arrivals, workers=st.integers(1, 8), time_ns=st.integers(1, 10**4))
def test_never_more_messages_at_once_than_workers(
    received: list[int], workers: int, time_ns: int
) -> None:
    """The concurrency that a workload asks for is the concurrency that it gets."""
    ends = assign(workers, received, [time_ns] * len(received))

    starts = [end - time_ns for end in ends]
    for instant in starts:
        running = sum(start <= instant < start + time_ns for start in starts)
        assert running <= workers


@given(received=arrivals, workers=st.integers(1, 8))
def test_blocks_do_not_change_the_outcome(received: list[int], workers: int) -> None:
    """How messages happen to be grouped on arrival must not change when their handlers end."""
    handler_ns = [7 * (index % 5) for index in range(len(received))]
    whole = assign(workers, received, handler_ns)
    one_by_one = VirtualWorkers(workers)

    singly = [
        int(one_by_one.assign(np.array([at]), np.array([time]))[0])
        for at, time in zip(received, handler_ns, strict=True)
    ]

    assert singly == whole


@given(received=arrivals, workers=st.integers(1, 8), cut=st.integers(0, 60), busy=st.booleans())
def test_the_short_way_for_no_handler_time_changes_nothing(
    received: list[int], workers: int, cut: int, busy: bool
) -> None:
    """Blocks without work take a closed form; messages after them must find the same workers."""
    handler_ns = [0] * len(received)
    if busy:
        handler_ns[cut % len(received)] = 500
    in_blocks, one_by_one = VirtualWorkers(workers), VirtualWorkers(workers)

    blocks = [
        in_blocks.assign(np.array(received[part]), np.array(handler_ns[part])).tolist()
        for part in (slice(0, cut), slice(cut, None))
        if received[part]
    ]

    singly = [
        int(one_by_one.assign(np.array([at]), np.array([time]))[0])
        for at, time in zip(received, handler_ns, strict=True)
    ]
    assert [end for block in blocks for end in block] == singly
    assert in_blocks.last_start_ns == one_by_one.last_start_ns


def test_no_workers_is_our_own_mistake() -> None:
    """A spec refuses it long before; here it can only be a bug."""
    with pytest.raises(ValueError, match="workers"):
        VirtualWorkers(0)
