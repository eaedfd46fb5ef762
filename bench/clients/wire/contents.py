"""A consumer's connection that keeps what is in messages until their handlers look at it.

Messages are read one by one for it: whoever checks each of them pays more for that anyway.
"""

from dataclasses import dataclass

from bench.clients.port import Binding, Content, Endpoint, IntArray
from bench.clients.wire.columns import Columns
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.parse import Message, fields_of


@dataclass(frozen=True, slots=True)
class _Kept:
    """A message, and what its ack subject says."""

    message: Message
    seq: int
    deliveries: int


class WireContents(WireConsumer):
    """A WireConsumer that knows what is in what it delivered."""

    def __init__(self, endpoint: Endpoint, binding: Binding) -> None:
        super().__init__(endpoint, binding)
        self._kept: dict[int, _Kept] = {}
        self._taken = 0
        self._read: Message | None = None

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take none of them at once."""
        del now_ns
        return data

    def message(self, message: Message, now_ns: int) -> None:
        """Take a message, and keep it where it is a delivery."""
        self._read = message
        super().message(message, now_ns)

    def _came(self, columns: Columns, now_ns: int) -> None:
        if self._read is not None:
            seq, deliveries = int(columns.stream_seqs[0]), int(columns.deliveries[0])
            self._kept[self._taken] = _Kept(self._read, seq, deliveries)
            self._taken += 1
        super()._came(columns, now_ns)

    def content(self, position: int) -> Content:
        """Return what a delivery that awaits its ack holds."""
        kept = self._kept[position]
        subject = kept.message.subject.decode()
        return Content(
            data=kept.message.payload,
            subject=subject.removeprefix(self._binding.subject_prefix),
            headers=fields_of(kept.message.header),
            seq=kept.seq,
            deliveries=kept.deliveries,
        )

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Acknowledge, and forget what is in them."""
        self._forget(positions)
        super().ack(positions, cumulative=cumulative)

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        """Have each delivered again, and forget what is in them."""
        self._forget(positions)
        super().nak(positions, delay_ns)

    def term(self, positions: IntArray, reason: str = "") -> None:
        """Have none of them delivered ever again, and forget what is in them."""
        self._forget(positions)
        super().term(positions, reason)

    def drop(self, positions: IntArray) -> None:
        """Say nothing about them, and forget what is in them."""
        self._forget(positions)
        super().drop(positions)

    def _forget(self, positions: IntArray) -> None:
        for position in positions.tolist():
            self._kept.pop(position, None)
