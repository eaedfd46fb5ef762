"""A bucket at the end: a sound one holds every check, and each planted fault breaks its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import driven, renumbered, seen_by, some_of
from bench.plan.model import Cell
from bench.plan.traffic import Traffic, make_traffics
from bench.scenario.kv import KIND
from bench.scenario.kv_audit import audited
from bench.scenario.reading import PRELOADED
from bench.spec.cast import Weight, entries
from bench.spec.kinds.kv import Kv, cast_of
from bench.spec.variant import Settings
from tests.plan.examples import cell

KEYS = 10
WORKLOAD: dict[str, Any] = {
    "kind": "kv",
    "keys": {"count": KEYS},
    "value": {"sizes": "64B"},
    "put": {"rate": "50/s", "deletes": "10%", "purges": "4%"},
    "get": {"rate": "50/s"},
    "update": {"rate": "20/s", "counters": 2},
    "watch": {"cache": {"snapshot": True}, "few": {"filter": "3"}},
    "phases": {"warmup": "1s", "measure": "3s"},
}


@dataclass
class Bucket:
    """A trial that went well, and what it left: one thing happens every microsecond.

    Attributes:
        came: by watcher, (id, sequence) of each delivery.
        brought: what each read brought, as an answer tells it.
        held: the last message of each subject.
        tries: of each update.
    """

    cell: Cell
    traffic: Mapping[str, Traffic]
    came: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    brought: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    held: dict[str, Last] | None = None
    tries: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def evidence(self, *, broken_off: bool = False) -> Evidence:
        tables, drivers = {}, {}
        for name, said in (("put", None), ("get", self.brought), ("update", self.tries)):
            due_ns = self.traffic[name].intended_ns
            drivers[name] = [_driver(due_ns, said)]
            tables[name] = driven(due_ns, drivers[name], 1)
        due = KIND.due(self.cell, self.traffic)
        observers = {}
        for name, came in self.came.items():
            record = _observer(came, self.traffic["put"].intended_ns)
            chosen = due.get(name)
            own = tables["put"] if chosen is None else some_of(tables["put"], chosen)
            observers[name] = [record] if chosen is None else renumbered([record], chosen)
            tables[name] = seen_by(own, observers[name], 1)
        return Evidence(
            tables=tables,
            drivers=drivers,
            observers=observers,
            held=self.held,
            start_ns=1,
            broken_off=broken_off,
        )

    def audited(self, *, broken_off: bool = False) -> Audited:
        return audited(self.cell, self.traffic, self.evidence(broken_off=broken_off))


def _driver(due_ns: IntArray, said: IntArray | None) -> PublisherRecord:
    """Each is sent as it is due, and answered a microsecond later."""
    size = due_ns.size
    return PublisherRecord(
        ids=np.arange(size),
        sent_ns=due_ns + 1,
        stored_ns=due_ns + 1001,
        outcome=np.zeros(size, dtype=np.int64),
        said=np.zeros(size, dtype=np.int64) if said is None else said,
    )


def _observer(came: list[tuple[int, int]], due_ns: IntArray) -> ConsumerRecord:
    ids, seqs = (np.array(each, dtype=np.int64) for each in zip(*came, strict=True))
    known = np.where((ids >= 0) & (ids < due_ns.size), ids, 0)
    received_ns = due_ns[known] + 2001
    return ConsumerRecord(
        ids=ids,
        stream_seqs=seqs,
        deliveries=np.ones_like(ids),
        received_ns=received_ns,
        handled_ns=received_ns,
        acked_ns=np.zeros_like(ids),
        ending=np.zeros_like(ids),
    )


def sound(**settings: Any) -> Bucket:
    """Play the trial through: preloaded keys, then every write in order."""
    load = Kv.model_validate(WORKLOAD)
    made = Bucket(cell(1, load=load, **settings), make_traffics(load.loads, 7))
    puts, updates = made.traffic["put"], made.traffic["update"]
    value = b"%016d" % PRELOADED
    held = {f"key.{n}": Last(seq=n + 1, operation="", data=value) for n in range(KEYS)}
    made.came = {
        "cache": [(PRELOADED, n + 1) for n in range(KEYS)],
        "few": [],
    }
    words = {"publish": "", "delete": "DEL", "purge": "PURGE"}
    for number, key in enumerate(puts.subject_index.tolist()):
        seq = KEYS + 1 + number
        act = puts.acts[puts.act_index[number]].name
        held[f"key.{key}"] = Last(seq=seq, operation=words[act], data=b"%016d" % number)
        made.came["cache"].append((number, seq))
        if key == 3:
            made.came["few"].append((number, seq))
    counts = np.bincount(updates.subject_index, minlength=2)
    for number, count in enumerate(counts.tolist()):
        held[f"counter.{number}"] = Last(
            seq=10_000 + number, operation="", data=b"%016d%016d" % (0, count)
        )
    made.held = held
    made.tries = np.ones(updates.subject_index.size, dtype=np.int64)
    made.brought = _read(made)
    return made


def _read(made: Bucket) -> IntArray:
    """Return what each read brings: the last write that was confirmed before it was sent."""
    puts, gets = made.traffic["put"], made.traffic["get"]
    brought = []
    for at_ns, key in zip(gets.intended_ns, gets.subject_index, strict=True):
        own = np.flatnonzero((puts.subject_index == key) & (puts.intended_ns + 1000 <= at_ns))
        if not own.size:
            brought.append(PRELOADED + 1)
        elif puts.acts[puts.act_index[own[-1]]].name == "publish":
            brought.append(int(own[-1]) + 1)
        else:
            brought.append(0)
    return np.array(brought, dtype=np.int64)


CHECKS = {
    "get": ("wrong", "stale"),
    "update": ("lost_updates",),
    "cache": ("lost", "unlike", "foreign", "duplicates"),
    "few": ("lost", "unlike", "foreign", "duplicates"),
}


def broken(found: Audited) -> dict[str, int]:
    """Return the checks that do not hold."""
    return {
        f"{part}.{word}": count
        for part, words in CHECKS.items()
        for word in words
        if (count := found.counts[part][word])
    }


def test_a_sound_bucket_holds_every_check() -> None:
    """With deletions and purges among the writes, and values from before."""
    found = sound().audited()

    assert broken(found) == {}
    assert found.counts["get"]["absent"] > 0
    assert found.counts["cache"]["superseded"] == 0
    assert found.findings == ()


def _last_of(made: Bucket, name: str, key: int) -> int:
    """Return the place of the last delivery of a key."""
    keys = made.traffic["put"].subject_index
    return max(at for at, (number, _) in enumerate(made.came[name]) if _key(keys, number) == key)


def _key(keys: IntArray, number: int) -> int:
    return int(keys[number]) if number < keys.size else -1


def drops_an_update(made: Bucket) -> None:
    """One in between, that a history of 64 keeps."""
    del made.came["cache"][KEYS + 5]


def drops_the_last(made: Bucket) -> None:
    del made.came["few"][_last_of(made, "few", 3)]


def test_what_may_have_been_on_its_way_is_unknown() -> None:
    """Each process that was killed let the watchers be told to have lost a message or two."""
    made = sound()
    drops_the_last(made)
    whole = made.audited().counts["few"]
    found = made.audited(broken_off=True)

    assert (whole["lost"], whole["unlike"]) == (1, 1)
    assert (found.counts["few"]["lost"], found.counts["few"]["unlike"]) == (UNKNOWN, UNKNOWN)
    assert found.findings == ()


def test_what_a_later_one_came_after_is_lost_though_the_trial_broke_off() -> None:
    """A connection keeps the order, so it was not on its way any more."""
    made = sound(bucket={"history": 64})
    drops_an_update(made)

    assert made.audited(broken_off=True).counts["cache"]["lost"] == 1


def test_a_last_value_that_was_passed_over_is_unlike_though_the_trial_broke_off() -> None:
    """Other keys' later ones came to the same watcher."""
    made = sound()
    keys, (newest, _) = made.traffic["put"].subject_index, made.came["cache"][-1]
    other = next(key for key in range(KEYS) if key != keys[newest])
    del made.came["cache"][_last_of(made, "cache", other)]

    found = made.audited(broken_off=True)
    assert found.counts["cache"]["unlike"] == 1
    assert f"key.{other}" in found.findings[0].text


def ignores_a_tombstone(made: Bucket) -> None:
    """The bucket ends with a marker for the key, the watcher with the value before it."""
    assert made.held is not None
    number, seq = made.came["few"][-1]
    made.held["key.3"] = Last(seq=seq + 500, operation="DEL", data=b"%016d" % number)


def lacks_a_first_value(made: Bucket) -> None:
    """A key that nobody wrote, and whose value its snapshot lacks."""
    assert made.held is not None
    made.held["key.0"] = Last(seq=1, operation="", data=b"%016d" % PRELOADED)
    keys = made.traffic["put"].subject_index
    made.came["cache"] = [
        each for each in made.came["cache"] if each[1] != 1 and _key(keys, each[0]) != 0
    ]


def sees_what_is_not_ours(made: Bucket) -> None:
    made.came["cache"].append((-1, 9_000))


def sees_one_twice(made: Bucket) -> None:
    made.came["few"].append(made.came["few"][-1])


def reads_another_key(made: Bucket) -> None:
    keys, asked = (made.traffic[name].subject_index for name in ("put", "get"))
    made.brought[-1] = int(np.flatnonzero(keys != asked[-1])[0]) + 1


def reads_a_strange_value(made: Bucket) -> None:
    made.brought[3] = -1


def reads_what_is_old(made: Bucket) -> None:
    """What was there before, though the key was written since."""
    at = int(np.flatnonzero((made.brought > 0) & (made.brought <= PRELOADED))[-1])
    made.brought[at] = PRELOADED + 1


def ignores_who_was_faster(made: Bucket) -> None:
    """Three updates were confirmed and overwritten."""
    assert made.held is not None
    count = int(made.held["counter.1"].data[16:])
    made.held["counter.1"] = replace(made.held["counter.1"], data=b"%016d%016d" % (0, count - 3))


def counts_too_far(made: Bucket) -> None:
    assert made.held is not None
    made.held["counter.0"] = replace(made.held["counter.0"], data=b"%016d%016d" % (0, 99_999))


def reads_nothing_of_what_was_there(made: Bucket) -> None:
    """A key that had a value before the trial, and that nobody has written yet."""
    made.brought[int(np.flatnonzero(made.brought == PRELOADED + 1)[0])] = 0


FAULTS: Mapping[Callable[[Bucket], None], set[str]] = {
    drops_an_update: {"cache.lost"},
    drops_the_last: {"few.lost", "few.unlike"},
    ignores_a_tombstone: {"few.unlike", "cache.unlike"},
    lacks_a_first_value: {"cache.lost", "cache.unlike", "few.unlike"},
    sees_what_is_not_ours: {"cache.foreign"},
    sees_one_twice: {"few.duplicates"},
    reads_another_key: {"get.wrong"},
    reads_a_strange_value: {"get.wrong"},
    reads_what_is_old: {"get.stale"},
    reads_nothing_of_what_was_there: {"get.stale"},
    ignores_who_was_faster: {"update.lost_updates"},
    counts_too_far: {"update.lost_updates"},
}


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_breaks_its_check(plant: Callable[[Bucket], None]) -> None:
    """And no other one, unless that sees it too."""
    made = sound(bucket={"history": 64})
    plant(made)

    found = broken(made.audited())

    assert found.keys() & FAULTS[plant]
    assert found.keys() <= FAULTS[plant] | {"get.stale"}


def with_history() -> Bucket:
    """Two values of each key from before; one watcher is told both."""
    made = sound()
    settings: dict[str, Any] = {"bucket": {"history": 2}}
    load = {**WORKLOAD, "watch": {"cache": {"history": True}, "few": {"filter": "3"}}}
    made.cell = cell(1, load=Kv.model_validate(load), **settings)
    first = [(PRELOADED, seq) for seq in range(1, 2 * KEYS + 1)]
    after = {
        name: [(number, seq + KEYS) for number, seq in came if number != PRELOADED]
        for name, came in made.came.items()
    }
    made.came = {"cache": [*first, *after["cache"]], "few": after["few"]}
    assert made.held is not None
    made.held = {name: replace(kept, seq=kept.seq + KEYS) for name, kept in made.held.items()}
    return made


def test_a_history_that_was_told_first_is_no_update() -> None:
    """Neither foreign, nor a duplicate; it is counted."""
    found = with_history().audited()

    assert broken(found) == {}
    assert found.counts["cache"]["first_values"] == 2 * KEYS
    assert (found.counts["few"]["first_values"], found.counts["cache"]["superseded"]) == (0, 0)


def test_a_last_value_that_a_history_lacks_is_found() -> None:
    """Of a key that nobody wrote: it was told what was before the last one alone."""
    made = with_history()
    assert made.held is not None
    made.held["key.0"] = Last(seq=KEYS + 1, operation="", data=b"%016d" % PRELOADED)
    keys = made.traffic["put"].subject_index
    made.came["cache"] = [each for each in made.came["cache"] if _key(keys, each[0]) != 0]
    whole = made.audited().counts["cache"]["unlike"]

    made.came["cache"].remove((PRELOADED, KEYS + 1))

    assert (whole, made.audited().counts["cache"]["unlike"]) == (0, 1)


def test_what_a_history_of_one_no_longer_keeps_is_superseded() -> None:
    """The same dropped update is no loss where a later one stands in its place."""
    made = sound()
    drops_an_update(made)

    found = made.audited()

    assert broken(found) == {}
    assert found.counts["cache"]["superseded"] == 1


def test_where_the_server_does_not_say_what_it_holds_nobody_can_tell() -> None:
    """And nothing is said to hold."""
    made = sound()
    made.held = None

    found = made.audited()

    assert broken(found) == {
        "update.lost_updates": UNKNOWN, "cache.unlike": UNKNOWN, "few.unlike": UNKNOWN,
    }  # fmt: skip


def test_an_update_without_an_answer_may_have_counted_or_not() -> None:
    """Either way the counter is right; one more is not."""
    for extra, off in ((0, 0), (-1, 0), (-2, 1), (1, 1)):
        made = sound()
        evidence = made.evidence()
        evidence.tables["update"].stored_ns[0] = np.iinfo(np.int64).min
        key = f"counter.{made.traffic['update'].subject_index[0]}"
        assert made.held is not None
        count = int(made.held[key].data[16:]) + extra
        made.held[key] = replace(made.held[key], data=b"%016d%016d" % (0, count))

        found = audited(made.cell, made.traffic, replace(evidence, held=made.held))

        assert found.counts["update"]["lost_updates"] == off


def test_what_does_not_hold_is_told_with_examples() -> None:
    """A reader wants to know where to look."""
    made = sound()
    ignores_who_was_faster(made)

    (finding,) = made.audited().findings

    assert (finding.code, "counter.1" in finding.text) == ("check-broken", True)


def test_a_read_knows_how_old_it_is() -> None:
    """Of every answer; a value from before the trial is as old as the trial, at least."""
    made = sound()

    found = made.audited()

    reads, answered = found.tables["get"], made.traffic["get"].intended_ns + 1000
    ages_ns = answered - reads.received_ns
    before = made.brought == PRELOADED + 1
    assert found.counts["get"]["dated"] == made.brought.size
    assert np.array_equal(ages_ns[before], answered[before])
    assert (ages_ns > 0).all()


@pytest.mark.parametrize(
    ("settings", "weight"),
    [
        ({}, Weight.SHORTFALL),
        ({"bucket": {"num_replicas": 3}}, Weight.NOTED),
        ({"read": {"strategy": "cache-by-watch"}}, Weight.NOTED),
    ],
)
def test_what_the_one_server_confirmed_is_read_from_it(settings: Any, weight: Weight) -> None:
    """A replica may be behind, and so may a cache: one server that answers for itself may not."""
    load = Kv.model_validate(WORKLOAD)

    _, entry = entries(cast_of(Settings.model_validate(settings), load))["stale"]

    assert entry.weight is weight
    assert bool(entry.check) is (weight is Weight.SHORTFALL)
