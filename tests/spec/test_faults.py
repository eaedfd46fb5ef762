"""Faults as users write them, and the settings that go with them or do not."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cautions import cautions
from bench.spec.faults import Fault
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings

POISON = {"kind": "permanent", "share": "1%"}


def fault(**keys: object) -> Fault:
    return Fault.model_validate(keys)


def workload(*faults: dict[str, Any], consumers: int = 1) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consume": {"consumers": consumers, "faults": list(faults)},
        }
    )


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"kind": "slow", "share": "1%"}, "takes a time"),
        ({"kind": "silent", "share": "1%", "time": "1s"}, "handled like any other"),
        ({"kind": "permanent", "share": "1%", "times": 2}, "at every delivery"),
        ({"kind": "slow", "share": "1%", "time": "1s", "times": 2}, "at every delivery"),
    ],
)
def test_what_means_nothing_of_a_fault_is_refused(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        fault(**keys)


def test_shares_of_more_than_all_messages_are_refused() -> None:
    half = {"kind": "transient", "share": "60%"}

    with pytest.raises(ValidationError, match="more than all"):
        workload(half, half)
    assert workload(half, {**half, "share": "40%"}).consume.faults


def test_faults_are_told_in_words() -> None:
    told = workload(POISON, {"kind": "slow", "share": "10%", "time": "1.5s"}).told()

    assert "1% always fails" in told
    assert "10% is slow in 1.50 s" in told


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"failure": {"answer": "none", "delay": "1s"}}, "failure.delay"),
        ({"failure": {"answer": "term", "attempts": 3}}, "failure.attempts"),
        ({"failure": {"attempts": 4}, "consumer": {"max_deliver": 3}}, "failure.attempts"),
        ({"failure": {"delay": "1s"}, "ack": {"timing": "after-validation"}}, "failure.delay"),
        ({"failure": {"dead_letters": True}}, "failure.dead_letters"),
    ],
)
def test_failure_settings_that_never_come_to_bear_are_refused(
    parts: dict[str, Any], key: str
) -> None:
    assert [each.key for each in objections(settings(**parts))] == [key]


def test_failure_settings_that_do_are_taken() -> None:
    taken = {"failure": {"delay": "1s", "attempts": 3}, "consumer": {"max_deliver": 3}}

    assert objections(settings(**taken)) == ()
    assert objections(settings(failure={"answer": "term"})) == ()
    for last in ({"attempts": 3}, {"answer": "term"}):
        assert objections(settings(failure={"dead_letters": True, **last})) == ()
    server = {"failure": {"dead_letters": True}, "consumer": {"max_deliver": 3}}
    assert objections(settings(**server)) == ()


def test_a_cumulative_ack_does_not_go_with_messages_that_are_to_come_again() -> None:
    cumulative = settings(ack={"timing": "cumulative"}, consumer={"ack_policy": "all"})
    slow = {"kind": "slow", "share": "1%", "time": "1s"}

    assert [each.key for each in workload_objections(cumulative, workload(POISON))] == [
        "ack.timing"
    ]
    assert workload_objections(cumulative, workload(slow)) == ()


def test_poison_that_nobody_gives_up_is_worth_a_word() -> None:
    """On both sides: attempts, max_deliver and term each end it."""

    def cautioned(**parts: object) -> list[str]:
        return [each.key for each in cautions(settings(**parts), workload(POISON))]

    assert cautioned() == ["failure.attempts"]
    assert cautioned(failure={"attempts": 5}) == []
    assert cautioned(failure={"answer": "term"}) == []
    assert cautioned(consumer={"max_deliver": 5}) == []


def test_a_handler_slower_than_the_ack_wait_says_how_often_it_will_come() -> None:
    """Second delivery at 30 s of a handler of 45 s, two in all (the book, 2.4)."""
    slow = workload({"kind": "slow", "share": "10%", "time": "45s"})

    (caution,) = cautions(settings(consumer={"ack_wait": "30s"}), slow)

    assert "delivered 2 times" in caution.what
    assert cautions(settings(consumer={"ack_wait": "46s"}), slow) == ()


def test_memory_that_processes_do_not_share_is_worth_a_word() -> None:
    remembering = settings(effect={"idempotency": "memory"})

    assert [each.key for each in cautions(remembering, workload(consumers=2))] == [
        "effect.idempotency"
    ]
    assert cautions(remembering, workload()) == ()
