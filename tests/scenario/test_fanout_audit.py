"""What plain subscribers missed, what slow members took, and what had two effects or none."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.clients.port import Ending, IntArray
from bench.engine.audit import Evidence
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.table import driven, seen_by
from bench.plan.traffic import make_traffics
from bench.scenario.again import handled_again
from bench.scenario.fanout import KIND
from bench.spec.kinds.fanout import Fanout
from tests.plan.examples import cell

LOAD = Fanout.model_validate(
    {
        "kind": "fanout",
        "payload": {"sizes": "64B"},
        "publish": {"rate": "10/s"},
        "consumers": {
            "group": {"processes": 3, "slow": {"processes": 2, "handler": {"time": "5ms"}}},
            "plain": {"mode": "core"},
            "once": {"once": True, "processes": 2},
        },
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)


def record(ids: IntArray) -> ConsumerRecord:
    """One that received these in their order."""
    ones = np.ones_like(ids)
    return ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=ones,
        received_ns=ids + 10,
        handled_ns=ids + 11,
        acked_ns=ids + 12,
        ending=np.zeros_like(ids),
    )


@pytest.mark.parametrize(
    ("stored", "received", "missed"),
    [
        (range(30), range(30), 0),
        (range(30), range(7, 30), 7),  # subscribed too late
        (range(20), range(30), 0),  # a PubAck that did not come says nothing of the message
        (range(20, 30), range(20), 10),
    ],
)
def test_a_plain_subscriber_missed_what_was_stored_and_never_came(
    stored: range, received: range, missed: int
) -> None:
    """Each message counts, whoever else saw it."""
    ids = np.arange(30)
    due_ns = np.zeros(30, dtype=np.int64)
    confirmed = np.where(np.isin(ids, stored), ids + 2, 0)
    zeros = np.zeros_like(ids)
    sent = PublisherRecord(ids=ids, sent_ns=ids + 1, stored_ns=confirmed, outcome=zeros, said=zeros)
    plain = record(np.array(received))
    flow = driven(due_ns, [sent], 1)
    group = [record(ids[:15]), record(ids[15:26]), record(ids[26:])]
    evidence = Evidence(
        tables={
            "publish": flow,
            "group": seen_by(flow, group, 1),
            "plain": seen_by(flow, [plain], 1),
            "once": seen_by(flow, group, 1),
        },
        drivers={},
        observers={"group": group, "plain": [plain], "once": group},
        held=None,
        start_ns=1,
    )
    made = cell(1, load=LOAD)

    told = KIND.audit(made, make_traffics(LOAD.loads, 1), evidence).counts

    assert told["plain"] == {"lost": missed}
    assert told["group"] == {"by_slow": 15, "handled_twice": 0}


def again(
    ids: list[int], alone: Sequence[int] = (), unhandled: Sequence[int] = ()
) -> ConsumerRecord:
    """One that received these; what came at some places it left alone, or did not handle."""
    plain = record(np.array(ids))
    handled_ns, ending = plain.handled_ns.copy(), plain.ending.copy()
    handled_ns[[*alone, *unhandled]] = NEVER
    ending[list(alone)] = Ending.REPEATED
    return replace(plain, handled_ns=handled_ns, ending=ending)


def audited(records: list[ConsumerRecord]) -> tuple[dict[str, int], list[str]]:
    """What is counted of the one that handles each once, and what is told."""
    due_ns, ids = np.zeros(30, dtype=np.int64), np.arange(30)
    zeros = np.zeros_like(ids)
    sent = PublisherRecord(ids=ids, sent_ns=ids + 1, stored_ns=ids + 2, outcome=zeros, said=zeros)
    flow, whole = driven(due_ns, [sent], 1), [record(ids)]
    seen = {"group": whole * 3, "plain": whole, "once": records}
    evidence = Evidence(
        tables={"publish": flow} | {name: seen_by(flow, each, 1) for name, each in seen.items()},
        drivers={},
        observers=seen,
        held=None,
        start_ns=1,
    )
    found = KIND.audit(cell(1, load=LOAD), make_traffics(LOAD.loads, 1), evidence)
    return dict(found.counts["once"]), [each.text for each in found.findings]


@pytest.mark.parametrize(
    ("records", "counted"),
    [
        ([again([0, 1, 2])], (0, 0)),
        ([again([0, 1, 1, 2, 1], alone=[2, 4])], (2, 0)),  # the memory held
        ([again([0, 1, 1, 2, 1])], (0, 2)),  # planted: it forgets
        ([again([0, 1]), again([1, 2])], (0, 1)),  # another process does not know
        ([again([0, 1, 1, 1], alone=[2], unhandled=[3])], (1, 0)),  # one is still in hand
        ([again([0, 1, 1, 1], alone=[2])], (1, 1)),  # planted: one was handled again
    ],
)
def test_what_comes_again_has_one_effect_or_is_counted(
    records: list[ConsumerRecord], counted: tuple[int, int]
) -> None:
    """By the records of all its processes."""
    found, _ = audited(records)

    assert (found["repeats"], found["handled_twice"]) == counted


def test_a_handler_that_skips_an_event_is_told_with_its_number() -> None:
    """The planted fault: it acknowledges, and does nothing."""
    _, said = audited([again([0, 1, 2, 3], unhandled=[2])])

    assert said == [
        "once: 1 message acknowledged and never handled: of those that it is due number 2"
    ]
    assert audited([again([0, 1, 2, 3])])[1] == []


def test_one_that_remembers_nothing_counts_twice_what_comes_again() -> None:
    """No fault of an at-least-once delivery, and counted all the same."""
    ids = np.arange(30)
    group = [record(ids[:20]), record(ids[15:30])]
    flow = driven(np.zeros(30, dtype=np.int64), [], 1)

    assert handled_again(seen_by(flow, group, 1), group) == 5
