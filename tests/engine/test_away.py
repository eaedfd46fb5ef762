"""Whether handlers begin in an outage, and what becomes of those that do."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from bench.clients.port import Delivered, Ending
from bench.core.units import NS_PER_S
from bench.engine.acks import AfterHandler
from bench.engine.away import Away
from bench.engine.failing import FailingConsumer, FailingTasks
from bench.engine.fates import Fates
from bench.engine.handler import VirtualWorkers
from bench.engine.recorder import ConsumeRecorder, load_consumer
from bench.plan.faults import NONE
from bench.spec.faults import FailureSettings
from bench.spec.outages import Outage
from tests.engine.test_letters import Link

START_NS, WARMUP_NS = 1_000, 100
USUAL_NS = 7


def outage(at_ns: int, lasts_ns: int, time_ns: int | None = None) -> Outage:
    plain = Outage.model_validate({"kind": "outage", "at": "1s", "lasts": "1s"})
    return plain.model_copy(update={"at_ns": at_ns, "lasts_ns": lasts_ns, "time_ns": time_ns})


def away(*outages: Outage) -> Away:
    found = Away(outages, WARMUP_NS)
    found.starts(START_NS)
    return found


def test_an_outage_counts_from_the_begin_of_the_window_and_ends_before_its_end() -> None:
    """It begins 50 after the window does, at 1150, and lasts 10."""
    one = away(outage(50, 10))

    for position, begins_ns in enumerate((1149, 1150, 1159, 1160)):
        assert one.takes_ns(position, begins_ns, USUAL_NS) == USUAL_NS
    assert one.met(np.arange(4)).tolist() == [False, True, True, False]
    assert one.met(np.arange(4)).tolist() == [False] * 4, "what was told is forgotten"


def test_a_handler_takes_its_own_time_to_fail_where_the_outage_has_one() -> None:
    two = away(outage(0, 10, time_ns=90), outage(20, 10))

    assert [two.takes_ns(0, at_ns, USUAL_NS) for at_ns in (1100, 1115, 1120)] == [90, 7, 7]


def test_before_a_trial_starts_nothing_is_away() -> None:
    early = Away((outage(0, 10),), 0)

    assert early
    assert early.takes_ns(0, 5, USUAL_NS) == USUAL_NS
    assert not early.met(np.array([0])).any()
    assert not Away()


def fates(found: Away) -> Fates:
    failure = FailureSettings.model_validate({"attempts": 2})
    return Fates(faults=NONE, failure=failure, max_deliver=None, answers=True, away=found)


def test_what_was_begun_in_an_outage_fails_once_and_counts_as_any_failure() -> None:
    """The first is asked for again, the second is at its last attempt, the third began later."""
    found = away(outage(0, 10))
    for position, begins_ns in enumerate((1100, 1105, 1110)):
        found.takes_ns(position, begins_ns, USUAL_NS)

    ends = fates(found).end(np.arange(3), np.arange(3), np.array([1, 2, 1]))

    assert ends.tolist() == [Ending.NAKED, Ending.TERMINATED, 0]


def test_virtual_workers_fail_what_they_begin_and_not_what_waits(tmp_path: Path) -> None:
    """One worker, three messages at once, 40 s each: the outage of 50 s takes the first two."""
    path, link = tmp_path / "record.npy", Link()

    async def played() -> list[int]:
        recorder, found = ConsumeRecorder(3, path), Away((outage(0, 50 * NS_PER_S),), 0)
        found.starts(0)
        handling = (np.full(3, 40 * NS_PER_S), fates(found), None)
        consumer = FailingConsumer(link, recorder, VirtualWorkers(1), AfterHandler(), handling)
        ids, one = np.arange(3), np.ones(3, dtype=np.int64)
        consumer.delivered(Delivered(received_ns=one, ids=ids, stream_seqs=ids + 1, deliveries=one))
        await asyncio.sleep(0)  # the instants are long over
        ending: list[int] = load_consumer(path).ending.tolist()
        return ending

    assert asyncio.run(played()) == [Ending.NAKED, Ending.NAKED, 0]


@pytest.mark.parametrize("begins", [True, False])
def test_handlers_as_tasks_fail_by_when_they_begin(tmp_path: Path, begins: bool) -> None:
    """An outage of an hour around now, or one that is long over."""
    path, link = tmp_path / "record.npy", Link()

    async def played() -> list[int]:
        recorder = ConsumeRecorder(1, path)
        found = Away((outage(0, 10**18 if begins else 1),), 0)
        found.starts(0)
        handling = (np.zeros(1, dtype=np.int64), fates(found), None)
        consumer = FailingTasks(link, recorder, AfterHandler(), handling)
        consumer.came(5, 0, 1, 1)
        await consumer.handle(0)
        ending: list[int] = load_consumer(path).ending.tolist()
        return ending

    assert asyncio.run(played()) == [Ending.NAKED if begins else 0]
