"""Bucket and stream at the end: sound ones agree, and each planted fault is found and counted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.clients.pairs import PENDING, PUBLISHED, entry_key
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import NOT_YET, driven, happened
from bench.plan.traffic import Traffic, make_traffics
from bench.scenario.pairs_audit import audited, event_place, left, value_place
from bench.spec.kinds.dual_write import DualWrite
from bench.spec.variant import Strategy
from tests.plan.examples import cell

LOAD = DualWrite.model_validate(
    {
        "kind": "dual-write",
        "entities": {"count": 5},
        "payload": {"sizes": "64B"},
        "write": {"rate": "50/s", "crashes": "20%"},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)
STRATEGIES: tuple[Strategy, ...] = ("kv-then-event", "event-then-kv", "outbox")


@dataclass
class World:
    """What a trial leaves, made as slowly and plainly as can be.

    Attributes:
        strategy: of its writes.
        mends: its reconciler puts right whatever was left.
        plan: of its operations.
        held: what the server holds.
    """

    strategy: Strategy
    mends: bool
    plan: Traffic
    held: dict[str, Last] | None

    @property
    def size(self) -> int:
        return int(self.plan.intended_ns.size)

    def key(self, number: int) -> str:
        return self.plan.subjects[int(self.plan.subject_index[number])]

    def audited(self) -> Audited:
        made = cell(1, load=LOAD, writes={"strategy": self.strategy})
        return audited(made, {"write": self.plan}, self.evidence())

    def evidence(self) -> Evidence:
        due_ns, ids = self.plan.intended_ns, np.arange(self.size)
        record = PublisherRecord(
            ids=ids,
            sent_ns=due_ns + 1,
            stored_ns=due_ns + 30,
            outcome=np.zeros_like(due_ns),
            said=due_ns + 20,
        )
        mended = ids[left(self.plan) & self.mends]
        reconciler = ConsumerRecord(
            ids=mended,
            stream_seqs=mended,
            deliveries=mended,
            received_ns=due_ns[mended] + 500,
            handled_ns=due_ns[mended] + 600,
            acked_ns=mended,
            ending=np.zeros_like(mended),
        )
        table = driven(due_ns, [record], 1)
        return Evidence(
            tables=dict.fromkeys(("write", "pair", "repair"), table),
            drivers={"write": [record]},
            observers={"pair": [reconciler]},
            held=self.held,
            start_ns=1,
        )


def world(strategy: Strategy, *, mends: bool = True) -> World:
    """Return what comes of all operations."""
    plan = make_traffics(LOAD.loads, 11)["write"]
    made = World(strategy, mends, plan, {})
    first = np.full(made.size, True)
    second = ~left(plan) | mends
    late = plan.act_index == 2
    for number in range(made.size):
        if strategy == "outbox":
            event = bool(second[number] or late[number])
            put(made, number, value=first[number], event=event, marked=bool(second[number]))
        else:
            halves = (first[number], second[number])
            value, event = halves if strategy == "kv-then-event" else halves[::-1]
            put(made, number, value=bool(value), event=bool(event))
    return made


def put(made: World, number: int, *, value: bool, event: bool, marked: bool = True) -> None:
    assert made.held is not None
    payload = made.plan.payloads[made.plan.payload_index[number]].filled(number)
    key, data = made.key(number), payload
    if event:
        made.held[event_place(key, number + 1)] = Last(seq=number + 1, operation="", data=payload)
    if made.strategy == "outbox":
        key, data = entry_key(key, number), (PUBLISHED if marked else PENDING) + payload
    if value:
        made.held[value_place(key)] = Last(seq=number + 1, operation="", data=data)


def crashed(made: World) -> int:
    return int(left(made.plan).sum())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_with_reconciliation_all_is_whole(strategy: Strategy) -> None:
    """And what was left is told, with when it became whole."""
    made = world(strategy)
    found = made.audited()

    assert found.counts["pair"] == dict.fromkeys(
        ("diverged", "events_twice", "unneeded", "foreign"), 0
    )
    assert found.counts["write"] == {"crashed": crashed(made), "refused": 0, "silent": 0}
    assert found.findings == ()
    assert np.all(happened(found.tables["pair"].received_ns))
    repair = found.tables["repair"]
    assert repair.intended_ns.size == crashed(made) == 30
    assert np.all(happened(repair.handled_ns))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_dual_write_without_reconciliation_is_caught(strategy: Strategy) -> None:
    """The planted fault: whatever its writer left has one half alone; a later value may heal it."""
    made = world(strategy, mends=False)
    found = made.audited()

    diverged = found.counts["pair"]["diverged"]
    whole = happened(found.tables["pair"].received_ns)
    assert diverged == np.count_nonzero(~whole)
    if strategy == "event-then-kv":
        assert 0 < diverged < crashed(made)
    else:
        assert diverged == crashed(made)
    assert [each.code for each in found.findings] == ["check-broken"]


def test_a_later_value_heals_where_the_event_came_first() -> None:
    """When it was confirmed: the instant of the operation that overtook."""
    made = world("event-then-kv", mends=False)
    pair = made.audited().tables["pair"]
    number = next(
        n for n in np.flatnonzero(left(made.plan)).tolist() if happened(pair.received_ns)[n]
    )

    after = next(
        n
        for n in range(number + 1, made.size)
        if made.key(n) == made.key(number) and not left(made.plan)[n]
    )
    assert pair.received_ns[number] == pair.received_ns[after] > pair.stored_ns[number]


def loses_an_event(made: World, number: int) -> None:
    assert made.held is not None
    del made.held[event_place(made.key(number), number + 1)]


def loses_its_key(made: World, number: int) -> None:
    assert made.held is not None
    key = made.key(number)
    del made.held[value_place(entry_key(key, number) if made.strategy == "outbox" else key)]


def is_not_marked(made: World, number: int) -> None:
    put(made, number, value=True, event=True, marked=False)


def has_an_event_of_another_key(made: World, number: int) -> None:
    """The right id under a wrong subject."""
    loses_an_event(made, number)
    put_event(made, number, key=next(n for n in made.plan.subjects if n != made.key(number)))


def put_event(made: World, number: int, key: str, seq: int = 900) -> None:
    assert made.held is not None
    payload = made.plan.payloads[made.plan.payload_index[number]].filled(number)
    made.held[event_place(key, seq)] = Last(seq=seq, operation="", data=payload)


@pytest.mark.parametrize(
    ("strategy", "plant"),
    [
        ("kv-then-event", loses_an_event),
        ("event-then-kv", loses_an_event),
        ("outbox", loses_an_event),
        ("outbox", loses_its_key),
        ("outbox", is_not_marked),
        ("kv-then-event", has_an_event_of_another_key),
    ],
)
def test_each_planted_loss_is_one(strategy: Strategy, plant: Callable[[World, int], None]) -> None:
    """Of every operation, though the records say that it is whole."""
    for number in (0, 17, 149):
        made = world(strategy)
        plant(made, number)

        assert made.audited().counts["pair"]["diverged"] == 1


@pytest.mark.parametrize("strategy", ["kv-then-event", "event-then-kv"])
def test_a_key_that_is_gone_takes_all_its_operations(strategy: Strategy) -> None:
    """Their values were confirmed, and nothing stands for them."""
    made = world(strategy)
    loses_its_key(made, 0)

    expected = np.count_nonzero(made.plan.subject_index == made.plan.subject_index[0])
    assert made.audited().counts["pair"]["diverged"] == expected


@pytest.mark.parametrize("strategy", ["kv-then-event", "event-then-kv"])
def test_a_value_that_went_back_is_found(strategy: Strategy) -> None:
    """Those after it have their event, and no value stands for them."""
    made = world(strategy)
    of_key = np.flatnonzero(made.plan.subject_index == made.plan.subject_index[0])
    put(made, int(of_key[-3]), value=True, event=True)

    assert made.audited().counts["pair"]["diverged"] == 2


def test_events_that_stand_there_twice_are_counted() -> None:
    """That is no divergence."""
    made = world("outbox")
    put_event(made, 3, made.key(3))
    put_event(made, 3, made.key(3), seq=901)

    counts = made.audited().counts["pair"]
    assert (counts["events_twice"], counts["diverged"]) == (2, 0)


def test_what_is_of_no_operation_is_foreign() -> None:
    """A value and an event of somebody else."""
    made = world("kv-then-event")
    assert made.held is not None
    strange = Last(seq=1000, operation="", data=b"not ours")
    made.held |= {value_place("key.0x"): strange, event_place("key.0", 1000): strange}

    assert made.audited().counts["pair"]["foreign"] == 2


def test_where_the_server_does_not_say_nobody_can_tell() -> None:
    """And the check is not made."""
    made = world("outbox")
    made.held = None

    counts = made.audited().counts["pair"]
    assert {counts[name] for name in ("diverged", "events_twice", "foreign")} == {UNKNOWN}
    assert counts["unneeded"] == 0


def test_what_the_reconciler_wrote_while_its_writer_was_about_to_is_told() -> None:
    """One that was not left, and was found missing."""
    made = world("kv-then-event")
    evidence = made.evidence()
    (record,) = evidence.observers["pair"]
    whole = int(np.flatnonzero(~left(made.plan))[0])
    record.ids[0] = whole
    made_cell = cell(1, load=LOAD, writes={"strategy": "kv-then-event"})

    found = audited(made_cell, {"write": made.plan}, evidence)

    assert found.counts["pair"]["unneeded"] == 1


def test_a_second_write_that_was_refused_counts_as_refused_and_as_half() -> None:
    """Its first is there; nobody put it right."""
    made = world("kv-then-event")
    evidence = made.evidence()
    whole = int(np.flatnonzero(~left(made.plan))[0])
    (record,) = evidence.drivers["write"]
    record.stored_ns[whole], record.outcome[whole] = 0, 1
    table = driven(made.plan.intended_ns, [record], 1)
    loses_an_event(made, whole)
    made_cell = cell(1, load=LOAD, writes={"strategy": "kv-then-event"})

    evidence = replace(evidence, tables=dict.fromkeys(evidence.tables, table), held=made.held)
    found = audited(made_cell, {"write": made.plan}, evidence)

    assert found.counts["write"]["refused"] == 1
    assert found.counts["write"]["silent"] == 0
    assert found.counts["pair"]["diverged"] == 1
    assert found.tables["repair"].intended_ns.size == crashed(made) + 1
    assert found.tables["pair"].received_ns[whole] == NOT_YET
    assert happened(found.tables["write"].stored_ns)[whole]
