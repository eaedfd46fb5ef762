"""Acks by flow control: what answers a request, when, and what counts as acked then."""

import numpy as np
import pytest

from bench.clients.port import Binding
from bench.clients.wire.flow_acked import WireFlowAcked
from tests.clients.wire.links import Taken
from tests.clients.wire.samples import ENDPOINT, msg

REQUEST = msg(
    b"d", 1, b"", b"$JS.FC.ORDERS.worker.a1b2", b"NATS/1.0 100 FlowControl Request\r\n\r\n"
)
STALLED = msg(
    b"d",
    1,
    b"",
    header=b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 7\r\n"
    b"Nats-Consumer-Stalled: $JS.FC.ORDERS.worker.a1b2\r\n\r\n",
)
IDLE = msg(b"d", 1, b"", header=b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 7\r\n\r\n")
SHORT = b"$JS.ACK.ORDERS.worker.1.%d.%d.1700000000000000000.0"
LONG = b"$JS.ACK.hub.AbCd.ORDERS.worker.1.%d.%d.1700000000000000000.0.rnd"


def answer(stream_seq: int, number: int) -> bytes:
    """What says that all up to a message are handled."""
    header = b"NATS/1.0\r\nNats-Last-Stream: %d\r\nNats-Last-Consumer: %d\r\n\r\n" % (
        stream_seq,
        number,
    )
    return b"HPUB $JS.FC.ORDERS.worker.a1b2 %d %d\r\n%b\r\n" % (len(header), len(header), header)


NOTHING = b"PUB $JS.FC.ORDERS.worker.a1b2 0\r\n\r\n"


class Fed:
    """A link that is fed by hand, what it brings and what it says; deliveries begin at 101."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, ack_form: bytes = SHORT) -> None:
        binding = Binding(
            stream="ORDERS",
            consumer="worker",
            mode="push",
            batch=10,
            expires_ns=10**9,
            id_offset=0,
            deliver_subject="d",
            flow_acks=True,
        )
        self.link, self.taken = WireFlowAcked(ENDPOINT, binding), Taken()
        self.link._sink = self.taken
        self.said: list[bytes] = []
        monkeypatch.setattr(self.link._connection, "answer", self.said.append)
        self._form = ack_form
        self._came = 0

    def messages(self, count: int) -> bytes:
        """The next deliveries."""
        first, self._came = self._came, self._came + count
        return b"".join(
            msg(b"orders.a", 1, b"%016d" % number, self._form % (101 + number, 1 + number))
            for number in range(first, first + count)
        )

    def feed(self, *frames: bytes) -> None:
        self.link._connection.data_received(b"".join(frames))

    def handled(self, *positions: int) -> None:
        self.link.ack(np.array(positions, dtype=np.int64), cumulative=True)


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> Fed:
    return Fed(monkeypatch)


def test_nothing_is_told_before_the_server_asks(fed: Fed) -> None:
    """Nor does a heartbeat ask, or anything count as acked."""
    fed.feed(fed.messages(5))
    fed.handled(0, 1)
    fed.feed(IDLE)

    assert fed.said == []
    assert fed.taken.acked_positions == []


@pytest.mark.parametrize("asks", [REQUEST, STALLED])
def test_what_is_handled_is_told_at_once_and_counts_as_acked(fed: Fed, asks: bytes) -> None:
    """A heartbeat of a consumer that waits for an answer asks as well."""
    fed.feed(fed.messages(5))
    fed.handled(0, 1)
    fed.handled(2)
    fed.feed(asks)

    assert fed.said == [answer(103, 3)]
    assert fed.taken.acked_positions == [0, 1, 2]
    assert len(set(fed.taken.acked_ns)) == 1


def test_who_asks_too_early_is_told_as_soon_as_something_is_handled(fed: Fed) -> None:
    """Once: what is handled after that waits for the next request."""
    fed.feed(fed.messages(5), REQUEST)
    assert fed.said == []

    fed.handled(0)
    fed.handled(1, 2)

    assert fed.said == [answer(101, 1)]
    assert fed.taken.acked_positions == [0]


def test_with_nothing_in_hand_the_same_is_told_again(fed: Fed) -> None:
    """Without an answer the server would send nothing more; and before anything came, nothing."""
    fed.feed(REQUEST)
    fed.feed(fed.messages(1))
    fed.handled(0)
    fed.feed(REQUEST)
    fed.feed(REQUEST)

    assert fed.said == [NOTHING, answer(101, 1), answer(101, 1)]
    assert fed.taken.acked_positions == [0]


def test_what_came_before_a_request_is_handed_over_first(
    fed: Fed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handlers that take no time have done all of it when the chunk ends."""
    monkeypatch.setattr(fed.taken, "delivered", lambda block: fed.handled(*block.ids.tolist()))

    fed.feed(fed.messages(4), REQUEST)

    assert fed.said == [answer(104, 4)]
    assert fed.taken.acked_positions == [0, 1, 2, 3]


def test_the_long_form_of_an_ack_subject_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fed = Fed(monkeypatch, ack_form=LONG)
    fed.feed(fed.messages(3))
    fed.handled(0, 1)
    fed.feed(REQUEST)

    assert fed.said == [answer(102, 2)]


def test_a_connection_that_breaks_leaves_who_asked_to_ask_again(fed: Fed) -> None:
    """The answer would go nowhere, and what it is to say is not acked."""
    fed.feed(fed.messages(2), REQUEST)
    fed.link.lost()
    fed.handled(0, 1)
    assert (fed.said, fed.taken.acked_positions) == ([], [])

    fed.feed(STALLED)

    assert fed.said == [answer(102, 2)]
    assert fed.taken.acked_positions == [0, 1]


def test_acks_one_by_one_are_none_of_it(fed: Fed) -> None:
    fed.feed(fed.messages(2))

    with pytest.raises(ValueError, match="covers all before it"):
        fed.link.ack(np.array([1]))
