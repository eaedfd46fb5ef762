"""The sampler's end, with a client that does what the library's own waiting can do."""

import asyncio

import pytest
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.admin import trial_names
from bench.broker.endpoint import Endpoint
from bench.broker.link import Link
from bench.engine.clock import Alarm, now_ns
from bench.engine.jobs import Watched
from bench.engine.sampler import Sampler, giving_up_subject, lag_hz


class DeafClient(Client):
    """Never answers, and lets its first cancellations pass unheard."""

    def __init__(self) -> None:
        super().__init__()
        self.unheard = 0

    async def request(self, *_: object, **__: object) -> None:  # type: ignore[override]
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                self.unheard += 1
                if self.unheard > 3:
                    raise


WATCHED = Watched(part="consume", names=trial_names("run", 1), tracked=True, max_deliver=None)


def test_a_probe_that_swallows_a_cancellation_does_not_hold_the_sampler() -> None:
    """`asyncio.wait_for` of Python 3.11 does so; the sampler then never answered the stop."""

    async def stopped() -> tuple[DeafClient, bool]:
        client = DeafClient()
        sampler = Sampler(client, [WATCHED], {}, seed=1)
        running = asyncio.create_task(sampler.run(now_ns(), Alarm()))
        await asyncio.sleep(0.3)
        running.cancel()
        await asyncio.wait({running}, timeout=60)
        return client, running.cancelled()

    client, cancelled = uvloop.run(stopped())

    assert cancelled
    assert client.unheard > 3


@pytest.mark.parametrize(("consumers", "hz"), [(0, 10), (1, 10), (16, 10), (32, 5), (100, 1)])
def test_many_consumers_are_asked_about_less_often(consumers: int, hz: int) -> None:
    """So that asking takes no CPU from the load; each is asked about."""
    assert lag_hz(consumers) == hz


def test_what_the_server_gives_up_is_told_by_its_place() -> None:
    """As server 2.15 writes it."""
    link = Link(Endpoint(url="nats://127.0.0.1:4222"))
    sampler = Sampler(link, [WATCHED], {}, seed=1)
    advisory = Msg(None, data=b'{"stream": "S", "stream_seq": 7, "deliveries": 3}')  # type: ignore[arg-type]

    asyncio.run(sampler._on_giving_up("consume", advisory))

    assert sampler.heard_over(link) == {"consume": 1}
    assert {part: [*seqs] for part, seqs in sampler.given_up_seqs.items()} == {"consume": [7]}


@pytest.mark.parametrize(
    ("endpoint", "forbidden", "heard"),
    [
        (Endpoint(url="nats://127.0.0.1:4222"), False, {"consume": 3}),
        (Endpoint(url="nats://127.0.0.1:4222"), True, {}),
        (Endpoint(url="nats://127.0.0.1:4222", js_api="$JS.hub.API"), False, {}),
    ],
)
def test_what_could_not_be_heard_is_not_none(
    endpoint: Endpoint, forbidden: bool, heard: dict[str, int]
) -> None:
    """A user who may not listen, or whose server's events stay elsewhere, knows of nothing."""
    link = Link(endpoint)
    sampler = Sampler(link, [WATCHED], {}, seed=1)
    sampler.given_up["consume"] = 3
    if forbidden:
        subject = giving_up_subject(WATCHED.names)
        link.violations.append(f'Permissions Violation for Subscription to "{subject}"')

    assert sampler.heard_over(link) == heard
