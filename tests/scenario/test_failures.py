"""What became of messages whose handlers failed, by records of known truth."""

from dataclasses import replace

import numpy as np

from bench.clients.port import Ending
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.plan.faults import Faults
from bench.plan.traffic import Traffic, make_traffic
from bench.scenario.failures import counted
from bench.spec.faults import Fault
from bench.spec.kinds.stream import Stream

PERMANENT = Fault.model_validate({"kind": "permanent", "share": "50%"})
TRANSIENT = Fault.model_validate({"kind": "transient", "share": "50%"})
SOUND, PASSING, HOPELESS = 0, 1, 2

Row = tuple[int, int]
"""Message and ending; WELL is 0."""


def traffic() -> Traffic:
    """Three messages: one is sound, one fails at first, one fails always."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "3/s"},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    )
    faults = Faults(kinds=(TRANSIENT, PERMANENT), index=np.array([0, 1, 2]))
    return replace(make_traffic(load.loads["publish"], 1), faults=faults)


def record(*rows: Row) -> ConsumerRecord:
    ids, ending = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    again = [Ending.NAKED, Ending.SILENT, Ending.REPEATED, Ending.IN_HAND]
    silent = [*again, *map(int, Ending)]
    return ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.ones_like(ids),
        received_ns=ids + 1,
        handled_ns=np.where(np.isin(ending, again), NEVER, 10),
        acked_ns=np.where(np.isin(ending, silent), NEVER, 10),
        ending=ending,
    )


def found(*records: ConsumerRecord) -> dict[str, int]:
    return {name: count for name, count in counted(records, traffic()).items() if count}


def test_a_trial_in_which_each_met_its_fate_has_nothing_against_it() -> None:
    """The transient one fails once and is handled, the permanent one is given up."""
    whole = record(
        (SOUND, 0),
        (PASSING, Ending.NAKED),
        (PASSING, 0),
        (HOPELESS, Ending.NAKED),
        (HOPELESS, Ending.TERMINATED),
    )

    assert found(whole) == {"failures": 3, "naked": 2, "terminated": 1}


def test_what_would_have_succeeded_and_was_given_up_is_undone() -> None:
    """Given up by the consumer, by the server, or acknowledged before it failed."""
    for ending in (Ending.TERMINATED, Ending.EXHAUSTED, Ending.TOO_LATE):
        assert found(record((PASSING, ending)))["undone"] == 1
    assert found(record((PASSING, Ending.NAKED)))["undone"] == 1, "it never came again"


def test_what_can_never_succeed_and_is_not_given_up_is_stuck() -> None:
    assert found(record((HOPELESS, Ending.NAKED)))["stuck"] == 1
    assert found(record((HOPELESS, Ending.SILENT)))["stuck"] == 1
    assert "stuck" not in found(record((HOPELESS, Ending.EXHAUSTED)))


def test_two_effects_of_one_message_are_seen_across_processes() -> None:
    """Handled and not acknowledged by one process, handled by another."""
    assert found(record((SOUND, Ending.UNACKED)), record((SOUND, 0)))["handled_twice"] == 1
    assert "handled_twice" not in found(record((SOUND, Ending.UNACKED), (SOUND, Ending.REPEATED)))


def test_a_handler_that_was_broken_off_has_no_effect() -> None:
    """Received and never ended: neither well nor ill."""
    broken = replace(record((SOUND, 0), (SOUND, 0)), handled_ns=np.array([10, NEVER]))

    assert found(broken) == {}


def test_repeats_that_did_nothing_are_told() -> None:
    assert found(record((SOUND, 0), (SOUND, Ending.IN_HAND), (SOUND, Ending.REPEATED))) == {
        "repeats": 2
    }
