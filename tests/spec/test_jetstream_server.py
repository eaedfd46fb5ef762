"""The table of our rules, put to a real server."""

import asyncio
from pathlib import Path

import pytest
from nats.aio.client import Client

from bench.broker.admin import (
    ApiError,
    Names,
    api,
    connect,
    consumer_body,
    stream_body,
    trial_names,
)
from bench.broker.endpoint import Endpoint
from bench.broker.server import embedded_server, find_server_binary
from bench.spec.variant import ServerSettings
from tests.spec.cases import IGNORED, REFUSED, TAKEN, Case


async def answers(cases: list[Case], directory: Path) -> dict[str, int]:
    """Return the server's error code for each case, 0 where it takes the settings."""
    codes: dict[str, int] = {}
    async with embedded_server(find_server_binary(), ServerSettings(), directory) as server:
        client = await connect(Endpoint(url=server.url))
        for index, case in enumerate(cases):
            names = trial_names("rules", index)
            try:
                await create(client, case, names)
                codes[case.name] = 0
            except ApiError as error:
                codes[case.name] = error.err_code
        await client.close()
    return codes


async def create(client: Client, case: Case, names: Names) -> None:
    settings = case.settings
    await api(client, f"STREAM.CREATE.{names.stream}", stream_body(settings.stream, names))
    config = consumer_body(settings.consumer, names, shared=False)
    body = {"stream_name": names.stream, "config": config, "action": "create"}
    await api(client, f"CONSUMER.CREATE.{names.stream}.{names.consumer}", body)


@pytest.mark.nats
@pytest.mark.parametrize("cases", [REFUSED, IGNORED, TAKEN], ids=["refused", "ignored", "taken"])
def test_the_server_answers_as_our_rules_say(cases: list[Case], tmp_path: Path) -> None:
    """Another server version may think otherwise; then the rules are what must change."""
    assert asyncio.run(answers(cases, tmp_path)) == {case.name: case.code for case in cases}
