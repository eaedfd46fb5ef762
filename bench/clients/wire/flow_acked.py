"""A push consumer whose acks are the answers to the server's flow control.

The server asks when so many messages wait for an ack as may, when much has been sent, and with the
heartbeat of a consumer that is idle and has something to wait for. What answers it says up to where
messages are handled. Nothing else acknowledges: neither what is handled between two requests, nor
what is handled after the last one.

Source: ADR-60 (github.com/nats-io/nats-architecture-and-design), as tried on nats-server 2.15.1.
"""

import time

import numpy as np

from bench.clients.port import Binding, Endpoint, IntArray
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.deliveries import sequences_of


class WireFlowAcked(WireConsumer):
    """ConsumerLink that keeps how far messages are handled until the server asks.

    It answers at once where more is handled than it said last. Otherwise it answers when some is,
    so that a server whose limit is reached goes on then, and need not wait for a heartbeat; with
    nothing in hand, it says the same again.
    """

    def __init__(self, endpoint: Endpoint, binding: Binding) -> None:
        super().__init__(endpoint, binding)
        self._asked = b""
        self._reached = b""
        self._noted: list[IntArray] = []

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Note that all up to the last one are handled; ValueError for acks one by one."""
        if not cumulative:
            raise ValueError("what answers flow control covers all before it")
        self._reached = self._unanswered.settle_through(int(positions[-1]))
        self._noted.append(positions)
        self._tell()

    def chunk_ends(self) -> None:
        """Hand over what came; what asked may have come with it."""
        super().chunk_ends()
        self._tell()

    def lost(self) -> None:
        """Forget who asked: heartbeats of the next connection say it again."""
        super().lost()
        self._asked = b""

    def _go_on(self, to: bytes) -> None:
        """Be asked; what came before it in a chunk is handed over first."""
        self._asked = to

    def _tell(self) -> None:
        """Answer where somebody waits and there is something to say."""
        if not self._asked or not (self._noted or not len(self._unanswered)):
            return
        # Before the write: the server may have the answer before the call is back.
        at_ns = time.monotonic_ns()
        self._connection.answer(_answer(self._asked, self._reached))
        noted, self._noted, self._asked = self._noted, [], b""
        if self._sink is not None and noted:
            self._sink.acked(np.concatenate(noted), at_ns)


def _answer(to: bytes, ack_subject: bytes) -> bytes:
    """Return the frame that says up to where messages are handled; nowhere yet if it is empty."""
    if not ack_subject:
        return b"PUB %b 0\r\n\r\n" % to
    header = b"NATS/1.0\r\nNats-Last-Stream: %d\r\nNats-Last-Consumer: %d\r\n\r\n" % (
        sequences_of(ack_subject)
    )
    return b"HPUB %b %d %d\r\n%b\r\n" % (to, len(header), len(header), header)
