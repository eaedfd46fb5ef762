"""An ordered consumer on a real server: what is missing on the way comes again, and once."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.port import Binding
from bench.clients.wire.columns import Columns, chosen
from bench.clients.wire.ordered import WireOrdered
from tests.clients.server import RealServer, api, client, consumer_info, make_stream
from tests.clients.wire.links import Taken, binding, messages, publish, run

pytestmark = pytest.mark.nats

COUNT = 600
CONFIG: dict[str, Any] = {
    "name": "c",
    "ack_policy": "none",
    "max_deliver": 1,
    "mem_storage": True,
    "flow_control": True,
    "idle_heartbeat": 200_000_000,
    "inactive_threshold": 60_000_000_000,
}


class Lossy(WireOrdered):
    """One that misses deliveries on the way, each once: by how many had come before."""

    def __init__(self, endpoint: Endpoint, bound: Binding, missed: Sequence[int]) -> None:
        super().__init__(endpoint, bound)
        self._missed = set(missed)
        self._seen = self.passed = 0

    def _came(self, columns: Columns, now_ns: int) -> None:
        for place in range(len(columns.sids)):
            self._seen += 1
            if self._seen in self._missed:
                continue
            self.passed += 1
            super()._came(chosen(columns, [place]), now_ns)


async def ordered(server: RealServer, stream: str, missed: Sequence[int]) -> tuple[Lossy, Taken]:
    """Take all messages of a stream, of which some are missed on the way."""
    bound = binding(
        stream, mode="push", acks=False, idle_heartbeat_ns=200_000_000, anew=json.dumps(CONFIG)
    )
    endpoint = Endpoint(url=server.url)
    link, taken = Lossy(endpoint, bound, missed), Taken()
    async with client(server.url) as control:
        await make_stream(control, stream)
        config = CONFIG | {"deliver_subject": f"{stream}-deliver"}
        body = {"stream_name": stream, "config": config, "action": "create"}
        await api(control, f"CONSUMER.CREATE.{stream}.c", body)
        await link.open(taken)
        await publish(endpoint, messages(COUNT, subjects=(f"{stream}.a",)))
        while taken.stop < COUNT:
            await taken.more(link)
        info = await consumer_info(control, stream, "c")
        await link.close()
    assert info["num_pending"] == 0
    return link, taken


@pytest.mark.parametrize(
    ("stream", "missed"), [("NONE", ()), ("SOME", (1, 100, 350)), ("TAIL", (COUNT,))]
)
def test_each_message_is_told_once_and_in_order(
    server: RealServer, stream: str, missed: Sequence[int]
) -> None:
    """Behind a gap a new consumer goes on; at the end a heartbeat tells of what is missing."""

    async def work() -> None:
        link, taken = await ordered(server, stream, missed)

        assert taken.column("ids") == list(range(COUNT))
        assert taken.column("stream_seqs") == list(range(1, COUNT + 1))
        assert bool(link.resets) == bool(missed)
        assert link.passed == COUNT + link.discarded, "what was dropped is counted, and no more"
        assert link.faults == ()

    run(work)


def test_who_is_cut_off_goes_on_where_it_was(server: RealServer) -> None:
    """A new connection has a new consumer made: what was on its way to the old one is gone."""

    async def work() -> None:
        bound = binding(
            "CUT", mode="push", acks=False, idle_heartbeat_ns=200_000_000, anew=json.dumps(CONFIG)
        )
        endpoint = Endpoint(url=server.url)
        link, taken = WireOrdered(endpoint, bound), Taken()
        async with client(server.url) as control:
            await make_stream(control, "CUT")
            config = CONFIG | {"deliver_subject": "CUT-deliver"}
            body = {"stream_name": "CUT", "config": config, "action": "create"}
            await api(control, "CONSUMER.CREATE.CUT.c", body)
            await link.open(taken)
            await publish(endpoint, messages(COUNT, subjects=("CUT.a",)))
            while taken.stop < COUNT:
                await taken.more(link)
            transport = link._connection._transport
            assert transport is not None
            transport.abort()
            await publish(endpoint, messages(COUNT, subjects=("CUT.a",)))
            while taken.stop < 2 * COUNT:
                await taken.more(link)
        await link.close()

        assert taken.column("stream_seqs") == list(range(1, 2 * COUNT + 1))
        assert link.resets == 1

    run(work)
