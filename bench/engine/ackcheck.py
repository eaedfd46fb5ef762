"""The server's own ack times beside ours: two clocks on the same thing must agree.

A consumer with `sample_freq` makes the server publish, for a share of the messages, how long it
waited for the ack. It counts from its delivery to the ack's arrival; we count from receipt to the
ack's hand-over, so the server's figure is ours plus the way there and back. It counts from its
*last* delivery, whichever delivery is acknowledged: messages that it delivered twice are no sample.
"""

import json
from collections.abc import Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.record.schema import AckCheck
from bench.spec.variant import Settings

SAMPLES_PER_S = 50
"""Enough for a median, and far below what the messages themselves cost the server."""

METRIC_SUBJECT = "$JS.EVENT.METRIC.CONSUMER.ACK"

AckEvent = tuple[int, int]
"""Stream sequence, and the server's ack time in ns."""


def sample_percent(settings: Settings, rate_msgs_per_s: float) -> int | None:
    """Return the share of acks that the server is to report, %; None where it reports none.

    Double acks end when the server's word is back, so our time holds the server's and not the
    other way round: there is nothing to check it against.
    """
    if settings.consumer.ack_policy != "explicit" or settings.ack.double:
        return None
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
    ours = _ours(consumers)
    pairs = [(theirs_ns, ours[seq]) for seq, theirs_ns in events if seq in ours]
    if not pairs:
        return None
    server_ns, our_ns = np.array(pairs, dtype=np.int64).T
    difference_ns = server_ns - our_ns
    return AckCheck(
        messages=len(pairs),
        server_ns_p50=_median(server_ns),
        ours_ns_p50=_median(our_ns),
        difference_ns_p50=_median(difference_ns),
        below_zero=int(np.count_nonzero(difference_ns < 0)),
    )


def _ours(consumers: Sequence[ConsumerRecord]) -> dict[int, int]:
    """Return by stream sequence how long each message waited for its ack, ns.

    Without those that came again, to whichever process: the server's clock began anew for them.
    """
    waited: dict[int, int] = {}
    for record in consumers:
        known = (record.deliveries == 1) & (record.acked_ns != NEVER)
        spans = record.acked_ns[known] - record.received_ns[known]
        waited.update(zip(record.stream_seqs[known].tolist(), spans.tolist(), strict=True))
    for record in consumers:
        for seq in record.stream_seqs[record.deliveries > 1].tolist():
            waited.pop(seq, None)
    return waited


def _median(values: IntArray) -> int:
    return int(np.median(values))
