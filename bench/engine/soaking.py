"""What a process of a soak does otherwise: its messages are made for it, and it closes its rows."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bench.clients.factory import make_publisher
from bench.clients.port import IntArray, Messages
from bench.engine.attending import attend, started
from bench.engine.bounded import workers_of
from bench.engine.channel import Channel
from bench.engine.clock import now_ns
from bench.engine.consumer import Consumer
from bench.engine.feeding import Due, columns_of
from bench.engine.jobs import Done, DriverJob, Finished, ObserverJob, Progress, Soak
from bench.engine.linking import consumer_link, free_stop_of, said_by
from bench.engine.mishaps import acks_of
from bench.engine.publisher import OpenLoopPublisher
from bench.engine.rotating import Closed, RotatingConsumeRecorder, RotatingPublishRecorder
from bench.engine.sharing import offered
from bench.plan.payload import templates
from bench.spec.headers import header_lines


class _Closing:
    """Closes rows at intervals, and tells until where."""

    def __init__(self, every_ns: int, close: Callable[[], Closed]) -> None:
        self._every_ns = every_ns
        self._close = close
        self._closed = Closed(0, 0)
        self._at_ns = 0

    def told(self, progress: Progress) -> Progress:
        """Return a progress with what is closed; close, if it is time to."""
        at_ns = now_ns()  # what happened before is in the rows
        if at_ns - self._at_ns >= self._every_ns:
            self._closed, self._at_ns = self._close(), at_ns
        return replace(progress, closed=self._closed, closed_ns=self._at_ns)


async def soak(job: DriverJob | ObserverJob, how: Soak, channel: Channel) -> Done:
    """Do a job of a soak."""
    if isinstance(job, DriverJob):
        return await _publish(job, how, channel)
    return await _consume(job, how, channel)


async def _publish(job: DriverJob, soak: Soak, channel: Channel) -> Done:
    """Send this publisher's share of the traffic in open loop."""
    ids, subject_index, payload_index = columns_of(soak.fed, job.share, job.shares)
    recorder = RotatingPublishRecorder(ids.size, job.record_path, soak.ahead_rows)
    link = make_publisher(
        job.client,
        job.endpoint,
        _messages(job, ids, subject_index, payload_index),
        recorder,
        job.how,
    )
    await link.open()
    start_ns = await started(channel)
    phases = job.load.phases
    until_ns = start_ns + phases.warmup_ns + phases.measure_ns + phases.drain_ns
    due = Due(soak.fed, job.share, job.shares, start_ns)
    window_ns = phases.window_ns(start_ns)
    publisher = OpenLoopPublisher(link, recorder, offered(job), free_stop_of(link), window_ns)

    async def work() -> None:
        await publisher.run(due, until_ns)
        await channel.send(Finished())

    closing = _Closing(soak.every_ns, lambda: recorder.close(publisher.sent))
    stalls = await attend(
        channel,
        work(),
        lambda: closing.told(
            Progress(sent=publisher.sent, stored=recorder.stored_msgs, settled=recorder.settled)
        ),
    )
    await link.close()
    return Done(
        faults=tuple(link.faults),
        refusals=recorder.refusals,
        window_full_msgs=publisher.window_full_msgs,
        awaited_ns=publisher.awaited_ns,
        again=recorder.again,
        stalls=tuple(stalls.long),
    )


def _messages(
    job: DriverJob, ids: IntArray, subject_index: IntArray, payload_index: IntArray
) -> Messages:
    contents = np.random.default_rng(np.random.SeedSequence(job.seed).spawn(7)[3])
    return Messages(
        ids=ids,
        subjects=tuple(job.subject_prefix + name for name in job.load.subjects.names),
        subject_index=subject_index,
        payloads=templates(job.load.payload, contents),
        payload_index=payload_index,
        headers=header_lines(job.load.publish.headers, job.how, job.subject_prefix),
    )


async def _consume(job: ObserverJob, soak: Soak, channel: Channel) -> Done:
    """Take, handle and acknowledge until told to stop."""
    acks = job.timing != "none"
    recorder = RotatingConsumeRecorder(
        soak.fed.planned, job.record_path, acks=acks, ahead=soak.ahead_rows
    )
    link = consumer_link(job)
    nothing_ns: IntArray = np.zeros(1, dtype=np.int64)
    consumer = Consumer(link, recorder, workers_of(job), acks_of(job), nothing_ns)
    await link.open(consumer)
    await started(channel)
    closing = _Closing(soak.every_ns, recorder.close)
    stalls = await attend(
        channel,
        consumer.run(pull=job.binding.mode == "pull"),
        lambda: closing.told(
            Progress(
                received=recorder.received,
                handled=recorder.handled,
                acked=recorder.acked,
                faults=tuple(link.faults),
            )
        ),
    )
    await asyncio.shield(link.close())
    return Done(
        faults=tuple(link.faults), counts={job.part: said_by([link])}, stalls=tuple(stalls.long)
    )
