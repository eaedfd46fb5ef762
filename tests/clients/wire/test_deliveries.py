"""Deliveries of any size, header and cut: each is read once and whole."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.port import NO_ID, Binding, ConsumerLink
from bench.clients.wire.consume import WireConsumer
from tests.clients.wire.links import Taken
from tests.clients.wire.samples import ENDPOINT, cut, cut_sizes, msg

SHORT = b"$JS.ACK.ORDERS.worker.%d.%d.7.1700000000000000000.%d"
LONG = b"$JS.ACK.hub.AbCd.ORDERS.worker.%d.%d.7.1700000000000000000.%d.rnd"
HEADER = b"NATS/1.0\r\nNats-Msg-Id: 17\r\n\r\n"
HEARTBEAT = msg(
    b"in", 1, b"", header=b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 7\r\n\r\n"
)


@dataclass(frozen=True)
class Sent:
    """One delivery as the server means it."""

    message_id: int
    stream_seq: int
    deliveries: int
    size: int
    has_header: bool
    subject: bytes
    ack_form: bytes
    filler: bytes

    @property
    def ack_subject(self) -> bytes:
        return self.ack_form % (self.deliveries, self.stream_seq, self.stream_seq % 30)

    def frame(self, id_offset: int) -> bytes:
        digits = b"" if self.message_id == NO_ID else b"%016d" % self.message_id
        payload = b"." * id_offset + digits
        payload += (self.filler * self.size)[: max(0, self.size - len(payload))]
        header = HEADER if self.has_header else b""
        return msg(self.subject, 1, payload, self.ack_subject, header)


sent = st.builds(
    Sent,
    message_id=st.integers(0, 10**16 - 1) | st.just(NO_ID),
    stream_seq=st.integers(1, 10**12),
    deliveries=st.sampled_from([1, 1, 1, 2, 13]),
    size=st.sampled_from([40, 40, 41, 300]),
    has_header=st.sampled_from([False, False, True]),
    subject=st.sampled_from([b"orders.eu.created", b"orders.us"]),
    ack_form=st.sampled_from([SHORT, SHORT, SHORT, LONG]),
    filler=st.sampled_from([b"x", b"\r\n", b"MSG a 1 ", b"\x00\xfe"]),
)


def consumer(id_offset: int = 0) -> tuple[WireConsumer, Taken]:
    """A consumer that is fed by hand, and what it brings."""
    binding = Binding(
        stream="ORDERS",
        consumer="worker",
        mode="push",
        batch=10,
        expires_ns=10**9,
        id_offset=id_offset,
        deliver_subject="d",
    )
    link, taken = WireConsumer(ENDPOINT, binding), Taken()
    link._sink = taken
    return link, taken


@given(
    messages=st.lists(sent, min_size=1, max_size=30),
    repeats=st.integers(1, 4),
    id_offset=st.sampled_from([0, 9]),
    heartbeats=st.sets(st.integers(0, 29)),
    sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=20),
)
def test_every_delivery_is_read_once_and_whole(
    messages: list[Sent],
    repeats: int,
    id_offset: int,
    heartbeats: set[int],
    sizes: list[int],
) -> None:
    """The learnt pattern and the exact reader share a chunk, and must agree on every message."""
    link, taken = consumer(id_offset)
    messages = messages * repeats
    data = b"".join(
        (HEARTBEAT if turn in heartbeats else b"") + message.frame(id_offset)
        for turn, message in enumerate(messages)
    )

    for chunk in cut(data, sizes):
        link._connection.data_received(chunk)
    ack_subjects = link._unanswered.look(np.arange(len(messages)))

    assert taken.column("ids") == [message.message_id for message in messages]
    assert taken.column("stream_seqs") == [message.stream_seq for message in messages]
    assert taken.column("deliveries") == [message.deliveries for message in messages]
    assert ack_subjects == [message.ack_subject for message in messages]
    assert len(taken.column("received_ns")) == len(messages)
    assert link.faults == ()


def many(count: int, **changes: object) -> list[Sent]:
    values: dict[str, object] = {
        "deliveries": 1,
        "size": 128,
        "has_header": False,
        "subject": b"orders.eu",
        "ack_form": SHORT,
        "filler": b"x",
    }
    values |= changes
    return [Sent(message_id=at, stream_seq=at + 1, **values) for at in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("has_header", [False, True])
def test_known_sizes_take_the_fast_way(monkeypatch: pytest.MonkeyPatch, has_header: bool) -> None:
    """The exact reader costs 10 times as much: missing the fast one would make us the limit."""
    link, taken = consumer()
    small, large = many(50, has_header=has_header), many(50, has_header=has_header, size=1000)
    for learnt in (small[0], large[0]):
        link._connection.data_received(learnt.frame(0))
    monkeypatch.setattr(link, "message", lambda *_: pytest.fail("read one by one"))

    mixed = b"".join(
        message.frame(0) for pair in zip(small, large, strict=True) for message in pair
    )
    link._connection.data_received(mixed)

    assert len(taken.column("ids")) == 102


def test_a_heartbeat_in_a_chunk_does_not_end_the_fast_way() -> None:
    """Flow control comes again and again; it must not make its variant dearer to measure."""
    frames = [message.frame(0) for message in many(20)]
    link, _ = consumer()
    link._connection.data_received(frames[0])

    columns, unread = link._reader.run(b"".join(frames[:8]) + HEARTBEAT + b"".join(frames[8:]))

    assert columns is not None
    assert len(columns[0]) == 8
    assert unread == HEARTBEAT + b"".join(frames[8:])


def test_a_message_that_no_consumer_delivered_is_a_fault() -> None:
    """A stray message on our inbox has no stream sequence: it cannot be recorded as a delivery."""
    link, taken = consumer()

    link._connection.data_received(msg(b"x", 1, b"0" * 16, b"_INBOX.other"))

    assert taken.column("ids") == []
    assert link.faults == ("a message that no consumer delivered",)


@given(start=st.integers(0, 3000), junk=st.binary(min_size=1, max_size=30), sizes=cut_sizes)
def test_junk_among_deliveries_never_crashes(start: int, junk: bytes, sizes: list[int]) -> None:
    """What came before the junk is kept, and nothing is invented beyond it."""
    link, taken = consumer()
    data = b"".join(message.frame(0) for message in many(15))

    for chunk in cut(data[:start] + junk + data[start:], sizes):
        link._connection.data_received(chunk)

    assert len(taken.column("ids")) <= 16


def test_it_is_a_consumer_link() -> None:
    """The engine knows the port alone (checked by mypy)."""
    link: ConsumerLink = consumer()[0]

    assert link.faults == ()
