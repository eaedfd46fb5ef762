"""Loads through jetbench's own port: the engine's publisher and consumer with their recorders."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.broker import admin
from bench.broker.observe import consumer_state, stream_state
from bench.clients.factory import make_consumer, make_publisher
from bench.clients.port import Binding, Messages, PublisherLink
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.engine.acks import AfterHandler
from bench.engine.consumer import Consumer
from bench.engine.ending import end
from bench.engine.handler import VirtualWorkers
from bench.engine.publisher import OpenLoopPublisher
from bench.engine.recorder import ConsumeRecorder, PublishRecorder, load_consumer
from bench.selfbench.cases import WINDOW_MSGS, LoadCase
from bench.selfbench.figures import LoadFigures
from bench.selfbench.jobs import LIMIT_NS, Meter, Server, require_all, template
from bench.spec.workload import Publish

PULL_BATCH = 500
PULL_REQUESTS = 2
PULL_EXPIRES_NS = 5 * NS_PER_S

_POLL_S = 0.02
"""Costs the client a quarter of a per cent; when a load ended is read from its record."""

_SETTLE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPublisher:
    """The engine's publisher with everything it needs, connected.

    Attributes:
        link: carries the messages.
        recorder: notes what happens to them.
        publisher: sends them.
    """

    link: PublisherLink
    recorder: PublishRecorder
    publisher: OpenLoopPublisher

    @property
    def faults(self) -> Sequence[str]:
        """What went wrong, in words."""
        return [*self.link.faults, *self.recorder.refusals]

    async def publish_at_once(self, due_ns: int, until_ns: int) -> None:
        """Publish messages that are all due at one instant; wait for each answer until another."""
        every = np.full(self.recorder.planned, due_ns)
        await self.publisher.run(every, until_ns)


async def opened_publisher(
    messages: int, size_bytes: int, server: Server, directory: Path, client: str = "wire"
) -> OpenPublisher:
    """Return a publisher of so many messages of one size."""
    planned = planned_messages(messages, size_bytes, (server.subject,))
    recorder = PublishRecorder(planned.ids, directory / "publisher.npy")
    return await opened(
        make_publisher(client, server.endpoint, planned, recorder), recorder, WINDOW_MSGS
    )


def planned_messages(count: int, size_bytes: int, subjects: tuple[str, ...]) -> Messages:
    """Return so many messages of one size; subjects take turns."""
    ids = np.arange(count, dtype=np.int64)
    return Messages(
        ids=ids,
        subjects=subjects,
        subject_index=ids % len(subjects),
        payloads=(template(size_bytes),),
        payload_index=np.zeros_like(ids),
    )


async def opened(link: PublisherLink, recorder: PublishRecorder, window_msgs: int) -> OpenPublisher:
    """Connect a link, and return what sends over it."""
    # The rate is not used: the schedule is given.
    offer = Publish.model_validate({"rate": "1/s", "window": window_msgs})
    await link.open()
    return OpenPublisher(
        link=link, recorder=recorder, publisher=OpenLoopPublisher(link, recorder, offer)
    )


async def publish(case: LoadCase, server: Server, directory: Path) -> LoadFigures:
    """Publish messages that are all due at once, and have each confirmed."""
    side = await opened_publisher(case.messages, case.size_bytes, server, directory, case.client)
    meter = Meter(server)

    begun_ns = meter.start()
    await side.publish_at_once(begun_ns, begun_ns + LIMIT_NS)
    meter.stop()

    figures = meter.figures(case.messages)
    await side.link.close()
    require_clean(side.faults, case)
    require_all("confirmed", side.recorder.stored_msgs, case)
    if case.storage != "null":
        await require_stored(case, server)
    return figures


async def consume(case: LoadCase, server: Server, directory: Path) -> LoadFigures:
    """Take and acknowledge every message of a full stream."""
    path = directory / "consumer.npy"
    recorder = ConsumeRecorder(case.messages, path)
    link = make_consumer(case.client, server.endpoint, _binding(case, server))
    no_work_ns = np.zeros(case.messages, dtype=np.int64)
    consumer = Consumer(link, recorder, VirtualWorkers(1), AfterHandler(), no_work_ns)
    meter = Meter(server)

    meter.start()  # before the connection, at which a push consumer begins to deliver
    await link.open(consumer)
    working = asyncio.create_task(consumer.run(pull=case.kind == "pull"))
    with suppress(TimeoutError):  # what is missing is said below
        async with asyncio.timeout(LIMIT_NS / NS_PER_S):
            while recorder.acked < case.messages and not working.done():
                await asyncio.wait({working}, timeout=_POLL_S)
    meter.stop()

    await _end(working, case)
    record = load_consumer(path)
    require_all("received", np.unique(record.ids).size, case)
    require_all("acknowledged", recorder.acked, case)
    await require_settled(case, server)
    figures = meter.figures(case.messages, int(record.acked_ns.max()))
    await link.close()
    require_clean(link.faults, case)
    return figures


async def require_stored(case: LoadCase, server: Server) -> None:
    """Check that the stream holds every message once; else MeasurementError."""
    client = await admin.connect(server.endpoint)
    try:
        require_all("stored", (await stream_state(client, server.names)).msgs, case)
    finally:
        await client.close()


async def require_settled(case: LoadCase, server: Server) -> None:
    """Wait until the server has taken every ack; else MeasurementError."""
    client = await admin.connect(server.endpoint)
    try:
        async with asyncio.timeout(_SETTLE_S):
            while True:
                if not (await consumer_state(client, server.names)).lag_msgs:
                    return
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        text = f"{case.name}: the server still misses acks after {_SETTLE_S:g} s"
        raise MeasurementError(text) from None
    finally:
        await client.close()


def _binding(case: LoadCase, server: Server) -> Binding:
    names = server.names
    return Binding(
        stream=names.stream,
        consumer=names.consumer,
        mode="push" if case.kind == "push" else "pull",
        batch=PULL_BATCH,
        requests=PULL_REQUESTS,
        expires_ns=PULL_EXPIRES_NS,
        id_offset=template(case.size_bytes).id_offset,
        deliver_subject=names.deliver_subject if case.kind == "push" else "",
    )


def require_clean(faults: Sequence[str], case: LoadCase) -> None:
    """Check that nothing went wrong; else MeasurementError."""
    if faults:
        raise MeasurementError(f"{case.name}: {'; '.join(faults)}")


async def _end(working: "asyncio.Task[None]", case: LoadCase) -> None:
    await end(working)
    if not working.cancelled() and (error := working.exception()) is not None:
        reasons = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
        require_clean([repr(reason) for reason in reasons], case)
