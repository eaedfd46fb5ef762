"""What a stream keeps for all its consumers, and for nobody: each rule on both sides."""

from dataclasses import replace
from typing import Any

import pytest

from bench.analysis.company import dropped, holder, unclaimed, uncovered
from bench.analysis.living import held_up
from bench.analysis.seen import Seen
from bench.analysis.watched import doubts, unseen
from bench.record.looks import Peer, Stock
from tests.analysis.looked import FLOW, names, seen

SUBJECTS = ("orders.new", "orders.*.paid")


def stock(stored_msgs: int, *peers: tuple[str, int]) -> Stock:
    """Return a stream with so many messages, and consumers with a filter and a lag each."""
    made = (
        Peer(name=f"c{at}", filters=(pattern,) if pattern else (), lag_msgs=lag)
        for at, (pattern, lag) in enumerate(peers)
    )
    return Stock(subjects=SUBJECTS, stored_msgs=stored_msgs, peers=tuple(made))


def kept(of: Stock | None, retention: str = "workqueue", **changed: Any) -> Seen:
    return replace(seen(FLOW, retention=retention, **changed), stock=of)


def test_what_is_in_a_work_queue_for_no_consumer_is_unclaimed() -> None:
    assert names(kept(stock(100, ("orders.new", 60), ("orders.*.paid", 39)))) == ["unclaimed"]
    assert names(kept(stock(100, ("orders.new", 60), ("orders.*.paid", 40)))) == []
    assert names(kept(stock(100, ("", 99)), "interest")) == [], "others keep it"
    assert names(kept(None)) == []


def test_it_says_whether_a_subject_has_no_consumer() -> None:
    bare = unclaimed(kept(stock(100, ("orders.new", 60))))
    spent = unclaimed(kept(stock(100, ("", 60))))

    assert "40 messages" in str(bare)
    assert "no consumer takes all of orders.*.paid" in str(bare)
    assert "they had all their attempts" in str(spent)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ([""], ()),
        (["orders.>"], ()),
        (["orders.new"], ("orders.*.paid",)),
        (["orders.eu.paid", "orders.us.paid", "orders.new"], ("orders.*.paid",)),
        ([], SUBJECTS),
    ],
)
def test_a_subject_is_covered_where_one_filter_does(
    filters: list[str], left: tuple[str, ...]
) -> None:
    assert uncovered(stock(0, *((each, 0) for each in filters))) == left


def test_what_an_interest_stream_drops_is_no_fault() -> None:
    (told,) = dropped(kept(stock(0, ("orders.new", 0)), "interest"))

    assert "orders.*.paid" in told
    assert held_up(kept(stock(0, ("orders.new", 0)), "interest")) == ()
    assert dropped(kept(stock(0, ("", 0)), "interest")) == ()
    assert dropped(kept(stock(0, ("orders.new", 0)), "workqueue")) == ()
    assert dropped(kept(None, "interest")) == ()


def test_many_subjects_are_not_all_named() -> None:
    many = Stock(subjects=tuple("abcde"), stored_msgs=0, peers=())

    assert "a, b, c and 2 more" in dropped(kept(many, "interest"))[0]


def test_who_has_most_to_do_is_named_where_the_stream_is_nearly_full() -> None:
    full: dict[str, Any] = {"max_msgs": 5600, "discard": "new"}
    some = stock(5500, ("orders.new", 500), ("orders.*.paid", 5000))

    assert "; c1 has 5000 still to do" in str(held_up(kept(some, **full)))
    assert holder(kept(stock(0, ("", 0)))) == ""
    assert holder(kept(some, "limits")) == "", "its limits alone remove there"
    assert holder(kept(None)) == ""


def test_others_that_could_not_be_seen_are_said_to_be_so() -> None:
    """Of a work queue it is a doubt: what no consumer will be given nobody handles."""
    assert "CONSUMER.LIST" in doubts(kept(None))[-1]
    assert unseen(kept(None)) == ()
    assert "CONSUMER.LIST" in unseen(kept(None, "interest"))[-1]
    assert doubts(kept(stock(0))) == doubts(kept(None, "interest")) == ()
    assert unseen(kept(stock(0))) == ()
    assert unseen(kept(None, "limits")) == ()
