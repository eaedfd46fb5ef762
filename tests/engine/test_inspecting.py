"""Handlers that look at messages: what they refuse, and whether they were right."""

from dataclasses import replace

import numpy as np
import pytest

from bench.clients.port import Content
from bench.engine.envelopes import MALFORMED, UNKNOWN_VERSION, check_envelope
from bench.engine.inspecting import CHECKS, make_inspector
from bench.plan.spoiling import WAYS
from bench.plan.traffic import Traffic
from tests.engine.test_reviving import job
from tests.plan.test_spoiling import BOTH, payload, traffic

LOOKS = replace(job(), checks=("envelope",))


def content(data: bytes) -> Content:
    return Content(data=data, subject="events", headers={}, seq=1, deliveries=1)


def good() -> bytes:
    return payload(traffic(), 3)


def test_an_envelope_of_ours_is_a_good_one() -> None:
    assert check_envelope(content(good())) == ""


@pytest.mark.parametrize("way", WAYS["malformed"])
def test_each_way_to_be_malformed_is_noticed(way: object) -> None:
    assert callable(way)
    assert check_envelope(content(way(good()))) == MALFORMED


def test_a_version_that_nobody_knows_is_noticed() -> None:
    (way,) = WAYS["unknown-version"]

    assert check_envelope(content(way(good()))) == UNKNOWN_VERSION


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"null", bytes(300)])
def test_whatever_comes_is_refused_and_breaks_nothing(data: bytes) -> None:
    assert check_envelope(content(data)) == MALFORMED


def looked_at(made: Traffic, known: Traffic, ids: list[int]) -> tuple[list[bool], int]:
    """What a process refuses of these messages, and how often it was wrong by what it knows."""
    inspector = make_inspector(LOOKS, known)
    assert inspector is not None
    inspector.reads(lambda position: content(payload(made, ids[position])))
    refused = inspector.refused(np.arange(len(ids)), np.array(ids))
    return refused.tolist(), inspector.counted()["false_alarms"]


def test_the_bad_ones_are_refused_and_no_good_one() -> None:
    made = traffic(*BOTH)
    bad = made.faults.bad(np.arange(200)).tolist()

    assert looked_at(made, made, list(range(200))) == (bad, 0)


def test_a_good_one_that_is_refused_is_a_false_alarm() -> None:
    """As far as anybody dealt, none of these is bad."""
    made = traffic(*BOTH)

    assert looked_at(made, traffic(), list(range(200)))[1] == 20


def test_nobody_is_made_to_look_where_nothing_is_to_be_looked_at() -> None:
    assert make_inspector(replace(LOOKS, checks=()), traffic()) is None


def test_what_carries_no_id_is_none_of_ours_and_not_looked_at() -> None:
    inspector = make_inspector(LOOKS, traffic())
    assert inspector is not None

    assert inspector.refused(np.array([0]), np.array([-1])).tolist() == [False]
    with pytest.raises(ValueError, match="nobody keeps"):
        inspector.refused(np.array([0]), np.array([0]))


def test_a_message_that_somebody_replays_is_no_false_alarm_when_it_is_refused() -> None:
    """Which of the two came is known by their sequences, when all is over."""
    made = traffic({"kind": "replayed", "share": "10%"}, headers=["signature"])
    inspector = make_inspector(LOOKS, made)
    assert inspector is not None
    inspector.reads(lambda position: content(b"none of ours"))
    again = made.carried[~made.firsts][:1]

    assert inspector.refused(np.array([0]), again).all()
    assert inspector.false_alarms == 0
    assert inspector.refused(np.array([0]), np.array([199])).all()
    assert inspector.false_alarms == 1


def test_checks_are_made_in_the_order_of_a_handler() -> None:
    """What is not authentic is not parsed."""
    assert list(CHECKS) == ["signature", "envelope"]
