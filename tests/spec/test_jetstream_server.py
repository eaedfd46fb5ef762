"""The table of our rules, put to a real server."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

import pytest
from nats.aio.client import Client

from bench.broker.admin import (
    BUCKET,
    ApiError,
    Names,
    api,
    bucket_names,
    connect,
    consumer_body,
    make_consumer,
    make_stream,
    stream_body,
    trial_names,
)
from bench.broker.endpoint import Endpoint
from bench.broker.server import embedded_server, find_server_binary
from bench.clients.faults import Faults
from bench.clients.wire.pulls import PullRequests
from bench.scenario.jobs import Taking, binding
from bench.spec.handler import Handler
from bench.spec.variant import BucketSettings, ServerSettings, StreamSettings
from tests.spec.cases import ASKED_IN_VAIN, IGNORED, REFUSED, TAKEN, Case
from tests.spec.messages_said import SAID, Said

MESSAGES = 3
NAMES = trial_names("rules", 0)
Tried = Callable[[Client, Case, Names], Awaitable[object]]


async def answers(
    cases: list[Case], directory: Path, then: Tried | None = None
) -> dict[str, object]:
    """Return the server's error code for each case, or what it answers then to what it takes."""
    found: dict[str, object] = {}
    async with embedded_server(find_server_binary(), ServerSettings(), directory) as server:
        client = await connect(Endpoint(url=server.url))
        for index, case in enumerate(cases):
            names = trial_names("rules", index)
            try:
                await create(client, case, names)
                found[case.name] = await then(client, case, names) if then else 0
            except ApiError as error:
                found[case.name] = error.err_code
        await client.close()
    return found


async def create(client: Client, case: Case, names: Names) -> None:
    settings = case.settings
    await api(client, f"STREAM.CREATE.{names.stream}", stream_body(settings.stream, names))
    await make_consumer(client, names, consumer_body(settings.consumer, names, shared=False))


async def asked(client: Client, case: Case, names: Names) -> str:
    """Return the status by which the server answers a pull request of a second process."""
    taking = Taking(names=names, processes=2, workers=1, handler=Handler(), id_offset=0)
    bound = binding(case.settings, taking, first=False)
    head, body, _ = PullRequests(bound, b"inbox", Faults()).due(0).split(b"\r\n", 2)
    answer = await client.request(head.split()[1].decode(), body, timeout=5)
    headers = answer.headers or {}
    return f"{headers.get('Status')} {headers.get('Description')}"


async def due(client: Client, _: Case, names: Names) -> int:
    """Return how many of some messages, published now, the consumer has to deliver.

    Consumers are told by the stream, and the last may be confirmed to us before they know.
    """
    for number in range(MESSAGES):
        await client.request(f"{names.subject_prefix}{number}", b"x" * 16, timeout=5)
    counted, until = 0, monotonic() + 5
    while counted != MESSAGES and monotonic() < until:
        info = await api(client, f"CONSUMER.INFO.{names.stream}.{names.consumer}")
        counted = int(info["num_pending"]) + int(info["delivered"]["consumer_seq"])
    return counted


@pytest.mark.nats
@pytest.mark.parametrize("cases", [REFUSED, IGNORED, TAKEN], ids=["refused", "ignored", "taken"])
def test_the_server_answers_as_our_rules_say(cases: list[Case], tmp_path: Path) -> None:
    """Another server version may think otherwise; then the rules are what must change."""
    assert asyncio.run(answers(cases, tmp_path)) == {case.name: case.code for case in cases}


@pytest.mark.nats
def test_the_server_refuses_requests_in_the_words_of_our_rules(tmp_path: Path) -> None:
    """It takes such a consumer, and whoever pulls from it gets nothing else."""
    found = asyncio.run(answers(ASKED_IN_VAIN, tmp_path, asked))

    assert found == {case.name: case.answer for case in ASKED_IN_VAIN}


@pytest.mark.nats
def test_a_consumer_that_is_taken_is_due_all_that_comes(tmp_path: Path) -> None:
    """Wherever it begins: the ledger of a trial counts what it would skip as lost."""
    found = asyncio.run(answers(TAKEN, tmp_path, due))

    assert found == {case.name: MESSAGES for case in TAKEN}


@pytest.mark.nats
def test_a_marker_lives_for_a_second_or_is_refused(tmp_path: Path) -> None:
    """As `effect.marker_ttl` has it: the server says so to each message that is to live shorter."""

    async def answered() -> list[int]:
        async with embedded_server(find_server_binary(), ServerSettings(), tmp_path) as server:
            client, bucket = await connect(Endpoint(url=server.url)), bucket_names(NAMES)
            more = {**BUCKET, "allow_msg_ttl": True}
            await make_stream(client, BucketSettings().as_stream(), bucket, more)
            codes = []
            for ttl in ("999ms", "1s"):
                key, headers = f"{bucket.subject_prefix}marker.1", {"Nats-TTL": ttl}
                told = json.loads((await client.request(key, b"1", headers=headers)).data)
                codes.append(told.get("error", {}).get("err_code", 0))
            await client.close()
            return codes

    assert asyncio.run(answered()) == [10165, 0]


async def said(cases: list[Said], directory: Path) -> dict[str, int]:
    """Return the server's error code for each stream, or for a message to it; 0 for none."""
    found: dict[str, int] = {}
    async with embedded_server(find_server_binary(), ServerSettings(), directory) as server:
        client = await connect(Endpoint(url=server.url))
        for index, case in enumerate(cases):
            names = trial_names("said", index)
            body = stream_body(StreamSettings.model_validate(case.stream), names) | case.more
            try:
                await api(client, f"STREAM.CREATE.{names.stream}", body)
                found[case.name] = await _published(client, case, names)
            except ApiError as error:
                found[case.name] = error.err_code
        await client.close()
    return found


async def _published(client: Client, case: Said, names: Names) -> int:
    prefix = names.subject_prefix
    headers = {name: value.replace("{prefix}", prefix) for name, value in case.headers.items()}
    answer = await client.request(f"{prefix}at.1", case.payload, timeout=5, headers=headers or None)
    return int(json.loads(answer.data).get("error", {}).get("err_code", 0))


@pytest.mark.nats
def test_the_server_answers_messages_as_our_rules_say(tmp_path: Path) -> None:
    """Of counters, schedules, and messages with a time to live."""
    assert asyncio.run(said(SAID, tmp_path)) == {case.name: case.code for case in SAID}
