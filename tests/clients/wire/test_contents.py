"""A link that keeps what is in messages, until it is asked and the answer is given."""

import numpy as np
import pytest

from bench.clients.port import Binding, Delivered, Endpoint
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.contents import WireContents
from bench.clients.wire.parse import Message

BINDING = Binding(
    stream="s",
    consumer="c",
    mode="push",
    batch=1,
    expires_ns=0,
    id_offset=0,
    deliver_subject="to",
    subject_prefix="jetbench.x.",
    acks=False,
    contents=True,
)


class Sink:
    """Takes what is delivered."""

    def __init__(self) -> None:
        self.ids: list[int] = []

    def delivered(self, block: Delivered) -> None:
        self.ids += block.ids.tolist()

    def acked(self, positions: object, acked_ns: object) -> None: ...

    def failed(self, error: Exception) -> None:
        raise error


def delivery(number: int, *, header: bytes = b"") -> Message:
    return Message(
        subject=b"jetbench.x.events.a",
        sid=1,
        reply=b"$JS.ACK.s.c.2.%d.%d.0.0" % (number + 10, number),
        header=header,
        payload=b"%016d rest" % number,
    )


def link(*messages: Message) -> tuple[WireContents, Sink]:
    made, sink = WireContents(Endpoint(url="nats://127.0.0.1:1"), BINDING), Sink()
    made._sink = sink
    for message in messages:
        made.message(message, 1)
    made.chunk_ends()
    return made, sink


def test_what_came_is_known_by_its_place() -> None:
    made, sink = link(delivery(4), delivery(5, header=b"NATS/1.0\r\nSigned-At: 12:30\r\n\r\n"))

    assert sink.ids == [4, 5]
    content = made.content(1)
    assert (content.data, content.subject) == (b"%016d rest" % 5, "events.a")
    assert (content.seq, content.deliveries) == (15, 2)
    assert content.headers == {"Signed-At": "12:30"}
    assert made.content(0).headers == {}


def test_what_was_answered_is_forgotten() -> None:
    """Else a consumer would hold all that it ever took."""
    made, _ = link(delivery(4), delivery(5))

    made._forget(np.array([0]))

    with pytest.raises(KeyError):
        made.content(0)
    assert made.content(1).seq == 15


def test_nothing_is_taken_in_runs() -> None:
    assert link()[0].plain(b"MSG whatever", 1) == b"MSG whatever"


def test_the_usual_link_keeps_nothing() -> None:
    with pytest.raises(ValueError, match="not kept"):
        WireConsumer(Endpoint(url="nats://127.0.0.1:1"), BINDING).content(0)
