"""Faults as users write them, and the settings that go with them or do not."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.spec.base import MisfitError
from bench.spec.cautions import cautions
from bench.spec.faults import Fault
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.stream import Stream
from bench.spec.problems import validate
from bench.spec.variant import Settings
from bench.spec.workload import Phases
from tests.spec.test_problems import Data

POISON = {"kind": "permanent", "share": "1%"}


def fault(**keys: object) -> Fault:
    return Fault.model_validate(keys)


def workload(*faults: dict[str, Any], consumers: int = 1, rate: str = "50/s") -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": rate},
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


OUTAGE = {"kind": "outage", "at": "1s", "lasts": "500ms"}


def told(*faults: dict[str, Any], measure: str = "10s") -> list[str]:
    """Return what is said of faults in a file."""
    tree = {
        "kind": "stream",
        "payload": {"sizes": "128B"},
        "publish": {"rate": "100/s"},
        "consume": {"faults": list(faults)},
        "phases": {"measure": measure},
    }
    _, problems = validate(Stream, Data(tree))
    return [str(problem) for problem in problems]


def test_an_outage_stands_among_the_faults_and_has_no_share() -> None:
    load = workload(POISON, OUTAGE, {**OUTAGE, "at": "3s", "time": "2s"})

    assert [each.kind for each in load.consume.dealt] == ["permanent"]
    assert [each.end_ns for each in load.consume.outages] == [1_500_000_000, 3_500_000_000]
    assert load.loads["publish"].faults == load.consume.dealt
    assert load.loads["publish"].outages == load.consume.outages
    assert "; each whose handler begins from 1s on for 500ms fails;" in load.told()
    assert load.told().endswith("from 3s on for 500ms fails in 2.00 s")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"lasts": "0s"}, "lasts no time"),
        ({"at": "9700ms"}, "ends at 10200ms, after the window of 10s"),
        ({"share": "1%"}, "unknown key; allowed: kind, at, lasts, time"),
        (
            {"kind": "outrage"},
            "outage, crash, malformed, unknown-version, tampered, stale, replayed; did you mean",
        ),
        ({"kind": 7}, "allowed: transient, permanent, silent, slow, write-error, outage, crash"),
    ],
)
def test_what_means_nothing_of_an_outage_is_refused(keys: dict[str, Any], words: str) -> None:
    (problem,) = told({**OUTAGE, **keys})

    assert words in problem
    assert told(OUTAGE) == []


def test_a_fault_without_a_kind_is_one_without_a_kind() -> None:
    (problem,) = told({"at": "1s"})

    assert "consume.faults[0].kind: missing" in problem


def test_an_outage_is_as_much_of_a_short_window() -> None:
    """Half a second of ten is a tenth of two."""
    short = Phases.model_validate({"warmup": "0s", "measure": "2s", "drain": "1s"})
    load = workload(OUTAGE).with_phases(short.model_copy(update={"measure_ns": 10 * NS_PER_S}))

    (outage,) = load.in_short(short).consume.outages

    assert (outage.at_ns, outage.lasts_ns) == (200 * NS_PER_MS, 100 * NS_PER_MS)
    with pytest.raises(MisfitError, match="after the window of 1s"):
        load.with_phases(short.model_copy(update={"measure_ns": NS_PER_S}))


def test_attempts_that_are_over_before_an_outage_is_are_worth_a_word() -> None:
    """Five attempts, 100 ms apart, are over 400 ms after the first: half a second is longer."""

    def cautioned(outage: dict[str, Any], **parts: object) -> list[str]:
        return [each.key for each in cautions(settings(**parts), workload(outage))]

    def nak(delay: str | None, attempts: int) -> dict[str, Any]:
        return {"failure": {"delay": delay, "attempts": attempts}}

    silent = {"failure": {"answer": "none", "attempts": 4}}
    steps = {"backoff": ["100ms", "200ms"], "max_deliver": 9}

    assert cautioned(OUTAGE, **nak("100ms", 5)) == ["failure.attempts"]
    assert cautioned(OUTAGE, **nak(None, 50)) == ["failure.attempts"]
    assert cautioned(OUTAGE, failure={"answer": "term"}) == ["failure.attempts"]
    assert cautioned(OUTAGE, consumer={"max_deliver": 3}) == ["failure.attempts"]
    assert cautioned(OUTAGE, **nak("100ms", 7)) == []
    assert cautioned({**OUTAGE, "time": "30ms"}, **nak("100ms", 5)) == []
    assert cautioned(OUTAGE) == []
    assert cautioned(OUTAGE, **silent, consumer=steps) == []
    assert cautioned({**OUTAGE, "lasts": "501ms"}, **silent, consumer=steps) == ["failure.attempts"]


@pytest.mark.parametrize(("delay", "attempts"), [("100ms", 1200), ("2s", 60)])
def test_an_outage_holds_a_message_for_so_many_attempts(delay: str, attempts: int) -> None:
    """The book, 11.4: 120 s, and failures that take no time."""
    load = workload({"kind": "outage", "at": "0s", "lasts": "120s"})

    def told(most: int) -> list[str]:
        own = settings(failure={"delay": delay, "attempts": most})
        return [each.key for each in cautions(own, load)]

    assert told(attempts) == ["failure.attempts"]
    assert told(attempts + 1) == []


def test_naks_that_put_off_each_others_deliveries_are_worth_a_word() -> None:
    """From 100 a second on they come less than 10 ms apart, by the mean."""

    def cautioned(rate: str, *faults: dict[str, Any], **failure: object) -> list[str]:
        own = settings(failure=failure)
        return [each.key for each in cautions(own, workload(*faults, rate=rate))]

    assert cautioned("100/s", OUTAGE, delay="200ms") == ["failure.delay"]
    assert cautioned("99/s", OUTAGE, delay="200ms") == []
    assert cautioned("100/s", OUTAGE) == []
    assert cautioned("100/s", OUTAGE, answer="none") == []
    assert cautioned("100/s", {**POISON, "kind": "transient"}, delay="200ms") == []


def test_a_dead_letter_that_the_server_would_not_take_is_refused() -> None:
    """128 bytes and what its headers say; no such letter is asked for where nothing is posted."""

    def objected(max_payload: str, *, letters: bool) -> list[str]:
        parts = {"failure": {"answer": "term", "dead_letters": letters}}
        own = settings(server={"max_payload": max_payload}, **parts)
        return [each.key for each in workload_objections(own, workload())]

    assert objected("427B", letters=True) == ["failure.dead_letters"]
    assert objected("428B", letters=True) == []
    assert objected("128B", letters=False) == []
