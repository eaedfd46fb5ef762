"""Workflows at the end: sound ones hold, and each planted fault of a step is found by its check."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.clients.buckets import Value, Write
from bench.clients.following import Event
from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.stepping import State, Stepping, begun, read_state
from bench.engine.table import NOT_YET, driven, happened, seen_by, some_of
from bench.plan.traffic import Traffic
from bench.scenario.workflow_audit import audited, begun_ns, end_place, state_place
from bench.spec.kinds.registry import cast_of
from bench.spec.variant import Settings
from tests.engine.workflows import World, load, plan
from tests.plan.examples import cell

LOAD = load()
CHECKS = ("uncompleted", "completed_again", "skipped", "regressed", "reapplied", "foreign")
HOLDS = dict.fromkeys(CHECKS, 0)


def evidence(traffic: Traffic, held: dict[str, Last] | None) -> Evidence:
    """All was sent, and each step took its time."""
    due_ns = traffic.intended_ns
    record = PublisherRecord(
        ids=np.arange(due_ns.size),
        sent_ns=due_ns + 1,
        stored_ns=due_ns + 2,
        outcome=np.zeros_like(due_ns),
        said=np.zeros_like(due_ns),
    )
    sent = driven(due_ns, [record], 1)
    tables = {"publish": sent}
    for number, part in enumerate(cast_of(LOAD, Settings()).observing, start=1):
        table = some_of(sent, begun(traffic))
        ids = np.arange(table.sent_ns.size)
        at_ns = table.sent_ns + 10 * number + 1
        seen = ConsumerRecord(
            ids=ids,
            stream_seqs=ids + 1,
            deliveries=ids * 0 + 1,
            received_ns=at_ns,
            handled_ns=at_ns + 5,
            acked_ns=at_ns + 6,
            ending=np.zeros_like(ids),
        )
        tables[part.name] = seen_by(table, [] if part.name == "workflow" else [seen], 1)
    own = {"conflicts": 4, "repeats": 3, "in_vain": 2, "failed": 1}
    return Evidence(
        tables=tables,
        drivers={},
        observers={},
        held=held,
        start_ns=1,
        counts={"s2": own},
    )


def found(world: World, held: dict[str, Last] | None = None) -> dict[str, int]:
    told = audited(
        cell(1, load=LOAD),
        {"publish": world.traffic},
        evidence(world.traffic, world.held() if held is None else held),
    )
    broken = bool([each for each in told.findings if each.code == "check-broken"])
    counts = dict(told.counts["workflow"])
    assert broken is any(counts[name] > 0 for name in CHECKS if name != "foreign")
    return counts


@pytest.fixture
def traffic() -> Traffic:
    return plan(LOAD)


def test_sound_workflows_hold_whatever_came_twice(traffic: Traffic) -> None:
    """A quarter of them were begun twice."""
    assert found(World(traffic).play()) == HOLDS


class SkipsTheGate(Stepping):
    """A step that applies whatever comes."""

    def change(self, position: int, value: Value) -> Write | None:
        state, number = read_state(value) or State(), self._step.number
        workflow, seq = self._messages[position]
        applied = (*state.applied, number)
        after = State(workflow=workflow, version=number, seq=seq, applied=applied)
        return Write(payload=after.written())

    def early(self, position: int, value: Value) -> bool:
        return False


class PublishesTwice(Stepping):
    """A retry that is done twice: it publishes under another id each time."""

    published = 0

    def events(self, position: int) -> Sequence[Event]:
        PublishesTwice.published += 1
        unlike = f"{PublishesTwice.published}"
        return tuple(replace(each, message_id=unlike) for each in super().events(position))


class ForgetsItsState(Stepping):
    """A step that publishes what follows, and writes nothing."""

    def change(self, position: int, value: Value) -> Write | None:
        return None


class NeverEarly(Stepping):
    """A step that does not ask whether the one before is done."""

    def early(self, position: int, value: Value) -> bool:
        return False


def test_a_step_that_skips_its_gate_is_found(traffic: Traffic) -> None:
    """What came twice was done twice."""
    counts = found(World(traffic, make={2: SkipsTheGate}).play())

    assert counts["reapplied"] > 0


def test_an_old_message_past_a_gate_takes_a_workflow_back(traffic: Traffic) -> None:
    """A replay of a step that is long done: the state regresses, and is not completed."""
    world = World(traffic, make={1: SkipsTheGate})
    world.play(again=[(1, world.workflows[3])])

    counts = found(world)
    assert counts["regressed"] == 1
    assert counts["reapplied"] >= 1
    assert counts["uncompleted"] == 1


def test_a_retry_that_is_done_twice_is_found(traffic: Traffic) -> None:
    """The last step comes again, and tells of the end once more."""
    world = World(traffic, make={3: PublishesTwice})
    world.play(again=[(3, world.workflows[0])])

    counts = found(world)
    assert counts["completed_again"] >= 1
    assert counts["uncompleted"] == 0


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_that_is_lost_is_found(traffic: Traffic, step: int) -> None:
    """Its message never came: the workflow stands still."""
    world = World(traffic)
    world.lost = frozenset({(step, world.workflows[2])})

    assert found(world.play()) == {**HOLDS, "uncompleted": 1}


def test_a_step_that_was_passed_over_is_found(traffic: Traffic) -> None:
    """It left no state, and the next one did not ask."""
    counts = found(World(traffic, make={2: ForgetsItsState, 3: NeverEarly}).play())

    assert counts["skipped"] == len(World(traffic).workflows)


def test_a_step_that_forgets_its_state_stops_at_the_next_gate(traffic: Traffic) -> None:
    """Which is what gates are for; nothing is completed, and that is said."""
    counts = found(World(traffic, make={2: ForgetsItsState}).play())

    assert counts == {**HOLDS, "uncompleted": len(World(traffic).workflows)}


def test_an_end_that_nobody_published_is_found(traffic: Traffic) -> None:
    """The state says that all is done, and nobody was told."""
    world = World(traffic).play()
    world.ends.pop()

    assert found(world) == {**HOLDS, "uncompleted": 1}


def test_what_is_of_no_workflow_is_told(traffic: Traffic) -> None:
    """A state under another's key, one of none, an end of none."""
    world = World(traffic).play()
    one, other = world.workflows[:2]
    held = world.held()
    held[state_place(f"workflow.{one}")] = held[state_place(f"workflow.{other}")]
    held[state_place("workflow.x")] = Last(seq=9, operation="", data=b"what")
    held[end_place(10**6)] = Last(seq=9, operation="", data=b"")

    assert found(world, held) == {**HOLDS, "uncompleted": 1, "foreign": 3}


def test_where_the_server_does_not_say_nobody_can_tell(traffic: Traffic) -> None:
    """And no check is made."""
    told = audited(cell(1, load=LOAD), {"publish": traffic}, evidence(traffic, None))

    assert dict(told.counts["workflow"]) == dict.fromkeys(CHECKS, UNKNOWN)


def test_what_workers_counted_is_told(traffic: Traffic) -> None:
    """Under the words of the ledger; what a step that told nothing had refused nobody can tell."""
    told = audited(cell(1, load=LOAD), {"publish": traffic}, evidence(traffic, {}))

    assert told.counts["s2"] == {"conflicts": 4, "repeats": 3, "in_vain": 2, "unchanged": 1}
    assert told.counts["s1"]["unchanged"] == UNKNOWN
    assert {told.counts["s1"][each] for each in ("conflicts", "repeats", "in_vain")} == {0}


def test_a_workflow_comes_to_a_step_when_the_step_before_is_done(traffic: Traffic) -> None:
    """So the lag of a step is its own, and that of the whole is from the beginning on."""
    tables = audited(cell(1, load=LOAD), {"publish": traffic}, evidence(traffic, {})).tables

    assert np.array_equal(tables["s2"].stored_ns, tables["s1"].handled_ns)
    assert np.array_equal(tables["s3"].sent_ns, tables["s2"].received_ns)
    assert np.array_equal(tables["workflow"].received_ns, tables["s3"].handled_ns)
    assert np.array_equal(tables["workflow"].stored_ns, tables["s1"].stored_ns)
    assert tables["publish"].stored_ns.size == traffic.intended_ns.size


def test_a_workflow_is_begun_by_whichever_of_its_messages_was_stored(traffic: Traffic) -> None:
    """The first was refused, say, and the repeat was not."""
    table = evidence(traffic, {}).tables["publish"]
    repeat = int(np.flatnonzero(~begun(traffic))[0])
    workflow = int(traffic.carried[repeat])
    place = int(np.count_nonzero(begun(traffic)[:workflow]))
    stored_ns = table.stored_ns.copy()
    stored_ns[workflow] = NOT_YET
    by_repeat = begun_ns(traffic, replace(table, stored_ns=stored_ns))
    others = np.flatnonzero(traffic.carried == workflow)
    stored_ns[others] = NOT_YET
    by_none = begun_ns(traffic, replace(table, stored_ns=stored_ns))

    assert by_repeat[place] == table.stored_ns[repeat]
    assert not happened(by_none)[place]
    assert by_none.size == np.count_nonzero(begun(traffic))
