"""A part that is due some operations of its flow: by those alone it is measured."""

from dataclasses import replace

import numpy as np

from bench.engine import accounts, lag
from bench.engine.accounts import Seen
from bench.engine.losses import Backlog
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import driven, renumbered, seen_by, some_of
from bench.record.schema import Window
from tests.parts import two_consumers

START = 1_000_000
DUE = np.array([True, False, True, False, True])
"""Of five messages, each due 10 ns after the one before."""

PUBLISHED = PublisherRecord(
    ids=np.arange(5),
    sent_ns=START + 10 * np.arange(5) + 1,
    stored_ns=START + 10 * np.arange(5) + 5,
    outcome=np.zeros(5, dtype=np.int64),
    said=np.zeros(5, dtype=np.int64),
)
EVERYTHING = Backlog(msgs=0, stream_msgs=5)


def consumed(*ids: int) -> ConsumerRecord:
    """Each 7 ns after it was due, handled 1 ns and acknowledged 2 ns later."""
    column = np.array(ids, dtype=np.int64)
    came = START + 10 * column + 7
    return ConsumerRecord(
        ids=column,
        stream_seqs=column + 1,
        deliveries=np.ones(len(ids), dtype=np.int64),
        received_ns=came,
        handled_ns=came + 1,
        acked_ns=came + 2,
        ending=np.zeros_like(column),
    )


def accounted(audit: ConsumerRecord, backlog: Backlog = EVERYTHING) -> dict[str, int]:
    publish = driven(10 * np.arange(5), [PUBLISHED], START)
    theirs = renumbered([audit], DUE)
    tables = {
        "publish": publish,
        "billing": seen_by(publish, [consumed(0, 1, 2, 3, 4)], START),
        "audit": seen_by(some_of(publish, DUE), theirs, START),
    }
    seen = {
        "billing": Seen(records=[consumed(0, 1, 2, 3, 4)], backlog=EVERYTHING),
        "audit": Seen(records=theirs, backlog=replace(backlog, sparse=True)),
    }
    return dict(accounts.ledger(tables, two_consumers(), seen))


def test_what_the_filter_leaves_out_is_neither_planned_nor_lost() -> None:
    """Three of five are due, and come."""
    ledger = accounted(consumed(0, 2, 4))

    assert (ledger["planned"], ledger["stored"], ledger["expected"]) == (5, 5, 3)
    assert (ledger["audit.received"], ledger["audit.acked"], ledger["audit.lost"]) == (3, 3, 0)
    assert (ledger["billing.received"], ledger["billing.lost"]) == (5, 0)


def test_one_that_is_due_and_never_comes_is_lost_for_that_part_alone() -> None:
    """The other one has it."""
    ledger = accounted(consumed(0, 4))

    assert (ledger["audit.lost"], ledger["billing.lost"]) == (1, 0)


def test_one_that_comes_and_is_not_due_is_foreign() -> None:
    """A filter that matches too much is a fault of its own."""
    ledger = accounted(consumed(0, 1, 2, 4))

    assert (ledger["audit.received"], ledger["audit.foreign"]) == (3, 1)


def test_a_sequence_that_never_came_may_be_anothers() -> None:
    """Without acks the server keeps no account: nobody can tell whether it is lost."""
    untracked = Backlog(msgs=0, stream_msgs=5, tracked=False)

    assert accounted(consumed(0, 4), untracked)["audit.lost"] == -1


def test_times_and_lag_are_those_of_what_is_due() -> None:
    """Of three messages, each 7 ns on its way; one at a time is stored and not handled."""
    publish = driven(10 * np.arange(5), [PUBLISHED], START)
    tables = {
        "publish": publish,
        "billing": seen_by(publish, [], START),
        "audit": seen_by(some_of(publish, DUE), renumbered([consumed(0, 2, 4)], DUE), START),
    }
    window = Window(window_start_ns=0, window_end_ns=50, drained_ns=60)

    times = accounts.times(tables, two_consumers(), 0)
    delivered = [each for each in times.intervals if each.time == "audit.delivery"]
    peaks = lag.peaks(tables, two_consumers(), window)

    assert [each.histogram.total_count for each in delivered] == [3]
    assert (peaks["audit.unhandled"], peaks["billing.unhandled"]) == (1, 5)
