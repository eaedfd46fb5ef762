"""Numbers in frames."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.wire.digits import digits_in_a_row, read_numbers, write_numbers

values = st.lists(st.integers(0, 10**16 - 1), min_size=1, max_size=20)


@given(numbers=values, gap=st.integers(0, 5))
def test_numbers_are_written_as_python_formats_them(numbers: list[int], gap: int) -> None:
    """The id in a payload is what a consumer finds the message by."""
    frames = bytearray(b"-" * (len(numbers) * (16 + gap)))
    at = np.arange(len(numbers), dtype=np.int64) * (16 + gap)

    write_numbers(frames, at, np.array(numbers, dtype=np.int64))

    assert bytes(frames) == b"".join(b"%016d" % number + b"-" * gap for number in numbers)


@given(
    first=st.integers(0, 10**16 - 30_000) | st.sampled_from([0, 9_990, 10**8 - 3, 10**12 - 1]),
    count=st.integers(0, 600) | st.just(25_000),
)
def test_numbers_in_a_row_carry_over(first: int, count: int) -> None:
    """Four digits change at a time, and sometimes those before them."""
    found = digits_in_a_row(first, count).tobytes()

    assert found == b"".join(b"%016d" % number for number in range(first, first + count))


@given(numbers=values)
def test_written_numbers_are_read_back(numbers: list[int]) -> None:
    """Leading zeros and 16 digits must survive: a float would lose the last ones."""
    texts = [b"%016d" % number for number in numbers]

    assert read_numbers(texts).tolist() == numbers


def test_no_texts_are_no_numbers() -> None:
    """An empty block of deliveries is not an error."""
    assert read_numbers([]).tolist() == []
