"""Markers apart from messages and losses, on trials done by hand."""

from dataclasses import replace

import numpy as np

from bench.clients.buckets import NAMELESS, are_markers, marked_keys, marker_id
from bench.clients.port import NO_ID, IntArray
from bench.core.units import NS_PER_S
from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN, Backlog, Present
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NOT_YET, MessageTable, driven
from bench.plan.model import Cell
from bench.plan.traffic import Traffic, make_traffic
from bench.scenario.marking import audited, emptied, seen
from bench.spec.filling import PUBLISH
from bench.spec.variant import Settings
from tests.server.running import plan_of, workload

LIFE_NS = NS_PER_S
AGE = {"max_age": "1s", "duplicate_window": "1s", "subject_delete_marker_ttl": "2s"}


def table(sent_ns: IntArray) -> MessageTable:
    """All are stored a nanosecond after they were sent."""
    return replace(driven(sent_ns, (), 0), sent_ns=sent_ns, stored_ns=sent_ns + 1)


def at(*seconds: float) -> IntArray:
    return (np.array(seconds) * NS_PER_S).astype(np.int64)


def test_a_marker_is_known_by_its_id_whatever_its_subject() -> None:
    """A number of a key, no number, and one that is too long for a number of ours."""
    ids = np.array([marker_id(each) for each in ("a.7", "orders", f"a.{'9' * 20}", "a.²")])

    assert ids.tolist() == [-9, NAMELESS, NAMELESS, NAMELESS]
    assert are_markers(np.append(ids, [NO_ID, 0, 3])).tolist() == [True] * 4 + [False] * 3
    assert marked_keys(ids).tolist() == [7]


def test_a_subject_is_emptied_when_its_last_message_was_over_before_the_next() -> None:
    """Subject 0: at 0 and 0.5 s, and again at 3 s; subject 1: at 2 s."""
    sent, subjects = table(at(0, 0.5, 3, 2)), np.array([0, 0, 0, 1])

    counts = [emptied(sent, subjects, LIFE_NS, until * NS_PER_S) for until in (2, 3, 4)]

    assert counts == [1, 2, 3]


def test_what_was_never_confirmed_may_have_left_a_marker() -> None:
    """Nobody knows whether it was there."""
    sent = table(at(0, 3))
    silent = replace(sent, stored_ns=np.array([NOT_YET, 3 * NS_PER_S]))

    assert emptied(silent, np.array([0, 1]), LIFE_NS, 3 * NS_PER_S) == 1


def record(ids: list[int], seqs: list[int]) -> ConsumerRecord:
    came = np.full(len(ids), 2 * NS_PER_S)
    return ConsumerRecord(
        ids=np.array(ids), stream_seqs=np.array(seqs), deliveries=np.ones(len(ids), dtype=np.int64),
        received_ns=came, handled_ns=came, acked_ns=came, ending=np.zeros(len(ids), dtype=np.int64),
    )  # fmt: skip


def test_a_marker_that_came_twice_is_one() -> None:
    """As its sequence is one."""
    assert seen([record([NAMELESS, NAMELESS, 0], [5, 5, 1]), record([-4, NO_ID], [6, 7])]) == 2


def cell() -> Cell:
    load = workload("10/s", "1s")
    return plan_of(load, Settings.model_validate({"stream": AGE})).cells[0]


def evidence(traffic: Traffic, came: ConsumerRecord, held: Backlog) -> Evidence:
    sent = table(traffic.intended_ns)
    received_ns = np.full(traffic.intended_ns.size, NOT_YET)
    ours = came.ids[came.ids >= 0]
    received_ns[ours] = traffic.intended_ns[ours] + 2
    seen_by = replace(sent, received_ns=received_ns, handled_ns=received_ns, acked_ns=received_ns)
    return Evidence(
        tables={PUBLISH: sent, "consume": seen_by}, drivers={}, observers={"consume": [came]},
        held={}, start_ns=0, backlogs={"consume": held},
    )  # fmt: skip


def counted(
    last: int, markers: list[int], pending: int, missing: int = 0, strange: int = 0
) -> dict[str, int]:
    """Return what is counted where all but some messages came, and markers at these sequences.

    Args:
        last: sequence of the stream, which has what is pending alone.
        markers: sequences of those that came.
        pending: what the server held for the consumer.
        missing: so many of the first messages never came.
        strange: sequence of a delivery that nobody knows; 0 for none.
    """
    marked = cell()
    traffic = make_traffic(marked.workload.loads[PUBLISH], 1)
    msgs = traffic.intended_ns.size
    ids = [*range(missing, msgs)]
    others = [strange] if strange else []
    came = record(ids + [NAMELESS] * len(markers) + [NO_ID] * len(others),
                  [each + 1 for each in ids] + markers + others)  # fmt: skip
    held = Backlog(
        msgs=pending,
        stream_msgs=last,
        present=Present(first_seq=last - pending + 1, last_seq=last),
        asked_ns=9 * NS_PER_S,
    )
    found = audited(marked, {PUBLISH: traffic}, evidence(traffic, came, held)).counts
    return {**found[PUBLISH], **found["consume"]}


def msgs_of() -> int:
    return int(make_traffic(cell().workload.loads[PUBLISH], 1).intended_ns.size)


def test_markers_are_no_messages_nobody_elses_and_none_is_lost_for_them() -> None:
    """All came, one marker behind them, and one delivery that nobody knows."""
    msgs = msgs_of()

    told = counted(last=msgs + 2, markers=[msgs + 1], pending=0, strange=msgs + 2)

    assert (told["markers"], told["foreign"], told["lost"]) == (1, 1, 0)
    assert told["held"] == msgs + 1, "somebody else's is no marker"


def test_a_marker_that_nobody_received_is_no_message_of_the_stream_either() -> None:
    """It waits for the consumer at the end."""
    msgs = msgs_of()

    told = counted(last=msgs + 1, markers=[], pending=1)

    assert (told["markers"], told["held"], told["lost"]) == (0, msgs, 0)


def test_more_than_can_be_markers_are_somebody_elses() -> None:
    """Each message can have left one marker at most."""
    msgs = msgs_of()

    told = counted(last=3 * msgs, markers=[], pending=0)

    assert told["held"] > msgs


def test_a_marker_that_waits_excuses_no_message() -> None:
    """One message was passed over while it was there; what waits may be it, or a marker."""
    msgs = msgs_of()

    told = counted(last=msgs + 1, markers=[], pending=1, missing=1)

    assert told["lost"] == UNKNOWN


def test_a_stream_that_marks_nothing_counts_none() -> None:
    """Then all is told as of any stream."""
    plain = plan_of(workload("10/s", "1s"), Settings.model_validate({})).cells[0]
    traffic = make_traffic(plain.workload.loads[PUBLISH], 1)
    held = Backlog(msgs=0, stream_msgs=traffic.intended_ns.size)
    came = record([*range(traffic.intended_ns.size)], [*range(1, traffic.intended_ns.size + 1)])

    found = audited(plain, {PUBLISH: traffic}, evidence(traffic, came, held)).counts

    assert "markers" not in found.get("consume", {})
    assert "held" not in found.get(PUBLISH, {})
