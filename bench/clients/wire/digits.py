"""Decimal numbers in frames, written and read in blocks. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import IntArray
from bench.plan.traffic import ID_DIGITS

TIME_CHARS = 29
"""Of an instant to the nanosecond, without its zone."""

_FIELD = np.dtype((np.void, ID_DIGITS))
_TIME_FIELD = np.dtype((np.void, TIME_CHARS))
_GROUP = 4
_GROUPS = np.array([b"%04d" % number for number in range(10_000)], dtype="S4").view(np.uint32)
"""Every group of four digits as the four bytes that stand for it."""


def write_numbers(frames: bytearray, at: IntArray, values: IntArray) -> None:
    """Write each value over the ID_DIGITS bytes at its offset, as digits with leading zeros.

    Args:
        frames: changed in place.
        at: offset of each number, shape (n,).
        values: 0 <= value < 10**ID_DIGITS, shape (n,).
    """
    if not values.size:
        return
    groups = np.full((values.size, ID_DIGITS // _GROUP), _GROUPS[0])
    rest, largest, column = values, int(values.max()), groups.shape[1] - 1
    while largest >= 10_000:
        above = rest // 10_000
        groups[:, column] = _GROUPS[rest - above * 10_000]
        rest, largest, column = above, largest // 10_000, column - 1
    groups[:, column] = _GROUPS[rest]
    # A field at every offset, each overlapping the next: numpy then copies whole numbers to any
    # places at once, 10 ns each, where indices of single bytes would cost ten times that.
    fields: NDArray[np.void] = np.ndarray(
        (len(frames) - ID_DIGITS + 1,), dtype=_FIELD, buffer=frames, strides=(1,)
    )
    fields[at] = groups.view(_FIELD).ravel()


def write_times(frames: bytearray, at: IntArray, instants_ns: IntArray) -> None:
    """Write each instant over the TIME_CHARS bytes at its offset, `2026-11-28T06:10:36.794724123`.

    Args:
        frames: changed in place.
        at: offset of each, shape (n,).
        instants_ns: since 1970, UTC, shape (n,).
    """
    if not instants_ns.size:
        return
    texts = np.datetime_as_string(instants_ns.astype("datetime64[ns]"))
    fields: NDArray[np.void] = np.ndarray(
        (len(frames) - TIME_CHARS + 1,), dtype=_TIME_FIELD, buffer=frames, strides=(1,)
    )
    fields[at] = texts.astype(f"S{TIME_CHARS}").view(_TIME_FIELD).ravel()


def digits_in_a_row(first: int, count: int) -> NDArray[np.uint8]:
    """Return the ID_DIGITS digits of numbers that follow one another, shape (count, ID_DIGITS).

    Args:
        first: the first of them, >= 0; the last one is below 10**ID_DIGITS.
        count: how many.
    """
    low = first % _GROUPS.size
    alike = min(count, _GROUPS.size - low)
    groups = np.empty((alike, ID_DIGITS // _GROUP), dtype=np.uint32)
    groups[:] = np.frombuffer(b"%0*d" % (ID_DIGITS, first), dtype=np.uint32)
    groups[:, -1] = _GROUPS[low : low + alike]
    digits = groups.view(np.uint8)
    if alike == count:
        return digits
    return np.concatenate([digits, digits_in_a_row(first + alike, count - alike)])


def read_numbers(texts: Sequence[bytes]) -> IntArray:
    """Return the numbers that are written in `texts`, each at most 18 digits, shape (n,)."""
    return np.fromstring(b" ".join(texts), dtype=np.int64, sep=" ")
