"""What `jetbench diagnose` says and how it ends, of looks that were made up."""

import json
from typing import Any

import pytest

from bench.analysis.seen import Seen
from bench.cli.diagnosed import Answer
from bench.core.errors import ExitCode
from tests.analysis.looked import FLOW, STILL, seen


def answer(of: Seen, **changed: Any) -> Answer:
    return Answer(stream="ORDERS", consumer="billing", seen=of, **changed)


@pytest.mark.parametrize(
    ("of", "ends", "state", "last"),
    [
        (seen(FLOW), ExitCode.OK, "not-limited", "not limited: it takes what comes"),
        (seen(FLOW, pending_msgs=150), ExitCode.FAILED, "held-up", "backlog pressure: the lag"),
        (seen(STILL, unacked_msgs=0), ExitCode.INCONCLUSIVE, "not-known", "nothing came and"),
        (seen(STILL, 4), ExitCode.INCONCLUSIVE, "not-known", "nothing was done meanwhile"),
        (seen(FLOW | {"floor_seq": 0}, 4), ExitCode.INCONCLUSIVE, "not-known", "not all was seen"),
        (seen(FLOW, count=1), ExitCode.INCONCLUSIVE, "not-known", "nothing was done meanwhile"),
    ],
    ids=["free", "held up", "idle", "still", "in doubt", "one look"],
)
def test_it_ends_by_what_was_seen(of: Seen, ends: ExitCode, state: str, last: str) -> None:
    told = answer(of)

    assert told.ends is ends
    assert last in told.lines()[-1]
    assert json.loads(told.as_json())["state"] == state


def test_who_was_watched_for_less_than_was_asked_for_is_not_called_free() -> None:
    """He was interrupted, or the consumer was removed meanwhile."""
    told = answer(seen(FLOW), whole=False)

    assert told.ends is ExitCode.INCONCLUSIVE
    assert "not watched for as long" in told.lines()[-1]
    assert json.loads(told.as_json())["state"] == "not-known"


def test_programs_get_the_same_with_its_figures() -> None:
    told = json.loads(answer(seen(FLOW, pending_msgs=150), whole=False).as_json())

    assert (told["stream"], told["consumer"], told["whole"]) == ("ORDERS", "billing", False)
    assert told["held_up"][0]["name"] == "backlog pressure"
    assert told["figures"]["done_per_s"] == 100
    assert told["figures"]["pending_msgs"] == 150
    assert told["figures"]["drain_s"] is None
    assert told["figures"]["oldest_unacked_s_most"] == 0.5
    assert told["doubts"] == told["unseen"] == []


def test_what_is_not_known_is_null() -> None:
    still = json.loads(answer(seen(STILL, 4, waiting=0)).as_json())
    pushed = json.loads(answer(seen(FLOW, push=True, bound=True, acks=False)).as_json())

    assert still["figures"]["oldest_unacked_s_least"] == pytest.approx(1.51)
    assert still["figures"]["oldest_unacked_s_most"] is None
    assert len(still["doubts"]) == 1
    assert pushed["figures"]["waiting"] is None
    assert pushed["figures"]["unacked_msgs"] is None
    assert pushed["unseen"] == ["what was delivered and never handled"]


def test_what_was_not_seen_stands_before_what_was() -> None:
    """So that nobody reads `not limited` without it."""
    lines = answer(seen(FLOW, filtered=True)).lines()

    assert lines[1].startswith("not told of such a consumer: ")
    assert lines[-1].startswith("not limited")
