"""Frames as a server writes them, and ways to cut and to read them."""

from collections.abc import Iterable

from hypothesis import strategies as st

from bench.broker.endpoint import Endpoint
from bench.clients.faults import Faults
from bench.clients.wire.connection import Connection
from bench.clients.wire.parse import Message
from bench.core.errors import MeasurementError

ENDPOINT = Endpoint(url="nats://127.0.0.1:4222")

words = st.text("abcXYZ012._-$", min_size=1, max_size=12).map(str.encode)
numbers = st.integers(0, 10**6)
# Payloads that look like the protocol are the ones that a careless parser trips over.
payloads = st.lists(
    st.sampled_from(
        [b"\r\n", b"MSG a 1 2\r\n", b"PING\r\n", b"}\r\n", b"+OK", b" ", b"\x00\xff", b"x" * 40]
    )
    | st.binary(max_size=8),
    max_size=5,
).map(b"".join)
headers = st.lists(st.tuples(words, words), min_size=1, max_size=3).map(
    lambda pairs: b"NATS/1.0\r\n" + b"".join(b"%b: %b\r\n" % pair for pair in pairs) + b"\r\n"
)


def msg(subject: bytes, sid: int, payload: bytes, reply: bytes = b"", header: bytes = b"") -> bytes:
    """Return a MSG or, with a header, an HMSG frame."""
    to = b"%b %d %b" % (subject, sid, reply + b" " if reply else b"")
    total = len(header) + len(payload)
    if header:
        return b"HMSG %b%d %d\r\n%b%b\r\n" % (to, len(header), total, header, payload)
    return b"MSG %b%d\r\n%b\r\n" % (to, total, payload)


messages = st.builds(msg, words, numbers, payloads, st.just(b"") | words, st.just(b"") | headers)
controls = st.sampled_from(
    [b"PING\r\n", b"PONG\r\n", b"+OK\r\n", b"-ERR 'Stale Connection'\r\n", b'INFO {"a":1}\r\n']
)
streams = st.lists(messages | controls, max_size=12).map(b"".join)
cut_sizes = st.lists(st.integers(1, 60), min_size=1, max_size=30)


def cut(data: bytes, sizes: Iterable[int]) -> list[bytes]:
    """Return `data` in chunks of these sizes; the last takes what remains."""
    chunks = []
    for size in sizes:
        chunks.append(data[:size])
        data = data[size:]
    return [chunk for chunk in [*chunks, data] if chunk]


class Reader:
    """A receiver without a fast path: notes every message that its connection reads."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.chunks = 0
        self.faults = Faults()
        self.connection = Connection(ENDPOINT, self, self.faults)

    def subscriptions(self) -> bytes:
        return b""

    def plain(self, data: bytes, now_ns: int) -> bytes:
        del now_ns
        return data

    def message(self, message: Message, now_ns: int) -> None:
        del now_ns
        self.messages.append(message)

    def connected(self) -> None:
        raise AssertionError("nothing is opened here")

    def chunk_ends(self) -> None:
        self.chunks += 1

    def lost(self) -> None:
        raise AssertionError("nothing is lost here")

    def gone(self, error: MeasurementError) -> None:
        raise error

    def read(self, chunks: Iterable[bytes]) -> None:
        """Feed chunks as a transport would."""
        for chunk in chunks:
            self.connection.data_received(chunk)
