"""What came of a frame that is cut off; joined once, when the rest of it has come.

A message of 4 MiB comes in some fifty chunks. Joined and read anew with each of them, it would be
moved fifty times: the time for a message would grow with the square of its size.
"""

from bench.clients.wire.parse import frame_bytes


class Remainder:
    """The bytes behind the last whole frame. No I/O.

    Attributes:
        pieces: in which they came; empty when nothing is kept.
    """

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._size = 0
        self._needed = 0

    def behind(self, data: bytes) -> bytes | None:
        """Return all that is unread now that `data` came; None while no frame of it is whole."""
        if not self.pieces:
            return data
        self.pieces.append(data)
        self._size += len(data)
        if self._size < self._needed:
            return None
        whole = b"".join(self.pieces)
        self.forget()
        return whole

    def keep(self, unread: bytes) -> None:
        """Keep the beginning of a frame until the rest comes; nothing is kept before.

        Raises:
            WireError: no NATS server sends this.
        """
        if unread:
            self._needed = frame_bytes(unread)
            self.pieces, self._size = [unread], len(unread)

    def forget(self) -> None:
        """Its connection is gone, or it was read."""
        self.pieces, self._size, self._needed = [], 0, 0
