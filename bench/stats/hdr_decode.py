"""Many encoded histograms at once (HdrHistogram V2, compressed).

The library decodes one at a time into 270 kB each; a report of 200 trials reads up to 10^5 of
them. Here only inflating is done one by one, the varints of a group in a few array operations.

Source: HdrHistogram, "V2 encoding" (ZigZag LEB128, negative numbers are runs of zero counters).
"""

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.stats.histogram import COUNTERS, DIGITS, HIGHEST_NS, LOWEST_NS, Histogram, IntArray

_OUTER = struct.Struct(">II")  # cookie, length of the compressed part
_INNER = struct.Struct(">IIIIQQd")  # cookie, payload length, offset, digits, lowest, highest, ratio
_COMPRESSED_COOKIE = 0x1C849304
_ENCODED_COOKIE = 0x1C849303
_WORD_SIZE_BITS = 0xF0
GROUP = 16  # arrays that stay in the cache: twice as fast as a whole log at once
_MOST_BYTES = 8  # 56 bits: a ninth byte would mean more than 10^16 messages in one counter
_MOST_INNER = _INNER.size + COUNTERS * _MOST_BYTES
_MOST_OUTER = _OUTER.size + _MOST_INNER + 1024  # what cannot be compressed grows a little

MAX_TEXT = 4 * (_MOST_OUTER // 3 + 1)
"""Characters of the longest text of a histogram."""


def decode(encoded: Sequence[str]) -> list[Histogram]:
    """Return the histograms of base64 texts, as `HdrHistogram.decode` reads them one by one.

    Raises:
        ValueError: a text is not such a histogram, or is of another range or precision than ours.
    """
    groups = (encoded[i : i + GROUP] for i in range(0, len(encoded), GROUP))
    return [histogram for group in groups for histogram in _decode_group(group)]


def _decode_group(encoded: Sequence[str]) -> list[Histogram]:
    payloads = [_payload(text) for text in encoded]
    ends = np.cumsum([len(payload) for payload in payloads], dtype=np.int64)
    octets = np.frombuffer(b"".join(payloads), dtype=np.uint8)
    if np.any(octets[ends[ends > 0] - 1] & 0x80):
        raise ValueError("a histogram ends within a number")
    numbers, number_ends = _numbers(octets)
    # Numbers of payload k: first[k] to last[k].
    last = np.searchsorted(number_ends, ends, side="right")
    first = np.concatenate(([0], last))[:-1]
    return _histograms(numbers, first, last)


def _payload(text: str) -> bytes:
    if len(text) > MAX_TEXT:
        raise ValueError("a histogram longer than its range allows")
    wrapped = base64.b64decode(text, validate=True)
    if len(wrapped) < _OUTER.size:
        raise ValueError("a histogram is cut short")
    cookie, length = _OUTER.unpack_from(wrapped)
    if cookie & ~_WORD_SIZE_BITS != _COMPRESSED_COOKIE or length != len(wrapped) - _OUTER.size:
        raise ValueError("not a compressed V2 histogram")
    inner = _inflated(memoryview(wrapped)[_OUTER.size :])
    if len(inner) < _INNER.size:
        raise ValueError("a histogram is cut short")
    cookie, length, offset, digits, lowest, highest, _ = _INNER.unpack_from(inner)
    if cookie & ~_WORD_SIZE_BITS != _ENCODED_COOKIE or length != len(inner) - _INNER.size:
        raise ValueError("not a V2 histogram")
    if (offset, digits, lowest, highest) != (0, DIGITS, LOWEST_NS, HIGHEST_NS):
        raise ValueError("a histogram of another range or precision")
    return inner[_INNER.size :]


def _inflated(deflated: memoryview) -> bytes:
    """Return what was compressed, but no more of it than a histogram may have."""
    inflating = zlib.decompressobj()
    try:
        inner = inflating.decompress(deflated, _MOST_INNER + 1)
    except zlib.error as error:
        raise ValueError(f"a histogram cannot be inflated: {error}") from error
    if len(inner) > _MOST_INNER:
        raise ValueError("a histogram unfolds to more than its range allows")
    if not inflating.eof or inflating.unused_data:
        raise ValueError("a histogram cannot be inflated: it does not end where its text does")
    return inner


def _numbers(octets: NDArray[np.uint8]) -> tuple[IntArray, IntArray]:
    """Return the signed numbers and, for each, the place after its last byte."""
    is_last = octets < 0x80
    ends = np.flatnonzero(is_last) + 1
    raw = octets[is_last].astype(np.int64)
    # Nearly all numbers are one byte; only the other bytes are looked at one by one.
    further = np.flatnonzero(~is_last)
    number = np.searchsorted(ends, further, side="right")
    starts = np.concatenate(([0], ends))[number]
    place = further - starts
    if place.size and int(place.max()) > _MOST_BYTES - 2:
        raise ValueError("a histogram holds a number beyond 56 bits")
    raw[number] <<= 7 * (ends[number] - 1 - starts)
    np.add.at(raw, number, (octets[further] & np.int64(0x7F)) << (7 * place))
    return (raw >> 1) ^ -(raw & 1), ends


def _histograms(numbers: IntArray, first: IntArray, last: IntArray) -> list[Histogram]:
    steps = np.maximum(-numbers, 1)  # a negative number stands for so many empty counters
    place = np.concatenate(([0], np.cumsum(steps)))
    if np.any(place[last] - place[first] > COUNTERS):
        raise ValueError("a histogram has more counters than its range")
    used = np.flatnonzero(numbers > 0)
    low, high = np.searchsorted(used, first), np.searchsorted(used, last)
    indices = place[used] - np.repeat(place[first], high - low)
    counts = numbers[used]
    cuts = zip(low.tolist(), high.tolist(), strict=True)
    return [Histogram(indices=indices[i:j], counts=counts[i:j]) for i, j in cuts]
