"""What plain subscribers missed, and what slow members took."""

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.engine.audit import Evidence
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import driven, seen_by
from bench.plan.traffic import make_traffics
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
        tables={"publish": flow, "group": flow, "plain": seen_by(flow, [plain], 1)},
        drivers={},
        observers={"group": group, "plain": [plain]},
        held=None,
        start_ns=1,
    )
    made = cell(1, load=LOAD)

    told = KIND.audit(made, make_traffics(LOAD.loads, 1), evidence).counts

    assert told["plain"] == {"lost": missed}
    assert told["group"] == {"by_slow": 15}
