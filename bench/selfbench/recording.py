"""What it costs to write down a message and to count its times: everything but client and server.

Both of the engine's recorders, in blocks as large as a client at full load hands them over, and
the exact histograms of all six times for each second of a trial at 50 000 msg/s.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from bench.clients.port import Delivered, IntArray
from bench.core.units import NS_PER_S
from bench.engine.recorder import (
    ConsumeRecorder,
    ConsumerRecord,
    PublisherRecord,
    PublishRecorder,
    load_consumer,
    load_publisher,
)
from bench.selfbench.cases import RecordingCase
from bench.selfbench.figures import LoadFigures
from bench.selfbench.jobs import Meter, require_all
from bench.stats.histogram import tally

BLOCK_MSGS = 128
"""As many PubAcks a chunk of a server at full load holds; deliveries come in larger blocks."""

RATE_MSGS_PER_S = 50_000
_SPACING_NS = NS_PER_S // RATE_MSGS_PER_S
_TIMES = 6
_STEP_NS = 100_000
"""Between the instants of one message; the histograms' cost does not depend on it."""


def record(case: RecordingCase, directory: Path) -> LoadFigures:
    """Record messages that nobody sends, and count their times."""
    intended_ns = NS_PER_S + np.arange(case.messages, dtype=np.int64) * _SPACING_NS
    deliveries = _deliveries(intended_ns)
    publisher_path, consumer_path = directory / "publisher.npy", directory / "consumer.npy"
    publisher = PublishRecorder(np.arange(case.messages, dtype=np.int64), publisher_path)
    consumer = ConsumeRecorder(case.messages, consumer_path)
    meter = Meter(None)

    meter.start()
    for block in deliveries:
        _record(block, publisher, consumer)
    meter.stop()
    # Reading the files back is no part of it: a trial does so once, after its end.
    records = load_publisher(publisher_path), load_consumer(consumer_path)
    meter.start()
    counted = _count(intended_ns, *records)
    meter.stop()

    require_all("counted in all histograms", counted // _TIMES, case)
    return meter.figures(case.messages)


def _deliveries(intended_ns: IntArray) -> list[Delivered]:
    edges = [*range(0, intended_ns.size, BLOCK_MSGS), intended_ns.size]
    ids = np.arange(intended_ns.size, dtype=np.int64)
    return [
        Delivered(
            received_ns=intended_ns[first:stop] + 3 * _STEP_NS,
            ids=ids[first:stop],
            stream_seqs=ids[first:stop] + 1,
            deliveries=np.ones(stop - first, dtype=np.int64),
        )
        for first, stop in pairwise(edges)
    ]


def _record(block: Delivered, publisher: PublishRecorder, consumer: ConsumeRecorder) -> None:
    """Note all that happens to a block of messages, at instants of no meaning."""
    received_ns = int(block.received_ns[-1])
    publisher.sent(int(block.ids[0]), int(block.ids[-1]) + 1, received_ns - 2 * _STEP_NS)
    publisher.stored(block.ids, received_ns - _STEP_NS)
    positions = consumer.take(block)
    consumer.handled_at(positions, received_ns)
    consumer.acked_at(positions, received_ns + _STEP_NS)


def _count(intended_ns: IntArray, publisher: PublisherRecord, consumer: ConsumerRecord) -> int:
    """Count every time into the histogram of its second; return how many were counted."""
    bounds = (
        (intended_ns, publisher.sent_ns),
        (publisher.sent_ns, publisher.stored_ns),
        (intended_ns, publisher.stored_ns),
        (intended_ns, consumer.received_ns),
        (intended_ns, consumer.handled_ns),
        (intended_ns, consumer.acked_ns),
    )
    edges = [*range(0, intended_ns.size, RATE_MSGS_PER_S), intended_ns.size]
    return sum(
        tally(end_ns[first:stop] - begin_ns[first:stop]).histogram.total_count
        for begin_ns, end_ns in bounds
        for first, stop in pairwise(edges)
    )
