"""Consumers of several ways beside each other: what a variant's settings are for each."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cast import Weight, entries
from bench.spec.kinds.fanout import Fanout, cast_of, for_member
from bench.spec.kinds.registry import objections
from bench.spec.variant import PullSettings, Settings
from tests.spec.test_fanout import fanout

ALL_WAYS = {
    "pulled": {"mode": "pull"},
    "pushed": {"mode": "push"},
    "plain": {"mode": "core"},
    "as_told": {},
}


def settings(**sections: Any) -> Settings:
    return Settings.model_validate(sections)


def own(given: Settings, load: Fanout, name: str) -> Settings:
    return for_member(given, load, load.members[name])


def test_each_has_what_suits_its_way() -> None:
    """A pull batch is for those that pull, heartbeats are for those that are pushed to."""
    given = settings(
        consumer={"mode": "push", "idle_heartbeat": "1s", "max_ack_pending": 500},
        pull={"batch": 20},
    )
    load = fanout(ALL_WAYS)
    pulled, pushed, told = (own(given, load, name) for name in ("pulled", "pushed", "as_told"))

    assert (pulled.consumer.mode, pulled.pull.batch) == ("pull", 20)
    assert pulled.consumer.idle_heartbeat_ns is None
    assert pulled.consumer.max_ack_pending == pushed.consumer.max_ack_pending == 500
    assert (pushed.consumer.mode, pushed.pull) == ("push", PullSettings())
    assert told == pushed
    assert objections(given, load) == ()


def test_what_suits_nobody_is_told_by_the_consumer() -> None:
    """The variant would take it, and no consumer is as the variant says."""
    given = settings(consumer={"mode": "pull", "max_waiting": 5})

    (said,) = objections(given, fanout({"a": {"mode": "push"}}))

    assert said.key == "consumer.max_waiting"
    assert said.what.endswith("(consumer a)")
    assert objections(given, fanout({"a": {"mode": "push"}, "b": {}})) == ()


def test_a_plain_subscriber_acknowledges_nothing_and_is_held_to_all_that_is_stored() -> None:
    """What it never saw is lost: nobody holds it."""
    load = fanout({**ALL_WAYS, "some": {"mode": "core", "filter": "orders.paid"}})
    cast = cast_of(Settings(), load)
    plain, some = cast.part("plain"), cast.part("some")
    held = entries(cast)

    assert [instant.name for instant in plain.own] == ["received", "handled"]
    assert "Each plain subscriber saw all" in held["plain.lost"][1].check
    assert not held["plain.lost"][1].untold
    assert {"plain.backlog", "plain.acked"}.isdisjoint(held)
    assert cast.due(some) == "expected"
    assert "plain, plain subscriber" in load.told()


def test_a_plain_subscriber_that_comes_first_is_ranked_by_what_it_has() -> None:
    """It has no end-to-end."""
    cast = cast_of(Settings(), fanout({"plain": {"mode": "core"}, "audit": {}}))

    assert (cast.ranked, cast.done) == (("plain.completion",), "plain.handled")


@pytest.mark.parametrize(
    ("consumers", "said"),
    [
        ({"a": {"mode": "core"}}, "nobody reads the stream"),
        ({"a": {"mode": "pul"}}, "'pull', 'push' or 'core'"),
        ({"a": {"slow": {"handler": {"time": "5ms"}}}}, "1 of 1 leave no other member"),
        ({"a": {"processes": 2, "slow": {"processes": 2, "handler": {}}}}, "2 of 2 leave no"),
        ({"a": {"processes": 2, "slow": {}}}, "Field required"),
        ({"a": {"mode": "core", "once": True}, "b": {}}, "sees each message once at most"),
    ],
)
def test_what_cannot_be_is_refused(consumers: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        fanout(consumers)


def test_a_work_queue_may_be_listened_to() -> None:
    """A plain subscriber takes nothing from it."""
    load = fanout({"jobs": {}, "plain": {"mode": "core"}})

    assert objections(settings(stream={"retention": "workqueue"}), load) == ()


def test_handlers_that_run_as_tasks_are_for_those_who_acknowledge() -> None:
    """The client's own callback acknowledges; there is nothing to."""
    load = fanout({"jobs": {}, "plain": {"mode": "core"}})
    given = settings(client="nats-py", handler={"run": "task"})

    assert [each.key for each in objections(given, load)] == ["handler.run"]


def test_each_consumer_has_workers_of_its_own() -> None:
    """One number for all would be another workload."""
    (told,) = objections(settings(handler={"workers": 4}), fanout({"jobs": {}}))

    assert (told.key, told.allowed) == (
        "handler.workers",
        "workers of its consumers, in the workload",
    )


def test_slow_members_are_told_and_counted() -> None:
    """How many of how many, and what they took."""
    load = fanout({"jobs": {"processes": 4, "slow": {"handler": {"time": "50ms"}}}})

    assert "1 of 4" in load.told()
    assert "by_slow" in entries(cast_of(Settings(), load))


def test_each_handles_what_came_to_it_and_what_comes_again_has_one_effect_or_is_counted() -> None:
    """Only who says that it handles each once is held to it."""
    load = fanout({"ledger": {"once": True}, "audit": {}, "plain": {"mode": "core"}})
    held = entries(cast_of(Settings(), load))

    checks = {name for name, (_, entry) in held.items() if entry.check}
    assert {"ledger.left_out", "audit.left_out", "plain.left_out"} <= checks
    assert "ledger.handled_twice" in checks
    assert held["audit.handled_twice"][1].weight is Weight.NOTED
    assert "audit.handled_twice" not in checks
    assert "plain.handled_twice" not in held
    assert "repeats" in held
    assert "ledger, 1 worker, no handler time, each once" in load.told()
