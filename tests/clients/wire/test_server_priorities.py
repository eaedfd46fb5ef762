"""Who of several that ask within a group is served, by a real server."""

import asyncio
from typing import Any

import pytest

from bench.broker.endpoint import Endpoint
from tests.clients.server import RealServer, client, make_consumer, make_stream
from tests.clients.wire.links import binding, consumer, messages, publish, run

pytestmark = pytest.mark.nats

FEW, MANY = 10, 200


def asking(stream: str, **changes: Any) -> Any:
    return binding(stream, group="jobs", batch=100, **changes)


async def shares(
    server: RealServer, stream: str, policy: str, count: int, waits: dict[str, int]
) -> tuple[int, int]:
    """Return what is brought to one that asks plainly, and to one that asks to wait."""
    endpoint = Endpoint(url=server.url)
    async with client(server.url) as control:
        await make_stream(control, stream)
        groups = {"priority_policy": policy, "priority_groups": ["jobs"]}
        await make_consumer(control, stream, "c", **groups)
        async with (
            consumer(endpoint, asking(stream, **waits)) as (late, left),
            consumer(endpoint, asking(stream)) as (first, taken),
        ):
            late.ask()
            await asyncio.sleep(0.2)  # it asks before the other one does
            first.ask()
            await asyncio.sleep(0.2)
            await publish(endpoint, messages(count, subjects=(f"{stream}.a",)))
            await asyncio.sleep(0.5)
            return len(taken.column("ids")), len(left.column("ids"))


@pytest.mark.parametrize(
    ("policy", "waits"), [("overflow", {"min_pending": 50}), ("prioritized", {"priority": 3})]
)
def test_what_is_little_goes_to_who_asks_plainly(
    server: RealServer, policy: str, waits: dict[str, int]
) -> None:
    """The other one has asked first, and is not served."""

    async def work() -> None:
        assert await shares(server, "LITTLE", policy, FEW, waits) == (FEW, 0)

    run(work)


@pytest.mark.parametrize(
    ("policy", "waits"), [("overflow", {"min_pending": 50}), ("prioritized", {"priority": 3})]
)
def test_what_is_much_goes_to_both(server: RealServer, policy: str, waits: dict[str, int]) -> None:
    """The request of the first one is full after 100, and it does not ask again."""

    async def work() -> None:
        plain, late = await shares(server, "MUCH", policy, MANY, waits)

        assert plain == 100
        assert 0 < late <= 100

    run(work)


def test_one_is_pinned_until_it_is_silent(server: RealServer) -> None:
    """Who is pinned is served alone, though the other one has asked first again."""

    async def work() -> None:
        endpoint, stream = Endpoint(url=server.url), "PINNED"
        async with client(server.url) as control:
            await make_stream(control, stream)
            groups = {"priority_policy": "pinned_client", "priority_groups": ["jobs"]}
            await make_consumer(control, stream, "c", priority_timeout=10**9, **groups)
            bound = asking(stream, pinned=True)
            async with (
                consumer(endpoint, bound) as (one, first),
                consumer(endpoint, bound) as (
                    two,
                    second,
                ),
            ):
                one.ask()
                await asyncio.sleep(0.2)
                two.ask()
                for _ in range(3):
                    await publish(endpoint, messages(FEW, subjects=(f"{stream}.a",)))
                    await asyncio.sleep(0.2)
                    one.ask()
                info = await control.jetstream().consumer_info(stream, "c")
                assert len(first.column("ids")) == 3 * FEW
                assert len(second.column("ids")) == 0
                assert info.num_waiting == 2
                await one.close()
                await asyncio.sleep(1.2)
                await publish(endpoint, messages(FEW, subjects=(f"{stream}.a",)))
                await asyncio.sleep(0.5)
                assert len(second.column("ids")) == FEW

    run(work)
