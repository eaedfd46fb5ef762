"""Handlers that look at messages: what they refuse, and whether they were right."""

import numpy as np
import pytest

from bench.clients.port import Content
from bench.engine.envelopes import MALFORMED, UNKNOWN_VERSION, check_envelope
from bench.engine.inspecting import make_inspector
from bench.plan.faults import NONE
from bench.plan.spoiling import WAYS
from bench.plan.traffic import Traffic
from tests.plan.test_spoiling import BOTH, payload, traffic


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
    inspector = make_inspector(("envelope",), known.faults)
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
    assert make_inspector((), NONE) is None


def test_what_carries_no_id_is_none_of_ours_and_not_looked_at() -> None:
    inspector = make_inspector(("envelope",), NONE)
    assert inspector is not None

    assert inspector.refused(np.array([0]), np.array([-1])).tolist() == [False]
    with pytest.raises(ValueError, match="nobody keeps"):
        inspector.refused(np.array([0]), np.array([0]))
