"""Words that know when: to whoever does not ask they are words."""

import pickle

from bench.core.noted import Noted, instants_of


def test_they_are_words_and_know_when_in_another_process_too() -> None:
    """A worker's complaints go through a pipe, and are compared, joined and searched as text."""
    told = pickle.loads(pickle.dumps(Noted("connection lost", (5, 9))))  # noqa: S301 - our own

    assert told == "connection lost"
    assert instants_of(told) == (5, 9)
    assert instants_of(told.said("other words")) == (5, 9)


def test_what_was_not_counted_to_the_end_is_not_known() -> None:
    """One of those that are not kept may be the one that counts."""
    assert instants_of(Noted("lost", (5,), more=1)) is None
    assert instants_of(Noted("lost")) is None
    assert instants_of("lost") is None
