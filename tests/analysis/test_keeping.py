"""Whether a live consumer's stream keeps what waits for it: each rule on both sides."""

from typing import Any

import pytest

from bench.analysis.living import held_up
from bench.core.text import percent
from bench.core.units import NS_PER_S
from tests.analysis.looked import FLOW, STILL, names, seen

FREE: dict[str, Any] = {"unacked_msgs": 0, "waiting": 1}


def test_what_is_not_there_any_more_after_the_last_delivered_is_gone() -> None:
    """150 were stored after it, and 50 of them wait."""
    lost: dict[str, Any] = {"last_seq": 5150, "pending_msgs": 50}

    (found, *_) = held_up(seen(FLOW, **lost))

    assert found.name == "retention mismatch"
    assert "100 messages gone" in found.words
    assert "retention mismatch" not in names(seen(FLOW, **lost | {"last_seq": 5050}))
    assert "retention mismatch" not in names(seen(FLOW, filtered=True, **lost))
    assert "retention mismatch" not in names(seen(FLOW, thinned=True, **lost))


def test_what_waited_for_a_filter_and_does_not_any_more_is_gone() -> None:
    """Its sequences say nothing, but how many wait does."""
    loses, keeps = (FLOW | {"pending_msgs": by} for by in (-52, -50))

    assert names(seen(loses, filtered=True, pending_msgs=540)) == ["retention mismatch"]
    assert names(seen(keeps, filtered=True, pending_msgs=540)) == []
    assert names(seen(loses, thinned=True, pending_msgs=540)) == []


CUT: dict[str, Any] = {"first_seq": 4998}
"""The oldest that waits for its ack is the oldest that the stream has."""


def test_an_ack_floor_at_the_begin_of_a_stream_that_moves_is_pushed_by_it() -> None:
    moves = FLOW | {"first_seq": 50}

    (found,) = held_up(seen(moves, **CUT))

    assert found.name == "retention mismatch"
    assert f"in {percent(1.0)} of the looks" in found.words
    assert "at 4998 first and at 5498 now" in found.words
    assert names(seen(moves, first_seq=4997)) == []
    assert names(seen(FLOW, **CUT)) == [], "nothing is removed"
    assert names(seen(moves, retention="workqueue", **CUT)) == [], "acks remove them"
    assert names(seen(moves, filtered=True, **CUT)) == [], "nothing of it may have been there"
    assert names(seen(moves, unacked_msgs=0, **CUT)) == []
    assert names(seen(moves, acks=False, **CUT)) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"max_age_ns": NS_PER_S}, True),
        ({"max_age_ns": 10 * NS_PER_S}, False),
        ({"max_msgs": 5600, "discard": "new"}, True),
        ({"max_bytes": 520_000, "discard": "new"}, True),
        ({"max_bytes": 600_000, "discard": "new"}, False),
        ({"max_msgs": 5600}, False),
        ({"max_msgs": 10_000, "discard": "new"}, False),
    ],
)
def test_what_is_about_to_be_removed_or_refused_is_told(
    changed: dict[str, Any], found: bool
) -> None:
    """90 messages at 100/s are 0.9 s behind; 5500 are stored, and what is removed was handled."""
    told = names(seen(FLOW, pending_msgs=90, **changed))

    assert told == (["retention mismatch"] if found else [])


def test_a_full_stream_of_which_most_waits_loses_it() -> None:
    full: dict[str, Any] = {**FREE, "max_msgs": 5000}

    assert "retention mismatch" in names(seen(STILL, pending_msgs=2501, **full))
    assert "retention mismatch" not in names(seen(STILL, pending_msgs=2500, **full))
