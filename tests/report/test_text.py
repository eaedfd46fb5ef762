"""Numbers and labels as people read them."""

import html
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report import text


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
        (1.0, "±0\u202f%"),
        (1.142, "+14\u202f%"),
        (1.0231, "+2.3\u202f%"),
        (0.5, "\u221250\u202f%"),
        (12.0, "×12.0"),
        (math.nan, "n/a"),
    ],
)
def test_a_change_reads_as_percent_until_it_is_tenfold(ratio: float, written: str) -> None:
    """`+28854 %` cannot be grasped; `×289` can."""
    assert text.change(ratio) == written


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


@given(st.text(max_size=600))
def test_plotly_shows_any_label_as_it_stands(label: str) -> None:
    """Plotly renders `<b>` and `<a href>` in labels: a variant's name must not become markup."""
    shown = text.for_plot(label)

    assert "<" not in shown
    assert ">" not in shown
    expected = text.shortened(" ".join(label.split()), 44)
    assert html.unescape(shown) in (expected, f"\u2068{expected}\u2069")


def test_long_names_keep_the_end_that_tells_them_apart() -> None:
    """`batch-10` and `batch-100` of one long config would else read the same."""
    assert text.shortened("pull-batch/batch-100", 12) == "pull-…ch-100"
    assert text.shortened("short", 12) == "short"


def test_right_to_left_labels_are_isolated() -> None:
    """Without isolation a Hebrew name swaps places with the figures beside it in an SVG."""
    assert text.for_plot("\u05d0\u05d1 12") == "\u2068\u05d0\u05d1 12\u2069"


@pytest.mark.parametrize(
    ("words", "joined"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_read_as_a_sentence_does(words: list[str], joined: str) -> None:
    """The sentence on what was compared holds any number of workloads."""
    assert text.listed(words) == joined
