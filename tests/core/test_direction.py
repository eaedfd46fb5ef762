"""What runs from right to left turns nothing that stands beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.direction import contained, isolated, without_marks

HEBREW, ARABIC, RLO = "\u05d0\u05d1", "\u0639\u0631", "\u202eevil"
FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("batch-1", "batch-1"),
        (HEBREW, f"{FSI}{HEBREW}{PDI}"),
        (f"x-{ARABIC}", f"{FSI}x-{ARABIC}{PDI}"),
        (RLO, "evil"),
        (f"{HEBREW}{PDI}\u202e", f"{FSI}{HEBREW}{PDI}"),
    ],
)
def test_only_what_runs_from_right_to_left_is_isolated(words: str, shown: str) -> None:
    """Names are nearly always ASCII: those are searched for and compared as they are."""
    assert isolated(words) == shown


@given(st.text(max_size=50))
def test_isolating_twice_is_isolating_once(words: str) -> None:
    """A name passes through several sentences on its way to the page."""
    assert isolated(isolated(words)) == isolated(words)
    assert contained(isolated(words)) == isolated(words)


@given(
    st.text(alphabet="a\u05d0\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", max_size=30)
)
def test_nothing_reaches_beyond_a_sentence(sentence: str) -> None:
    """What is left of marks are whole isolates, which end by themselves."""
    left = contained(sentence)

    assert without_marks(left) == without_marks(sentence)
    depth = 0
    for letter in left:
        depth += (letter == FSI) - (letter == PDI)
        assert depth in (0, 1)
        assert letter not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
    assert depth == 0


def test_what_stands_for_a_stray_mark_is_the_caller_s_to_say() -> None:
    """A terminal spells it, Markdown leaves it out."""
    assert contained(f"a\u202eb {isolated(HEBREW)}", stray=ascii) == (
        f"a'\\u202e'b {FSI}{HEBREW}{PDI}"
    )
