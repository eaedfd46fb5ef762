"""A publisher's frames, built in blocks ahead of sending.

Everything but the digits of position and id is known beforehand, so a block is a join of prepared
pieces and two scattered writes. Sending is then a slice of the block, whatever sizes and subjects
are mixed, and costs next to nothing in a tick that sends five messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray, Messages
from bench.clients.wire.digits import write_numbers
from bench.plan.traffic import ID_DIGITS, PayloadTemplate

POSITION_DIGITS = ID_DIGITS
"""The last token of a reply subject: the position of the message it answers."""

BLOCK_BYTES = 256 * 1024
BLOCK_MSGS = 1024
"""Limits of a block: building one takes some 0.1 ms, and what is due waits for it."""

_ID_PLACE = "{id}"


@dataclass(frozen=True, slots=True)
class _Tail:
    """A frame from its sizes on, and where in it the id stands."""

    content: bytes
    id_places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """The frames of positions first..stop-1, message k from starts[k] to starts[k + 1]."""

    first: int
    stop: int
    starts: IntArray
    content: memoryview


class PublishFrames:
    """The frames of all of one publisher's messages.

    Attributes:
        count: messages.
        largest_bytes: header and payload of the largest message together.
    """

    def __init__(self, messages: Messages, inbox: bytes) -> None:
        verb = b"HPUB" if messages.headers else b"PUB"
        blank = b"0" * POSITION_DIGITS
        self._heads = [
            b"%b %b %b.%b " % (verb, subject.encode(), inbox, blank)
            for subject in messages.subjects
        ]
        tails = [_tail(template, messages.headers) for template in messages.payloads]
        self._tails = [tail.content for tail in tails]
        self._head_sizes = np.array([len(head) for head in self._heads], dtype=np.int64)
        self._tail_sizes = np.array([len(tail) for tail in self._tails], dtype=np.int64)
        self._id_places = np.array([tail.id_places for tail in tails], dtype=np.int64).T
        self._messages = messages
        self._block = _Block(0, 0, np.zeros(1, dtype=np.int64), memoryview(b""))
        self.count = messages.ids.size
        header_bytes = len(_header(messages.headers))
        self.largest_bytes = max((len(p.content) for p in messages.payloads), default=0)
        self.largest_bytes += header_bytes

    def slices(self, first: int, stop: int) -> Iterator[memoryview]:
        """Yield the frames of positions first..stop-1, in order."""
        if not 0 <= first <= stop <= self.count:
            raise ValueError(f"no positions {first}..{stop} among {self.count}")
        while first < stop:
            block = self._block
            if not block.first <= first < block.stop:
                block = self._block = self._build(first)
            end = min(stop, block.stop)
            starts = block.starts
            yield block.content[starts[first - block.first] : starts[end - block.first]]
            first = end

    def _build(self, first: int) -> _Block:
        subject = self._messages.subject_index[first : first + BLOCK_MSGS]
        payload = self._messages.payload_index[first : first + BLOCK_MSGS]
        head_sizes = self._head_sizes[subject]
        stops = np.cumsum(head_sizes + self._tail_sizes[payload])
        count = max(1, int(np.searchsorted(stops, BLOCK_BYTES, side="right")))
        subject, payload = subject[:count], payload[:count]
        starts = np.concatenate(([0], stops[:count]))

        frames = self._unnumbered(subject, payload)
        tails_at = starts[:-1] + head_sizes[:count]
        ids = self._messages.ids[first : first + count]
        numbers = [np.arange(first, first + count, dtype=np.int64)]
        numbers_at = [tails_at - POSITION_DIGITS - 1]
        for places in self._id_places:
            numbers.append(ids)
            numbers_at.append(tails_at + places[payload])
        write_numbers(frames, np.concatenate(numbers_at), np.concatenate(numbers))
        return _Block(first, first + count, starts, memoryview(frames))

    def _unnumbered(self, subject: IntArray, payload: IntArray) -> bytearray:
        """Return the frames of these subjects and payloads, with zeros for every number."""
        if len(self._heads) == len(self._tails) == 1:
            return bytearray(self._heads[0] + self._tails[0]) * subject.size
        pieces = [b""] * (2 * subject.size)
        pieces[::2] = map(self._heads.__getitem__, subject.tolist())
        pieces[1::2] = map(self._tails.__getitem__, payload.tolist())
        return bytearray().join(pieces)


def _tail(template: PayloadTemplate, headers: tuple[tuple[str, str], ...]) -> _Tail:
    header = _header(headers)
    size = len(template.content)
    sizes = b"%d %d" % (len(header), len(header) + size) if headers else b"%d" % size
    before_payload = sizes + b"\r\n" + header
    marks = _marks(headers, start=len(sizes) + 2)
    content = before_payload + template.content + b"\r\n"
    return _Tail(content, (*marks, len(before_payload) + template.id_offset))


def _header(headers: tuple[tuple[str, str], ...]) -> bytes:
    if not headers:
        return b""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"NATS/1.0\r\n{lines}\r\n".replace(_ID_PLACE, "0" * ID_DIGITS).encode()


def _marks(headers: tuple[tuple[str, str], ...], start: int) -> Iterator[int]:
    """Yield the offset of every id in a header that begins at `start`."""
    at = start + len("NATS/1.0\r\n")
    for name, value in headers:
        pieces = f"{name}: {value}\r\n".split(_ID_PLACE)
        for piece in pieces[:-1]:
            at += len(piece.encode())
            yield at
            at += ID_DIGITS
        at += len(pieces[-1].encode())
