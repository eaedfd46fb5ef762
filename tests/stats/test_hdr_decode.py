"""Our decoder against the HdrHistogram library's own, and against broken input."""

import base64
import struct
import zlib

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.hdr_decode import decode
from bench.stats.histogram import DIGITS, HIGHEST_NS, LOWEST_NS

RECORDED = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 5000), st.integers(0, HIGHEST_NS)),
        st.one_of(st.integers(1, 300), st.integers(1, 2**50)),
    ),
    max_size=40,
)


def library(recorded: list[tuple[int, int]]) -> HdrHistogram:
    """A histogram of the library's with (value, count) pairs."""
    histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)
    for value, count in recorded:
        histogram.record_value(value, count)
    return histogram


def wrapped(inner: bytes) -> str:
    """Any payload in the outer wrapping of a compressed V2 histogram."""
    deflated = zlib.compress(inner)
    return base64.b64encode(struct.pack(">II", 0x1C849314, len(deflated)) + deflated).decode()


def payload(numbers: bytes, *, digits: int = DIGITS) -> bytes:
    """The inner header of a histogram of our range, and its numbers."""
    head = (0x1C849313, len(numbers), 0, digits, LOWEST_NS, HIGHEST_NS, 1.0)
    return struct.pack(">IIIIQQd", *head) + numbers


@given(logs=st.lists(RECORDED, max_size=40))
def test_a_log_decodes_to_the_librarys_counts(logs: list[list[tuple[int, int]]]) -> None:
    """All lines are decoded in one go; no count may slip into a neighbour's histogram."""
    theirs = [library(recorded) for recorded in logs]
    ours = decode([histogram.encode().decode() for histogram in theirs])

    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        counts = np.frombuffer(their.counts, dtype=np.uint64)
        assert our.indices.tolist() == np.flatnonzero(counts).tolist()
        assert our.counts.tolist() == counts[counts > 0].tolist()


def test_numbers_decode_as_the_format_says() -> None:
    """By hand: zigzag 4 is 2, zigzag 5 is a run of 3 empty counters, zigzag 0x80 0x02 is 128."""
    [histogram] = decode([wrapped(payload(bytes([4, 5, 0x80, 0x02])))])

    assert histogram.indices.tolist() == [0, 4]
    assert histogram.counts.tolist() == [2, 128]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not base64!", "base64|characters|padding"),
        (base64.b64encode(b"abc").decode(), "cut short"),
        (base64.b64encode(b"\0" * 40).decode(), "not a compressed V2"),
        (wrapped(b"\0" * 10), "cut short"),
        (wrapped(b"\0" * 60), "not a V2"),
        (wrapped(payload(b"", digits=2)), "another range"),
        (wrapped(payload(b"\x80")), "ends within a number"),
        (wrapped(payload(b"\x80" * 9 + b"\x01")), "beyond 56 bits"),
        (wrapped(payload(b"\xff\xff\xff\x7f\x04")), "more counters"),
        (wrapped(payload(b"\x02" * 10_000_000)), "unfolds to more"),
        (wrapped(payload(b"\x02"))[:-4] + "AAAA", "inflated|unfolds"),
    ],
)
def test_broken_input_is_refused(text: str, complaint: str) -> None:
    """A damaged record must be named, never read as fewer or other messages."""
    with pytest.raises(ValueError, match=complaint):
        decode([text])


def test_a_damaged_compressed_part_is_refused() -> None:
    """The checksum inside the compressed part is what finds a flipped bit."""
    wire = bytearray(base64.b64decode(library([(1000, 5), (2000, 7)]).encode()))
    wire[-3] ^= 0x40

    with pytest.raises(ValueError, match="cannot be inflated"):
        decode([base64.b64encode(bytes(wire)).decode()])


def test_no_lines_are_no_histograms() -> None:
    """A trial that broke off has an empty log."""
    assert decode([]) == []
