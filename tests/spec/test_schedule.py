"""Schedules: what their files may say, and what their settings may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.plan.traffic import make_traffics
from bench.spec.kinds.registry import asked_of, objections
from bench.spec.kinds.schedule import Scheduling
from bench.spec.servers import features_needed
from bench.spec.variant import Settings
from bench.spec.workload import Phases
from tests.server.test_schedule import schedule


def keys(tree: dict[str, Any], load: Scheduling | None = None) -> list[str]:
    return [each.key for each in objections(Settings.model_validate(tree), load or schedule())]


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({}, []),
        ({"stream": {"retention": "workqueue"}}, []),
        ({"stream": {"retention": "interest"}}, ["stream.retention"]),
        ({"stream": {"discard": "new", "max_msgs": 9}}, ["stream.discard"]),
        ({"stream": {"max_age": "1.7s"}}, ["stream.max_age"]),
        ({"stream": {"max_age": "1.8s"}}, []),
        ({"publish": {"mode": "atomic"}, "stream": {"allow_atomic": True}}, ["publish.mode"]),
        ({"publish": {"mode": "one-by-one", "expect": "last-sequence"}}, ["publish.expect"]),
        ({"consumer": {"headers_only": True}}, []),
        ({"stream": {"subject_transform": {"source": ">", "destination": "x.>"}}},
         ["stream.subject_transform"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_stream_with_schedules_may_be(tree: dict[str, Any], found: list[str]) -> None:
    """What waits must be there when its time has come."""
    assert keys(tree) == found


def test_ids_that_the_server_takes_away_are_no_ids() -> None:
    """It lets a message go without the Nats-Msg-Id of its schedule."""
    load = schedule(publish={"rate": "5/s", "headers": ["message-id", "trace"]})

    assert keys({"consumer": {"headers_only": True}}, load) == ["consumer.headers_only"]
    assert keys({}, load) == []


def test_the_drain_is_longer_than_the_last_message_takes() -> None:
    """Else it would be cut off, and count as held back."""
    with pytest.raises(ValidationError, match="when the drain, 5s, is over"):
        schedule(after="4.1s")
    assert schedule(after="4s").after_ns == 4 * 10**9


def test_a_look_waits_for_what_comes_soon() -> None:
    """A run of seconds cannot wait a minute for its last message."""
    long = {"warmup": "1s", "measure": "10s", "drain": "2m"}
    short = Phases.model_validate({"warmup": "1s", "measure": "2s", "drain": "5s"})

    looked = schedule(after="1m", phases=long).in_short(short)

    assert (looked.after_ns, looked.phases) == (3 * 10**9, short)
    assert schedule().in_short(short).after_ns == 700_000_000


def test_each_message_says_when_it_is_to_come_and_waits_by_itself() -> None:
    """A second schedule under a subject would replace the first one."""
    load = schedule().loads["publish"]
    traffic = make_traffics(schedule().loads, 1)["publish"]

    assert traffic.subjects == ("at.{id}",)
    assert dict(traffic.acts[0].headers) == {
        "Nats-Schedule": "@at {at}Z",
        "Nats-Schedule-Target": "{prefix}due",
    }
    assert load.delay_ns == 700_000_000


def test_schedules_need_a_server_that_has_them() -> None:
    """An older one would deliver a schedule at once, to nobody."""
    assert ("stream", "2.12.0", "schedules") in features_needed(Settings(), asked_of(schedule()))
