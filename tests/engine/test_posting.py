"""How often a letter is tried, what is heard of the server, and what is waited for at the end."""

import asyncio
import json

import pytest
from nats.aio.msg import Msg

from bench.broker.admin import Names, trial_names
from bench.broker.endpoint import Endpoint
from bench.broker.letters import Letter, Reason
from bench.core.errors import MeasurementError
from bench.engine import letters
from bench.engine.letters import TRIES, Letters
from bench.engine.sampler import giving_up_subject

NAMES = trial_names("run", 1)
LETTER = Letter(seq=7, attempts=3, reason=Reason.ATTEMPTS)


class Connection:
    """Notes what it is to hear; closed when it is told so."""

    is_closed = False

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    async def subscribe(self, subject: str, queue: str, cb: object) -> None:
        self.heard.append((subject, queue))

    async def flush(self) -> None: ...

    async def close(self) -> None: ...


class Server:
    """Refuses the first so many letters, and takes a while for each."""

    def __init__(self, refuses: int) -> None:
        self.refuses = refuses
        self.posted: list[Letter] = []

    async def post(self, client: object, names: Names, letter: Letter) -> None:
        assert names == NAMES
        await asyncio.sleep(0.01)
        self.posted.append(letter)
        if len(self.posted) <= self.refuses:
            raise MeasurementError("no PubAck: none in time")


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    made = Connection()

    async def connect(*_: object, **__: object) -> Connection:
        return made

    monkeypatch.setattr("bench.broker.admin.connect", connect)
    monkeypatch.setattr(letters, "AGAIN_S", 0)
    return made


async def opened(*, hears: bool = False) -> Letters:
    made = Letters(Endpoint(url="nats://127.0.0.1:1"), NAMES, hears=hears)
    await made.open()
    return made


@pytest.mark.parametrize(("refuses", "stored"), [(0, True), (TRIES - 1, True), (TRIES, False)])
def test_a_letter_is_tried_so_often_and_each_refusal_is_told(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, refuses: int, stored: bool
) -> None:
    server = Server(refuses)
    monkeypatch.setattr(letters, "post", server.post)

    async def posted() -> tuple[bool, tuple[str, ...]]:
        postbox = await opened()
        return await postbox.posts(LETTER), postbox.refusals

    became, refusals = asyncio.run(posted())

    assert became is stored
    assert server.posted == [LETTER] * min(refuses + 1, TRIES)
    assert ("a dead letter: no PubAck" in "".join(refusals)) is bool(refuses)
    assert connection.heard == []


def test_what_the_server_gives_up_is_heard_by_one_of_several_and_posted(
    monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    """What is under way when the trial is over is posted before the connection closes."""
    server = Server(0)
    monkeypatch.setattr(letters, "post", server.post)
    advisory = json.dumps({"stream_seq": 9, "deliveries": 4}).encode()

    async def heard() -> list[bool]:
        postbox, told = await opened(hears=True), list[bool]()
        await postbox._given_up(Msg(connection, data=advisory))  # type: ignore[arg-type]
        postbox.hand_over(LETTER, told.append)
        assert not told
        assert not server.posted
        await postbox.close()
        return told

    told = asyncio.run(heard())

    assert connection.heard == [(giving_up_subject(NAMES), "letters")]
    assert told == [True]
    assert server.posted == [
        Letter(seq=9, attempts=4, reason=Reason.MAX_DELIVER),
        LETTER,
    ]
