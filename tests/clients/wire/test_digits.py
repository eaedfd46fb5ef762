"""Numbers in frames."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.wire.digits import read_numbers, write_numbers

values = st.lists(st.integers(0, 10**16 - 1), min_size=1, max_size=20)


@given(numbers=values, gap=st.integers(0, 5))
def test_numbers_are_written_as_python_formats_them(numbers: list[int], gap: int) -> None:
    """The id in a payload is what a consumer finds the message by."""
    frames = bytearray(b"-" * (len(numbers) * (16 + gap)))
    at = np.arange(len(numbers), dtype=np.int64) * (16 + gap)

    write_numbers(frames, at, np.array(numbers, dtype=np.int64))

    assert bytes(frames) == b"".join(b"%016d" % number + b"-" * gap for number in numbers)


@given(numbers=values)
def test_written_numbers_are_read_back(numbers: list[int]) -> None:
    """Leading zeros and 16 digits must survive: a float would lose the last ones."""
    texts = [b"%016d" % number for number in numbers]

    assert read_numbers(texts).tolist() == numbers


def test_no_texts_are_no_numbers() -> None:
    """An empty block of deliveries is not an error."""
    assert read_numbers([]).tolist() == []
