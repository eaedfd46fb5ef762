"""How handlers go that may try again, by faults and outages that are made up."""

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.engine.away import Away
from bench.engine.tries import Course, Delivery, Tries
from bench.plan.faults import Faults
from bench.spec.faults import Fault
from bench.spec.outages import Outage
from bench.spec.trying import RetrySettings

USUAL_NS = 5
WELL, TRANSIENT, PERMANENT, SLOW, SILENT = range(5)
"""Ids of messages, by what is wrong with each."""

FAULTS = Faults(
    kinds=tuple(
        Fault.model_validate({"share": "1%", **tree})
        for tree in (
            {"kind": "transient", "times": 4, "time": "2ns"},
            {"kind": "permanent"},
            {"kind": "slow", "time": "50ns"},
            {"kind": "silent"},
        )
    ),
    index=np.arange(5),
)


def retry(attempts: int = 3, jitter: str | None = None) -> RetrySettings:
    tree = {"attempts": attempts, "base": "10ns", "max": "25ns", "jitter": jitter}
    return RetrySettings.model_validate(tree)


def away(*spans_ns: tuple[int, int], time: str | None = None) -> Away:
    tree = ({"kind": "outage", "at": f"{a}ns", "lasts": f"{b - a}ns"} for a, b in spans_ns)
    found = Away([Outage.model_validate({**each, "time": time}) for each in tree])
    found.starts(0)
    return found


def course(
    message_id: int, deliveries: int = 1, *, tries: Tries | None = None, at_ns: int = 0
) -> Course:
    of = Delivery(position=7, message_id=message_id, deliveries=deliveries, usual_ns=USUAL_NS)
    return (tries or Tries(FAULTS, Away(), retry())).begin(of, at_ns)


def positions(*those: int) -> IntArray:
    return np.array(those, dtype=np.int64)


@pytest.mark.parametrize(
    ("message_id", "deliveries", "expected"),
    [
        (WELL, 1, Course(takes_ns=5, failed=False)),
        (SILENT, 1, Course(takes_ns=5, failed=False)),
        (SLOW, 2, Course(takes_ns=50, failed=False)),
        # Four attempts of 2 ns fail: three of the first delivery, and the first of the second.
        (TRANSIENT, 1, Course(takes_ns=2 + 10 + 2 + 20 + 2, failed=True, attempts=3, again_ns=34)),
        (TRANSIENT, 2, Course(takes_ns=2 + 10 + 5, failed=False, attempts=2, again_ns=15)),
        (TRANSIENT, 3, Course(takes_ns=5, failed=False)),
        (PERMANENT, 9, Course(takes_ns=5 + 10 + 5 + 20 + 5, failed=True, attempts=3, again_ns=40)),
        (-1, 1, Course(takes_ns=5, failed=False)),
        (99, 1, Course(takes_ns=5, failed=False)),
    ],
)
def test_a_fault_is_met_at_so_many_attempts(
    message_id: int, deliveries: int, expected: Course
) -> None:
    """Of all deliveries together, each of which makes three."""
    assert course(message_id, deliveries) == expected


@pytest.mark.parametrize("deliveries", range(1, 8))
def test_one_attempt_is_what_there_was_without_retries(deliveries: int) -> None:
    """The faults of messages have their own word on it."""
    once = Tries(FAULTS, Away())
    every, often = np.arange(5), np.full(5, deliveries)
    found = [course(each, deliveries, tries=once) for each in range(5)]

    assert [each.failed for each in found] == FAULTS.fails(every, often).tolist()
    usual_ns = np.full(5, USUAL_NS)
    assert [each.takes_ns for each in found] == FAULTS.handler_ns(every, often, usual_ns).tolist()
    assert {each.attempts for each in found} == {1}


def test_an_outage_is_outlasted_by_attempts_that_begin_after_it() -> None:
    """Attempts at 100, 115 and 140 of one that is away until 120; each takes 5 ns."""
    tries = Tries(FAULTS, away((90, 120)), retry())

    assert course(WELL, tries=tries, at_ns=100) == Course(
        takes_ns=45, failed=False, attempts=3, again_ns=40
    )
    assert course(WELL, tries=tries, at_ns=120).attempts == 1
    assert tries.failed(positions(7)).tolist() == [False]


def test_an_attempt_takes_as_long_as_the_outage_says() -> None:
    """A call that runs into its time limit is slower than one that is answered."""
    tries = Tries(FAULTS, away((0, 500), time="100ns"), retry(2))

    assert course(WELL, tries=tries) == Course(takes_ns=210, failed=True, attempts=2, again_ns=110)


def test_what_failed_is_told_once() -> None:
    """Its position is another delivery's never."""
    tries = Tries(FAULTS, Away(), retry())
    course(PERMANENT, tries=tries)

    assert tries.failed(positions(6, 7)).tolist() == [False, True]
    assert tries.failed(positions(7)).tolist() == [False]


def test_what_it_cost_to_try_again_is_counted() -> None:
    """One recovers at its second attempt, one never does, and one needs no further one."""
    tries = Tries(FAULTS, Away(), retry())
    for message_id, deliveries in ((TRANSIENT, 2), (PERMANENT, 1), (WELL, 1)):
        of = Delivery(position=message_id, message_id=message_id, deliveries=deliveries, usual_ns=5)
        tries.begin(of, 0)
    early = tries.recovered
    tries.failed(positions(TRANSIENT, PERMANENT, WELL))

    assert (early, tries.recovered) == (0, 1), "what has not ended saved nothing yet"
    assert (tries.retries, tries.again_ns) == (3, 55)


def test_waits_double_up_to_the_longest() -> None:
    """10, 20, 25, 25, and so on, however many there are."""
    found = retry(100)

    assert [found.wait_ns(attempt, 0) for attempt in (1, 2, 3, 4, 99)] == [10, 20, 25, 25, 25]
    assert retry(4).longest_ns == 55


def test_jitter_makes_waits_shorter_at_random_and_alike_for_one_seed() -> None:
    """Of a thousand that failed together none are to be tried together; half of the wait stays."""
    settings = RetrySettings.model_validate(
        {"attempts": 2, "base": "1ms", "max": "1ms", "jitter": "50%"}
    )

    def waits_ns(seed: int) -> list[int]:
        every = Faults(kinds=FAULTS.kinds, index=np.full(1000, PERMANENT))
        tries = Tries(every, Away(), settings, seed)
        return [course(each, tries=tries).takes_ns - 2 * USUAL_NS for each in range(1000)]

    found = waits_ns(1)
    assert found == waits_ns(1) != waits_ns(2)
    assert 500_000 < min(found) < 510_000
    assert 990_000 < max(found) <= 1_000_000
    assert np.mean(found) == pytest.approx(750_000, rel=0.03)
    assert len(set(found)) > 990
