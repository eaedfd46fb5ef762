from dataclasses import replace
from typing import Any

import pytest

from bench.broker.admin import trial_names
from bench.plan.build import make_plan
from bench.plan.estimate import (
    LAYING_S_PER_MSG,
    RESULT_BYTES_PER_S,
    RESULT_BYTES_PER_TRIAL,
    TRIAL_OVERHEAD_S,
    Estimate,
    estimate,
    held_bytes,
)
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan
from bench.plan.order import order
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.kv import Kv
from bench.spec.kinds.replay import Replay
from bench.spec.load import load_matrix
from bench.spec.lookup import shipped_root
from bench.spec.stored import STORED_OVERHEAD_BYTES, SUBJECT_PREFIX_BYTES
from tests.plan.examples import cell, workload

MESSAGE_BYTES = 128 + SUBJECT_PREFIX_BYTES + len("events") + STORED_OVERHEAD_BYTES


def estimate_of(*cells: Cell, blocks: int = 1) -> Estimate:
    return estimate(
        Plan(
            schema_version=PLAN_SCHEMA_VERSION,
            label="x",
            question="",
            config_questions=(),
            seed=1,
            blocks=blocks,
            quick=False,
            cells=cells,
            trials=order(cells, blocks=blocks, seed=1),
        )
    )


def test_a_run_is_the_sum_of_its_trials() -> None:
    """Two cells in three blocks; 1 s + 2 s at 1000 msg/s, then up to 1 s of drain."""
    found = estimate_of(cell(1), cell(2), blocks=3)

    assert found.messages == 6 * 3000
    assert found.duration_s == 6 * (TRIAL_OVERHEAD_S + 3)
    assert found.longest_s == 6 * (TRIAL_OVERHEAD_S + 4)
    assert found.stored_bytes == 6 * 3000 * MESSAGE_BYTES
    assert found.results_bytes == 6 * (RESULT_BYTES_PER_TRIAL + 3 * RESULT_BYTES_PER_S)


def test_the_largest_store_is_that_of_one_trial() -> None:
    """Each trial removes its store before the next begins."""
    large = workload(payload={"sizes": {"128B": "50%", "1128B": "50%"}})

    found = estimate_of(cell(1), cell(2, load=large), blocks=5)
    assert found.peak_store_bytes == 3000 * (MESSAGE_BYTES + 500)


def test_limits_and_replicas_of_the_stream_count() -> None:
    """A stream keeps no more than it may, and as often as it is told to."""
    limited = cell(1, stream={"max_msgs": 10, "num_replicas": 3})
    bounded = cell(1, stream={"max_bytes": "1KiB"})

    assert estimate_of(limited).peak_store_bytes == 10 * MESSAGE_BYTES * 3
    assert estimate_of(bounded).peak_store_bytes == 1024


@pytest.mark.parametrize(
    ("stream", "held"),
    [
        ({"num_replicas": 3}, 3000 * MESSAGE_BYTES),
        ({"max_bytes": "1KiB"}, 1024),
        ({"retention": "workqueue"}, 0),
        ({"max_age": "1s"}, 0),
        ({"max_msgs_per_subject": 5}, 0),
    ],
)
def test_what_surely_stays_in_a_stream_is_told_from_what_may_leave(
    stream: dict[str, object], held: int
) -> None:
    """An account is called too small only where it surely is; replicas are counted elsewhere."""
    assert held_bytes(cell(1, stream=stream)) == held


def test_a_bucket_is_kept_as_it_is_told_and_not_as_a_stream_is() -> None:
    """Its history throws away what a stream would keep, and its own limit and replicas count."""
    puts = {"rate": "1000/s"}
    load = Kv.model_validate({"kind": "kv", "value": {"sizes": "128B"}, "put": puts})
    wide, bounded = (
        cell(1, load=load, bucket=bucket) for bucket in ({"num_replicas": 3}, {"max_bytes": "1KiB"})
    )

    assert held_bytes(wide) == 0
    assert (
        estimate_of(wide).peak_store_bytes == 3 * estimate_of(cell(1, load=load)).peak_store_bytes
    )
    assert estimate_of(bounded).peak_store_bytes == 1024


def test_what_is_laid_once_takes_room_beside_the_copy_of_a_trial() -> None:
    """Once for what begins alike; in memory nothing is kept."""
    load = Replay.model_validate(
        {"kind": "replay", "payload": {"sizes": "128B"}, "history": {"messages": 3000}}
    )
    one = cell(1, load=load)
    alike = cell(2, load=load, consumer={"max_ack_pending": 7})
    other = cell(3, load=load, stream={"compression": "s2"})

    store = 3000 * MESSAGE_BYTES
    assert estimate_of(one).peak_store_bytes == 2 * store
    assert estimate_of(one, alike).peak_store_bytes == 2 * store
    assert estimate_of(one, alike, other).peak_store_bytes == 3 * store
    memory = cell(1, load=load, stream={"storage": "memory"})
    assert estimate_of(memory).peak_store_bytes == store


def test_a_past_takes_room_once_and_in_each_copy() -> None:
    """It is none of the messages that are published."""
    past: dict[str, Any] = {"stream": {"history": {"messages": 1000, "size": "130B"}}}
    fresh, aged, other = cell(1), cell(2, **past), cell(3, **past, pull={"batch": 1})

    plain, laid = estimate_of(fresh), 1000 * 200
    assert estimate_of(aged).peak_store_bytes == plain.peak_store_bytes + 2 * laid
    assert estimate_of(aged, other).peak_store_bytes == plain.peak_store_bytes + 2 * laid
    assert estimate_of(fresh, aged).peak_store_bytes == plain.peak_store_bytes + 2 * laid
    assert estimate_of(aged).messages == plain.messages


def test_a_past_takes_its_time_once_for_all_trials_that_begin_with_it() -> None:
    """However many blocks and cells; another variant of the stream has one of its own."""
    past: dict[str, Any] = {"history": {"messages": "1M"}}
    aged, alike = cell(1, stream=past), cell(2, stream=past, pull={"batch": 1})
    other = cell(3, stream={**past, "compression": "s2"})
    trials_s = TRIAL_OVERHEAD_S + 3

    one, all_ = estimate_of(aged, alike, blocks=3), estimate_of(aged, alike, other, cell(4))
    assert one.laying_s == 1_000_000 * LAYING_S_PER_MSG
    assert one.duration_s == one.laying_s + 6 * trials_s
    assert one.longest_s == one.duration_s + 6
    assert all_.laying_s == 2 * one.laying_s
    assert estimate_of(cell(4)).laying_s == 0


@pytest.mark.parametrize(
    ("name", "store_disk_bytes"), [("small-events", 1_412_707), ("mixed-payload", 5_631_554)]
)
def test_a_store_is_as_large_as_was_measured(name: str, store_disk_bytes: int) -> None:
    """The shipped workloads, 7 s, as found on disk after a trial on nats-server 2.15.1."""
    plan = make_plan(load_matrix("quickstart", search=[shipped_root()]))
    load = next(cell.workload for cell in plan.cells if cell.workload_name == name)

    found = estimate_of(cell(1, load=load))
    assert found.peak_store_bytes == pytest.approx(store_disk_bytes, rel=0.002)


@pytest.mark.parametrize(
    ("headers", "publish", "store_disk_bytes", "off"),
    [
        (["message-id", "trace", "correlation-id"], {}, 1_866_028, 0.002),
        ([], {"mode": "atomic"}, 1_467_293, 0.08),  # only the last of a batch has a commit header
        ([], {"mode": "fast"}, 941_041, 0.002),
    ],
)
def test_headers_are_stored_with_their_message(
    headers: list[str], publish: dict[str, str], store_disk_bytes: int, off: float
) -> None:
    """5000 messages of 128 B, as found on disk after a trial on nats-server 2.15.1."""
    load = workload(warmup="0s", measure="5s", headers=headers)

    found = estimate_of(cell(1, load=load, publish=publish))
    assert found.peak_store_bytes == pytest.approx(store_disk_bytes, rel=off)


def test_the_prefix_is_as_long_as_the_brokers() -> None:
    """It stands in every stored subject; the plan may not import the broker that makes it."""
    assert len(trial_names("any-run", 1).subject_prefix) == SUBJECT_PREFIX_BYTES


def test_more_parts_leave_more_behind() -> None:
    """Each has figures, samples and a ledger of its own."""
    load = {
        "kind": "fanout",
        "payload": {"sizes": "128B"},
        "publish": {"rate": "100/s"},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
    few, many = (
        Fanout.model_validate({**load, "consumers": {"reader_{n}": {"count": count}}})
        for count in (1, 99)
    )

    one, hundred = (
        estimate_of(replace(cell(1), workload=each)).results_bytes for each in (few, many)
    )
    assert hundred == 50 * one
