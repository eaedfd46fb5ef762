"""Runs of PubAcks, read as rows of a matrix.

The PubAcks of one publisher differ only in the digits of the position and of the stream sequence,
as long as the sequence keeps its number of digits. So after one was read exactly, those behind it
are checked byte for byte and decoded a chunk at a time. Anything else ends the run.
"""

import re

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import IntArray
from bench.clients.wire.frames import POSITION_DIGITS
from bench.clients.wire.parse import Message

SHORTEST_RUN = 4
"""Below this many, reading one by one is faster."""

_SEQUENCE_LAST = re.compile(rb'\{"stream":.*"seq": ?(\d+)\}')
_POWERS = 10 ** np.arange(POSITION_DIGITS - 1, -1, -1, dtype=np.int64)
_NINE = 9


class PubAckRuns:
    """Reads runs of PubAcks that look like one that was seen before."""

    def __init__(self) -> None:
        self._shape = (0, 0)
        self._zeros: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        self._span = self._zeros
        self._token = slice(0)

    def learn(self, message: Message) -> None:
        """Take a PubAck that was read exactly as the model of those to come."""
        shape = (len(message.subject), len(message.payload))
        if shape == self._shape:
            return
        sequence = _SEQUENCE_LAST.fullmatch(message.payload)
        start = b"MSG %b %d %d\r\n" % (message.subject, message.sid, len(message.payload))
        size = len(start) + len(message.payload) + 2
        if sequence is None or message.header:
            return
        self._shape = shape
        token_end = len("MSG ") + len(message.subject)
        self._token = slice(token_end - POSITION_DIGITS, token_end)
        self._span = np.zeros(size, dtype=np.uint8)
        self._zeros = np.frombuffer(start + message.payload + b"\r\n", dtype=np.uint8).copy()
        for digits in (self._token, slice(*(len(start) + at for at in sequence.span(1)))):
            self._span[digits] = _NINE
            self._zeros[digits] = ord("0")

    def read(self, data: bytes) -> tuple[IntArray | None, bytes]:
        """Return the positions of the run that `data` begins with, and what lies behind it."""
        size = self._zeros.size
        if size == 0 or len(data) < SHORTEST_RUN * size:
            return None, data
        count = len(data) // size
        rows = np.frombuffer(data, dtype=np.uint8, count=count * size).reshape(count, size)
        above = rows - self._zeros  # unsigned: what lies below a zero wraps to far above a nine
        alien = above > self._span
        if alien.any():
            count = int(alien.any(axis=1).argmax())
        if count == 0:
            return None, data
        positions = above[:count, self._token] @ _POWERS
        return positions, data[count * size :]
