"""How busy workers were, by records of known truth."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.buckets import Bucket
from bench.clients.port import Binding, Ending
from bench.engine.busy import _fuller, _handling, computing, handling
from bench.engine.jobs import Effect, ObserverJob
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.took import Took, took_path
from bench.plan.faults import Faults
from bench.plan.traffic import Traffic
from bench.record.schema import Window
from bench.spec.faults import Fault
from bench.spec.kinds.stream import Stream
from tests.engine.test_through import job as job_of

START = 1_000
WINDOW = Window(window_start_ns=100, window_end_ns=300, drained_ns=400)


def traffic(handler_ns: list[int], *faults: Fault) -> Traffic:
    """Return that of messages with these handler times, the first of which have these faults."""
    size = len(handler_ns)
    index = np.array([*range(1, 1 + len(faults)), *[0] * (size - len(faults))])
    nothing = np.zeros(size, dtype=np.int64)
    return Traffic(
        intended_ns=nothing,
        subjects=("a",),
        subject_index=nothing,
        payloads=(),
        payload_index=nothing,
        handler_ns=np.array(handler_ns),
        acts=(),
        act_index=nothing,
        faults=Faults(kinds=faults, index=index),
    )


def record(
    handled_ns: list[int],
    acked_ns: list[int],
    ids: list[int],
    ending: list[int] | None = None,
) -> ConsumerRecord:
    columns = {
        "ids": ids,
        "stream_seqs": ids,
        "deliveries": [1] * len(ids),
        "received_ns": [START + 90] * len(ids),
        "handled_ns": handled_ns,
        "acked_ns": acked_ns,
        "ending": ending or [0] * len(ids),
    }
    return ConsumerRecord(**{name: np.array(value) for name, value in columns.items()})


def test_what_ended_in_the_window_is_counted_against_all_workers() -> None:
    """Two workers, 200 ns: 400 to give, of which messages 1 and 2 took 40 and 60."""
    seen = record(
        handled_ns=[START + 99, START + 100, START + 299, START + 300, NEVER],
        acked_ns=[START + 99, START + 110, NEVER, START + 301, NEVER],
        ids=[0, 1, 2, 3, 4],
    )

    found = _handling([seen], traffic([1000, 40, 60, 1000, 1000]), 2, (WINDOW, START))

    assert (found.workers, found.busy_share) == (2, 0.25)
    assert (found.handler_ns_mean, found.held_ns_mean) == (50, 20)


def test_deliveries_of_others_take_no_worker() -> None:
    foreign = record([START + 150], [START + 151], [-1])

    found = _handling([foreign], traffic([5]), 1, (WINDOW, START))

    assert (found.busy_share, found.handler_ns_mean, found.held_ns_mean) == (0.0, 0, 0)


def test_what_no_handler_was_run_for_takes_no_worker() -> None:
    """Turned away by a breaker, superseded by a later one of its subject, or left to another."""
    seen = record(
        handled_ns=[START + 170, NEVER, NEVER, NEVER],
        acked_ns=[START + 170, NEVER, START + 150, NEVER],
        ids=[0, 1, 2, 3],
        ending=[0, Ending.TURNED_AWAY, Ending.SUPERSEDED, Ending.IN_HAND],
    )

    found = _handling([seen], traffic([40, 1000, 1000, 50]), 1, (WINDOW, START))

    assert found.busy_share == 0.2


def test_a_fault_takes_the_time_it_has_and_what_is_to_come_again_ends_when_it_would() -> None:
    """A slow message of 80, one of 40 that fails, one that was known already: 120 of 200."""
    slow = Fault.model_construct(kind="slow", share=0.3, time_ns=80, times=None)
    seen = record(
        handled_ns=[START + 170, NEVER, START + 91],
        acked_ns=[START + 170, NEVER, START + 92],
        ids=[0, 1, 2],
        ending=[0, Ending.NAKED, Ending.REPEATED],
    )

    found = _handling([seen], traffic([10, 40, 50], slow), 1, (WINDOW, START))

    assert (found.busy_share, found.handler_ns_mean) == (0.6, 60)


def test_the_event_loop_is_what_is_full_where_handlers_have_it_for_themselves() -> None:
    """Four workers with 40 % of their time, one loop with 95 % of its: more workers help nobody."""
    seen = record([START + 120, START + 220], [START + 120, START + 220], [0, 1])
    ended_ns = seen.handled_ns
    of_workers, of_loop = np.array([160, 160]), np.array([95, 95])

    found = _fuller([seen], [((of_workers, ended_ns), (of_loop, ended_ns))], 4, (WINDOW, START))

    assert (found.workers, found.busy_share, found.in_loop) == (1, 0.95, True)
    assert found.handler_ns_mean == 95


def test_workers_are_what_is_full_where_they_wait_for_others_than_the_loop() -> None:
    """One worker that is busy throughout, with the loop for 60 % of it."""
    seen = record([START + 199, START + 299], [START + 199, START + 299], [0, 1])
    ended_ns = seen.handled_ns
    of_workers, of_loop = np.array([100, 100]), np.array([60, 60])

    found = _fuller([seen], [((of_workers, ended_ns), (of_loop, ended_ns))], 1, (WINDOW, START))

    assert (found.workers, found.busy_share, found.in_loop) == (1, 1.0, False)


def writing(directory: Path, **fields: Any) -> ObserverJob:
    """Return the job of a process with one worker whose handlers write, as planned within 40."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "4/s"},
            "consume": {"handler": {"time": "40ns"}},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    ).loads["publish"]
    effect = Effect(bucket=Bucket(stream="KV_b", direct=True), prefix="", workers=1, ordered=False)
    plain = ObserverJob(
        part="consume",
        flow="publish",
        role="consumer-0",
        endpoint=Endpoint(url="nats://127.0.0.1:1"),
        client="wire",
        binding=Binding(stream="s", consumer="c", mode="pull", batch=1, expires_ns=0, id_offset=0),
        load=load,
        seed=1,
        workers=1,
        run="virtual",
        timing="after-handler",
        ack_batch=1,
        record_path=directory / "consumer-0.npy",
        effect=effect,
    )
    return replace(plain, **fields)


def test_handlers_that_write_have_their_workers_until_the_answer_is_there(tmp_path: Path) -> None:
    """100 and 80 of 200: 90 each, of which 40 were planned."""
    job = writing(tmp_path)
    took = Took(took_path(job.record_path), 2)
    took.note(0, 100, 0)
    took.note(1, 80, 0)
    seen = record([START + 200, START + 290], [START + 200, START + 290], [0, 1])

    (found,) = handling([job], {"consume": [seen]}, WINDOW, START).values()

    assert (found.busy_share, found.handler_ns_mean, found.written_ns_mean) == (0.9, 90, 50)
    assert not found.in_turn


def test_how_busy_they_were_is_not_made_up_where_no_clock_told(tmp_path: Path) -> None:
    """What is planned is not what a write takes."""
    seen = record([START + 200], [START + 200], [0])

    assert handling([writing(tmp_path)], {"consume": [seen]}, WINDOW, START) == {}


@pytest.mark.parametrize(
    ("fields", "in_turn"),
    [
        ({}, False),
        ({"per_key": "counted"}, True),
        ({"effect": None, "applied": None, "per_key": "latest"}, True),
    ],
)
def test_handlers_that_wait_for_their_key_are_told(
    tmp_path: Path, fields: Mapping[str, Any], in_turn: bool
) -> None:
    job = writing(tmp_path, **fields)
    Took(took_path(job.record_path), 1).note(0, 100, 0)
    seen = record([START + 200], [START + 200], [0])

    (found,) = handling([job], {"consume": [seen]}, WINDOW, START).values()

    assert found.in_turn is in_turn


def test_what_handlers_were_to_compute_is_told_only_where_all_records_are_there() -> None:
    """Half of the records of two processes may be either's: neither is excused by the other's."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "4/s"},
            "consume": {"consumers": 2, "handler": {"time": "20ns", "work": ["cpu"]}},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    ).loads["publish"]
    own = {"part": "consume", "load": load, "seed": 1, "work": ("cpu",)}
    jobs = [job_of(ObserverJob, role=f"consumer-{number}", **own) for number in range(2)]
    seen = record([START + 120, START + 220], [START + 120, START + 220], [0, 1])

    def told(*records: ConsumerRecord) -> Mapping[str, float]:
        return computing(jobs, {"consume": records}, WINDOW, START)

    assert told(seen, seen) == {"consumer-0": 0.2, "consumer-1": 0.2}
    assert told(seen) == told() == {}
