"""Keys that live for a time, at the end: what is sound holds, and each planted fault is caught."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.clients.buckets import MARKERS
from bench.clients.port import NO_ID, Outcome
from bench.core.units import NS_PER_S
from bench.engine.audit import Audited, Evidence
from bench.engine.lifetimes import EARLY_NS
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import driven, renumbered, seen_by, some_of
from bench.plan.model import Cell
from bench.plan.traffic import Traffic, make_traffics
from bench.scenario.kv import KIND
from bench.scenario.kv_audit import audited
from bench.scenario.reading import PRELOADED
from bench.spec.kinds.kv import Kv
from tests.plan.examples import cell

KEYS = 5
WORKLOAD: dict[str, Any] = {
    "kind": "kv",
    "value": {"sizes": "64B"},
    "create": {"rate": "1/s", "keys": KEYS, "ttl": "1s"},
    "watch": {"all": {"of": "create"}, "one": {"of": "create", "filter": "2"}},
    "phases": {"warmup": "1s", "measure": "14s"},
}


@dataclass
class Leases:
    """A trial in which each key is created every five seconds, and lives for one.

    Attributes:
        taken: creations that found their key taken.
        came: by watcher, (id, sequence) of each delivery.
        held: the last message of each subject.
    """

    cell: Cell
    traffic: Mapping[str, Traffic]
    taken: set[int] = field(default_factory=set)
    came: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    held: dict[str, Last] | None = field(default_factory=dict)

    def audited(self) -> Audited:
        due_ns = self.traffic["create"].intended_ns
        size = due_ns.size
        taken = np.isin(np.arange(size), list(self.taken))
        record = PublisherRecord(
            ids=np.arange(size),
            sent_ns=due_ns + 1,
            stored_ns=np.where(taken, 0, due_ns + 1001),
            outcome=np.where(taken, int(Outcome.CONFLICT), 0),
            said=np.zeros(size, dtype=np.int64),
        )
        tables, observers = {"create": driven(due_ns, [record], 1)}, {}
        due = KIND.due(self.cell, self.traffic)
        for name, came in self.came.items():
            seen, chosen = _observer(came, due_ns), due.get(name)
            own = tables["create"] if chosen is None else some_of(tables["create"], chosen)
            observers[name] = [seen] if chosen is None else renumbered([seen], chosen)
            tables[name] = seen_by(own, observers[name], 1)
        evidence = Evidence(
            tables=tables,
            drivers={"create": [record]},
            observers=observers,
            held=self.held,
            start_ns=1,
        )
        return audited(self.cell, self.traffic, evidence)


def _observer(came: list[tuple[int, int]], due_ns: np.ndarray) -> ConsumerRecord:
    ids, seqs = (np.array(each, dtype=np.int64) for each in zip(*came, strict=True))
    received_ns = due_ns[np.clip(ids, 0, due_ns.size - 1)] + 2001
    return ConsumerRecord(
        ids=ids,
        stream_seqs=seqs,
        deliveries=np.ones_like(ids),
        received_ns=received_ns,
        handled_ns=received_ns,
        acked_ns=np.zeros_like(ids),
        ending=np.zeros_like(ids),
    )


def sound() -> Leases:
    """Every creation succeeds, and all but the last three of them are long over."""
    load = Kv.model_validate(WORKLOAD)
    made = Leases(cell(1, load=load, bucket={"limit_markers": "1s"}), make_traffics(load.loads, 7))
    made.came = {"all": [], "one": []}
    for number, key in enumerate(made.traffic["create"].subject_index.tolist()):
        for watcher in ("all", "one") if key == 2 else ("all",):
            seq = 2 * number + 1
            made.came[watcher] += [(number, seq), (MARKERS - key, seq + 1)]
    return made


def broken(found: Audited) -> dict[str, int]:
    words = ("doubled", "outlived", "lost", "unlike", "foreign", "duplicates", "unmarked")
    return {
        f"{part}.{word}": counts[word]
        for part, counts in found.counts.items()
        for word in words
        if counts.get(word)
    }


def test_what_lives_its_time_and_is_marked_holds_every_check() -> None:
    """Markers are no foreign deliveries, of a watcher of some keys as well."""
    found = sound().audited()

    assert broken(found) == {}
    assert found.counts["all"]["markers"] == 15
    assert found.counts["one"]["markers"] == 3
    assert found.findings == ()


def leaves_a_key(made: Leases) -> None:
    """It is there at the end, seconds after its time."""
    assert made.held is not None
    made.held["lease.1"] = Last(seq=3, operation="", data=b"%016d" % 1)
    made.came["all"] = [each for each in made.came["all"] if each[0] not in (6, 11)]


def takes_what_is_gone(made: Leases) -> None:
    """Its key was created five seconds before."""
    made.taken.add(7)
    made.came["all"].remove((7, 15))


def ignores_what_is_there(made: Leases) -> None:
    """The compare and set is ignored: the next creation of all keys comes after a second alone."""
    made.traffic["create"].subject_index[3] = 2
    made.traffic["create"].intended_ns[3] -= NS_PER_S // 2


def lacks_a_marker(made: Leases) -> None:
    """The watcher of all keys is never told that one is gone."""
    made.came["all"] = [each for each in made.came["all"] if each[0] != MARKERS - 1]


def brings_a_strange_marker(made: Leases) -> None:
    """Of a key that there is not."""
    made.came["all"].append((MARKERS - 99, 900))


def brings_what_is_nobodys(made: Leases) -> None:
    made.came["one"].append((NO_ID, 901))


FAULTS: Mapping[Callable[[Leases], None], set[str]] = {
    leaves_a_key: {"create.outlived"},
    takes_what_is_gone: {"create.outlived"},
    ignores_what_is_there: {"create.doubled"},
    lacks_a_marker: {"all.unmarked"},
    brings_a_strange_marker: {"all.foreign"},
    brings_what_is_nobodys: {"one.foreign"},
}


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_breaks_its_check(plant: Callable[[Leases], None]) -> None:
    """Whatever else it may break."""
    made = sound()
    plant(made)

    assert FAULTS[plant] <= broken(made.audited()).keys()


def test_what_the_server_does_not_say_nobody_can_tell() -> None:
    """Whether something outlived its time, or what a watcher should have ended with."""
    made = sound()
    made.held = None

    found = broken(made.audited())

    assert found == {"create.outlived": UNKNOWN, "all.unlike": UNKNOWN, "one.unlike": UNKNOWN}


def test_what_is_told_names_keys() -> None:
    """A reader wants to know where to look."""
    made = sound()
    leaves_a_key(made)

    assert any("lease.1" in finding.text for finding in made.audited().findings)


READ: dict[str, Any] = {
    "kind": "kv",
    "keys": {"count": 3},
    "value": {"sizes": "64B"},
    "get": {"rate": "2/s"},
    "phases": {"warmup": "1s", "measure": "9s"},
}


def read(brought: Callable[[int, int], int], **parts: Any) -> Audited:
    """Return what is said of reads that bring this of a key at an instant, ns.

    The bucket lets values live for three seconds, and holds a first value of `key.0` at the end.
    """
    load = Kv.model_validate({**READ, **parts})
    traffic = make_traffics(load.loads, 7)
    drivers, tables = {}, {}
    for name, each in traffic.items():
        due_ns, none = each.intended_ns, np.zeros_like(each.intended_ns)
        pairs = zip(each.subject_index.tolist(), due_ns.tolist(), strict=True)
        said = np.array([brought(key, at_ns) for key, at_ns in pairs])
        record = PublisherRecord(
            ids=np.arange(due_ns.size),
            sent_ns=due_ns + 1,
            stored_ns=due_ns + 1001,
            outcome=none,
            said=said if name == "get" else none,
        )
        drivers[name], tables[name] = [record], driven(due_ns, [record], 1)
    first = Last(seq=1, operation="", data=b"%016d" % PRELOADED)
    evidence = Evidence(
        tables=tables, drivers=drivers, observers={}, held={"key.0": first}, start_ns=1
    )
    return audited(cell(1, load=load, bucket={"ttl": "3s"}), traffic, evidence)


def test_what_is_read_long_after_its_time_is_found_where_nobody_writes() -> None:
    """First values that are still read five seconds after the trial's start, and later."""

    def never_over(key: int, at_ns: int) -> int:
        return PRELOADED + 1

    def over_in_time(key: int, at_ns: int) -> int:
        return PRELOADED + 1 if at_ns < 3 * NS_PER_S else 0

    assert read(never_over).counts["get"]["outlived"] == 10
    assert read(over_in_time).counts["get"]["outlived"] == 0


def test_a_first_value_that_is_never_gone_is_found() -> None:
    """The bucket holds it at the end, as old as the trial."""
    found = read(lambda key, at_ns: 0, put={"rate": "1/s"})

    assert found.counts["put"]["outlived"] == 1


def test_a_value_that_is_gone_before_its_time_is_stale() -> None:
    """It was written every four seconds, lives for three, and is never there."""
    parts: dict[str, Any] = {"put": {"rate": "0.25/s"}, "keys": {"count": 1, "preload": False}}
    traffic = make_traffics(Kv.model_validate({**READ, **parts}).loads, 7)
    wrote, asked = (traffic[name].intended_ns.tolist() for name in ("put", "get"))
    lived = [
        any(0 < at_ns - written_ns < 3 * NS_PER_S - EARLY_NS for written_ns in wrote)
        for at_ns in asked
    ]

    found = read(lambda key, at_ns: 0, **parts).counts["get"]

    assert 0 < sum(lived) < len(lived)
    assert found["stale"] == sum(lived)
    assert found["absent"] == len(lived)
