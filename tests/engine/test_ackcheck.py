"""Two clocks on the same ack: ours and the server's."""

import json
import tracemalloc

import numpy as np

from bench.engine.ackcheck import compare_acks, read_ack_event, sample_percent
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.spec.variant import Settings


def consumed(rows: list[tuple[int, int, int, int]]) -> ConsumerRecord:
    """Rows of (stream sequence, delivery count, received, acked)."""
    columns = np.array(rows, dtype=np.int64).T
    return ConsumerRecord(
        ids=columns[0] - 1,
        stream_seqs=columns[0],
        deliveries=columns[1],
        received_ns=columns[2],
        handled_ns=columns[3],
        acked_ns=columns[3],
        ending=np.zeros_like(columns[0] - 1),
    )


def test_the_difference_is_taken_message_by_message() -> None:
    """Server 150, 250, 350 against ours 100, 100, 300: differences 50, 150, 50."""
    record = consumed([(1, 1, 1000, 1100), (2, 1, 1000, 1100), (3, 1, 1000, 1300)])

    check = compare_acks([(1, 150), (2, 250), (3, 350)], [record])

    assert check is not None
    assert (check.server_ns_p50, check.ours_ns_p50, check.difference_ns_p50) == (250, 100, 50)
    assert (check.messages, check.below_zero) == (3, 0)


def test_a_server_that_claims_less_than_we_saw_is_counted() -> None:
    """Now and then a process loses its core before it notes the hand-over; mostly it must not."""
    check = compare_acks([(1, 90)], [consumed([(1, 1, 1000, 1100)])])

    assert check is not None
    assert check.below_zero == 1


def test_only_first_deliveries_that_were_acknowledged_are_compared() -> None:
    """A redelivery's clock starts again on the server; without an ack there is no ack time."""
    record = consumed([(1, 2, 1000, 1100), (2, 1, 1000, NEVER)])

    assert compare_acks([(1, 150), (2, 150), (9, 150)], [record]) is None


def test_a_message_that_came_again_is_no_sample() -> None:
    """The server counts from its last delivery, here the one at 1080, and acks name the first.

    Its 20 against our 100 spoke against one of the two measures, in every message of such a trial.
    """
    first = consumed([(1, 1, 1000, 1100), (2, 1, 1000, 1100)])
    again = consumed([(1, 2, 1080, NEVER)])

    check = compare_acks([(1, 20), (2, 150)], [first, again])

    assert check is not None
    assert (check.messages, check.server_ns_p50, check.below_zero) == (1, 150, 0)


def test_the_memory_of_the_check_does_not_grow_with_the_messages() -> None:
    """A dictionary of all acks took 124 MiB a million rows, for fifty samples a second."""
    count = 1_000_000
    seqs = np.arange(1, count + 1, dtype=np.int64)
    ones = np.ones_like(seqs)
    record = ConsumerRecord(
        ids=seqs - 1,
        stream_seqs=seqs,
        deliveries=ones,
        received_ns=ones,
        handled_ns=ones,
        acked_ns=seqs + 1,  # so each waited as many ns as its sequence
        ending=np.zeros_like(seqs - 1),
    )
    tracemalloc.start()

    try:
        check = compare_acks([(seq, seq + 5) for seq in range(1, count, 10_000)], [record])
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 8 * 1024**2
    assert check is not None
    assert (check.messages, check.difference_ns_p50, check.below_zero) == (100, 5, 0)
    assert check.ours_ns_p50 == 495_001  # the middle of 490 001 and 500 001


def test_a_sample_heard_twice_counts_twice_and_order_does_not_matter() -> None:
    """Events come in the order of the acks, not of the stream."""
    record = consumed([(5, 1, 1000, 1100), (2, 1, 1000, 1300)])

    check = compare_acks([(5, 150), (2, 350), (5, 150)], [record])

    assert check is not None
    assert (check.messages, check.server_ns_p50, check.ours_ns_p50) == (3, 150, 100)


def test_the_servers_event_is_read_as_it_is_written() -> None:
    """The fields of io.nats.jetstream.metric.v1.consumer_ack (nats-server 2.15.1)."""
    event = {"stream_seq": 7, "consumer_seq": 7, "ack_time": 4321, "deliveries": 1}

    assert read_ack_event(json.dumps(event).encode()) == (7, 4321)
    assert read_ack_event(json.dumps({**event, "deliveries": 2}).encode()) is None


def test_the_sample_stays_small_at_any_rate() -> None:
    """About fifty events a second, at least 1 %, and none where acks are not explicit."""
    explicit = Settings()

    assert sample_percent(explicit, 1000.0) == 5
    assert sample_percent(explicit, 10.0) == 100
    assert sample_percent(explicit, 80_000.0) == 1
    for other in ({"consumer": {"ack_policy": "all"}}, {"ack": {"double": True}}):
        assert sample_percent(Settings.model_validate(other), 1000.0) is None
