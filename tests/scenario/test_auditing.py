"""What is said of whoever takes messages, in kinds that say nothing of it themselves."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from bench.clients.port import IntArray
from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN, Backlog, Present
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.table import NOT_YET, driven, renumbered, seen_by, some_of
from bench.plan.model import Cell
from bench.plan.traffic import make_traffics
from bench.scenario.auditing import audited
from bench.scenario.fanout import KIND
from bench.spec.kinds.fanout import Fanout
from tests.plan.examples import cell

TAKES_NS, START_NS = 5_000_000, 1000
KILL = {"do": "crash", "at": "1s", "for": "1s", "part": "seen.consumer"}


def fan(**parts: Any) -> Cell:
    """Two consumers, of whom one is due every other message; each handler takes 5 ms."""
    load = Fanout.model_validate(
        {
            "kind": "fanout",
            "subjects": {"pattern": "o.{event}", "values": {"event": ["made", "paid"]}},
            "payload": {"sizes": "64B"},
            "publish": {"rate": "10/s"},
            "consumers": {
                "seen": {"handler": {"time": "5ms"}},
                "some": {"filter": "o.paid", "handler": {"time": "5ms"}},
            },
            "phases": {"warmup": "1s", "measure": "2s"},
        }
    )
    return cell(1, load=load, **parts)


def record(ids: IntArray, handled_ns: IntArray) -> ConsumerRecord:
    """One that received these at once, each by itself."""
    return ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.ones_like(ids),
        received_ns=np.full_like(ids, START_NS),
        handled_ns=handled_ns,
        acked_ns=handled_ns,
        ending=np.zeros_like(ids),
    )


def told(made: Cell, counts: dict[str, dict[str, int]]) -> Any:
    """Return what is said where message n was handled n ms after it could be, the last never."""
    traffic = make_traffics(made.workload.loads, 7)
    due_ns = traffic["publish"].intended_ns
    ids = np.arange(due_ns.size)
    sent = PublisherRecord(
        ids=ids, sent_ns=due_ns, stored_ns=due_ns, outcome=np.zeros_like(ids), said=ids + 1
    )
    handled_ns = START_NS + TAKES_NS + ids * 1_000_000
    handled_ns[-1] = NEVER
    whole = [record(ids, handled_ns)]
    due = KIND.due(made, traffic)["some"]
    seen = {"seen": whole, "some": renumbered(whole, due)}
    table = driven(due_ns, [sent], 1)
    tables = {
        "publish": table,
        "seen": seen_by(table, whole, START_NS),
        "some": seen_by(some_of(table, due), seen["some"], START_NS),
    }
    evidence = Evidence(
        tables=tables,
        drivers={"publish": [sent]},
        observers=seen,
        held=None,
        start_ns=START_NS,
        counts=counts,
    )
    return due, audited(KIND, made, traffic, evidence)


def test_handlers_began_as_long_before_they_ended_as_each_takes() -> None:
    """By the places of what each consumer is due; one that never ended never began."""
    due, found = told(fan(), {})

    ms = [n * 1_000_000 for n in range(due.size - 1)]
    assert found.tables["seen"].begun_ns.tolist() == [*ms, NOT_YET]
    own = np.array([*ms, NOT_YET])[due]
    assert found.tables["some"].begun_ns.tolist() == own.tolist()
    assert 5 < own.size < due.size


def test_each_consumer_has_the_count_of_its_own_requests() -> None:
    """What the kind counts besides stays; what no process told is not known, and never 0."""
    _, found = told(fan(), {"seen": {"fetches": 9, "empty_fetches": 2, "resets": 7}})

    assert (found.counts["seen"]["fetches"], found.counts["seen"]["empty_fetches"]) == (9, 2)
    assert (found.counts["some"]["fetches"], found.counts["some"]["empty_fetches"]) == (
        UNKNOWN,
        UNKNOWN,
    )
    assert "resets" not in found.counts["seen"]
    assert found.counts["seen"]["handled_twice"] == 0


def test_the_count_of_a_process_that_is_killed_goes_with_it() -> None:
    """What the others counted is less than was asked."""
    _, found = told(fan(disturbances=[KILL]), {"seen": {"fetches": 9, "empty_fetches": 2}})

    assert found.counts["seen"]["fetches"] == UNKNOWN


def limited(*, told_end: bool = True) -> tuple[Any, Any]:
    """Of thirty messages the stream keeps ten; both consumers are away until all are stored.

    The first one then sees the last ten, the other one what it is due of them.
    """
    made = fan(stream={"max_msgs": 10})
    traffic = make_traffics(made.workload.loads, 7)
    due_ns = traffic["publish"].intended_ns
    ids, late_ns = np.arange(due_ns.size), 10**10
    sent = PublisherRecord(
        ids=ids, sent_ns=due_ns, stored_ns=due_ns + 1, outcome=np.zeros_like(ids), said=ids + 1
    )
    due = KIND.due(made, traffic)["some"]
    last = ids[-10:]
    whole = [record(last, np.full_like(last, late_ns + TAKES_NS))]
    whole = [replace(each, received_ns=np.full_like(last, late_ns)) for each in whole]
    own = [replace(each, **_where(each, due[last])) for each in whole]
    seen = {"seen": whole, "some": renumbered(own, due)}
    table = driven(due_ns, [sent], 0)
    present = Present(first_seq=int(last[0]) + 1, last_seq=ids.size) if told_end else None
    backlog = Backlog(msgs=0, stream_msgs=ids.size, present=present, asked_ns=2 * late_ns)
    evidence = Evidence(
        tables={
            "publish": table,
            "seen": seen_by(table, whole, 0),
            "some": seen_by(some_of(table, due), seen["some"], 0),
        },
        drivers={"publish": [sent]},
        observers=seen,
        held=None,
        start_ns=0,
        backlogs={"seen": backlog, "some": replace(backlog, sparse=True)},
    )
    return due, audited(KIND, made, traffic, evidence)


def _where(one: ConsumerRecord, chosen: Any) -> dict[str, IntArray]:
    return {each.name: getattr(one, each.name)[chosen] for each in fields(one)}


def test_of_a_fan_out_each_consumer_has_what_limits_took_from_it() -> None:
    """By all that was stored, of which it is due some: none of that is lost."""
    due, found = limited()

    early = np.arange(due.size - 10)
    assert (found.counts["seen"]["evicted"], found.counts["seen"]["lost"]) == (early.size, 0)
    assert found.counts["some"]["evicted"] == np.count_nonzero(due[early])
    assert found.counts["some"]["lost"] == 0
    assert found.taken["seen"].tolist() == early.tolist()
    assert found.taken["some"].tolist() == early[due[early]].tolist()


def test_what_the_stream_has_at_the_end_and_nobody_told_is_no_excuse() -> None:
    """How many limits took is not known then, and never 0."""
    _, found = limited(told_end=False)

    assert found.counts["seen"]["evicted"] == found.counts["some"]["evicted"] == UNKNOWN
    assert found.taken["seen"].size == 0
    assert "lost" not in found.counts["seen"]
