"""When handlers began, by records of known truth."""

from dataclasses import replace

import numpy as np
import pytest

from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import NOT_YET
from bench.plan.faults import Faults
from bench.plan.traffic import Traffic, make_traffic
from bench.scenario.waiting import begun_ns
from bench.spec.faults import Fault
from bench.spec.kinds import registry
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.spec.cases import Tree
from tests.spec.test_cautions import workload

SLOW = Fault.model_validate({"kind": "slow", "share": "20%", "time": "50ns"})
START_NS = 1000


def traffic() -> Traffic:
    """Five messages of 20 ns, of which the last is slow, 50 ns, when it comes first."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "5/s"},
            "consume": {"handler": {"time": "20ns"}},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    )
    faults = Faults(kinds=(SLOW,), index=np.array([0, 0, 0, 0, 1]))
    return replace(make_traffic(load.loads["publish"], 1), faults=faults)


def record(*rows: tuple[int, int, int, int]) -> ConsumerRecord:
    """Each row: message, delivery, received, handled."""
    ids, deliveries, received_ns, handled_ns = np.array(rows, dtype=np.int64).T
    return ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=deliveries,
        received_ns=received_ns,
        handled_ns=handled_ns,
        acked_ns=handled_ns,
        ending=np.zeros_like(ids),
    )


def test_a_handler_began_its_time_before_it_ended() -> None:
    """Failed at first, never handled, ended early by a hair, and slow, each by itself."""
    one = record((0, 1, 1100, 1130), (1, 1, 1100, NEVER), (3, 1, 1200, 1219), (4, 1, 1300, 1360))
    other = record((1, 2, 1400, 1425), (-1, 1, 1500, 1600))

    found = begun_ns(traffic(), [one, other], START_NS)

    assert found.tolist() == [110, 405, NOT_YET, 200, 310]


def test_of_several_ends_the_first_begin_counts() -> None:
    """It is what the message waited for."""
    twice = record((0, 1, 1100, 1150), (0, 2, 1110, 1131))

    assert begun_ns(traffic(), [twice], START_NS)[0] == 111


@pytest.mark.parametrize(
    ("tree", "time", "tells"),
    [
        ({}, "5ms", True),
        ({"client": "nats-py", "handler": {"run": "task"}}, "5ms", True),
        ({"ack": {"timing": "after-validation"}}, "5ms", True),
        ({}, "0s", False),
        ({"ack": {"timing": "per-batch", "whole_batches": True}}, "5ms", False),
        ({"effect": {"written": True}}, "5ms", False),
        ({"handler": {"per_key": "in-order", "breaker": {}}}, "5ms", True),
        ({"handler": {"per_key": "latest"}}, "5ms", False),
        ({"handler": {"retry": {}}}, "5ms", False),
    ],
)
def test_waits_are_told_where_it_is_known_when_handlers_begin(
    tree: Tree, time: str, tells: bool
) -> None:
    """A figure of what is not known would be made up."""
    cast = registry.cast_of(workload(time=time), Settings.model_validate(tree))
    part = cast.part("consume")

    assert ("wait" in [span.name for span in part.spans]) is tells
    assert ("begun" in [each.name for each in part.instants]) is tells
