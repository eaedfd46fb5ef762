"""Acks by flow control on a real server: what it holds done with is what was told, and no more."""

import asyncio
from typing import Any

import numpy as np
import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.wire.flow_acked import WireFlowAcked
from tests.clients.server import RealServer, api, client, consumer_info, make_stream
from tests.clients.wire.links import Taken, binding, messages, publish, run

pytestmark = pytest.mark.nats

COUNT, PENDING = 230, 50
CONFIG: dict[str, Any] = {
    "name": "c",
    "durable_name": "c",
    "ack_policy": "flow_control",
    "flow_control": True,
    "idle_heartbeat": 1_000_000_000,
    "max_ack_pending": PENDING,
}


def test_the_server_goes_on_by_what_is_told_and_asks_for_the_rest(server: RealServer) -> None:
    """It stops at fifty without an ack; the last thirty are asked for with a heartbeat."""
    endpoint, stream = Endpoint(url=server.url), "FLOWACKS"
    bound = binding(stream, mode="push", idle_heartbeat_ns=10**9, flow_acks=True)

    async def work() -> None:
        link, taken = WireFlowAcked(endpoint, bound), Taken()
        async with client(server.url) as control:
            await make_stream(control, stream)
            config = CONFIG | {"deliver_subject": f"{stream}-deliver"}
            body = {"stream_name": stream, "config": config, "action": "create"}
            await api(control, f"CONSUMER.CREATE.{stream}.c", body)
            await publish(endpoint, messages(COUNT, subjects=(f"{stream}.a",)))
            await link.open(taken)
            while taken.stop < PENDING:
                await taken.more(link)
            held = await consumer_info(control, stream, "c")
            assert taken.stop == PENDING, "no more without an ack"
            link.ack(np.arange(PENDING), cumulative=True)
            while taken.stop < COUNT:
                link.ack(await taken.more(link), cumulative=True)
            while len(taken.acked_positions) < COUNT:
                await asyncio.sleep(0.02)
            await link.flush()
            info = await consumer_info(control, stream, "c")
            await link.close()

        assert held["num_ack_pending"] == PENDING
        assert held["ack_floor"]["stream_seq"] == 0
        assert taken.column("ids") == list(range(COUNT))
        assert set(taken.column("deliveries")) == {1}
        assert sorted(taken.acked_positions) == list(range(COUNT))
        assert (info["num_pending"], info["num_ack_pending"]) == (0, 0)
        assert info["ack_floor"]["stream_seq"] == COUNT
        assert link.faults == ()

    run(work)
