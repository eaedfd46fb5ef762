"""What it costs to ask, and how often handlers may begin, on a virtual clock."""

import numpy as np
import pytest

from bench.core.units import NS_PER_S
from bench.engine.handler import Tokens, VirtualWorkers
from bench.spec.handler import Starts

MS = 1_000_000


def emptied(batch: int, *, requests: int, cycle_ns: int, handler_ns: int) -> float:
    """Return what one worker does a second who asks when he begins the last of a batch."""
    workers, at_ns = VirtualWorkers(1, cycle_ns), 0
    for _ in range(requests):
        workers.asked()
        ends_ns = workers.assign(np.full(batch, at_ns), np.full(batch, handler_ns))
        at_ns = workers.last_start_ns
    return batch * requests / int(ends_ns[-1]) * NS_PER_S


@pytest.mark.parametrize(("batch", "rate"), [(1, 166.7), (10, 196.1)])
def test_a_cycle_costs_each_batch_once(batch: int, rate: float) -> None:
    """The book, 11.2: one worker, 5 ms a message and 1 ms a delivery cycle."""
    found = emptied(batch, requests=1000, cycle_ns=MS, handler_ns=5 * MS)

    assert found == pytest.approx(rate, rel=0.001)


def test_a_batch_that_comes_in_pieces_is_one_cycle() -> None:
    """A connection cuts where it likes."""
    workers = VirtualWorkers(1, cycle_ns=MS)
    workers.asked()
    workers.assign(np.zeros(3, dtype=np.int64), np.full(3, MS))

    assert workers.assign(np.zeros(2, dtype=np.int64), np.full(2, MS)).tolist() == [5 * MS, 6 * MS]


def test_what_takes_no_time_pays_for_its_request() -> None:
    """Else a handler of 0 s would have its transactions for nothing."""
    workers = VirtualWorkers(1, cycle_ns=MS)
    workers.asked()

    assert workers.assign(np.array([7]), np.array([0])).tolist() == [7 + MS]


@pytest.mark.parametrize("workers", [1, 10])
def test_a_bucket_of_tokens_bounds_what_is_begun(workers: int) -> None:
    """The book, 6.4: 200/s and 50 at once, offered 1 000/s for 10 s: at most 2 050 begin."""
    received_ns = np.arange(10_000) * MS
    bounded = VirtualWorkers(workers, tokens=Tokens(200, 50))

    ends_ns = bounded.assign(received_ns, np.zeros(10_000, dtype=np.int64))

    assert np.count_nonzero(ends_ns < 10 * NS_PER_S) in range(2049, 2051)
    assert np.count_nonzero(ends_ns < MS * 50) in range(50, 61)
    assert ends_ns[-1] == pytest.approx((10_000 - 50) / 200 * NS_PER_S, rel=0.001)


def test_a_bucket_fills_while_nothing_comes() -> None:
    """Five at once, then one each 10 ms; after a pause five at once again, and no more."""
    tokens = Tokens(100, 5)

    def begun(at_ns: int) -> int:
        there_ns = tokens.there_ns(at_ns)
        tokens.take(there_ns)
        return there_ns - at_ns

    assert [begun(NS_PER_S) for _ in range(7)] == [0] * 5 + [10 * MS, 20 * MS]
    assert [begun(9 * NS_PER_S) for _ in range(7)] == [0] * 5 + [10 * MS, 20 * MS]


def test_out_of_a_leaky_bucket_work_drips_evenly() -> None:
    """However long nothing came: the book, 6.4."""
    starts = Starts.model_validate({"rate": "100/s", "bucket": "leaky"})
    received_ns = np.array([*[0] * 3, *[NS_PER_S] * 3])
    bounded = VirtualWorkers(9, tokens=Tokens(starts.rate_per_s, starts.burst))

    ends_ns = bounded.assign(received_ns, np.zeros(6, dtype=np.int64))

    assert (ends_ns - received_ns).tolist() == [0, 10 * MS, 20 * MS] * 2


def test_a_worker_waits_for_its_token() -> None:
    """Who has no token begins nothing, and nobody else begins before."""
    bounded = VirtualWorkers(2, tokens=Tokens(100, 1))

    ends_ns = bounded.assign(np.zeros(3, dtype=np.int64), np.full(3, 50 * MS))

    assert ends_ns.tolist() == [50 * MS, 60 * MS, 100 * MS]
    assert bounded.last_start_ns == 50 * MS
    assert bounded.begins_ns(0) == 60 * MS
