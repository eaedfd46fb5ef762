"""Groups of keys at the end: what was read whole holds, and each planted fault is caught."""

from typing import Any

import numpy as np
import pytest

from bench.clients.buckets import Bucket, Value, Whole, gathered, told_apart
from bench.clients.port import IntArray
from bench.engine.audit import Evidence
from bench.engine.recorder import PublisherRecord
from bench.engine.table import driven
from bench.plan.traffic import make_traffics
from bench.scenario.kv_audit import audited
from bench.scenario.reading import PRELOADED
from bench.spec.cast import Weight, entries
from bench.spec.kinds.kv import Kv, cast_of
from bench.spec.variant import Settings
from tests.plan.examples import cell

LOAD = Kv.model_validate(
    {
        "kind": "kv",
        "value": {"sizes": "64B"},
        "groups": {"count": 2},
        "group_put": {"rate": "20/s"},
        "group_get": {"rate": "20/s"},
        "phases": {"warmup": "1s", "measure": "3s"},
    }
)
TRAFFIC = make_traffics(LOAD.loads, 7)
BUCKET = Bucket(stream="KV_b", direct=True, members=2)


def number(*versions: int) -> int:
    """What a reader tells of a group with these versions."""
    return gathered(
        [Value(seq=seq, data=b"%016d" % version) for seq, version in enumerate(versions, start=1)],
        BUCKET,
    )


def test_a_key_that_comes_twice_stands_for_no_other() -> None:
    """A group of two whose first key was brought twice, and the other not at all."""
    once, other = (Value(seq=seq, data=b"%016d" % 5) for seq in (7, 8))

    assert told_apart(np.array([gathered([once, once], BUCKET)]))[1] == Whole.PARTIAL
    assert told_apart(np.array([gathered([once, other], BUCKET)]))[1] == Whole.WHOLE


def versions() -> list[int]:
    """The last version of its group that was confirmed before each read was sent."""
    puts, gets = TRAFFIC["group_put"], TRAFFIC["group_get"]
    found = []
    for at_ns, group in zip(gets.intended_ns, gets.subject_index, strict=True):
        own = np.flatnonzero((puts.subject_index == group) & (puts.intended_ns + 1000 <= at_ns))
        found.append(int(own[-1]) if own.size else PRELOADED)
    return found


def counted(brought: list[int]) -> dict[str, int]:
    drivers, tables = {}, {}
    said: dict[str, IntArray] = {"group_get": np.array(brought, dtype=np.int64)}
    for name in ("group_put", "group_get"):
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
    return dict(audited(cell(1, load=LOAD), TRAFFIC, evidence).counts["group_get"])


SOUND = {"torn": 0, "incoherent": 0, "partial": 0, "group_stale": 0, "group_wrong": 0}


def test_groups_that_are_read_whole_hold_every_check() -> None:
    """What was there before the trial as well."""
    assert counted([number(each, each) for each in versions()]) == SOUND


TORN = {"torn", "incoherent"}
"""The same count; a cast has one of them."""


@pytest.mark.parametrize(
    ("read", "broken"),
    [
        (lambda last, other: number(last - 1, last), {*TORN, "group_wrong"}),
        (lambda last, other: number(PRELOADED, last), TORN),
        (lambda last, other: number(last), {"partial"}),
        (lambda last, other: number(PRELOADED, PRELOADED), {"group_stale"}),
        (lambda last, other: number(other, other), {"group_wrong"}),
        (lambda last, other: 4 * -1, {"group_wrong"}),
    ],
    ids=["torn", "torn-from-before", "partial", "old", "of-another-group", "of-nobody"],
)
def test_a_planted_fault_is_counted(read: Any, broken: set[str]) -> None:
    """The last read brought something else; a torn one may be old or strange besides."""
    brought = versions()
    puts = TRAFFIC["group_put"].subject_index
    other = int(np.flatnonzero(puts != puts[brought[-1]])[-1])
    numbers = [number(each, each) for each in brought]
    numbers[-1] = read(brought[-1], other)

    found = {name for name, count in counted(numbers).items() if count}

    assert found
    assert found <= broken | {"group_stale"}
    assert broken & found


def test_torn_is_a_fault_at_a_boundary_alone() -> None:
    """Elsewhere it is what one wants to know."""
    plain, bounded = (
        entries(cast_of(Settings.model_validate({"read": {"group": how}}), LOAD))
        for how in ("latest", "boundary")
    )

    assert plain["torn"][1].weight is Weight.NOTED
    assert bounded["incoherent"][1].weight is Weight.SHORTFALL
    assert bounded["incoherent"][1].check
    assert ("incoherent" in plain, "torn" in bounded) == (False, False)
