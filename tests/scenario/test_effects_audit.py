"""Effects as a bucket has them, against what crashes come to: by records of known truth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.clients.buckets import counted
from bench.clients.port import Ending
from bench.core.units import NS_PER_S
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import NOT_YET, MessageTable
from bench.plan.faults import Faults
from bench.plan.traffic import Traffic, make_traffic
from bench.record.schema import Level
from bench.scenario.effects_audit import Crash, counts_of, crashes_of, effects, told
from bench.spec.crashes import Crash as Planned
from bench.spec.effects import CrashPoint
from bench.spec.faults import Fault
from bench.spec.keys import Act
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.engine.test_lag import column, table

CRASHING, HOPELESS, LATER = 1, 2, 3
WELL = 0

Row = tuple[int, int, int]
"""Message, ending, and second at which it was received; handled and acknowledged then as well."""


def traffic(at: CrashPoint = "after-effect") -> Traffic:
    """Four messages of one key."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "4/s"},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    )
    hopeless = Fault.model_validate({"kind": "permanent", "share": "1%"})
    return replace(
        make_traffic(load.loads["publish"], 1),
        faults=Faults(kinds=(hopeless,), index=np.array([0, 0, 1, 0])),
        crashes={CRASHING: planned(at)},
    )


def planned(at: CrashPoint) -> Planned:
    return Planned.model_validate({"kind": "crash", "times": 1, "at": at})


def record(*rows: Row) -> ConsumerRecord:
    ids, ending, second = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    at_ns = second * NS_PER_S
    untold = np.isin(ending, [Ending.CRASHED, Ending.NAKED, Ending.SILENT])
    nothing_done = np.isin(ending, [Ending.NAKED, Ending.REPEATED])
    return ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.ones_like(ids),
        received_ns=at_ns,
        handled_ns=np.where(nothing_done, NEVER, at_ns),
        acked_ns=np.where(untold, NEVER, at_ns),
        ending=ending,
    )


def crash(*rows: Row, at: CrashPoint = "after-effect", **tree: Any) -> Crash:
    (found,) = crashes_of([record(*rows)], traffic(at), Settings.model_validate(tree))
    return found


def received(*instants_ns: int) -> MessageTable:
    each = column(*instants_ns)
    return table(stored=each, handled=each, received=each)


DIED, AGAIN = (CRASHING, Ending.CRASHED, 1), (CRASHING, WELL, 4)


def test_effects_are_counted_by_what_the_bucket_holds() -> None:
    held = {
        "0": Last(seq=1, operation="", data=counted(b"", 0, 1)),
        "1": Last(seq=2, operation="", data=counted(b"", 1, 2)),
        "9": Last(seq=3, operation="", data=counted(b"", 9, 1)),
        "odd": Last(seq=4, operation="", data=b"?"),
    }

    assert counts_of(held, 4).tolist() == [1, 2, 0, 0]


def test_what_could_be_handled_and_has_no_effect_is_missing_and_the_rest_is_not() -> None:
    """One never came and one always fails: neither is missed. One has three effects."""
    came = received(1, 2, 3, NOT_YET)
    made = np.array([0, 3, 0, 0])

    assert effects(made, came, traffic()) == {"effects_missing": 1, "effects_doubled": 2}


def test_a_bucket_that_was_not_told_tells_nothing() -> None:
    came = received(1, 2, 3, 4)

    found = {**effects(None, came, traffic()), **told([], None)[0]}

    assert found["effects_missing"] == found["effects_doubled"] == UNKNOWN
    assert found["effects_unlike"] == UNKNOWN


@pytest.mark.parametrize(
    ("idempotency", "expected"), [("none", {2}), ("marker-in-value", {1}), ("marker-last", {2})]
)
def test_a_crash_is_held_to_its_step_and_strategy(idempotency: str, expected: set[int]) -> None:
    found = crash(DIED, AGAIN, effect={"idempotency": idempotency})

    assert (found.message, found.at, set(found.expected)) == (CRASHING, "after-effect", expected)


@pytest.mark.parametrize(
    "tree",
    [
        {"ack": {"timing": "after-validation"}},
        {"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}},
        {"consumer": {"max_deliver": 1}},
    ],
)
def test_what_is_never_delivered_again_has_what_it_had(tree: dict[str, Any]) -> None:
    assert crash(DIED, at="after-receive", **tree).expected == {0}
    assert crash(DIED, **tree).expected == {1}


def test_nobody_can_tell_of_a_message_that_other_mishaps_befell() -> None:
    """In hand at another crash, delivered three times, not acknowledged at last, or not again."""
    in_hand = (CRASHING, Ending.SILENT, 0)

    assert not crash(DIED).expected
    assert not crash(in_hand, DIED, AGAIN).expected
    assert not crash(DIED, AGAIN, AGAIN).expected
    assert not crash(DIED, (CRASHING, Ending.NAKED, 4)).expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [(2, {1}), (4, {1, 2}), (9, {2})],
    ids=["there", "perhaps", "gone"],
)
def test_a_marker_is_gone_some_time_after_its_time(second: int, expected: set[int]) -> None:
    """It was written at the first second, and lives for two; the server looks now and then."""
    marked = {"idempotency": "marker-last", "marker_ttl": "2s"}

    found = crash(DIED, (CRASHING, WELL, second), at="after-marker", effect=marked)

    assert found.expected == expected


def test_nobody_can_tell_how_old_a_marker_is_that_came_with_no_effect() -> None:
    """A handler may take any time before its claim is written, and the process ended with that."""
    claimed = {"idempotency": "marker-first", "marker_ttl": "2s"}
    died = record((CRASHING, Ending.CRASHED, 1), (CRASHING, WELL, 9))
    no_effect = replace(died, handled_ns=np.where(died.ending == Ending.CRASHED, NEVER, 9))

    (found,) = crashes_of(
        [no_effect], traffic("after-marker"), Settings.model_validate({"effect": claimed})
    )

    assert found.expected == {0, 1}


@pytest.mark.parametrize(
    ("second", "expected"), [(2, {1}), (6, {2})], ids=["overtaken", "in its turn"]
)
def test_a_guard_is_held_to_what_had_overtaken_the_message(second: int, expected: set[int]) -> None:
    """A later one of its key was handled before it came again, or behind it."""
    found = crash(DIED, AGAIN, (LATER, WELL, second), effect={"idempotency": "sequence-guard"})

    assert found.expected == expected


def test_another_process_may_have_moved_a_guard_before_it_noted_so() -> None:
    """It had the later message when this one came again, and was through with it afterwards."""
    guarded = Settings.model_validate({"effect": {"idempotency": "sequence-guard"}})
    later = replace(record((LATER, WELL, 3)), handled_ns=np.array([9 * NS_PER_S]))

    (found,) = crashes_of([record(DIED, AGAIN), later], traffic(), guarded)

    assert found.expected == {1, 2}


def test_what_is_as_expected_is_told_and_what_is_not_is_our_own_fault() -> None:
    """Two effects were to be expected of the first crash, none of the second, one of the third."""
    crashes = [
        Crash(message=10, place=0, at="after-effect", expected=frozenset({2})),
        Crash(message=11, place=1, at="after-receive", expected=frozenset({0})),
        Crash(message=12, place=2, at="after-effect", expected=frozenset({1})),
        Crash(message=13, place=3, at="after-effect", expected=frozenset()),
    ]

    counts, findings = told(crashes, np.array([2, 0, 2, 5]))

    assert counts == {
        "crashes": 4,
        "missing_expected": 1,
        "doubled_expected": 1,
        "effects_unlike": 1,
    }
    texts = {each.code: each for each in findings}
    assert texts["effects-unlike"].level is Level.INVALID
    assert "message 12, after-effect: 1 expected, 2 found" in texts["effects-unlike"].text
    assert [each.text for each in findings if each.code == "crash-effects"] == [
        "1 crash after-effect: 2 effects each, as expected",
        "1 crash after-receive: 0 effects each, as expected",
    ]


def test_places_among_messages_that_are_published_twice_are_told_by_their_ids() -> None:
    """Message 1 says message 0 again, so that message 2 stands at place 1."""
    again = Act(name="duplicate", share=0.25, again=True)
    plain = traffic()
    twice = replace(
        plain,
        acts=(*plain.acts, again),
        act_index=np.array([0, 1, 0, 0]),
        crashes={2: planned("after-effect")},
    )

    (found,) = crashes_of([record((1, Ending.CRASHED, 1), (1, WELL, 4))], twice, Settings())

    assert (found.message, found.place, set(found.expected)) == (2, 1, {2})
