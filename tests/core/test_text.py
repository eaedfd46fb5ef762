"""Numbers and words as people read them."""

import math

import pytest

from bench.core import text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (0.412345, "0.412"),
        (0.0123456, "0.0123"),
        (1.5, "1.50"),
        (12.34, "12.3"),
        (99.96, "100"),
        (123.4, "123"),
        (12345.6, "12\u202f346"),
        (-3.14159, "\u22123.14"),
        (math.nan, "n/a"),
        (math.inf, "n/a"),
    ],
)
def test_numbers_carry_three_digits_and_no_more(value: float, written: str) -> None:
    """More digits than a benchmark knows would promise a precision it has not."""
    assert text.number(value) == written


@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (1.0, "±0 %"),
        (1.0004, "±0 %"),
        (1.142, "+14.2 %"),
        (1.0231, "+2.3 %"),
        (1.1, "+10 %"),
        (0.5, "\u221250 %"),
        (2.344, "+134 %"),
        (9.994, "+899 %"),
        (10.5, "×10.5"),
        (289.54, "×290"),
        (math.nan, "n/a"),
    ],
)
def test_a_change_reads_as_percent_until_it_is_tenfold(ratio: float, written: str) -> None:
    """`+28854 %` cannot be grasped; `×290` can."""
    assert text.change(ratio) == written
    assert text.share(ratio - 1) == written


@pytest.mark.parametrize(
    ("amount", "unit", "written"),
    [
        (1_230_000, "ns", "1.23 ms"),
        (999_600, "ns", "1.00 ms"),
        (99_970_000, "ns", "100 ms"),
        (-1_230_000, "ns", "\u22121.23 ms"),
        (12_345.6, "msg/s", "12\u202f346 msg/s"),
        (1, "msgs", "1 message"),
        (12.5, "msgs", "12.5 messages"),
        (1_234.0, "µs/msg", "1\u202f234 µs/msg"),
        (0.0123, "share", "1.23 %"),
        (1_572_864, "bytes", "1.50 MiB"),
    ],
)
def test_an_amount_carries_its_unit(amount: float, unit: str, written: str) -> None:
    """A figure that a verdict goes by must be found again in the tables, digit by digit."""
    assert text.in_unit(amount, unit) == written


@pytest.mark.parametrize(
    ("slope", "written"), [(0.0, "0.0"), (3.388, "+3.4"), (-0.9, "\u22120.9"), (677.2, "+677")]
)
def test_a_slope_always_shows_its_direction(slope: float, written: str) -> None:
    """The sign says whether the consumer falls behind; it must not be left to guess."""
    assert text.slope(slope) == written


@pytest.mark.parametrize(
    ("smallest_ns", "unit"), [(900.0, "µs"), (99_000.0, "µs"), (100_000.0, "ms"), (2e10, "s")]
)
def test_a_column_of_times_gets_one_unit(smallest_ns: float, unit: str) -> None:
    """A column is compared at sight only when all its numbers are of one unit."""
    assert text.time_scale(smallest_ns).unit == unit


@pytest.mark.parametrize(
    ("words", "joined"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_read_as_a_sentence_does(words: list[str], joined: str) -> None:
    """The sentence on what was compared holds any number of workloads."""
    assert text.listed(words) == joined


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (0.04, 0.12, "+4.0 % to +12 %"),
        (0.04, None, "+4.0 % or more"),
        (None, 0.12, "+12 % or less"),
        (None, None, "n/a"),
    ],
)
def test_an_interval_says_which_end_nobody_can_tell(
    low: float | None, high: float | None, written: str
) -> None:
    """`n/a to +12 %` would read as if half of it had been forgotten."""
    assert text.ends(low, high, text.share) == written
