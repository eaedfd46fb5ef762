"""When the server is told that messages in hand are still worked on, and of which."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from bench.clients.port import Content, Delivered, DeliverySink, IntArray, TaskSink
from bench.engine.progress import InHand, ProgressLink, ProgressTaskLink

SETTLING = ("ack", "nak", "term", "drop")


def positions(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int64)


def test_a_delivery_is_told_of_so_often_from_when_it_came_until_it_is_settled() -> None:
    """Each by its own clock: what came later is told of later."""
    hand = InHand(10)
    hand.came(2, 100)
    hand.came(1, 104)

    assert hand.next_ns == 110
    assert hand.due(109).tolist() == []
    assert hand.due(110).tolist() == [0, 1]
    assert hand.next_ns == 114
    hand.settled(positions(1))
    assert hand.due(121).tolist() == [0, 2]  # both are late, and told of together from here on
    assert hand.next_ns == 131


def test_nobody_is_to_be_told_once_nothing_is_in_hand() -> None:
    """An alarm that rings for ever would cost where nothing is to be said."""
    hand = InHand(10)
    hand.came(2, 0)
    hand.settled(positions(0, 1))

    assert hand.due(10).tolist() == []
    idle_ns = hand.next_ns
    hand.came(1, 20)

    assert (idle_ns, hand.next_ns, hand.due(30).tolist()) == (None, 30, [2])


class Link:
    """Remembers what it was told, in order."""

    faults: Sequence[str] = ("a fault",)

    def __init__(self) -> None:
        self.said: list[tuple[str, list[int]]] = []
        self.closed = False

    async def open(self, sink: object) -> None: ...

    async def flush(self) -> None: ...

    async def close(self) -> None:
        self.closed = True

    def ask(self) -> None: ...

    def in_progress(self, those: IntArray) -> None:
        self.said.append(("in progress", those.tolist()))

    def ack(self, those: IntArray, *, cumulative: bool = False) -> None:
        self.said.append(("ack", those.tolist()))

    def nak(self, those: IntArray, delay_ns: int = 0) -> None:
        self.said.append(("nak", those.tolist()))

    def term(self, those: IntArray, reason: str = "") -> None:
        self.said.append(("term", those.tolist()))

    def drop(self, those: IntArray) -> None:
        self.said.append(("drop", those.tolist()))

    def content(self, position: int) -> Content:
        return Content(data=b"", subject="s", headers={}, seq=position + 1, deliveries=1)

    async def acknowledge(self, those: IntArray, *, cumulative: bool = False) -> None:
        self.ack(those)

    async def asked_again(self, those: IntArray, delay_ns: int = 0) -> None:
        self.nak(those)

    async def given_up(self, those: IntArray, reason: str = "") -> None:
        self.term(those)


class Sink:
    """Takes what comes, and does nothing with it."""

    def delivered(self, block: Delivered) -> None: ...

    def came(self, received_ns: int, message_id: int, seq: int, deliveries: int) -> None: ...

    async def handle(self, position: int) -> None: ...

    def acked(self, those: IntArray, acked_ns: IntArray | int) -> None: ...

    def failed(self, error: Exception) -> None: ...


def block(count: int) -> Delivered:
    column = np.arange(count, dtype=np.int64)
    return Delivered(received_ns=column, ids=column, stream_seqs=column, deliveries=column + 1)


@pytest.mark.parametrize("way", SETTLING)
def test_what_has_its_last_answer_is_told_of_no_more(way: str) -> None:
    """A word after the answer would be of no use; the other one is told of twice."""
    link = Link()

    async def work() -> None:
        told = ProgressLink(link, 20_000_000)
        sink: DeliverySink = Sink()
        await told.open(sink)
        told.delivered(block(2))
        settle: Callable[[IntArray], None] = getattr(told, way)
        settle(positions(0))
        await asyncio.sleep(0.07)
        await told.close()
        count = told.told
        await asyncio.sleep(0.03)
        assert told.told == count == len(link.said) - 1

    asyncio.run(work())

    assert link.said[0] == (way, [0])
    assert len(link.said) > 2
    assert {words for words, _ in link.said[1:]} == {"in progress"}
    assert all(those == [1] for _, those in link.said[1:])
    assert link.closed


@pytest.mark.parametrize("way", ["acknowledge", "asked_again", "given_up", "drop"])
def test_a_link_that_runs_handlers_does_the_same(way: str) -> None:
    """One message at a time, and answers that are awaited."""
    link = Link()

    async def work() -> None:
        told = ProgressTaskLink(link, 20_000_000)
        sink: TaskSink = Sink()
        await told.open(sink)
        for number in range(2):
            told.came(1, number, number, 1)
        if (settled := getattr(told, way)(positions(1))) is not None:
            await settled
        await asyncio.sleep(0.07)
        await told.close()
        assert told.told == len(link.said) - 1
        assert told.content(1) == link.content(1)

    asyncio.run(work())

    assert [those for _, those in link.said[:2]] == [[1], [0]]
    assert {words for words, _ in link.said[1:]} == {"in progress"}
