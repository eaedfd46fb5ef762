"""Runs of answers that look like one that was read before.

The PubAcks of one publisher differ only in the digits of the position and of the stream sequence,
as long as the sequence keeps its number of digits; the replies of one service in the position
alone. Those that come in order are read by one comparison (`inorder`). Else, as they all have one
length, a run is read as rows of a matrix, checked byte for byte; a few are read by a pattern,
because numpy's fixed cost is ten times higher when the processor has just woken up. Anything else
ends the run.
"""

import re

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import IntArray
from bench.clients.wire.frames import NUMBER_DIGITS
from bench.clients.wire.inorder import InOrder
from bench.clients.wire.parse import Message

ROWS_FROM = 24
"""PubAcks in a chunk from which on the matrix is the faster way."""

_SEQUENCE_LAST = re.compile(rb'\{"stream":.*"seq": ?(\d{1,15})\}')
_POWERS = 10 ** np.arange(NUMBER_DIGITS - 1, -1, -1, dtype=np.int64)
_NINE = 9

Positions = IntArray | list[int] | range


def known(positions: Positions, count: int) -> Positions:
    """Return the positions that a connection with so many messages has."""
    if isinstance(positions, range):
        return range(min(positions.start, count), min(positions.stop, count))
    largest = max(positions) if isinstance(positions, list) else positions.max()
    return positions if largest < count else [each for each in positions if each < count]


class AnswerRuns:
    """Reads runs of answers that look like the one learnt last."""

    def __init__(self) -> None:
        self._shape = (0, 0)
        self._size = 0
        self._pattern = re.compile(rb"(?!)")
        self._zeros: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        self._span = self._zeros
        self._token = slice(0)
        self._in_order: InOrder | None = None

    def learn(self, message: Message, varies: tuple[int, int] = (0, 0)) -> None:
        """Take an answer that was read exactly as the model of those to come.

        Args:
            message: the answer.
            varies: where in its payload digits differ from answer to answer.
        """
        shape = (len(message.subject), len(message.payload))
        if shape == self._shape or message.header:
            return
        start = b"MSG %b %d %d\r\n" % (message.subject, message.sid, len(message.payload))
        frame = start + message.payload + b"\r\n"
        token_stop = len("MSG ") + len(message.subject)
        token = slice(token_stop - NUMBER_DIGITS, token_stop)
        digits = slice(len(start) + varies[0], len(start) + varies[1])

        self._shape, self._size, self._token = shape, len(frame), token
        self._in_order = InOrder(frame, token, digits if varies != (0, 0) else None)
        self._pattern = re.compile(
            rb"%b(\d{%d})%b\d{%d}%b"
            % (
                re.escape(frame[: token.start]),
                NUMBER_DIGITS,
                re.escape(frame[token.stop : digits.start]),
                digits.stop - digits.start,
                re.escape(frame[digits.stop :]),
            )
        )
        self._zeros = np.frombuffer(frame, dtype=np.uint8).copy()
        self._span = np.zeros_like(self._zeros)
        for numbers in (token, digits):
            self._zeros[numbers] = ord("0")
            self._span[numbers] = _NINE

    def read(self, data: bytes) -> tuple[Positions, bytes]:
        """Return the positions of the run that `data` begins with, and what lies behind it."""
        if self._in_order is not None and (in_order := self._in_order.read(data)):
            return in_order, data[len(in_order) * self._size :]
        rows = len(data) // self._size if self._size else 0
        positions = self._read_rows(data, rows) if rows >= ROWS_FROM else self._read_few(data)
        return positions, data[len(positions) * self._size :]

    def _read_few(self, data: bytes) -> list[int]:
        numbers = self._pattern.findall(data)
        if len(numbers) * self._size != len(data):  # something lies between them, or behind
            numbers = []
            while (found := self._pattern.match(data, len(numbers) * self._size)) is not None:
                numbers.append(found[1])
        return list(map(int, numbers))

    def _read_rows(self, data: bytes, count: int) -> IntArray:
        flat = np.frombuffer(data, dtype=np.uint8, count=count * self._size)
        above = flat.reshape(count, self._size) - self._zeros
        alien = above > self._span  # unsigned: what lies below a zero wraps to far above a nine
        if np.count_nonzero(alien):
            count = int(alien.any(axis=1).argmax())
        positions: IntArray = above[:count, self._token] @ _POWERS
        return positions


class PubAckRuns(AnswerRuns):
    """Reads runs of PubAcks."""

    def learn_ack(self, message: Message) -> None:
        """Take a PubAck that was read exactly as the model of those to come."""
        sequence = _SEQUENCE_LAST.fullmatch(message.payload)
        if sequence is not None:
            self.learn(message, sequence.span(1))
