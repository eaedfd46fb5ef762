"""Scans at the end: each brought what there is, but for what was written meanwhile."""

from typing import Any

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.engine.audit import Evidence
from bench.engine.recorder import PublisherRecord
from bench.engine.table import driven
from bench.plan.traffic import make_traffics
from bench.scenario.kv_audit import audited
from bench.spec.kinds.kv import Kv
from tests.plan.examples import cell

KEYS = 30
WORKLOAD: dict[str, Any] = {
    "kind": "kv",
    "keys": {"count": KEYS, "tenants": 3},
    "value": {"sizes": "64B"},
    "scan": {"rate": "2/s"},
    "phases": {"warmup": "1s", "measure": "4s"},
}


def counted(found: list[int], took_ns: int = 1000, bucket: Any = None, **parts: Any) -> Any:
    """Return what is counted of scans that took so long; writes take a microsecond."""
    load = Kv.model_validate({**WORKLOAD, **parts})
    traffic = make_traffics(load.loads, 7)
    drivers, tables = {}, {}
    for name, each in traffic.items():
        due_ns: IntArray = each.intended_ns
        none = np.zeros(due_ns.size, dtype=np.int64)
        scans = name in load.scans
        said = np.resize(np.array(found, dtype=np.int64), due_ns.size) + 1
        record = PublisherRecord(
            ids=np.arange(due_ns.size),
            sent_ns=due_ns + 1,
            stored_ns=due_ns + 1 + (took_ns if scans else 1000),
            outcome=none,
            said=said if scans else none,
        )
        drivers[name], tables[name] = [record], driven(due_ns, [record], 1)
    evidence = Evidence(tables=tables, drivers=drivers, observers={}, held={}, start_ns=1)
    made = cell(1, load=load, **({"bucket": bucket} if bucket else {}))
    return audited(made, traffic, evidence).counts["scan"]


def test_a_scan_of_keys_that_nobody_writes_brings_all() -> None:
    """One more or less is a fault."""
    assert counted([KEYS]) == {"keys_found": 10 * KEYS, "keys_missed": 0, "miscounted": 0}
    assert counted([KEYS - 1])["miscounted"] == 10
    assert counted([KEYS + 1])["miscounted"] == 10


def test_a_scan_of_one_tenant_brings_its_keys() -> None:
    """A third of them."""
    scan = {"rate": "2/s", "filter": "tenant-1.>"}

    assert counted([KEYS // 3], scan=scan)["miscounted"] == 0
    assert counted([KEYS], scan=scan)["miscounted"] == 10


@pytest.mark.parametrize(("missing", "faults"), [(0, 0), (2, 0), (9, 10)])
def test_what_is_written_meanwhile_may_not_come(missing: int, faults: int) -> None:
    """Some writes fall into a scan of a hundred milliseconds; others do not excuse it."""
    found = counted([KEYS - missing], took_ns=10**8, put={"rate": "50/s", "arrivals": "constant"})

    assert (found["miscounted"], found["keys_missed"]) == (faults, 10 * missing)


@pytest.mark.parametrize(
    ("parts", "bucket"),
    [
        ({"put": {"rate": "1/s", "deletes": "10%"}}, None),
        ({}, {"ttl": "1s"}),
        ({"keys": {"count": KEYS, "preload": False}}, None),
    ],
)
def test_where_keys_come_and_go_there_are_never_more(parts: dict[str, Any], bucket: Any) -> None:
    """Fewer than surely had a value there may not be either: of all ten scans none brought one."""
    assert counted([KEYS + 1], bucket=bucket, **parts)["miscounted"] == 10
    surely = bool(parts.get("put"))
    assert counted([0], bucket=bucket, **parts)["miscounted"] == (10 if surely else 0)


def test_a_scan_brings_every_key_that_nobody_has_taken_away() -> None:
    """Half of the writes delete their key: one key less than are left is one too few."""
    parts: dict[str, Any] = {"put": {"rate": "20/s", "deletes": "50%"}}
    load = Kv.model_validate({**WORKLOAD, **parts})
    traffic = make_traffics(load.loads, 7)
    puts, left = traffic["put"], []
    for at_ns in traffic["scan"].intended_ns.tolist():
        before = np.flatnonzero(puts.intended_ns + 1000 <= at_ns)
        last = dict(zip(puts.subject_index[before], puts.act_index[before], strict=True))
        left.append(KEYS - sum(bool(act) for act in last.values()))

    assert min(left) < KEYS - 5
    assert counted(left, **parts)["miscounted"] == 0
    # A write that is sent at the very instant of a scan may take one away.
    assert counted([each - 2 for each in left], **parts)["miscounted"] == 10


def test_what_was_written_and_has_its_time_is_to_come() -> None:
    """Each key is written every half second and lives for two: a scan that brings three lacks most.

    The first scans come before all keys were written, and may be right.
    """
    parts: dict[str, Any] = {
        "put": {"rate": "60/s"},
        "keys": {"count": KEYS, "distribution": "sequential"},
    }

    assert counted([KEYS], bucket={"ttl": "2s"}, **parts)["miscounted"] == 0
    assert counted([3], bucket={"ttl": "2s"}, **parts)["miscounted"] >= 8
