"""What others change of a trial's streams is told, and nothing else is."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from bench.broker.endpoint import Endpoint
from bench.broker.link import Link
from bench.engine.hands import (
    ASKED,
    AUDIT_SUBJECT,
    CHANGES,
    Listener,
    foreign_act,
    hand_findings,
    unheard_findings,
)
from bench.engine.jobs import Hearing
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


class Told:
    """A client that is told something at once on a subject that it listens to."""

    def __init__(self, subject: str, data: bytes = b"") -> None:
        self.message = SimpleNamespace(subject=subject, data=data)

    async def subscribe(self, subject: str, cb: Any) -> None:
        if subject in (self.message.subject, AUDIT_SUBJECT):
            await cb(self.message)


def noted(hearing: Hearing, subject: str, data: bytes = b"") -> list[str]:
    listener = Listener(hearing)
    client: Any = Told(subject, data)
    asyncio.run(listener.listen(client, start_ns=0))
    return [act for _, act in listener.hands]


def test_what_is_answered_is_heard_of_all_streams() -> None:
    """Of a bucket beside the stream as well."""
    both = Hearing(streams=("S", "KV_S"))

    assert noted(both, AUDIT_SUBJECT, event("STREAM.PURGE.KV_S")) == [
        "STREAM.PURGE by 'intruder' from 10.0.0.7"
    ]
    assert noted(both, "$JS.API.STREAM.PURGE.S") == []
    assert noted(Hearing(), AUDIT_SUBJECT, event("STREAM.PURGE.S")) == []


@pytest.mark.parametrize("act", ASKED)
def test_where_answers_are_many_it_is_heard_what_is_asked(act: str) -> None:
    """What none of ours asks for meanwhile; who asks is not told."""
    asked = Hearing(streams=("S", "KV_S"), requests=True)

    assert act in CHANGES
    assert noted(asked, f"$JS.API.{act}.KV_S") == [f"{act} that somebody asked for"]
    assert noted(asked, f"$JS.API.{act}.OTHER") == []
    assert noted(asked, AUDIT_SUBJECT, event(f"{act}.S")) == []


@pytest.mark.parametrize("requests", [False, True])
def test_what_could_not_be_heard_is_said(requests: bool) -> None:
    """Where the login may not listen, or the API stands elsewhere; where it may nothing is said."""
    listener = Listener(Hearing(streams=("S",), requests=requests))
    here = Link(Endpoint(url="nats://127.0.0.1:4222"))
    away = Link(Endpoint(url="nats://127.0.0.1:4222", js_api="$JS.hub.API"))
    deaf = Link(Endpoint(url="nats://127.0.0.1:4222"))
    subject = listener.subjects[0]
    deaf.violations.append(f'Permissions Violation for Subscription to "{subject}"')

    assert listener.unheard_over(here) == ""
    assert "$JS.hub.API" in listener.unheard_over(away)
    assert subject in listener.unheard_over(deaf)
    assert list(unheard_findings("")) == []
    (found,) = unheard_findings("why")
    assert (found.level, found.code) == (Level.NOTE, "hands-unheard")
    assert found.text.endswith(": why")
    assert Listener(Hearing()).unheard_over(away) == ""
