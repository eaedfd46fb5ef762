"""The join and the ledger, on cases small enough to count by hand."""

from collections.abc import Mapping

import numpy as np

from bench.analysis.latency import window_histogram
from bench.clients.port import NO_ID
from bench.core.units import NS_PER_S
from bench.engine import accounts
from bench.engine.losses import UNKNOWN, Backlog
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.table import NOT_YET, MessageTable, join
from bench.record.schema import Window
from bench.spec.cast import entries
from bench.spec.giving_up import giving_up
from tests.parts import Time, cast, of_parts

START = 1_000_000
EVERYTHING_DELIVERED = Backlog(msgs=0, stream_msgs=-1)


def column(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(values, dtype=np.int64)


def published(
    ids: list[int], stored: list[int], refused: list[int] | None = None
) -> PublisherRecord:
    return PublisherRecord(
        ids=column(*ids),
        sent_ns=column(*(START + 10 * message for message in ids)),
        stored_ns=column(*stored),
        outcome=column(*(refused or [0] * len(ids))),
        said=column(*([0] * len(ids))),
    )


def consumed(rows: list[tuple[int, int, int, int]]) -> ConsumerRecord:
    """Rows of (id, stream sequence, delivery count, received after the start)."""
    received = column(*(START + row[3] for row in rows))
    return ConsumerRecord(
        ids=column(*(row[0] for row in rows)),
        stream_seqs=column(*(row[1] for row in rows)),
        deliveries=column(*(row[2] for row in rows)),
        received_ns=received,
        handled_ns=received + 1,
        acked_ns=received + 2,
        ending=np.zeros_like(column(*(row[0] for row in rows))),
    )


def _ledger(table: MessageTable, consumer: ConsumerRecord, backlog: Backlog) -> Mapping[str, int]:
    seen = accounts.Seen(records=[consumer], backlog=backlog)
    return accounts.ledger(of_parts(table), cast(), {"consume": seen})


def ledger_of(
    publisher: PublisherRecord, consumer: ConsumerRecord, backlog: Backlog = EVERYTHING_DELIVERED
) -> Mapping[str, int]:
    intended = 10 * np.arange(publisher.ids.size, dtype=np.int64)
    table = join(intended, [publisher], [consumer], START)
    return _ledger(table, consumer, backlog)


def all_stored(count: int) -> PublisherRecord:
    return published(list(range(count)), [START + 100 + message for message in range(count)])


def test_a_clean_trial_balances() -> None:
    """published = stored = received = acked and nothing else."""
    rows = [(message, message + 1, 1, 200 + message) for message in range(3)]

    ledger = ledger_of(all_stored(3), consumed(rows))

    assert (ledger["published"], ledger["stored"], ledger["received"], ledger["acked"]) == (
        3,
        3,
        3,
        3,
    )
    assert (ledger["lost"], ledger["duplicates"], ledger["redelivered"], ledger["reordered"]) == (
        0,
        0,
        0,
        0,
    )


def test_a_stored_message_that_never_comes_is_lost() -> None:
    """The server has nothing left for the consumer, so it will never come."""
    assert ledger_of(all_stored(3), consumed([(0, 1, 1, 200)]))["lost"] == 2


def test_a_backlog_is_not_a_loss() -> None:
    """An overloaded consumer leaves messages on the server; they are late, not lost."""
    ledger = ledger_of(all_stored(3), consumed([(0, 1, 1, 200)]), Backlog(msgs=2, stream_msgs=3))

    assert (ledger["backlog"], ledger["lost"]) == (2, 0)


def test_a_redelivery_is_counted_and_the_first_delivery_stands() -> None:
    """Message 0 comes twice: its delivery time is that of the first."""
    consumer = consumed([(0, 1, 1, 200), (0, 1, 2, 900)])
    table = join(column(0), [all_stored(1)], [consumer], START)
    ledger = _ledger(table, consumer, EVERYTHING_DELIVERED)

    assert (ledger["deliveries"], ledger["redelivered"], ledger["duplicates"]) == (2, 1, 1)
    assert table.received_ns.tolist() == [200]


def test_a_message_without_our_id_is_foreign() -> None:
    """Something else wrote to our stream, or our own id was damaged: both spoil the trial."""
    consumer = consumed([(0, 1, 1, 200), (NO_ID, 2, 1, 300), (99, 3, 1, 400)])

    assert ledger_of(all_stored(1), consumer)["foreign"] == 2


def test_refused_and_unconfirmed_are_told_apart() -> None:
    """An error PubAck is an answer; silence is not."""
    publisher = published([0, 1, 2], [START + 100, NEVER, NEVER], [0, 1, 0])

    ledger = ledger_of(publisher, consumed([(0, 1, 1, 200)]))

    assert (ledger["stored"], ledger["refused"], ledger["unconfirmed"]) == (1, 1, 1)


def test_sequences_that_go_back_are_reordered() -> None:
    """First deliveries 1, 3, 2: one came after a later one."""
    rows = [(0, 1, 1, 200), (2, 3, 1, 210), (1, 2, 1, 220)]

    assert ledger_of(all_stored(3), consumed(rows))["reordered"] == 1


def test_a_negative_time_is_counted_not_dropped() -> None:
    """A delivery before its intended instant is a fault of clock or books: the trial is invalid."""
    table = join(column(500), [all_stored(1)], [consumed([(0, 1, 1, 100)])], START)

    # All six but service, which does not begin at the intended instant.
    assert accounts.times(of_parts(table), cast(), 0).negatives == 5


def table_of(intended: list[int], received: list[int]) -> MessageTable:
    size = len(intended)
    never = np.full(size, NOT_YET)
    return MessageTable(
        intended_ns=column(*intended),
        sent_ns=column(*intended),
        stored_ns=never,
        received_ns=column(*received),
        handled_ns=never,
        acked_ns=never,
        outcome=np.zeros(size, dtype=np.int64),
    )


def _tables_of(intended: list[int], received: list[int]) -> Mapping[str, MessageTable]:
    return of_parts(table_of(intended, received))


def test_a_message_belongs_to_the_slice_of_its_intended_instant() -> None:
    """Due in second 0 and delivered in second 2: a stall is seen where it hit the load."""
    late = _tables_of([NS_PER_S // 2], [2 * NS_PER_S + NS_PER_S // 2])

    recorded = accounts.times(late, cast(), 0)

    delivery = [one for one in recorded.intervals if one.time == Time.DELIVERY]
    assert [one.start_ns for one in delivery] == [0]
    assert delivery[0].histogram.total_count == 1


def test_no_slice_holds_messages_of_two_phases() -> None:
    """A window from 0.5 s: slices end at 0.5, 1.5 and 2.5 s, and the window's first is whole."""
    half = NS_PER_S // 2
    due = [0, half - 1, half, 3 * half - 1, 3 * half]

    recorded = accounts.times(_tables_of(due, due), cast(), half)

    delivery = [one for one in recorded.intervals if one.time == Time.DELIVERY]
    assert [(one.start_ns, one.end_ns) for one in delivery] == [
        (0, half), (half, 3 * half), (3 * half, 5 * half),
    ]  # fmt: skip
    assert [one.histogram.total_count for one in delivery] == [2, 2, 1]


def test_what_is_offered_after_the_window_stands_for_nothing_within_it() -> None:
    """Work was done at 1.5 s, and what is offered beside it went on: one of the window never came.

    A slice over the end would have as many times as the window has messages, and hide it.
    """
    half, end = NS_PER_S // 2, 3 * NS_PER_S // 2
    due = [half, NS_PER_S, end, 2 * NS_PER_S]
    window = Window(window_start_ns=half, window_end_ns=end, drained_ns=4 * NS_PER_S)

    tables = _tables_of(due, [NOT_YET, *due[1:]])
    recorded = accounts.times(tables, cast(), half, end)

    delivery = [one for one in recorded.intervals if one.time == Time.DELIVERY]
    assert window_histogram(delivery, window).total_count == 1
    assert accounts.window_counts(tables, cast(), window)["offered"] == 2
    end = 5 * NS_PER_S // 4
    cut = accounts.times(_tables_of(due, due), cast(), half, end).intervals
    assert [(one.start_ns, one.end_ns) for one in cut if one.time == Time.DELIVERY] == [
        (half, end), (3 * half, 5 * half),
    ]  # fmt: skip


def test_counts_follow_the_instant_at_which_things_happened() -> None:
    """The rate over time shows when messages arrived, not when they were due."""
    table = table_of([0, NS_PER_S - 1], [NS_PER_S + 5, 2 * NS_PER_S])

    counted = accounts.slices(of_parts(table), cast(), 3 * NS_PER_S)

    assert counted["offered"] == (2, 0, 0)
    assert counted["received"] == (0, 1, 1)
    assert counted["stored"] == (0, 0, 0)


def test_the_window_is_half_open() -> None:
    """A message on the border belongs to one side only."""
    window = Window(window_start_ns=10, window_end_ns=20, drained_ns=30)

    counts = accounts.window_counts(_tables_of([9, 10, 19, 20], [9, 10, 19, 20]), cast(), window)

    assert (counts["offered"], counts["received"], counts["stored"]) == (2, 2, 0)


def test_what_the_server_gave_up_is_counted_though_it_was_acknowledged() -> None:
    """As it said itself; where nobody heard of it, it is unknown and not none."""
    consumer = consumed([(0, 1, 1, 200)])
    table = join(column(0), [all_stored(1)], [consumer], START)
    limited = giving_up(cast())

    for given_up in (1, 0, UNKNOWN):
        seen = accounts.Seen(records=[consumer], backlog=EVERYTHING_DELIVERED, given_up=given_up)
        ledger = accounts.ledger(of_parts(table), limited, {"consume": seen})
        assert (ledger["acked"], ledger["exhausted"]) == (1, given_up)

    untold = accounts.Seen(records=[consumer], backlog=EVERYTHING_DELIVERED)
    assert accounts.ledger(of_parts(table), limited, {"consume": untold})["exhausted"] == UNKNOWN


def test_only_who_acknowledges_has_its_messages_given_up() -> None:
    """Of a cast that never acknowledges there is no account that a limit could end."""
    assert "exhausted" in entries(giving_up(cast()))
    assert "exhausted" not in entries(giving_up(cast(acks=False)))
    assert "exhausted" not in entries(cast())
