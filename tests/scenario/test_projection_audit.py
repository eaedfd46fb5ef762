"""A read model at the end: a sound one holds, and each planted fault of a projector is found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import PublisherRecord
from bench.engine.table import NOT_YET, driven, seen_by, some_of
from bench.plan.traffic import Traffic, make_traffics
from bench.scenario.projection_audit import audited
from bench.spec.kinds.projection import Projected
from tests.plan.examples import cell

LOAD = Projected.model_validate(
    {
        "kind": "projection",
        "entities": {"count": 5},
        "payload": {"sizes": "64B"},
        "publish": {"rate": "50/s", "ends": "20%"},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)


REPEATING = LOAD.model_copy(
    update={"publish": LOAD.publish.model_copy(update={"repeats": 0.2, "publishers": 2})}
)


@dataclass
class Model:
    """What a projector leaves, made as slowly and plainly as can be."""

    traffic: Traffic
    held: dict[str, Last] | None
    load: Projected = LOAD

    def misprojected(self, evidence: Evidence | None = None) -> int:
        return self.counts(evidence)["misprojected"]

    def counts(self, evidence: Evidence | None = None) -> Mapping[str, int]:
        found = audited(
            cell(1, load=self.load), {"publish": self.traffic}, evidence or self.evidence()
        )
        return found.counts["project"]

    def evidence(self, *unstored: int) -> Evidence:
        due_ns = self.traffic.intended_ns
        record = PublisherRecord(
            ids=np.arange(due_ns.size),
            sent_ns=due_ns + 1,
            stored_ns=due_ns + 2,
            outcome=np.zeros_like(due_ns),
            said=np.zeros_like(due_ns),
        )
        table = seen_by(driven(due_ns, [record], 1), [], 1)
        table.stored_ns[list(unstored)] = NOT_YET
        own = some_of(table, self.traffic.firsts)
        return Evidence(
            tables={"publish": table, "project": own, "watch": own},
            drivers={},
            observers={},
            held=self.held,
            start_ns=1,
            counts={"project": {"conflicts": 3, "repeats": 4, "failed": 0}},
        )


def removes(traffic: Traffic, event: int) -> bool:
    return bool(traffic.acts[traffic.act_index[event]].empty)


def value(event: int, count: int, operation: str = "") -> Last:
    data = b"%016d%016d%016d" % (event, 1 + event, count)
    return Last(seq=1 + event, operation=operation, data=data)


def projected(
    traffic: Traffic,
    skip: int = -1,
    ignores_ends: bool = False,
    again: Sequence[int] = (),
) -> Model:
    """Return what comes of all events but one, or of a projector that takes no end for one.

    Args:
        traffic: of the events.
        skip: what it passes over.
        ignores_ends: it does.
        again: messages that say again what another one said, and that it takes for new ones.
    """
    held: dict[str, Last] = {}
    counts: dict[str, int] = {}
    for message, event in enumerate(traffic.carried.tolist()):
        if message == skip or (message != event and message not in again):
            continue
        name = traffic.subjects[traffic.subject_index[event]]
        ends = removes(traffic, event)
        if ends and ignores_ends:
            continue
        counts[name] = 0 if ends else counts.get(name, 0) + 1
        held[name] = value(event, counts[name], "DEL" if ends else "")
    return Model(traffic, held)


@pytest.fixture
def traffic() -> Traffic:
    return make_traffics(LOAD.loads, 11)["publish"]


def test_a_sound_model_is_the_fold_of_its_events(traffic: Traffic) -> None:
    """With entities that ended and began anew."""
    made = projected(traffic)

    assert made.misprojected() == 0


def test_each_event_that_was_skipped_is_found(traffic: Traffic) -> None:
    """But where it makes no difference: its entity ended after it, or was gone already."""
    whole = projected(traffic).held
    for event in range(traffic.intended_ns.size):
        without = projected(traffic, skip=event)

        assert without.misprojected() == int(without.held != whole)


def test_ends_that_were_ignored_are_found(traffic: Traffic) -> None:
    """Every entity that ended goes on counting, or has a value that it should not have."""
    ended = {
        traffic.subject_index[event]
        for event in range(traffic.intended_ns.size)
        if removes(traffic, event)
    }

    assert projected(traffic, ignores_ends=True).misprojected() == len(ended) > 0


def counts_twice(made: Model) -> None:
    """A repeat that was not taken for one."""
    assert made.held is not None
    name, kept = next((n, each) for n, each in made.held.items() if not each.operation)
    made.held[name] = value(kept.seq - 1, int(kept.data[32:48]) + 1)


def has_an_older_value(made: Model) -> None:
    assert made.held is not None
    name, kept = next((n, each) for n, each in made.held.items() if not each.operation)
    made.held[name] = value(kept.seq - 2, int(kept.data[32:48]))


def lacks_a_key(made: Model) -> None:
    assert made.held is not None
    del made.held[next(iter(made.held))]


def lost_its_marker_to_a_value(made: Model) -> None:
    """What ended stands there with a value."""
    assert made.held is not None
    name, kept = next(iter(made.held.items()))
    made.held[name] = value(kept.seq - 1, int(kept.data[32:48]) + 1)


@pytest.mark.parametrize(
    "plant", [counts_twice, has_an_older_value, lacks_a_key, lost_its_marker_to_a_value]
)
def test_a_planted_fault_is_found(traffic: Traffic, plant: Callable[[Model], None]) -> None:
    """One entity of five."""
    made = projected(traffic)
    plant(made)

    assert made.misprojected() == 1


def test_where_the_server_does_not_say_nobody_can_tell(traffic: Traffic) -> None:
    """And the check is not made."""
    assert Model(traffic, None).misprojected() == UNKNOWN


def test_an_event_that_was_never_stored_is_not_asked_for(traffic: Traffic) -> None:
    """It was refused, say: the model is right without it."""
    last = traffic.intended_ns.size - 1
    made = projected(traffic, skip=last)

    assert made.misprojected(made.evidence(last)) == 0


@pytest.fixture
def repeating() -> Traffic:
    return make_traffics(REPEATING.loads, 11)["publish"]


def test_a_model_of_events_that_were_published_twice_counts_them_once(repeating: Traffic) -> None:
    """By two publishers, of which each repeats what is its own."""
    made = projected(repeating)
    made.load = REPEATING
    repeats = np.flatnonzero(~repeating.firsts)

    assert repeats.size > 20
    assert set((repeats % 2 - repeating.carried[repeats] % 2).tolist()) == {0}
    assert {name: made.counts()[name] for name in ("misprojected", "reapplied")} == {
        "misprojected": 0, "reapplied": 0,
    }  # fmt: skip


def test_a_projector_that_applies_a_repeat_is_caught(repeating: Traffic) -> None:
    """Each by itself, where its entity did not end since; an end again changes nothing."""
    whole = projected(repeating).held
    for message in np.flatnonzero(~repeating.firsts).tolist():
        made = projected(repeating, again=[message])
        made.load = REPEATING
        differs = int(made.held != whole)

        found = made.counts()
        assert (found["misprojected"], found["reapplied"]) == (differs, differs)
    every = projected(repeating, again=np.flatnonzero(~repeating.firsts).tolist())
    every.load = REPEATING
    assert every.counts()["reapplied"] > every.misprojected() > 1


def test_an_event_is_there_whichever_message_was_stored(repeating: Traffic) -> None:
    """The first was refused, and the second confirmed; or both were refused."""
    second = int(np.flatnonzero(~repeating.firsts)[-1])
    first = int(repeating.carried[second])
    only = np.flatnonzero(repeating.carried == first).tolist()
    made, without = projected(repeating), projected(repeating, skip=first)
    made.load = without.load = REPEATING

    assert made.misprojected(made.evidence(first)) == 0
    assert without.misprojected(without.evidence(first)) == 1
    assert without.misprojected(without.evidence(*only)) == 0
