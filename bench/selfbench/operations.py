"""Operations through jetbench's own port: keys put and got, requests asked."""

from pathlib import Path

import numpy as np

from bench.clients.buckets import Bucket
from bench.clients.factory import keyed, make_requester
from bench.clients.port import PublisherLink
from bench.engine.recorder import PublishRecorder
from bench.selfbench.cases import IN_FLIGHT, LoadCase
from bench.selfbench.figures import LoadFigures
from bench.selfbench.jobs import LIMIT_NS, Meter, Server, require_all
from bench.selfbench.loads import opened, planned_messages, require_clean


async def operate(case: LoadCase, server: Server, directory: Path) -> LoadFigures:
    """Do operations that are all due at once, so many at a time, and have each answered."""
    ids = np.arange(case.messages, dtype=np.int64)
    recorder = PublishRecorder(ids, directory / "operations.npy")
    side = await opened(_link(case, server, recorder), recorder, IN_FLIGHT)
    meter = Meter(server)

    begun_ns = meter.start()
    await side.publish_at_once(begun_ns, begun_ns + LIMIT_NS)
    meter.stop()

    figures = meter.figures(case.messages)
    await side.link.close()
    require_clean(side.faults, case)
    require_all("answered", recorder.stored_msgs, case)
    return figures


def _link(case: LoadCase, server: Server, recorder: PublishRecorder) -> PublisherLink:
    endpoint = server.endpoint
    if case.kind == "ask":
        asked = planned_messages(case.messages, case.size_bytes, (server.subject,))
        return make_requester(case.client, endpoint, asked, recorder, LIMIT_NS)
    messages = planned_messages(case.messages, case.size_bytes, server.keys)
    bucket = Bucket(stream=server.names.stream, direct=True, within_ns=LIMIT_NS)
    make = keyed("put" if case.kind == "put" else "read", case.client)
    return make(endpoint, messages, recorder, bucket)
