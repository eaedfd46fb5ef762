"""Reads through a cache at the end: a dropped update and an ignored tombstone are caught."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.core.units import NS_PER_S
from bench.engine.audit import Evidence
from bench.engine.recorder import PublisherRecord
from bench.engine.table import driven
from bench.plan.traffic import make_traffics
from bench.scenario.kv_audit import audited
from bench.scenario.reading import PRELOADED
from bench.spec.cast import Weight, entries
from bench.spec.kinds.kv import Kv, cast_of
from bench.spec.variant import ReadSettings, Settings
from tests.plan.examples import cell

LOAD = Kv.model_validate(
    {
        "kind": "kv",
        "keys": {"count": 3},
        "value": {"sizes": "64B"},
        "put": {"rate": "1/s", "deletes": "20%"},
        "get": {"rate": "10/s"},
        "phases": {"warmup": "1s", "measure": "39s"},
    }
)
TRAFFIC = make_traffics(LOAD.loads, 7)
PUTS, GETS = TRAFFIC["put"], TRAFFIC["get"]
REMOVES = PUTS.act_index > 0


def brought(ignored: set[int], *, tombstones: bool = True) -> list[int]:
    """What reads bring from a cache that never hears of some writes, nor of any tombstone."""
    found = []
    for at_ns, key in zip(GETS.intended_ns, GETS.subject_index, strict=True):
        own = np.flatnonzero((PUTS.subject_index == key) & (PUTS.intended_ns + 1000 <= at_ns))
        heard = [n for n in own.tolist() if n not in ignored and (tombstones or not REMOVES[n])]
        if not heard:
            found.append(PRELOADED + 1)
        else:
            found.append(0 if REMOVES[heard[-1]] else heard[-1] + 1)
    return found


def counted(numbers: list[int], **read: Any) -> dict[str, int]:
    drivers, tables = {}, {}
    said: dict[str, IntArray] = {"get": np.array(numbers, dtype=np.int64)}
    for name in ("put", "get"):
        due_ns = TRAFFIC[name].intended_ns
        none = np.zeros(due_ns.size, dtype=np.int64)
        record = PublisherRecord(
            ids=np.arange(due_ns.size),
            sent_ns=due_ns + 1,
            stored_ns=due_ns + 1001,
            outcome=none,
            said=said.get(name, none),
        )
        drivers[name], tables[name] = [record], driven(due_ns, [record], 1)
    evidence = Evidence(tables=tables, drivers=drivers, observers={}, held={}, start_ns=1)
    settings: dict[str, Any] = {"read": read} if read else {}
    made = cell(1, load=LOAD, **settings)
    return dict(audited(made, TRAFFIC, evidence).counts["get"])


def longest_alone(removes: bool) -> int:
    """The write, a removal of a value or not, that the next of its key comes longest after."""
    waits = {}
    for number in np.flatnonzero(removes == REMOVES).tolist():
        before = np.flatnonzero(PUTS.subject_index[:number] == PUTS.subject_index[number])
        if removes and before.size and REMOVES[before[-1]]:
            continue
        later = np.flatnonzero(PUTS.subject_index[number + 1 :] == PUTS.subject_index[number])
        next_ns = PUTS.intended_ns[number + 1 + later[0]] if later.size else 40 * NS_PER_S
        waits[number] = int(next_ns - PUTS.intended_ns[number])
    return max(waits, key=waits.__getitem__)


def drops_an_update() -> list[int]:
    return brought({longest_alone(removes=False)})


def ignores_a_tombstone() -> list[int]:
    return brought({longest_alone(removes=True)})


def ignores_all_tombstones() -> list[int]:
    return brought(set(), tombstones=False)


def test_a_cache_that_hears_everything_misses_nothing() -> None:
    """Nothing stale, nothing wrong."""
    found = counted(brought(set()))

    assert {name: found[name] for name in ("stale", "missed", "wrong")} == {
        "stale": 0, "missed": 0, "wrong": 0,
    }  # fmt: skip
    assert found["absent"] > 0


@pytest.mark.parametrize("plant", [drops_an_update, ignores_a_tombstone, ignores_all_tombstones])
def test_a_planted_fault_is_missed(plant: Callable[[], list[int]]) -> None:
    """Reads are older than what was confirmed two seconds before they were sent."""
    found = counted(plant())

    assert found["stale"] > found["missed"] > 0
    assert found["missed"] == found["overlooked"]


def test_what_is_a_moment_behind_misses_nothing() -> None:
    """A watch takes its time: each read is half a second behind."""
    numbers = brought(set())
    late = [0] * 5 + numbers[:-5]
    same_key = [
        late[at] if GETS.subject_index[at] == GETS.subject_index[max(0, at - 5)] else number
        for at, number in enumerate(numbers)
    ]

    found = counted(same_key)

    assert found["stale"] > 0
    assert found["missed"] == 0


@pytest.mark.parametrize(
    ("strategy", "word"),
    [
        ("get", ""), ("cache-with-ttl", "missed"), ("at-revision", ""),
        ("read-then-watch", "overlooked"),
        ("cache-by-watch", "missed"), ("watch-then-read", "missed"), ("watch-resumed", "missed"),
    ],
)  # fmt: skip
def test_who_watches_rightly_is_to_miss_nothing(strategy: Any, word: str) -> None:
    """Who watches too late is counted, and that is no fault: it is what one wants to know."""
    settings = Settings(read=ReadSettings(strategy=strategy))

    held = entries(cast_of(settings, LOAD))

    found = {name: entry for name, (_, entry) in held.items() if name in ("missed", "overlooked")}
    assert list(found) == ([word] if word else [])
    weights = {"missed": Weight.SHORTFALL, "overlooked": Weight.NOTED}
    assert all(entry.weight is weights[name] for name, entry in found.items())
    assert all(bool(entry.check) is (name == "missed") for name, entry in found.items())


def test_a_cache_that_believes_for_ever_is_caught() -> None:
    """One that may believe for a second does not hear of a write for longer than three."""
    numbers = drops_an_update()

    soon, late = (
        counted(numbers, strategy="cache-with-ttl", max_age=age)["missed"] for age in ("1s", "10m")
    )

    assert soon > 0
    assert late == 0


def test_a_first_value_that_a_cache_lacks_is_missed() -> None:
    """It was there before the trial, nobody took it away, and the cache says that there is none."""
    numbers = brought(set())
    written = set(zip(PUTS.subject_index.tolist(), PUTS.intended_ns.tolist(), strict=True))
    asked = zip(GETS.subject_index.tolist(), GETS.intended_ns.tolist(), numbers, strict=True)
    first = [
        at
        for at, (key, at_ns, number) in enumerate(asked)
        if number == PRELOADED + 1 and (key, at_ns) not in written
    ]
    lacking = [0 if at in first else number for at, number in enumerate(numbers)]

    found = counted(lacking)

    assert found["stale"] == len(first)
    assert found["missed"] == sum(GETS.intended_ns[first] > 2 * NS_PER_S)
    assert counted(numbers)["stale"] == 0


def test_what_is_written_at_that_moment_may_be_taken_for_nothing() -> None:
    """By a watch that begins meanwhile; a second later it may not."""
    keys = np.flatnonzero(~REMOVES)
    number = int(keys[np.argmax(PUTS.intended_ns[keys] > 5 * NS_PER_S)])
    own = GETS.subject_index == PUTS.subject_index[number]
    after_ns = GETS.intended_ns - PUTS.intended_ns[number]

    def missed(chosen: IntArray) -> int:
        numbers = brought(set())
        for at in np.flatnonzero(chosen).tolist():
            numbers[at] = 0
        return counted(numbers)["missed"]

    moment, later = (after_ns >= 0) & (after_ns < 10**8), (after_ns > 10**8) & (after_ns < 10**9)
    assert missed(own & moment) == 0
    assert missed(own & later) > 0
