"""Whether live traffic was left alone: whole, in order, and no farther behind at the end."""

from dataclasses import replace

import numpy as np
import pytest

from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NOT_YET, MessageTable, driven
from bench.scenario.live_audit import disturbed, grown_msgs

MS = 10**6
SPAN = (10**9, 6 * 10**9)


def live(late_ms: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> MessageTable:
    """A message each 10 ms for 7 s, each done so late."""
    stored_ns = np.arange(late_ms.size, dtype=np.int64) * 10 * MS
    done_ns = stored_ns + (late_ms * MS).astype(np.int64)
    table = driven(stored_ns, [], 0)
    return replace(
        table, stored_ns=stored_ns, received_ns=stored_ns, handled_ns=done_ns, acked_ns=done_ns
    )


def record(*seqs: int) -> ConsumerRecord:
    each = np.array(seqs, dtype=np.int64)
    ones = np.ones_like(each)
    return ConsumerRecord(
        ids=each,
        stream_seqs=each,
        deliveries=ones,
        received_ns=ones,
        handled_ns=ones,
        acked_ns=ones,
        ending=np.zeros_like(each),
    )


CALM = live(np.full(700, 2.0))


def test_who_keeps_up_is_undisturbed() -> None:
    assert disturbed(CALM, [record(1, 2, 3)], SPAN, acks=True) == 0


def test_a_lag_that_is_high_and_stays_is_no_disturbance() -> None:
    assert disturbed(live(np.full(700, 300.0)), [], SPAN, acks=True) == 0


def test_a_lag_that_grows_is_found() -> None:
    """It ends 1 s behind: some hundred messages."""
    found = disturbed(live(np.linspace(0, 1200, 700)), [], SPAN, acks=True)

    assert 50 < found < 120


def test_who_stops_for_good_is_found() -> None:
    late_ms = np.full(700, 2.0)
    late_ms[500:] = 5000

    assert disturbed(live(late_ms), [], SPAN, acks=True) > 30


def test_a_burst_that_is_over_is_no_disturbance() -> None:
    late_ms = np.full(700, 2.0)
    late_ms[200:230] = 200

    assert disturbed(live(late_ms), [], SPAN, acks=True) == 0


def test_what_is_missing_and_what_is_out_of_order_counts_by_the_message() -> None:
    acked_ns = CALM.acked_ns.copy()
    acked_ns[100:103] = NOT_YET
    table = replace(CALM, acked_ns=acked_ns)

    assert disturbed(table, [record(1, 3, 2)], SPAN, acks=True) == 4
    assert disturbed(table, [record(1, 2, 3)], SPAN, acks=False) == 0  # it was handled


def test_a_span_too_short_for_a_lag_leaves_it_untold_and_no_fault_unsaid() -> None:
    short = (10**9, 10**9 + 299 * MS)

    assert grown_msgs(CALM.stored_ns, CALM.acked_ns, short) == UNKNOWN
    assert disturbed(CALM, [record(1, 2)], short, acks=True) == UNKNOWN
    assert disturbed(CALM, [record(2, 1)], short, acks=True) == 1


def test_live_traffic_that_offers_nothing_tells_nothing() -> None:
    """Nobody knows whether a consumer would have been held up."""
    before = CALM.stored_ns < SPAN[0]
    table = replace(CALM, stored_ns=np.where(before, CALM.stored_ns, NOT_YET))

    assert disturbed(table, [], SPAN, acks=True) == UNKNOWN
    assert disturbed(table, [record(2, 1)], SPAN, acks=True) == 1


@pytest.mark.parametrize(("length_ms", "behind_ms"), [(300, 250), (392, 300), (900, 600)])
def test_a_short_span_is_told_as_well(length_ms: int, behind_ms: int) -> None:
    """A replay is over in 0.4 s: ten instants of it are as good as those of a long one."""
    begin_ns = 10**9
    span = (begin_ns, begin_ns + length_ms * MS)
    late_ms = np.full(700, 2.0)
    at_ms = CALM.stored_ns / MS
    within = (at_ms >= 1000) & (at_ms < 1000 + length_ms)
    late_ms[within] = np.linspace(2, behind_ms, int(np.count_nonzero(within)))

    assert disturbed(CALM, [], span, acks=True) == 0
    assert disturbed(live(late_ms), [], span, acks=True) > 0
