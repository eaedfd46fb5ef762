"""The ledger of many parts, in one column each: what is worst is named."""

import pytest

from bench.report.by_block import _groups, _spread, _word
from bench.spec.cast import Entry, Weight

LOST = Entry(name="lost", means="gone", weight=Weight.SHORTFALL)
RECEIVED = Entry(name="received", means="came")


def test_what_many_parts_count_stands_together() -> None:
    """What few count stands apart, and so does what one alone has."""
    many = [f"r{n}.lost" for n in range(9)]

    assert _groups(["stored", "a.acked", "b.acked", *many]) == [
        ("stored",),
        ("a.acked",),
        ("b.acked",),
        tuple(many),
    ]
    assert _word(many) == "lost by each of 9 parts"
    assert _word(["a.acked"]) == "acked by a"


@pytest.mark.parametrize(
    ("counts", "entry", "words"),
    [
        ({"a.lost": 0, "b.lost": 3}, LOST, "0 to 3 (b)"),
        ({"a.lost": 3, "b.lost": 3}, LOST, "3"),
        ({"a.received": 5, "b.received": 9}, RECEIVED, "5 to 9 (a)"),
        ({"a.received": 9, "b.received": 9}, RECEIVED, "9"),
    ],
)
def test_the_spread_names_the_worst(counts: dict[str, int], entry: Entry, words: str) -> None:
    """Of what fell short the most, of what came the least; and a shortfall is marked."""
    told = _spread(counts, entry)

    assert words in told.text
    assert (told.text == words) is (entry is RECEIVED)  # a shortfall has its mark before it
