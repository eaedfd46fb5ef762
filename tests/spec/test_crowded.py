"""How much there may be at a time: our rules held to a table, and the table to a real server."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.admin import (
    Names,
    api,
    connect,
    consumer_body,
    make_consumer,
    stream_body,
    trial_names,
)
from bench.broker.endpoint import Endpoint
from bench.broker.server import embedded_server, find_server_binary
from bench.clients.faults import Faults
from bench.clients.wire.pulls import PullRequests
from bench.scenario.jobs import Taking, binding
from bench.spec.handler import Handler
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.stream import Stream
from bench.spec.variant import ServerSettings, Settings, StreamSettings
from tests.spec.crowded import BATCHES, WAITING, Batches, Waits

FIRST, NEXT, LAST = 0, 1, 2
"""Operations of fast batches."""


def workload(**counts: int) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s", "publishers": counts.get("publishers", 1)},
            "consume": {"consumers": counts.get("consumers", 1)},
        }
    )


def waiting(case: Waits) -> Settings:
    return Settings.model_validate(
        {"consumer": {"max_waiting": case.max_waiting}, "pull": {"requests": case.requests}}
    )


def batched(case: Batches) -> Settings:
    return Settings.model_validate(
        {
            "stream": {"allow_atomic": True, "allow_batched": True},
            "publish": {"mode": case.mode, "batch": case.batch, "linger": case.linger},
            "server": {"limits": {"batch": case.limits}},
        }
    )


def objected(settings: Settings, load: Stream) -> list[str]:
    found = (*objections(settings), *workload_objections(settings, load))
    return [objection.what for objection in found]


@pytest.mark.parametrize("case", WAITING, ids=str)
def test_requests_beyond_max_waiting_are_refused_with_the_servers_words(case: Waits) -> None:
    """Whoever asks one too many is told so again and again."""
    found = objected(waiting(case), workload(consumers=case.consumers))

    assert len(found) == (1 if case.answer else 0)
    assert all(f"({case.answer})" in what for what in found)


@pytest.mark.parametrize("case", BATCHES, ids=str)
def test_batches_beyond_a_servers_limits_are_refused_with_its_code(case: Batches) -> None:
    """Messages of such a batch would be refused, one trial after the other."""
    found = objected(batched(case), workload(publishers=case.publishers))

    assert len(found) == (1 if case.code else 0)
    assert all(f"({case.code})" in what for what in found)


async def answered(client: Client, case: Waits, names: Names) -> str:
    """Return the status by which the server answers the last of all requests, if it does."""
    settings = waiting(case)
    await api(client, f"STREAM.CREATE.{names.stream}", stream_body(settings.stream, names))
    await make_consumer(client, names, consumer_body(settings.consumer, names, shared=False))
    heard: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = client.new_inbox()
    await client.subscribe(f"{inbox}.>", cb=heard.put)
    for process in range(case.consumers):
        taking = Taking(names=names, processes=2, workers=1, handler=Handler(), id_offset=0)
        bound = binding(settings, taking, first=process == 0)
        frames = PullRequests(bound, f"{inbox}.{process}".encode(), Faults()).due(0)
        for line, body in zip(*[iter(frames.splitlines())] * 2, strict=True):
            _, subject, reply, _ = line.decode().split()
            await client.publish(subject, body, reply=reply)
    until = monotonic() + 5
    while await _waiting(client, names) + heard.qsize() < case.consumers * case.requests:
        assert monotonic() < until, "each waits or is refused"
    return _status(heard.get_nowait()) if heard.qsize() else ""


async def _waiting(client: Client, names: Names) -> int:
    info = await api(client, f"CONSUMER.INFO.{names.stream}.{names.consumer}")
    return int(info["num_waiting"])


def _status(message: Msg) -> str:
    headers = message.headers or {}
    return f"{headers.get('Status')} {headers.get('Description')}"


@pytest.mark.nats
def test_the_server_has_as_many_requests_wait_as_our_rules_say(tmp_path: Path) -> None:
    """It answers one too many at once, and keeps the others."""

    async def all_of_them() -> dict[str, str]:
        async with embedded_server(find_server_binary(), ServerSettings(), tmp_path) as server:
            client = await connect(Endpoint(url=server.url))
            found = {
                case.name: await answered(client, case, trial_names("waiting", index))
                for index, case in enumerate(WAITING)
            }
            await client.close()
            return found

    assert asyncio.run(all_of_them()) == {case.name: case.answer for case in WAITING}


async def last_word(client: Client, case: Batches, names: Names) -> int:
    """Return the code of what the server says to the last one of several publishers."""
    allowed = StreamSettings(allow_atomic=True, allow_batched=True)
    await api(client, f"STREAM.CREATE.{names.stream}", stream_body(allowed, names))
    send = _atomic if case.mode == "atomic" else _fast
    for publisher in range(case.publishers):
        code = await send(client, names, case, publisher, 1)
    await asyncio.sleep(case.pause)
    for sequence in range(2, case.batch + 1):
        code = code or await send(client, names, case, case.publishers - 1, sequence)
    return code


async def _atomic(client: Client, names: Names, case: Batches, batch: int, sequence: int) -> int:
    headers = {"Nats-Batch-Id": f"b{batch}", "Nats-Batch-Sequence": str(sequence)}
    if sequence == case.batch:
        headers["Nats-Batch-Commit"] = "1"
    subject = f"{names.subject_prefix}x"
    return _code(await client.request(subject, b"1", headers=headers, timeout=5))


async def _fast(client: Client, names: Names, case: Batches, batch: int, sequence: int) -> int:
    operation = FIRST if sequence == 1 else LAST if sequence == case.batch else NEXT
    heard: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()

    async def hear(message: Msg) -> None:
        with suppress(asyncio.InvalidStateError):
            heard.set_result(message)

    inbox = f"{client.new_inbox()}.{names.stream}-{batch}"
    await client.subscribe(f"{inbox}.>", cb=hear)
    reply = f"{inbox}.{case.batch}.fail.{sequence}.{operation}.$FI"
    await client.publish(f"{names.subject_prefix}x", b"1", reply=reply)
    return _code(await asyncio.wait_for(heard, 5))


def _code(message: Msg) -> int:
    return int(json.loads(message.data or b"{}").get("error", {}).get("err_code", 0))


@pytest.mark.nats
def test_the_server_takes_as_many_batches_as_our_rules_say(tmp_path: Path) -> None:
    """Each on a server of its own, which is told these limits."""

    async def told(case: Batches) -> int:
        limits = batched(case).server
        directory = tmp_path / str(BATCHES.index(case))
        directory.mkdir()
        async with embedded_server(find_server_binary(), limits, directory) as server:
            client = await connect(Endpoint(url=server.url))
            code = await last_word(client, case, trial_names("batches", 0))
            await client.close()
            return code

    async def all_of_them() -> dict[str, int]:
        return {case.name: await told(case) for case in BATCHES}

    assert asyncio.run(all_of_them()) == {case.name: case.code for case in BATCHES}
