"""Names as a report shows them."""

import html

from hypothesis import given
from hypothesis import strategies as st

from bench.report import lettering


@given(st.text(max_size=600))
def test_plotly_shows_any_label_as_it_stands(label: str) -> None:
    """Plotly renders `<b>` and `<a href>` in labels: a variant's name must not become markup."""
    shown = lettering.for_plot(label)

    assert "<" not in shown
    assert ">" not in shown
    expected = lettering.shortened(" ".join(label.split()), 44)
    assert html.unescape(shown) in (expected, f"\u2068{expected}\u2069")


def test_long_names_keep_the_end_that_tells_them_apart() -> None:
    """`batch-10` and `batch-100` of one long config would else read the same."""
    assert lettering.shortened("pull-batch/batch-100", 12) == "pull-…ch-100"
    assert lettering.shortened("short", 12) == "short"


def test_right_to_left_labels_are_isolated() -> None:
    """Without isolation a Hebrew name swaps places with the figures beside it in an SVG."""
    assert lettering.for_plot("\u05d0\u05d1 12") == "\u2068\u05d0\u05d1 12\u2069"
