"""A backlog that is drained: done whole, in memory that is bounded by what is in flight."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NOT_YET, driven, seen_by
from bench.scenario.backlog import sorted_out
from bench.scenario.backlog_audit import (
    SLACK_BYTES,
    audited,
    built_late,
    growth_bytes,
    in_flight_bytes,
)
from bench.spec.kinds.backlog import DRAIN, FRESH, Backlog
from bench.spec.laid import FILL
from tests.plan.examples import cell

MIB = 1024**2
LOAD = Backlog.model_validate(
    {
        "kind": "backlog",
        "payload": {"sizes": "1KiB"},
        "backlog": {"messages": 4},
        "publish": {"rate": "10/s"},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)


def rows(*sizes_mib: float) -> list[Mapping[str, int | None]]:
    """Samples a second apart, of one consumer; the first is before the release."""
    return [
        {"t_ns": second * 10**9, "consumer-0_rss_bytes": round(size * MIB), "server_rss_bytes": 1}
        for second, size in enumerate(sizes_mib)
    ]


def overgrown(*sizes_mib: float, load: Backlog = LOAD) -> int:
    nothing = np.full(4, NOT_YET)
    fill = driven(nothing, [], 0)
    evidence = Evidence(
        tables={FILL: fill, DRAIN: fill, "publish": fill, FRESH: fill},
        drivers={},
        observers={},
        held=None,
        start_ns=0,
        rows=rows(*sizes_mib),
    )
    found = audited(cell(1, load=load), {}, evidence)
    assert found.counts[DRAIN]["outstanding"] == 4  # it is not known to have been sent
    return found.counts[DRAIN]["overgrown"]


def test_memory_within_what_is_in_flight_holds() -> None:
    assert overgrown(50, 50, 60, 55) == 0


def test_memory_that_grows_with_the_backlog_is_found() -> None:
    assert overgrown(50, 50, 60, 150) == 1


def test_memory_that_nobody_sampled_is_unknown() -> None:
    assert overgrown() == UNKNOWN


def test_of_two_processes_of_which_one_was_not_sampled_nothing_is_known() -> None:
    load = LOAD.model_copy(update={"consume": LOAD.consume.model_copy(update={"consumers": 2})})

    assert overgrown(50, 50, 60, load=load) == UNKNOWN
    assert overgrown(50, 50, 150, load=load) == 1


def test_growth_is_told_from_the_release_on() -> None:
    """Before it a process reads its program; others' columns are no business of ours."""
    assert growth_bytes(rows(10, 50, 60), "consumer", 10**9) == {"consumer-0": 10 * MIB}
    assert growth_bytes(rows(10, 50, 60), "consumer", -1) == {"consumer-0": 50 * MIB}
    assert growth_bytes(rows(10), "consumer", 10**9) == {}
    assert growth_bytes(rows(10, 50), "replayer", 0) == {}


@pytest.mark.parametrize(
    ("parts", "messages"),
    [
        ({"pull": {"batch": 10}}, 10),
        ({"pull": {"batch": 10, "requests": 3}}, 30),
        ({"pull": {"batch": 100, "requests": 3}, "consumer": {"max_ack_pending": 200}}, 200),
        (
            {
                "pull": {"batch": 5000},
                "consumer": {"ack_policy": "none"},
                "ack": {"timing": "none"},
            },
            5000,
        ),
    ],
)
def test_what_may_be_in_flight_is_the_least_of_what_is_asked_for_and_let_out(
    parts: dict[str, Any], messages: int
) -> None:
    assert in_flight_bytes(cell(1, load=LOAD, **parts)) == messages * 1024
    assert SLACK_BYTES < 100 * MIB


def test_what_came_meanwhile_is_told_apart_by_its_sequence() -> None:
    """Ids of both begin at 0."""
    record = ConsumerRecord(
        ids=np.array([0, 3, 0, 1]),
        stream_seqs=np.array([1, 4, 5, 6]),
        deliveries=np.ones(4, dtype=np.int64),
        received_ns=np.arange(1, 5),
        handled_ns=np.arange(1, 5),
        acked_ns=np.arange(1, 5),
        ending=np.zeros_like(np.array([0, 3, 0, 1])),
    )

    found = sorted_out(cell(1, load=LOAD), {DRAIN: [record]})

    assert found[DRAIN][0].stream_seqs.tolist() == [1, 4]
    assert found[FRESH][0].ids.tolist() == [0, 1]
    table = seen_by(driven(np.arange(2), [], 0), found[FRESH], 0)
    assert table.received_ns.tolist() == [3, 4]


MS = 10**6


def built(*stored_ms: float) -> int:
    """Of a backlog of 1 s with a message each 250 ms, stored so long after its first was sent."""
    stored_ns = (np.array(stored_ms) * MS).astype(np.int64)
    table = replace(
        driven(np.zeros(len(stored_ms), dtype=np.int64), [], 0),
        sent_ns=np.arange(len(stored_ms)) * 250 * MS,
        stored_ns=stored_ns,
    )
    return built_late(table, 250 * MS, 1000 * MS)


def test_a_backlog_that_came_at_its_rate_was_built_in_time() -> None:
    assert built(1, 251, 501, 949) == 0


def test_what_was_stored_later_than_a_tenth_of_its_time_and_100_ms_is_found() -> None:
    assert built(1, 251, 501, 951) == 1
    assert built(1, 900, 1200, 1300) == 3


def test_of_a_backlog_of_which_nothing_was_sent_nothing_is_known() -> None:
    nothing = driven(np.zeros(4, dtype=np.int64), [], 0)

    assert built_late(nothing, 250 * MS, 1000 * MS) == UNKNOWN
