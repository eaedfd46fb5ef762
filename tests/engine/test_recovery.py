"""When the lag was back to what it was, and what went with who was killed: counted by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.clients.port import Ending
from bench.core.units import NS_PER_S
from bench.engine.lag import Level
from bench.engine.losses import UNKNOWN, Backlog, Present
from bench.engine.recorder import ConsumerRecord, done_msgs, joined
from bench.engine.recovery import NOT_RECOVERED, Fallen, counted, dropped, recovered, recovery_ns
from bench.record.schema import Disturbed, Window
from bench.spec.disturbed import watched_over
from tests.engine.test_lag import NEVER, column, table
from tests.parts import cast, of_parts

SECOND = NS_PER_S
CAST = watched_over(cast())
WINDOW = Window(window_start_ns=0, window_end_ns=20 * SECOND, drained_ns=30 * SECOND)
CRASH = Disturbed(
    do="crash", part="consumer", planned_ns=4, for_ns=1, begun_ns=4 * SECOND, ended_ns=5 * SECOND
)


def level(came: list[float], left: list[float]) -> Level:
    """Operations that came and left at seconds of the trial."""
    return Level(
        came_ns=np.array([round(each * SECOND) for each in came], dtype=np.int64),
        left_ns=np.array([round(each * SECOND) for each in left], dtype=np.int64),
    )


def recovers(came: list[float], left: list[float], until_s: int = 20) -> int:
    return recovery_ns(level(came, left), 4 * SECOND, 5 * SECOND, until_s * SECOND)


def test_it_is_back_when_as_few_wait_as_in_the_second_before() -> None:
    """One at most before; four at the end of the fault; the third of them leaves 1.5 s later."""
    came, left = [3.2, 4.1, 4.2, 4.3, 4.4], [3.3, 5.5, 6.0, 6.5, 7.0]

    assert recovers(came, left) == round(1.5 * SECOND)


def test_what_was_never_behind_is_back_at_once() -> None:
    """It takes no time: that is a figure, and not that there is none."""
    assert recovers([3.2, 4.1], [3.3, 4.2]) == 0


def test_what_drains_after_the_load_has_recovered_from_nothing() -> None:
    """It would be through in any case: nothing comes any more."""
    came, left = [3.2, 4.1, 4.2, 4.3], [3.3, 5.5, 11.0, 12.0]

    assert recovers(came, left, until_s=10) == NOT_RECOVERED
    assert recovers(came, left, until_s=12) == 6 * SECOND


def test_a_fault_that_ended_after_the_load_was_not_recovered_from() -> None:
    """All is through when it ends, and nothing was to be done any more."""
    came, left = [3.2, 4.1, 4.2], [3.3, 4.8, 4.9]

    assert recovers(came, left, until_s=5) == 0
    assert recovery_ns(level(came, left), 4 * SECOND, 5 * SECOND, 5 * SECOND - 1) == NOT_RECOVERED


def test_what_is_left_for_good_never_is_back() -> None:
    """Four came and two left."""
    assert recovers([3.2, 4.1, 4.2, 4.3], [3.3, 5.5]) == NOT_RECOVERED


def test_what_happened_longer_before_is_no_measure() -> None:
    """A burst two seconds before would let any backlog pass for usual."""
    burst = [1.0, 1.0, 1.0, 1.0, 3.2]

    assert recovers([*burst, 4.1, 4.2], [1.5, 1.5, 1.5, 1.5, 3.3, 6.0, 7.0]) == SECOND


def test_a_fault_that_never_began_or_ended_was_not_recovered_from() -> None:
    """Never kinder than what was seen."""
    calm = level([3.2], [3.3])

    assert recovery_ns(calm, -1, 5 * SECOND, 20 * SECOND) == NOT_RECOVERED
    assert recovery_ns(calm, 4 * SECOND, -1, 20 * SECOND) == NOT_RECOVERED


def test_each_disturbance_is_held_against_what_was_before_the_first() -> None:
    """What the first one left behind is not what is usual."""
    made = table(stored=column(*range(1, 6)), handled=column(2, 3, 4, 5, 6))
    at_ns = np.array([3.5, 4.1, 4.2, 6.5, 8.1]) * SECOND
    due = replace(
        made,
        intended_ns=at_ns.astype(np.int64),
        stored_ns=at_ns.astype(np.int64),
        handled_ns=(np.array([3.6, 9.0, 9.5, 9.6, 9.7]) * SECOND).astype(np.int64),
    )
    second = replace(CRASH, begun_ns=8 * SECOND, ended_ns=round(8.5 * SECOND))

    first, again = recovered(of_parts(due), CAST, (CRASH, second), WINDOW)

    assert first.recovery_ns == {"consume": round(4.6 * SECOND)}
    assert again.recovery_ns == {"consume": round(1.1 * SECOND)}
    never = replace(CRASH, begun_ns=-1, ended_ns=-1)  # nor does their order say which came first
    *_, later, sooner = recovered(of_parts(due), CAST, (never, second, CRASH), WINDOW)
    assert (sooner.recovery_ns, later.recovery_ns) == (first.recovery_ns, again.recovery_ns)


def test_what_was_due_and_not_sent_while_the_publisher_stood_still_is_behind() -> None:
    """By when it was stored nothing would have been late."""
    due_ns = (np.array([3.5, 4.1, 4.2, 4.3]) * SECOND).astype(np.int64)
    stored_ns = (np.array([3.5, 5.1, 5.1, 5.1]) * SECOND).astype(np.int64)
    made = replace(table(stored=stored_ns, handled=stored_ns + SECOND // 10), intended_ns=due_ns)

    (found,) = recovered(of_parts(made), CAST, (CRASH,), WINDOW)

    assert found.recovery_ns == {"consume": round(0.2 * SECOND)}


def test_what_was_never_stored_is_no_lag() -> None:
    """It counts as what it is, and would keep any system from recovering."""
    due_ns = (np.array([3.5, 4.1, 4.2]) * SECOND).astype(np.int64)
    refused = np.array([due_ns[0], NEVER, NEVER])
    made = replace(table(stored=refused, handled=refused), intended_ns=due_ns)
    unseen = replace(made, received_ns=refused)

    (found,) = recovered(of_parts(unseen), CAST, (CRASH,), WINDOW)

    assert found.recovery_ns == {"consume": 0}


def test_the_ledger_counts_from_how_many_a_part_did_not_recover() -> None:
    """A shortfall of the cell; of a trial that broke off nobody can tell."""
    made = of_parts(table(stored=column(1, 2), handled=column(2, 3)))
    stuck = replace(CRASH, recovery_ns={"consume": NOT_RECOVERED})
    fine = replace(CRASH, recovery_ns={"consume": 5})

    told = counted(made, CAST, (stuck, fine, stuck), WINDOW, {})
    untold = counted(made, CAST, (CRASH,), None, {})

    assert told["consume"] == {"unrecovered": 2, "dropped": 0}
    assert untold["consume"]["unrecovered"] == UNKNOWN
    calm = {"consume": {"unrecovered": 0, "dropped": 0}}
    assert counted(made, CAST, (), WINDOW, {}) == calm, "a crash at a message may never come"


def record(
    ids: list[int], *, handled: list[int] | None = None, acked: list[int] | None = None
) -> ConsumerRecord:
    """A process that received these at 1, 2, …; 0 for what did not happen."""
    count = len(ids)
    return ConsumerRecord(
        ids=column(*ids),
        stream_seqs=column(*ids) + 1,
        deliveries=np.ones(count, dtype=np.int64),
        received_ns=np.arange(1, count + 1, dtype=np.int64),
        handled_ns=column(*(handled or [0] * count)),
        acked_ns=column(*(acked or [0] * count)),
        ending=np.zeros(count, dtype=np.int64),
    )


@pytest.mark.parametrize(
    ("fallen", "gone"),
    [
        (record([0, 1, 2], handled=[5, 0, 0], acked=[6, 0, 0]), 0),
        (record([0, 1, 2], handled=[5, 0, 0], acked=[3, 4, 5]), 1),
        (record([0, 1, 2], handled=[5, 0, 0]), 1),
    ],
    ids=["acked when handled", "acked early", "never acked"],
)
def test_what_was_acked_and_not_handled_went_with_who_was_killed(
    fallen: ConsumerRecord, gone: int
) -> None:
    """Nobody delivers it again. The last one came to somebody else, who handled it."""
    made = table(stored=column(1, 1, 1), handled=column(5, NEVER, 9))
    handled_by_all = replace(made, handled_ns=column(5, 8, 9))

    assert dropped(made, Fallen(records=[fallen])) == gone
    assert dropped(handled_by_all, Fallen(records=[fallen])) == 0


HELD = Backlog(msgs=0, stream_msgs=3, present=Present(first_seq=1, last_seq=3), max_deliver=5)


@pytest.mark.parametrize(
    ("told", "gone"),
    [
        ({}, 2),
        ({"ack_pending_msgs": 1, "msgs": 1}, 1),
        ({"ack_pending_msgs": 2, "msgs": 2}, 0),
        ({"msgs": -1}, 0),
        ({"ttl_ns": 1}, 0),
        ({"max_deliver": 1}, 0),
        ({"present": Present(first_seq=3, last_seq=3)}, 1),
        ({"present": None}, 2),
        ({"tracked": False}, 0),
    ],
    ids=["acked", "one held", "all held", "unknown", "aged", "given up", "evicted", "untold", "no"],
)
def test_an_ack_that_left_in_the_instant_of_the_kill_is_seen_by_what_is_held(
    told: dict[str, Any], gone: int
) -> None:
    """It was not noted: the server waits for no ack, has the message, and delivers it no more."""
    made = table(stored=column(1, 1, 1), handled=column(5, NEVER, NEVER))
    fallen = record([0, 1, 2], handled=[5, 0, 0], acked=[6, 0, 0])

    assert dropped(made, Fallen(records=[fallen], backlog=replace(HELD, **told))) == gone


def test_who_was_killed_before_its_first_ack_leaves_what_the_server_delivers_again() -> None:
    """Where the server keeps what it delivered: else nothing is ever acknowledged."""
    made = table(stored=column(1, 1), handled=column(NEVER, NEVER))
    held = replace(HELD, msgs=2, ack_pending_msgs=2)

    assert dropped(made, Fallen(records=[record([0, 1])], backlog=held)) == 0
    untracked = replace(held, tracked=False)
    assert dropped(made, Fallen(records=[record([0, 1])], backlog=untracked)) == 2


def test_generations_are_one_account() -> None:
    """In the order in which they were there."""
    whole = joined([record([0, 1]), record([1, 2])])

    assert whole.ids.tolist() == [0, 1, 1, 2]
    assert joined([whole]) is whole


def test_what_a_killed_process_was_through_with_is_done_once() -> None:
    """Acked, or handled where it never acks; a repeat of the same is no more."""
    assert done_msgs(record([0, 1, 1], handled=[5, 5, 5], acked=[6, 6, 6])) == 2
    assert done_msgs(record([0, 1], handled=[5, 5], acked=[6, 0])) == 1
    assert done_msgs(record([0, 1], handled=[5, 0])) == 1


@pytest.mark.parametrize(
    ("ending", "done"),
    [(Ending.TERMINATED, 2), (Ending.EXHAUSTED, 2), (Ending.NAKED, 1), (Ending.UNPOSTED, 1)],
)
def test_what_a_killed_process_gave_up_comes_to_nobody_else(ending: Ending, done: int) -> None:
    """It has no ack, and a trial would wait for it until the drain's time is up."""
    both = record([0, 1], handled=[5, 5], acked=[6, 0])

    assert done_msgs(replace(both, ending=column(0, ending))) == done
