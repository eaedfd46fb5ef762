"""Deliveries of one length in a row, read as the rows of a matrix. Pure.

A consumer of one subject and one size brings hundreds of them in a chunk. A pattern finds the first
one; whether the others have their parts at the same places, and what stands there, a few operations
on all of them tell for a quarter of what the pattern takes. What is of another length, or too
little, is left to the pattern, which reads the same in every frame.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import IntArray
from bench.clients.wire.columns import Columns, first_ones

FEWEST = 32
"""Rows that are worth it: the pattern takes as long for fewer."""

WIDEST = 1024
"""Bytes up to the end of the id that are looked at; what lies behind it may be longer."""

_BYTE = np.dtype(np.uint8)
_SID, _ACK, _COUNT, _SEQ, _ID = range(1, 6)
_ABOVE_SPACE = ord(" ") + 1
_LONGEST_NUMBER = 18

_WEIGHTS = [10 ** np.arange(digits, dtype=np.int64)[::-1] for digits in range(_LONGEST_NUMBER + 1)]
"""By how many digits a number has, what each of them counts."""


class _Place(NamedTuple):
    """Where a text is in each row, and how long it is."""

    at: int
    dtype: np.dtype[np.bytes_]

    @classmethod
    def of(cls, span: tuple[int, int]) -> "_Place":
        return cls(span[0], np.dtype(f"S{span[1] - span[0]}"))


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Where the parts of a frame are, and which bytes may stand there.

    Attributes:
        spans: of the whole, and of the groups of the pattern.
        lowest, room: the least byte at each offset up to the end of the id, and how much greater
            than that it may be, shape (w,).
        number: where the digits of the id are that are not 0 in all frames.
        sid, ack: where those are.
    """

    spans: Sequence[tuple[int, int]]
    lowest: NDArray[np.uint8]
    room: NDArray[np.uint8]
    number: tuple[int, int]
    sid: _Place
    ack: _Place


class _Space:
    """Where to reckon with frames, the same for each chunk.

    100 kB anew for each of them have the allocator give memory back to the system and take it
    again, page by page, which can cost as much as all else.
    """

    def __init__(self) -> None:
        self._above = np.empty(0, np.uint8)
        self._beyond = np.empty(0, np.bool_)

    def of(self, count: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Return two matrices of this shape, which hold anything."""
        shape, size = (count, width), count * width
        if self._above.size < size:
            self._above, self._beyond = np.empty(2 * size, np.uint8), np.empty(2 * size, np.bool_)
        return self._above[:size].reshape(shape), self._beyond[:size].reshape(shape)


class Grid:
    """Reads runs of deliveries of one length."""

    def __init__(self) -> None:
        self._layout: _Layout | None = None
        self._space = _Space()

    def read(self, first: "re.Match[bytes] | None") -> tuple[Columns, int] | None:
        """Return deliveries that data begins with, and the offset behind them.

        None where they are few, or one of them is not as the first one.

        Args:
            first: the first of them, as the pattern of `deliveries.plain_delivery` finds it at
                offset 0; None where it finds none.
        """
        if first is None or first.end(_ID) > WIDEST or (count := _alike(first)) < FEWEST:
            return None
        layout = self._layout_of(first)
        space = self._space.of(count, layout.lowest.size)
        if (rows := _rows(layout, first.string, *space)) is None:
            self._layout = None  # what frames have in common may be something else now
        return rows

    def _layout_of(self, first: "re.Match[bytes]") -> _Layout:
        """Return where the parts are; mostly where they were in the chunk before."""
        if self._layout is None or self._layout.spans != first.regs:
            self._layout = _layout(first)
        return self._layout


def _layout(first: "re.Match[bytes]") -> _Layout:
    data: bytes = first.string
    subject, body = data.index(b" ") + 1, data.index(b"\r\n", first.end(_ACK)) + 2
    lowest, room = np.zeros(first.end(_ID), np.uint8), np.full(first.end(_ID), 255, np.uint8)
    for begin, end in ((subject, first.start(_SID) - 1), (first.end(_SEQ) + 1, first.end(_ACK))):
        lowest[begin:end], room[begin:end] = _ABOVE_SPACE, 255 - _ABOVE_SPACE
    for group in (_SID, _COUNT, _SEQ, _ID):
        begin, end = first.span(group)
        lowest[begin:end], room[begin:end] = ord("0"), 9
    said = (
        (0, data[:subject]),
        (first.start(_SID) - 1, b" "),
        (first.end(_SID), data[first.end(_SID) : first.start(_COUNT)]),
        (first.end(_COUNT), b"."),
        (first.end(_SEQ), b"."),
        (first.end(_ACK), data[first.end(_ACK) : body]),
    )
    if _number_place(first)[0] > first.start(_ID):
        room[first.start(_ID) : _number_place(first)[0]] = 0
    for at, text in said:
        lowest[at : at + len(text)], room[at : at + len(text)] = list(text), 0
    places = (_Place.of(first.span(group)) for group in (_SID, _ACK))
    return _Layout(first.regs, lowest, room, _number_place(first), *places)


def _number_place(first: "re.Match[bytes]") -> tuple[int, int]:
    """Return where the digits of the id are, without zeros that all frames have for years."""
    begin, end = first.span(_ID)
    middle = (begin + end) // 2
    few: bool = first.string[begin:middle].count(b"0") == middle - begin
    return (middle, end) if few else (begin, end)


def _alike(first: "re.Match[bytes]") -> int:
    """Return how many frames have their sizes where the first one has them; 1 where they are few.

    From the first one of another length on none has, but by chance: the last one is sought in
    halves.
    """
    data, size, at = first.string, first.end(), first.end(_ACK)
    low, beyond = 1, len(data) // size + 1
    if beyond <= FEWEST:
        return low
    sizes, middle = data[at : data.index(b"\r\n", at)], beyond - 1
    while beyond - low > 1:
        if data.startswith(sizes, at + (middle - 1) * size):
            low = middle
        else:
            beyond = middle
        middle = (low + beyond) // 2
    return low


def _rows(
    layout: _Layout, data: bytes, above: NDArray[np.uint8], beyond: NDArray[np.bool_]
) -> tuple[Columns, int] | None:
    """Read as many frames as there is space for; None where one has a byte that it may not have."""
    size, count = layout.spans[0][1], len(above)
    end = size * count
    ends = data[size - 2 : end : size].count(b"\r"), data[size - 1 : end : size].count(b"\n")
    frames: NDArray[np.uint8] = np.ndarray(above.shape, _BYTE, data, 0, (size, 1))
    np.subtract(frames, layout.lowest, out=above)
    if ends != (count, count) or np.count_nonzero(np.greater(above, layout.room, out=beyond)):
        return None
    columns = Columns(
        sids=_texts(data, count, size, layout.sid),
        ack_subjects=_texts(data, count, size, layout.ack),
        deliveries=_counts(above, data, layout),
        stream_seqs=_numbers(above, layout.spans[_SEQ]),
        ids=_numbers(above, layout.number),
    )
    return columns, end


def _texts(data: bytes, count: int, size: int, place: _Place) -> list[bytes]:
    """Return what stands at a place of each row; it has no zero bytes."""
    texts: NDArray[np.bytes_] = np.ndarray((count,), place.dtype, data, place.at, (size,))
    found: list[bytes] = texts.tolist()
    return found


def _counts(above: NDArray[np.uint8], data: bytes, layout: _Layout) -> IntArray:
    """Return the delivery counts; nearly every one is 1, as its column says."""
    (_, size), (begin, end), count = layout.spans[0], layout.spans[_COUNT], len(above)
    if end - begin == 1 and data[begin : size * count : size].count(b"1") == count:
        return first_ones(count)
    return _numbers(above, (begin, end))


def _numbers(digits: NDArray[np.uint8], span: tuple[int, int]) -> IntArray:
    """Return the numbers whose digits stand at a place of each row, shape (n,)."""
    begin, end = span
    numbers: IntArray = digits[:, begin:end].astype(np.int64).dot(_WEIGHTS[end - begin])
    return numbers
