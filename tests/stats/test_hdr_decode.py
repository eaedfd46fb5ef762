"""Our decoder against the HdrHistogram library's own, and against broken input."""

import base64
import struct
import zlib

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.hdr_decode import MAX_TEXT, decode
from bench.stats.histogram import COUNTERS, DIGITS, HIGHEST_NS, LOWEST_NS

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


def wrapped(
    inner: bytes, *, cookie: int = 0x1C849314, missing: int = 0, cut: int = 0, tail: bytes = b""
) -> str:
    """Any payload in the outer wrapping of a compressed V2 histogram.

    The length may be wrong by `missing`; what is compressed may be cut, or have something behind.
    """
    deflated = zlib.compress(inner)
    deflated = deflated[: len(deflated) - cut] + tail
    head = struct.pack(">II", cookie, len(deflated) + missing)
    return base64.b64encode(head + deflated).decode()


def payload(
    numbers: bytes,
    *,
    cookie: int = 0x1C849313,
    missing: int = 0,
    offset: int = 0,
    digits: int = DIGITS,
    lowest: int = LOWEST_NS,
    highest: int = HIGHEST_NS,
) -> bytes:
    """The inner header of a histogram of our range, and its numbers; `missing` bytes too short."""
    head = (cookie, len(numbers) + missing, offset, digits, lowest, highest, 1.0)
    return struct.pack(">IIIIQQd", *head) + numbers


def zigzag(number: int) -> bytes:
    """A number as the format writes it, by its definition, seven bits at a time."""
    left = 2 * number if number >= 0 else -2 * number - 1
    octets = []
    while left > 0x7F:
        octets.append(0x80 | left & 0x7F)
        left >>= 7
    return bytes([*octets, left])


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
        (base64.b64encode(b"\0" * 8).decode(), "not a compressed V2"),
        (wrapped(payload(b"\x02"), cookie=0x1C849313), "not a compressed V2"),
        (wrapped(payload(b"\x02"), missing=1), "not a compressed V2"),
        (wrapped(payload(b"\x02"), missing=-1), "not a compressed V2"),
        (wrapped(payload(b"\x02", cookie=0x1C849314)), "not a V2"),
        (wrapped(payload(b"\x02", missing=1)), "not a V2"),
        (wrapped(payload(b"\x02", missing=-1)), "not a V2"),
        (wrapped(payload(b"", digits=2)), "another range"),
        (wrapped(payload(b"", offset=1)), "another range"),
        (wrapped(payload(b"", lowest=2)), "another range"),
        (wrapped(payload(b"", highest=HIGHEST_NS + 1)), "another range"),
        (f"{wrapped(payload(bytes([2])))[:8]}!{wrapped(payload(bytes([2])))[8:]}", "base64"),
        (wrapped(payload(b"\x02"), cut=4), "does not end where its text does"),
        (wrapped(payload(b"\x02"), tail=b"\0"), "does not end where its text does"),
        (wrapped(payload(b"\x02" * 8 * COUNTERS)), "more counters"),
        (wrapped(payload(b"\x02" * 8 * COUNTERS + b"\x02")), "unfolds to more"),
        ("A" * MAX_TEXT, "not a compressed V2"),
        ("A" * (MAX_TEXT + 4), "longer than its range allows"),
        (wrapped(payload(b"\x80")), "ends within a number"),
        (wrapped(payload(b"\x80" * 8 + b"\x01")), "beyond 56 bits"),
        (wrapped(payload(zigzag(-COUNTERS) + zigzag(1))), "more counters"),
        (wrapped(payload(b"\xff\xff\xff\x7f\x04")), "more counters"),
        (wrapped(payload(b"\x02" * 10_000_000)), "unfolds to more"),
        (wrapped(payload(b"\x02"))[:-4] + "AAAA", "inflated|unfolds"),
    ],
)
def test_broken_input_is_refused(text: str, complaint: str) -> None:
    """A damaged record must be named, never read as fewer or other messages."""
    with pytest.raises(ValueError, match=complaint):
        decode([text])


def test_a_counter_may_be_written_as_empty() -> None:
    """Zigzag 0 is a count of 0: a place, and no message."""
    [histogram] = decode([wrapped(payload(bytes([0, 4])))])

    assert (histogram.indices.tolist(), histogram.counts.tolist()) == ([1], [2])


def test_what_the_range_just_allows_is_read() -> None:
    """The last counter after a run of all others, and a number of eight bytes."""
    [last, largest, empty] = decode(
        [
            wrapped(payload(zigzag(1 - COUNTERS) + zigzag(7))),
            wrapped(payload(zigzag(2**55 - 1))),
            wrapped(payload(b"")),
        ]
    )

    assert (last.indices.tolist(), last.counts.tolist()) == ([COUNTERS - 1], [7])
    assert (largest.indices.tolist(), largest.counts.tolist()) == ([0], [2**55 - 1])
    assert (empty.indices.tolist(), empty.counts.tolist()) == ([], [])


def test_a_broken_text_is_refused_wherever_it_stands() -> None:
    """Its neighbours would take its numbers for theirs."""
    sound, cut = wrapped(payload(b"\x02")), wrapped(payload(b"\x80"))

    for place in range(3):
        texts = [sound] * 3
        texts[place] = cut
        with pytest.raises(ValueError, match="ends within a number"):
            decode(texts)


def test_a_damaged_compressed_part_is_refused() -> None:
    """The checksum inside the compressed part is what finds a flipped bit."""
    wire = bytearray(base64.b64decode(library([(1000, 5), (2000, 7)]).encode()))
    wire[-3] ^= 0x40

    with pytest.raises(ValueError, match="cannot be inflated"):
        decode([base64.b64encode(bytes(wire)).decode()])


def test_no_lines_are_no_histograms() -> None:
    """A trial that broke off has an empty log."""
    assert decode([]) == []
