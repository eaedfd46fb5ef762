"""Reads of a read model: sound ones hold, and each planted fault is found by its check."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.recorder import PublisherRecord
from bench.engine.table import driven, happened, some_of
from bench.plan.traffic import Traffic, make_traffics
from bench.scenario.projection_audit import audited
from bench.spec.kinds.projection import Projected
from tests.plan.examples import cell

LOAD = Projected.model_validate(
    {
        "kind": "projection",
        "entities": {"count": 5},
        "payload": {"sizes": "64B"},
        "publish": {"rate": "50/s", "ends": "10%", "repeats": "20%"},
        "read": {"rate": "70/s"},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)
DONE_NS = 30_000_000
"""From when an event was due to when its change was confirmed."""


@dataclass
class World:
    """A trial that went well: what each read brought, as an answer tells it."""

    events: Traffic
    asked: Traffic
    brought: IntArray

    def ids_of(self, key: int, before_ns: int) -> list[int]:
        """Return the events of an entity whose change was confirmed by then."""
        own = self.events.firsts & (self.events.subject_index == key)
        own &= self.events.intended_ns + DONE_NS <= before_ns
        return [int(each) for each in np.flatnonzero(own)]

    def ends(self, event: int) -> bool:
        return bool(self.events.acts[self.events.act_index[event]].empty)

    def audited(self) -> Audited:
        table = driven(self.events.intended_ns, [_driver(self.events.intended_ns)], 1)
        own = some_of(table, self.events.firsts)
        done_ns = own.intended_ns + DONE_NS
        evidence = Evidence(
            tables={
                "publish": table,
                "project": replace(own, received_ns=own.stored_ns + 1, handled_ns=done_ns),
                "read": driven(self.asked.intended_ns, [self.record], 1),
            },
            drivers={"read": [self.record]},
            observers={},
            held=None,
            start_ns=1,
        )
        return audited(cell(1, load=LOAD), {"publish": self.events, "read": self.asked}, evidence)

    @property
    def record(self) -> PublisherRecord:
        return replace(_driver(self.asked.intended_ns), said=self.brought)


def _driver(due_ns: IntArray) -> PublisherRecord:
    """Each is sent when it is due, by a clock that began at 1, and answered a moment later."""
    return PublisherRecord(
        ids=np.arange(due_ns.size),
        sent_ns=due_ns + 1,
        stored_ns=due_ns + 1001,
        outcome=np.zeros_like(due_ns),
        said=np.zeros_like(due_ns),
    )


@pytest.fixture
def world() -> World:
    traffics = make_traffics(LOAD.loads, 11)
    made = World(traffics["publish"], traffics["read"], np.zeros(0, dtype=np.int64))
    brought = []
    for at_ns, key in zip(made.asked.intended_ns, made.asked.subject_index, strict=True):
        own = made.ids_of(int(key), int(at_ns))
        brought.append(own[-1] + 1 if own and not made.ends(own[-1]) else 0)
    made.brought = np.array(brought, dtype=np.int64)
    return made


def test_sound_reads_hold_and_tell_how_old_a_value_was(world: World) -> None:
    """Since its change was confirmed; some entities have none yet, or none any more."""
    found = world.audited()

    counts, size = found.counts["read"], world.brought.size
    assert (counts["stale"], counts["wrong"], counts["dated"]) == (0, 0, size)
    assert counts["absent"] == np.count_nonzero(world.brought == 0) > 0
    values = np.flatnonzero(world.brought)
    since_ns = world.events.intended_ns[world.brought[values] - 1] + DONE_NS
    assert found.tables["read"].received_ns[values].tolist() == since_ns.tolist()
    assert happened(found.tables["read"].received_ns).all()


def brings_an_older_value(world: World) -> None:
    for read in range(world.brought.size - 1, 0, -1):
        key, at_ns = int(world.asked.subject_index[read]), int(world.asked.intended_ns[read])
        own = [each for each in world.ids_of(key, at_ns) if not world.ends(each)]
        if world.brought[read] and len(own) > 1:
            world.brought[read] = own[-2] + 1
            return


def brings_nothing_of_what_is_there(world: World) -> None:
    """And no end of its entity was on its way."""
    for read in np.flatnonzero(world.brought)[::-1].tolist():
        key, at_ns = world.asked.subject_index[read], world.asked.intended_ns[read]
        since = (world.events.subject_index == key) & (world.events.intended_ns <= at_ns)
        later = np.flatnonzero(since)
        if not any(world.ends(each) for each in later[later >= world.brought[read]].tolist()):
            world.brought[read] = 0
            return


def brings_another_entitys(world: World) -> None:
    read = int(np.flatnonzero(world.brought)[-1])
    others = world.events.subject_index != world.asked.subject_index[read]
    world.brought[read] = int(np.flatnonzero(others & world.events.firsts)[-1]) + 1


def brings_a_strange_value(world: World) -> None:
    world.brought[-1] = -1


def brings_the_id_of_a_repeat(world: World) -> None:
    """No event was published under it."""
    read = world.brought.size - 1
    own = world.events.subject_index == world.asked.subject_index[read]
    world.brought[read] = int(np.flatnonzero(own & ~world.events.firsts)[-1]) + 1


@pytest.mark.parametrize(
    ("plant", "word"),
    [
        (brings_an_older_value, "stale"),
        (brings_nothing_of_what_is_there, "stale"),
        (brings_another_entitys, "wrong"),
        (brings_a_strange_value, "wrong"),
        (brings_the_id_of_a_repeat, "wrong"),
    ],
)
def test_a_planted_fault_is_found(world: World, plant: Callable[[World], None], word: str) -> None:
    """One read of many."""
    plant(world)

    assert world.audited().counts["read"][word] == 1
