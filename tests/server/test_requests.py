"""Request and reply on a real server: each request is answered once, or counted as what it is."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
import uvloop

from bench.broker.endpoint import Endpoint
from bench.clients.factory import make_requester
from bench.clients.port import Outcome
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.runner.target import RemoteTarget
from bench.spec.kinds.request import Request
from tests.clients.server import RealServer
from tests.clients.wire.links import messages
from tests.clients.wire.test_requests import Heard
from tests.parts import Time
from tests.server.running import complaints, percentile, run_trial, sound
from tests.server.test_faults import codes, kill, once_in_the_window, texts

pytestmark = pytest.mark.nats


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    """A server of the user's."""
    running = RealServer(tmp_path)
    running.start()
    yield running
    running.kill()


def request(rate: str = "200/s", measure: str = "1s", **reply: Any) -> Request:
    return Request.model_validate(
        {
            "kind": "request",
            "payload": {"sizes": "128B"},
            "request": {"rate": rate, "timeout": "300ms"},
            "reply": reply,
            "phases": {"warmup": "500ms", "measure": measure, "drain": "5s"},
        }
    )


@pytest.mark.parametrize("responders", [1, 2])
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_every_request_is_answered_once(tmp_path: Path, client: str, responders: int) -> None:
    """By one responder, whichever of the queue group has it."""
    settings = {"client": client, "respond": {"responders": responders}}

    record = run_trial(tmp_path, request(), settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["planned"], ledger["answered"], ledger["replied"]) == (300, 300, 300)
    assert (ledger["timeouts"], ledger["no_responders"], ledger["refused"]) == (0, 0, 0)
    assert (ledger["taken_again"], ledger["answered_again"], ledger["foreign"]) == (0, 0, 0)


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_a_service_too_slow_for_its_callers_lets_them_time_out(tmp_path: Path, client: str) -> None:
    """100 requests a second can be handled of 200: those whose turn comes after 300 ms are lost."""
    slow = request(measure="2s", handler={"time": "10ms"})

    record = run_trial(tmp_path, slow, {"client": client}).record

    ledger = record.ledger
    assert ledger is not None
    assert ledger["timeouts"] > 100
    assert ledger["answered"] + ledger["timeouts"] == ledger["published"]
    assert "unconfirmed" in codes(record)


def test_the_answer_takes_as_long_as_the_handler_and_the_way(tmp_path: Path) -> None:
    """20 ms of work by a free worker: no answer is sooner, and half of them within twice that."""
    kept = run_trial(tmp_path, request("10/s", "10s", handler={"time": "20ms"}), {})

    assert sound(kept.record), complaints(kept.record)
    response, delivery = (percentile(kept, time, 50) for time in (Time.RESPONSE, Time.DELIVERY))
    assert 19.9 * NS_PER_MS <= response - delivery < 40 * NS_PER_MS


def test_a_killed_responder_makes_the_trial_invalid(tmp_path: Path) -> None:
    """What it had taken nobody answers, and no other one stands in for it."""
    record = run_trial(
        tmp_path,
        request(measure="3s"),
        {"respond": {"responders": 2}},
        on_moment=once_in_the_window(lambda: kill("bench.engine.worker", 1)),
    ).record

    assert not record.valid
    assert "worker-died" in codes(record)
    assert "responder-0 was killed by SIGKILL" in texts(record)


def test_a_second_service_that_answers_as_well_is_found_out(
    tmp_path: Path, server: RealServer
) -> None:
    """It listens outside of the queue group, so that each request has two answers."""
    target = RemoteTarget(endpoint=Endpoint(url=server.url), parent=tmp_path)

    async def answer_all(ready: asyncio.Event) -> None:
        client = await nats.connect(server.url)

        async def on_request(message: Any) -> None:
            if message.reply and not message.subject.startswith("_INBOX"):
                await message.respond(b"mine")

        await client.subscribe("jetbench.>", cb=on_request)
        await client.flush()
        ready.set()
        await asyncio.sleep(30)

    record = _beside(answer_all, lambda: run_trial(tmp_path, request(), {}, target=target).record)

    assert record.ledger is not None
    assert record.ledger["answered_again"] > 100


def _beside(service: Any, work: Any) -> Any:
    """Run a service in a thread of its own while the work is done."""

    async def both() -> Any:
        ready = asyncio.Event()
        running = asyncio.create_task(service(ready))
        await ready.wait()
        done = await asyncio.to_thread(work)
        running.cancel()
        return done

    return asyncio.run(both())


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_where_nobody_listens_the_server_says_so_at_once(client: str, server: RealServer) -> None:
    """No responders is an answer, and not a timeout."""
    heard = Heard()

    async def ask() -> None:
        link = make_requester(
            client, Endpoint(url=server.url), messages(20, subjects=("no.body",)), heard, NS_PER_S
        )
        await link.open()
        link.send(0, 20)
        async with asyncio.timeout(30):
            while len(heard.others) < 20:
                await asyncio.sleep(0.01)
        await link.close()

    uvloop.run(ask())

    assert set(heard.others.values()) == {Outcome.NO_RESPONDERS}
    assert (heard.answered, sorted(heard.others)) == ([], list(range(20)))


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_nobody_answers_makes_room_after_its_time(client: str, server: RealServer) -> None:
    """Somebody listens and says nothing: the requester goes on after the timeout."""
    heard = Heard()

    async def ask() -> None:
        silent = await nats.connect(server.url)
        await silent.subscribe("silent.>")
        await silent.flush()
        link = make_requester(
            client,
            Endpoint(url=server.url),
            messages(20, subjects=("silent.a",)),
            heard,
            200 * NS_PER_MS,
        )
        await link.open()
        link.send(0, 20)
        async with asyncio.timeout(30):
            while heard.abandoned_stops[-1:] != [20]:  # in several steps on a busy host
                await asyncio.sleep(0.01)
        await link.close()
        await silent.close()

    uvloop.run(ask())

    assert (heard.answered, heard.others) == ([], {})
