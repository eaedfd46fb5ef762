"""Subjects told by their words: as if each were spelled out, and none is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bench.plan.selecting import chosen
from bench.spec.combined import Combined
from bench.spec.filters import matching
from bench.spec.workload import MAX_SUBJECTS, Subjects

WORDS = st.one_of(
    st.integers(1, 12).map(range),
    st.lists(st.sampled_from(["eu", "us", "0", "10", "x-1"]), min_size=1, unique=True).map(tuple),
)
TOKENS = st.sampled_from(["{a}", "{b}", "v{a}", "{b}-x", "orders"])
FILTERS = st.lists(
    st.sampled_from(["*", "0", "7", "10", "07", "eu", "v0", "veu", "10-x", "orders", "v", "-x"]),
    min_size=1,
    max_size=4,
)


@given(
    tokens=st.lists(TOKENS, min_size=1, max_size=3),
    a=WORDS,
    b=WORDS,
    wanted=FILTERS,
    rest=st.booleans(),
)
def test_a_filter_matches_as_if_each_subject_were_looked_at(
    tokens: list[str], a: range, b: range, wanted: list[str], rest: bool
) -> None:
    """By words alone, whichever stand where, once or twice."""
    pattern, asked = ".".join(tokens), ".".join([*wanted, ">"] if rest else wanted)
    words = {place: of for place, of in (("a", a), ("b", b)) if f"{{{place}}}" in pattern}
    # The first place changes slowest, whichever that is.
    words = dict(sorted(words.items(), key=lambda each: pattern.index(f"{{{each[0]}}}")))
    combined = Combined(pattern, words)
    named = matching(asked, combined)

    matched = combined.matched(asked)

    assert matched.count == sum(name in named for name in combined)
    numbers = range(len(combined) if matched.count else 0)
    assert {
        combined[n] for n in numbers if all(n // s % size == i for s, size, i in matched.steps)
    } == named
    assert combined.mean_chars == pytest.approx(np.mean([len(name) for name in combined]))


def subjects(**given: object) -> Subjects:
    return Subjects.model_validate(given)


def test_a_million_are_not_spelled_out() -> None:
    """Each is told when it is asked for, in the order that few of them have."""
    many = subjects(pattern="a.{x}.{y}", numbers={"x": 1000, "y": 1000})
    few = subjects(pattern="a.{x}.{y}", numbers={"x": 2}, values={"y": ["eu", "us"]})

    assert few.names == ("a.0.eu", "a.0.us", "a.1.eu", "a.1.us")
    assert (len(many.names), many.names[1002], many.names[-1]) == (10**6, "a.1.2", "a.999.999")
    assert many.names[:2] == ("a.0.0", "a.0.1")
    assert (many.matching("a.*.7"), many.matching("a.>"), many.matching("a.7")) == (1000, 10**6, 0)
    with pytest.raises(IndexError):
        many.names[10**6]


def test_the_messages_that_a_filter_matches_are_told_by_their_numbers() -> None:
    """Two places in one token, too: then by name."""
    index = np.arange(12)
    plain = subjects(pattern="a.{x}.{y}", numbers={"x": 3, "y": 4})
    joined = subjects(pattern="a.{x}-{y}", numbers={"x": 3, "y": 4})

    assert np.flatnonzero(chosen(plain, "a.*.2", index)).tolist() == [2, 6, 10]
    assert np.flatnonzero(chosen(joined, "a.1-2", index)).tolist() == [6]
    assert not chosen(plain, "b.>", index).any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pattern": "a.{x}"}, "no values for the place {x}"),
        ({"pattern": "a.{x}", "numbers": {"x": 0}}, "greater than or equal to 1"),
        ({"pattern": "a.{x}", "numbers": {"x": 3, "y": 3}}, "no such place in the pattern"),
        ({"pattern": "a.{x}", "numbers": {"x": 3}, "values": {"x": ["b"]}}, "has values, too"),
        ({"pattern": "a.{x}.{y}", "numbers": {"x": MAX_SUBJECTS, "y": 2}}, "too many subjects"),
        ({"pattern": "a.{x}-{y}", "numbers": {"x": 200, "y": 200}}, "a token with two places"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said.replace("{", "[{]")):
        subjects(**given)
