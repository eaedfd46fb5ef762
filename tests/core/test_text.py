"""Numbers and words as people read them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.core import text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (0.412345, "0.412"),
        (0.0123456, "0.0123"),
        (1.5, "1.50"),
        (12.34, "12.3"),
        (9.996, "10.0"),
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
        (1.0006, "+0.1 %"),
        (1.0231, "+2.3 %"),
        (0.997, "\u22120.3 %"),
        (1.0996, "+10 %"),
        (1.1, "+10 %"),
        (1.142, "+14 %"),
        (0.543, "\u221246 %"),
        (0.003, "\u221299.7 %"),
        (0.0, "\u2212100 %"),
        (1.994, "+99 %"),
        (1.998, "×2.00"),
        (2.4649, "×2.46"),
        (9.996, "×10.0"),
        (10.5, "×10.5"),
        (289.54, "×290"),
        (12345.6, "×12\u202f300"),
        (math.nan, "n/a"),
    ],
)
def test_a_change_reads_as_percent_until_it_is_twofold(ratio: float, written: str) -> None:
    """`+28854 %` cannot be grasped; `×290` can. More digits than are known promise too much."""
    assert text.change(ratio) == written
    assert text.share(ratio - 1) == written


CHANGES = st.floats(-1.0, 1e6)
LIMITS = st.floats(0.005, 3.0).map(lambda limit: round(limit, 4))
SAME = 1e-8
"""Changes that lie so close are the same."""


def as_read(written: str) -> float:
    """The share that a reader takes from a change as written."""
    digits = written.replace("\u202f", "").replace("\u2212", "-").removesuffix(" %")
    if digits.startswith("×"):
        return float(digits[1:]) - 1
    return float(digits.replace("±", "")) / 100


@given(one=CHANGES, other=CHANGES)
def test_a_larger_change_never_reads_as_a_smaller_one(one: float, other: float) -> None:
    """A table that is read from top to bottom would put the wrong row first."""
    low, high = sorted((one, other))

    assert as_read(text.share(low)) <= as_read(text.share(high))


@given(amount=CHANGES)
def test_a_change_never_reads_as_one_the_other_way(amount: float) -> None:
    """Slower and faster are the first thing that a reader takes away."""
    assert as_read(text.share(amount)) * amount >= 0


@given(amount=CHANGES)
def test_a_change_reads_as_what_it_is_within_its_rounding(amount: float) -> None:
    """Half a tenth below 10 %, half a percent below twice, half a percent of it from there on."""
    allowed = 0.0005 if abs(amount) < 0.0995 else 0.00501 * max(1.0, amount + 1)

    assert abs(as_read(text.share(amount)) - amount) <= allowed + 1e-12


@given(amount=st.floats(-1.0, 4.0), limit=LIMITS, sign=st.sampled_from([1, -1]))
def test_a_change_reads_on_its_side_of_the_limit_it_is_held_to(
    amount: float, limit: float, sign: int
) -> None:
    """`+10 %: worse, and by +10 % or more` of 10.4 % and of 9.6 % would be the same sentence."""
    limit *= sign
    assume(abs(amount - limit) > SAME and abs(amount) > SAME)

    read = as_read(text.share_beside(amount, limit))

    assert (read > limit) is (amount > limit)
    assert (read > 0) is (amount > 0)


@pytest.mark.parametrize(
    ("amount", "limit", "written"),
    [
        (0.104, 0.10, "+10.4 %"),
        (0.0996, 0.10, "+9.96 %"),
        (0.10, 0.10, "+10 %"),
        (0.129, 0.10, "+13 %"),
        (0.104, 0.103, "+10.4 %"),
        (-0.0496, -0.05, "\u22124.96 %"),
        (0.0003, 0.10, "+0.03 %"),
        (1.001, 1.0, "×2.001"),
    ],
)
def test_beside_a_limit_as_many_digits_as_it_takes(
    amount: float, limit: float, written: str
) -> None:
    """By hand: one digit more where the plain form would read like the limit, and no more."""
    assert text.share_beside(amount, limit) == written


@pytest.mark.parametrize(
    ("limit", "written"),
    [(0.1, "+10 %"), (0.125, "+12.5 %"), (-0.05, "\u22125 %"), (1.5, "+150 %")],
)
def test_a_limit_reads_as_its_rule_has_it(limit: float, written: str) -> None:
    """Rounded, `<= +12.5%` would be judged by `+13 %`."""
    assert text.share_limit(limit) == written


@pytest.mark.parametrize(
    ("amount", "size"),
    [(0.052, "5.2 %"), (-0.46, "46 %"), (-0.998, "99.8 %"), (1.46, "×2.46"), (0.0, "0 %")],
)
def test_the_size_of_a_fall_is_never_a_factor(amount: float, size: str) -> None:
    """Five hundred times as fast must not read as ×2.00."""
    assert text.size_of(amount) == size


@pytest.mark.parametrize(
    ("amount", "limit", "unit", "written"),
    [
        (20_040_000, 20_000_000, "ns", "20.04 ms"),
        (20_000_000, 20_000_000, "ns", "20.0 ms"),
        (19_900_000, 20_000_000, "ns", "19.9 ms"),
        (900.25, 900, "ns", "900.2 ns"),
        (4899.6, 4900, "msg/s", "4\u202f899.6 msg/s"),
        (0.001004, 0.001, "share", "0.1004 %"),
        (104_900_000, 104_857_600, "bytes", "100.04 MiB"),
    ],
)
def test_a_figure_differs_from_the_limit_it_misses(
    amount: float, limit: float, unit: str, written: str
) -> None:
    """`20.0 ms: the rule is broken`, of a rule that allows 20 ms, would look like our mistake."""

    def in_its_unit(figure: float, digits: int) -> str:
        return text.in_unit(figure, unit, digits)

    assert text.finely(in_its_unit, amount, limit) == written


@pytest.mark.parametrize(
    ("amount", "limit", "size"),
    [(0.104, 0.10, "10.4 %"), (0.0504, -0.05, "5.04 %"), (0.998, -0.05, "99.8 %")],
)
def test_a_size_beside_a_margin_goes_its_way(amount: float, limit: float, size: str) -> None:
    """A rate that must fall by nearly all to be noticed does not double."""
    assert text.size_beside(amount, limit) == size


@given(one=CHANGES, other=CHANGES, limit=st.none() | LIMITS)
def test_an_interval_is_no_point_unless_its_ends_agree(
    one: float, other: float, limit: float | None
) -> None:
    """`+12 % to +12 %` claims to know what nobody knows."""
    low, high = sorted((one, other))
    assume(high - low > SAME * max(1.0, high))

    ends = text.share_interval(low, high, limit).split(" to ")

    assert as_read(ends[0]) < as_read(ends[1])


def test_both_ends_of_an_interval_follow_the_rule_of_a_change() -> None:
    """Where they differ anyway, an interval needs no digits that its change has not."""
    assert text.share_interval(0.04, 0.124) == "+4.0 % to +12 %"
    assert text.share_interval(0.121, 0.123) == "+12.1 % to +12.3 %"


def test_an_interval_without_width_says_so() -> None:
    """`+12 % to +12 %` reads like a misprint; it is what figures without any scatter give."""
    assert text.share_interval(0.12, 0.12) == "+12 %, no spread seen"
    assert text.ends(3.0, 3.0, text.number) == "3.00, no spread seen"
    assert text.ends(3.0, 3.0001, text.number) == "3.00 to 3.00"


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
