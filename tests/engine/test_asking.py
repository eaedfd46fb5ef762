"""When a consumer asks for more, by what its workers have in hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.port import IntArray
from bench.engine.asking import AT_ONCE, Asking, AskingWorkers
from bench.engine.handler import Tokens, VirtualWorkers


def column(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int64)


def test_by_itself_it_asks_when_the_last_message_has_begun() -> None:
    """Two workers, four messages of 10 at once: the third and fourth begin at 10."""
    workers = VirtualWorkers(2)
    workers.assign(column(0, 0, 0, 0), column(10, 10, 10, 10))

    assert workers.asks_ns == 10


def test_ahead_it_asks_while_so_many_wait() -> None:
    """One worker: they begin at 0, 10, 20, 30 and 40; two wait from 20 on."""
    workers = AskingWorkers(1, Asking(ahead=2))
    workers.assign(column(0, 0, 0, 0, 0), column(10, 10, 10, 10, 10))

    assert workers.asks_ns == 20


def test_what_was_in_hand_before_counts_among_what_waits() -> None:
    """Blocks of one are as one block."""
    workers = AskingWorkers(1, Asking(ahead=2))
    for _ in range(5):
        workers.assign(column(0), column(10))

    assert workers.asks_ns == 20


def test_ahead_of_few_messages_it_asks_at_once() -> None:
    """As many wait as may: nothing holds it back."""
    workers = AskingWorkers(1, Asking(ahead=3))
    workers.assign(column(5, 5), column(10, 10))

    assert workers.asks_ns <= 5


def test_with_idle_workers_it_asks_when_so_many_are() -> None:
    """Three workers are free at 10, 20 and 30."""
    times = column(10, 20, 30)
    for idle, asks_ns in ((1, 10), (2, 20), (3, 30)):
        workers = AskingWorkers(3, Asking(idle=idle))
        workers.assign(column(0, 0, 0), times)
        assert workers.asks_ns == asks_ns


def test_it_asks_no_more_often_than_that() -> None:
    """The first time at once; then so long after the last time, whatever has begun."""
    workers = AskingWorkers(1, Asking(every_ns=50))
    assert workers.asks_ns <= 0

    workers.asked(7)
    workers.assign(column(8), column(0))

    assert workers.asks_ns == 57


def test_the_cost_of_a_request_is_no_waiting() -> None:
    """The first message takes 5 longer; they begin at 0, 15 and 25 all the same."""
    workers = AskingWorkers(1, Asking(ahead=1), 5)
    workers.asked(0)
    workers.assign(column(0, 0, 0), column(10, 10, 10))

    assert workers.asks_ns == 15


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30),
    st.integers(1, 4),
    st.integers(0, 5),
    st.booleans(),
)
def test_so_many_wait_when_it_asks_and_more_did_before(
    messages: list[tuple[int, int]], workers: int, ahead: int, paced: bool
) -> None:
    """Counted one by one, from when each message begins; none knows of the bound."""
    received = np.cumsum([gap for gap, _ in messages])
    takes = column(*(takes for _, takes in messages))
    tokens = Tokens(1e8, 1) if paced else None
    asking = AskingWorkers(workers, Asking(ahead=ahead), 0, tokens)
    ends_ns = asking.assign(received, takes)
    begins_ns = ends_ns - takes

    def wait(at_ns: int) -> int:
        return int(np.count_nonzero(begins_ns > at_ns))

    assert wait(asking.asks_ns) <= ahead
    if asking.asks_ns > 0:
        assert wait(asking.asks_ns - 1) > ahead


def test_at_once_is_what_virtual_workers_do_anyway() -> None:
    """The setting at its default has them, and costs nothing."""
    plain, asking = VirtualWorkers(2), AskingWorkers(2, AT_ONCE)
    for each in (plain, asking):
        each.assign(column(0, 3, 4), column(10, 5, 1))

    assert plain.asks_ns == asking.asks_ns
