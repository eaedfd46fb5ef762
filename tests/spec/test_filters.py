"""Filters of consumers: NATS's own rules of which subjects match."""

import pytest

from bench.spec.base import MisfitError
from bench.spec.filters import check_filter, covers, matching

SUBJECTS = ("orders.eu.paid", "orders.us.paid", "orders.eu.created", "orders", "events")


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        (">", SUBJECTS),
        ("orders.>", SUBJECTS[:3]),
        ("orders.*.paid", SUBJECTS[:2]),
        ("orders.eu.*", (SUBJECTS[0], SUBJECTS[2])),
        ("orders", ("orders",)),
        ("*", ("orders", "events")),
        ("*.*.*", SUBJECTS[:3]),
        ("orders.*", ()),
        ("orders.eu.paid.>", ()),
        ("order", ()),
    ],
)
def test_a_filter_matches_by_tokens(pattern: str, matched: tuple[str, ...]) -> None:
    """`*` is one token, `>` one or more at the end; a part of a token is none."""
    assert matching(pattern, SUBJECTS) == frozenset(matched)


@pytest.mark.parametrize("text", [">", "*", "a.b", "a.*.c", "a.>", "*.>", "A-1_b"])
def test_what_nats_takes_is_taken(text: str) -> None:
    """As it stands."""
    assert check_filter(text) == text


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", ">.a", "a.>.b", "a b", "a.*x", "é"])
def test_what_nats_refuses_is_refused(text: str) -> None:
    """The book's `billing.>.invoice.>` among them: `>` stands last only."""
    with pytest.raises(MisfitError, match="is no filter"):
        check_filter(text)


@pytest.mark.parametrize(
    ("wide", "narrow", "all_of_it"),
    [
        (">", ">", True),
        (">", "a.*", True),
        ("a.>", "a.>", True),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("a.>", ">", False),
        ("a.*.>", "a.>", False),
        ("*.>", "a.b", True),
        ("*", "*", True),
        ("*", ">", False),
        ("*", "a", True),
        ("a", "*", False),
        ("a.*", "a.*", True),
        ("a.*", "*.a", False),
        ("a.b", "a.b", True),
        ("a.b", "a.b.c", False),
    ],
)
def test_a_filter_covers_another_where_it_matches_all_of_its_subjects(
    wide: str, narrow: str, all_of_it: bool
) -> None:
    assert covers(wide, narrow) is all_of_it
