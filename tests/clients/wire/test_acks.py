"""Answers to deliveries: which subjects they go to, in any order, once each."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.port import IntArray
from bench.clients.wire import acks
from bench.clients.wire.acks import (
    TRIM_SUBJECTS,
    Confirmations,
    Unanswered,
    answer_frames,
    asking_frames,
)
from bench.clients.wire.parse import Message


def subject(position: int) -> bytes:
    return b"$JS.ACK.%d" % position


def holding(count: int) -> Unanswered:
    unanswered = Unanswered()
    unanswered.add([subject(position) for position in range(count)])
    return unanswered


def test_acks_of_many_are_one_write() -> None:
    """By hand: two frames as the protocol writes them, no more and no less."""
    assert answer_frames([b"a.1", b"a.2"], b"+ACK") == (
        b"PUB a.1 4\r\n+ACK\r\nPUB a.2 4\r\n+ACK\r\n"
    )


def test_a_double_ack_asks_for_an_answer() -> None:
    """The reply subject is what makes the server confirm; its number says which ack that was."""
    assert asking_frames([b"a.1", b"a.2"], b"+ACK", b"in.7") == (
        b"PUB a.1 in.7.0 4\r\n+ACK\r\nPUB a.2 in.7.1 4\r\n+ACK\r\n"
    )


def test_each_confirmation_has_its_own_instant() -> None:
    """The first message of an order was safe long before the last one was."""

    async def work() -> IntArray:
        confirmations = Confirmations(b"in")
        reply, all_ns = confirmations.expect(3)
        for number, now_ns in ((1, 10), (0, 20), (2, 30)):
            assert confirmations.take(Message(b"%b.%d" % (reply, number), 1, b"", b"", b""), now_ns)
        return await all_ns

    assert asyncio.run(work()).tolist() == [20, 10, 30]


def test_no_positions_are_no_frames() -> None:
    """An empty write would still wake the transport."""
    assert answer_frames([], b"+ACK") == b""


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (acks.nak(0), b"-NAK"),
        (acks.nak(1500), b'-NAK {"delay": 1500}'),
        (acks.term(""), b"+TERM"),
        (acks.term("poison pill"), b"+TERM poison pill"),
        (acks.IN_PROGRESS, b"+WPI"),
    ],
)
def test_verbs_are_the_servers(verb: bytes, words: bytes) -> None:
    """By hand from docs.nats.io, "Acknowledgement models"."""
    assert verb == words


@given(
    order=st.permutations(range(30)),
    parts=st.lists(st.integers(1, 10), min_size=1, max_size=10),
    arrivals=st.integers(1, 30),
)
def test_each_position_keeps_its_own_subject(
    order: list[int], parts: list[int], arrivals: int
) -> None:
    """Whatever the order of answers and arrivals: an ack sent elsewhere loses a message."""
    unanswered, added, open_order = Unanswered(), 0, list(order)
    while open_order:
        stop = min(30, added + arrivals)
        unanswered.add([subject(position) for position in range(added, stop)])
        added = stop
        ready = [position for position in open_order if position < added]
        chosen, size = ready[: parts[0]], parts[0]
        parts = [*parts[1:], size]

        assert unanswered.settle(np.array(chosen, dtype=np.int64)) == list(map(subject, chosen))
        open_order = [position for position in open_order if position not in chosen]

    assert len(unanswered) == 30 - added


@pytest.mark.parametrize("size", [2, 40, TRIM_SUBJECTS, TRIM_SUBJECTS + 1, 2 * TRIM_SUBJECTS])
def test_a_row_with_two_exchanged_is_no_row(size: int) -> None:
    """However long it is: it begins and ends like one, and is as long."""
    row = np.arange(7, 7 + size)
    exchanged = row.copy()
    exchanged[[size // 2 - 1, size // 2]] = exchanged[[size // 2, size // 2 - 1]]

    for chosen in (row, exchanged):
        unanswered = Unanswered()
        unanswered.add([subject(position) for position in range(7 + size)])

        assert unanswered.settle(chosen) == list(map(subject, chosen.tolist()))


def test_a_second_answer_is_a_mistake() -> None:
    """The server would ignore it, and our count of acks would be wrong."""
    unanswered = holding(4)
    unanswered.settle(np.array([1, 2]))

    with pytest.raises(ValueError, match="second answer"):
        unanswered.settle(np.array([2]))


@pytest.mark.parametrize("positions", [[4], [-1], [0, 4], [3, 2, 9]])
def test_an_answer_to_nothing_is_a_mistake(positions: list[int]) -> None:
    """A position that was never delivered must not take another's subject."""
    with pytest.raises(ValueError, match="not open"):
        holding(4).settle(np.array(positions))


def test_a_cumulative_ack_settles_all_before_it() -> None:
    """Answered ones among them count once."""
    unanswered = holding(6)
    unanswered.settle(np.array([1]))

    assert unanswered.settle_through(3) == subject(3)
    assert len(unanswered) == 2
    assert unanswered.settle(np.array([5, 4])) == [subject(5), subject(4)]


def test_looking_leaves_a_position_open() -> None:
    """In progress is said many times before the last answer."""
    unanswered = holding(3)

    assert unanswered.look(np.array([2, 0])) == [subject(2), subject(0)]
    assert len(unanswered) == 3


def test_answered_subjects_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run always has some messages open; the list must not keep all those before."""
    monkeypatch.setattr(acks, "TRIM_SUBJECTS", 10)
    unanswered = Unanswered()
    for position in range(1000):
        unanswered.add([subject(position)])
        if position >= 3:
            unanswered.settle(np.array([position - 3]))

    assert len(unanswered) == 3
    assert len(unanswered._subjects) < 20
