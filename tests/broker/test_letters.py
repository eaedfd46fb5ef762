"""Dead letters on a real server: what they say, and that one is stored once."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from bench.broker import admin
from bench.broker.admin import trial_names
from bench.broker.endpoint import Endpoint
from bench.broker.letters import Letter, Reason, letter_names, make_letters, post, posted
from bench.broker.link import Link
from bench.core.errors import MeasurementError
from bench.spec.faults import LETTER_BYTES
from bench.spec.variant import Settings
from tests.clients.server import RealServer

pytestmark = [pytest.mark.nats, pytest.mark.counts]

NAMES = trial_names("run", 1)
DEAD = letter_names(NAMES)
FIRST = Letter(seq=1, attempts=4, reason=Reason.ATTEMPTS)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RealServer(tmp_path_factory.mktemp("letters"))
    server.start()
    yield server.url
    server.kill()


@asynccontextmanager
async def two_messages(url: str) -> AsyncIterator[Link]:
    """A trial's stream with two messages, and its dead letters."""
    client = await admin.connect(Endpoint(url=url))
    try:
        await admin.make_stream(client, Settings().stream, NAMES)
        await make_letters(client, Settings(), NAMES)
        for place in (1, 2):
            said = {"Nats-Msg-Id": f"a-{place}", "Correlation-Id": f"c: {place}"}
            subject = f"{NAMES.subject_prefix}orders.north"
            await client.request(subject, b"payload %d" % place, headers=said)
        yield client
        await admin.remove(client, NAMES)
        await admin.remove(client, DEAD)
    finally:
        await client.close()


def test_a_letter_holds_the_message_and_says_what_became_of_it(url: str) -> None:
    """What the publisher asked of the server by headers, the letter asks for nothing again."""

    async def told() -> tuple[str, bytes, str]:
        async with two_messages(url) as client:
            await post(client, NAMES, FIRST)
            operation = f"STREAM.MSG.GET.{DEAD.stream}"
            kept = (await admin.api(client, operation, {"seq": 1}))["message"]
            data, head = (base64.b64decode(kept[name]) for name in ("data", "hdrs"))
            return kept["subject"], data, head.decode()

    subject, data, head = asyncio.run(told())

    assert subject == f"{DEAD.subject_prefix}orders.north"
    assert data == b"payload 1"
    own = "NATS/1.0\r\nNats-Msg-Id: a-1\r\nCorrelation-Id: c: 1\r\n\r\n"
    assert len(head) - len(own) <= LETTER_BYTES
    assert sorted(head.strip().split("\r\n")[1:]) == [
        "Correlation-Id: c: 1",
        "Dead-Letter-Attempts: 4",
        "Dead-Letter-Nats-Msg-Id: a-1",
        "Dead-Letter-Reason: attempts",
        "Dead-Letter-Sequence: 1",
        "Dead-Letter-Subject: orders.north",
        f"Nats-Msg-Id: {NAMES.stream}-1",
    ]


def test_one_that_is_posted_again_is_stored_once(url: str) -> None:
    """As after an ack that was lost: the second one is confirmed all the same."""
    second = Letter(seq=2, attempts=5, reason=Reason.MAX_DELIVER)

    async def told() -> list[Letter]:
        async with two_messages(url) as client:
            for letter in (FIRST, second, FIRST):
                await post(client, NAMES, letter)
            return [*await posted(client, NAMES)]

    assert asyncio.run(told()) == [FIRST, second]


def test_what_is_gone_or_has_nowhere_to_go_is_not_called_posted(url: str) -> None:
    async def refused() -> None:
        async with two_messages(url) as client:
            await admin.api(client, f"STREAM.MSG.DELETE.{NAMES.stream}", {"seq": 1})
            with pytest.raises(MeasurementError, match="no message found"):
                await post(client, NAMES, FIRST)
            await admin.remove(client, DEAD)
            with pytest.raises(MeasurementError, match="no PubAck"):
                await post(client, NAMES, Letter(seq=2, attempts=1, reason=Reason.TERMINATED))
            with pytest.raises(MeasurementError, match="_dead holds"):
                await posted(client, NAMES)

    asyncio.run(refused())
