"""What others change of a trial's streams is told, and nothing else is."""

import json

import pytest

from bench.engine.hands import foreign_act, hand_findings
from bench.record.schema import Level

OURS = ("S",)


def event(subject: str, name: str | None = "intruder", answer: object = None) -> bytes:
    """An event of the API's audit, as nats-server 2.15 tells it."""
    client = {"host": "10.0.0.7", "id": 6} | ({"name": name} if name is not None else {})
    response = json.dumps({"success": True} if answer is None else answer)
    told = {"client": client, "subject": f"$JS.API.{subject}", "response": response}
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    "operation",
    ["STREAM.UPDATE.S", "STREAM.PURGE.S", "STREAM.MSG.DELETE.S", "CONSUMER.DELETE.S.consumer"],
)
def test_who_changed_what_is_told(operation: str) -> None:
    """By the operation, without the names, which a run makes up."""
    words = foreign_act(event(operation), OURS)

    assert words == f"{operation.split('.S', maxsplit=1)[0]} by 'intruder' from 10.0.0.7"


def test_who_has_no_name_is_told_by_the_host() -> None:
    """Most clients give none."""
    words = foreign_act(event("STREAM.PURGE.S", None), OURS)

    assert words == "STREAM.PURGE by a client without a name from 10.0.0.7"


@pytest.mark.parametrize(
    "told",
    [
        event("STREAM.PURGE.OTHER"),
        event("STREAM.PURGE.S2"),
        event("STREAM.INFO.S"),
        event("STREAM.UPDATE.S", "jetbench"),
        event("STREAM.UPDATE.S", "jetbench-sampler"),
        event("STREAM.UPDATE.S", answer={"error": {"code": 400}}),
        b"{}",
        b"[]",
        b"no json",
        b'{"client": 1, "subject": "$JS.API.STREAM.PURGE.S", "response": "{}"}',
    ],
)
def test_what_changed_nothing_of_ours_is_not_told(told: bytes) -> None:
    """Another stream, a question, our own hand, a refusal, and what is no such event."""
    assert not foreign_act(told, OURS)


def test_a_name_that_only_begins_like_ours_is_somebody_else() -> None:
    """Every connection of ours has a dash behind it."""
    assert foreign_act(event("STREAM.PURGE.S", "jetbenchmark"), OURS)


def test_all_hands_are_one_finding_that_counts() -> None:
    """With when the first was, and how often each."""
    (found,) = hand_findings([(9, "STREAM.PURGE by x"), (7, "STREAM.PURGE by x"), (8, "more")])

    assert (found.level, found.code, found.at_ns) == (Level.INVALID, "foreign-hand", 7)
    assert "STREAM.PURGE by x (2 times), more;" in found.text


def test_of_many_kinds_some_are_named() -> None:
    """The others are counted."""
    (found,) = hand_findings([(1, f"act {number}") for number in range(25)])

    assert "act 19, and 5 more kinds;" in found.text
    assert "act 20" not in found.text


def test_without_a_hand_nothing_is_found() -> None:
    """As in nearly every trial."""
    assert not [*hand_findings(())]
