"""The server's own ack times beside ours: two clocks on the same thing must agree.

A consumer with `sample_freq` makes the server publish, for a share of the messages, how long it
waited for the ack. It counts from its delivery to the ack's arrival; we count from receipt to the
ack's hand-over, so the server's figure is ours plus the way there and back. It counts from its
*last* delivery, whichever delivery is acknowledged: messages that it delivered twice are no sample.
"""

import json
from collections.abc import Iterator, Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.record.schema import AckCheck
from bench.spec.variant import Settings

SAMPLES_PER_S = 50
"""Enough for a median, and far below what the messages themselves cost the server."""

METRIC_SUBJECT = "$JS.EVENT.METRIC.CONSUMER.ACK"

_UNKNOWN = np.iinfo(np.int64).min
_CHUNK_ROWS = 2**16

AckEvent = tuple[int, int]
"""Stream sequence, and the server's ack time in ns."""


def sample_percent(settings: Settings, rate_msgs_per_s: float) -> int | None:
    """Return the share of acks that the server is to report, %; None where it reports none.

    Double acks end when the server's word is back, so our time holds the server's and not the
    other way round: there is nothing to check it against. Nor is there where it is told that a
    message is in progress: its clock begins anew then.
    """
    if settings.consumer.ack_policy != "explicit" or settings.ack.double:
        return None
    if settings.ack.in_progress_ns is not None:
        return None
    if settings.consumer.sample_freq is not None:
        return round(100 * settings.consumer.sample_freq)
    return max(1, min(100, round(100 * SAMPLES_PER_S / rate_msgs_per_s)))


def read_ack_event(payload: bytes) -> AckEvent | None:
    """Return what an ack metric says; None when it is about a repeated delivery."""
    event = json.loads(payload)
    if event.get("num_deliveries", event.get("deliveries", 1)) != 1:
        return None
    return int(event["stream_seq"]), int(event["ack_time"])


def compare_acks(
    events: Sequence[AckEvent], consumers: Sequence[ConsumerRecord]
) -> AckCheck | None:
    """Return the agreement over the messages that both sides know; None when there are none."""
    if not events:
        return None
    seqs, theirs_ns = np.array(events, dtype=np.int64).T
    sampled, place = np.unique(seqs, return_inverse=True)
    waited_ns = _waited_ns(sampled, consumers)[place]
    known = waited_ns != _UNKNOWN
    if not known.any():
        return None
    server_ns, our_ns = theirs_ns[known], waited_ns[known]
    difference_ns = server_ns - our_ns
    return AckCheck(
        messages=our_ns.size,
        server_ns_p50=_median(server_ns),
        ours_ns_p50=_median(our_ns),
        difference_ns_p50=_median(difference_ns),
        below_zero=int(np.count_nonzero(difference_ns < 0)),
    )


def _waited_ns(sampled: IntArray, consumers: Sequence[ConsumerRecord]) -> IntArray:
    """Return how long each sampled message waited for its ack with us, ns, _UNKNOWN where untold.

    Those that came again, to whichever process, count as untold: the server's clock began anew.

    Args:
        sampled: stream sequences, ascending, each once, shape (n,), n >= 1.
        consumers: of all processes.
    """
    waited_ns = np.full(sampled.size, _UNKNOWN, dtype=np.int64)
    again = np.zeros(sampled.size, dtype=np.bool_)
    for record, rows in _chunks(consumers):
        seqs = record.stream_seqs[rows]
        near = np.minimum(np.searchsorted(sampled, seqs), sampled.size - 1)
        found = np.flatnonzero(sampled[near] == seqs)
        place = near[found]
        received_ns, acked_ns = record.received_ns[rows][found], record.acked_ns[rows][found]
        again[place[record.deliveries[rows][found] > 1]] = True
        acked = acked_ns != NEVER
        waited_ns[place[acked]] = (acked_ns - received_ns)[acked]
    waited_ns[again] = _UNKNOWN
    return waited_ns


def _chunks(consumers: Sequence[ConsumerRecord]) -> Iterator[tuple[ConsumerRecord, slice]]:
    """Yield the rows of all records, so many at a time: a long run has hundreds of millions."""
    for record in consumers:
        for first in range(0, record.ids.size, _CHUNK_ROWS):
            yield record, slice(first, first + _CHUNK_ROWS)


def _median(values: IntArray) -> int:
    return int(np.median(values))
