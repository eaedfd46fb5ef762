"""Being let in by both clients alike, however a login is written."""

import asyncio
import json
import random
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.cli.measuring import target_of
from bench.clients.factory import make_publisher
from bench.clients.port import AckSink
from bench.core.errors import MeasurementError, ServerUnavailableError, UsageError
from bench.runner.target import RemoteTarget
from tests.clients.server import RealServer
from tests.clients.wire import identities
from tests.clients.wire.links import Answers, messages, run

pytestmark = pytest.mark.nats

CLIENTS = ("wire", "nats-py")
SIGNS = string.digits + string.ascii_letters + string.punctuation + " éß€漢😀"
ACCOUNTS = 100
LONGEST = 24


def logins() -> list[tuple[str, str]]:
    """Return users and passwords of random signs; every sign is in one, and some are known foes."""
    rng = random.Random(7)  # noqa: S311 - the same in every run, and no secrets
    texts = ["a@b", "x/y#z", "12?S3cret", "100%25", "%41", "a:b", "", "$HOME", "\\x41", "t, u"]
    texts += [sign for sign in SIGNS if sign != " "]
    while len(texts) < 2 * ACCOUNTS:
        texts.append("".join(rng.choices(SIGNS, k=rng.randint(1, LONGEST))))
    passwords = texts[:ACCOUNTS]
    users = [f"{number}{text}" for number, text in enumerate(texts[ACCOUNTS:])]
    return list(zip(users, passwords, strict=True))


def in_config(text: str) -> str:
    """Return a text as the server's file writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def configured(directory: Path, config: str) -> Iterator[RealServer]:
    running = RealServer(directory, config)
    running.start()
    try:
        yield running
    finally:
        running.kill()


def target(server: str | None = None, context: Path | None = None) -> Endpoint:
    """Return what the options of a command line come to."""
    found = target_of(server, None, None, None, str(context) if context else None)
    assert isinstance(found, RemoteTarget)
    return found.endpoint


def written(directory: Path, **fields: object) -> Path:
    """Write a context's file and return its path."""
    path = directory / "c.json"
    path.write_text(json.dumps(fields))
    return path


async def let_in(client: str, endpoint: Endpoint) -> None:
    """Open a publisher of this client; ServerUnavailableError when it is refused."""
    sink: AckSink = Answers()
    link = make_publisher(client, endpoint, messages(1, subjects=("a",)), sink)
    await link.open()
    await link.close()


def test_every_password_opens_the_door_for_both_clients(tmp_path: Path) -> None:
    """By URL and by context: encoded once by the user, decoded once by us, whoever connects."""
    accounts = logins()
    users = "\n".join(
        f"{{ user: {in_config(user)}, password: {in_config(password)} }}"
        for user, password in accounts
    )

    async def work(endpoints: list[Endpoint]) -> None:
        for endpoint in endpoints:
            for client in CLIENTS:
                await let_in(client, endpoint)

    with configured(tmp_path, f"authorization {{ users: [\n{users}\n] }}") as server:
        endpoints = []
        for user, password in accounts:
            login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
            endpoints.append(target(server.url.replace("://", f"://{login}")))
            file = written(tmp_path, url=server.url, user=user, password=password)
            endpoints.append(target(context=file))
        run(lambda: work(endpoints))


@pytest.mark.parametrize("client", CLIENTS)
def test_another_password_is_refused_in_the_servers_words(tmp_path: Path, client: str) -> None:
    """'Nobody answers' is said when nobody did; and no text holds the password."""
    with configured(tmp_path, 'authorization { user: zoe, password: "right" }') as server:
        endpoint = target(server.url.replace("://", "://zoe:Wr%40ng@"))

        async def work() -> str:
            with pytest.raises(ServerUnavailableError) as caught:
                await let_in(client, endpoint)
            return str(caught.value)

        words = run(work)

    assert words.startswith(server.url.replace("://", "://***@") + ": ")
    assert "the server refuses us: Authorization Violation" in words
    assert "nobody" not in words
    assert "Wr" not in words
    assert "zoe" not in words


@pytest.mark.parametrize("client", CLIENTS)
def test_nobody_is_said_to_answer_where_nobody_listens(client: str, tmp_path: Path) -> None:
    """And the reason is said that the system gave."""
    endpoint = Endpoint(url=RealServer(tmp_path).url, connect_timeout_s=0.5)

    async def work() -> None:
        with pytest.raises(ServerUnavailableError, match="nobody answers: connection refused"):
            await let_in(client, endpoint)

    run(work)


@pytest.mark.parametrize("way", ["creds", "nkey", "user_jwt", "token"])
def test_every_other_login_of_a_context_opens_the_door(tmp_path: Path, way: str) -> None:
    """For both clients, chosen by one function."""
    creds, seed_file, someone = tmp_path / "me.creds", tmp_path / "me.nk", identities.user()
    seed_file.write_text(f"{someone.seed}\n")
    operator = identities.operator_config(creds)
    jwt, seed = creds.read_text().split("\n")[1], creds.read_text().split("\n")[6]
    configs = {
        "creds": (operator, {"creds": str(creds)}),
        "user_jwt": (operator, {"user_jwt": jwt, "user_seed": seed}),
        "nkey": (
            f"authorization {{ users: [ {{ nkey: {someone.public_key} }} ] }}",
            {"nkey": str(seed_file)},
        ),
        "token": ('authorization { token: "t@0/k#n" }', {"token": "t@0/k#n"}),
    }
    config, fields = configs[way]

    async def work(endpoint: Endpoint) -> None:
        for client in CLIENTS:
            await let_in(client, endpoint)

    with configured(tmp_path, config) as server:
        endpoint = target(context=written(tmp_path, url=server.url, **fields))
        run(lambda: work(endpoint))


def test_of_several_servers_the_first_that_answers_is_measured(tmp_path: Path) -> None:
    """A context keeps the servers of a cluster, and one may be down."""
    dead = RealServer(tmp_path)
    (tmp_path / "live").mkdir()

    with configured(tmp_path / "live", "") as server:
        endpoint = target(context=written(tmp_path, url=f"{dead.url},{server.url}"))

    assert endpoint.url == server.url


def test_nothing_is_asked_of_a_server_before_the_login_was_looked_at(tmp_path: Path) -> None:
    """A missing file has nothing to do with who answers."""
    nobody = RealServer(tmp_path)

    with pytest.raises(UsageError, match=r"--creds: .*none\.creds: No such file"):
        target_of(nobody.url, tmp_path / "none.creds", None, None)
    with pytest.raises(UsageError, match="leave one of them out"):
        target_of("nats://a:b@h", tmp_path / "none.creds", None, None)


def test_creds_in_place_of_their_file_are_not_repeated(tmp_path: Path) -> None:
    """`--creds "$(cat me.creds)"` would otherwise stand in the error, whole."""
    creds = tmp_path / "me.creds"
    identities.operator_config(creds)

    with pytest.raises(UsageError, match="--creds: holds the secret itself") as caught:
        target_of("nats://h", Path(creds.read_text()), None, None)

    assert "BEGIN" not in str(caught.value)


def test_a_link_is_told_what_it_may_not_do(tmp_path: Path) -> None:
    """The server answers such a request with silence, and says why beside it."""
    config = (
        "authorization { users: [ { user: ann, password: pw, "
        'permissions: { publish: { deny: "$JS.API.STREAM.NAMES" } } } ] }'
    )

    words = r'STREAM.NAMES: .*: Permissions Violation for Publish to "\$JS.API.STREAM.NAMES"'

    async def work(url: str) -> None:
        link = await admin.connect(Endpoint(url=url))
        with pytest.raises(MeasurementError, match=words):
            await admin.stream_names(link)
        await link.close()

    with configured(tmp_path, config) as server:
        asyncio.run(work(server.url.replace("://", "://ann:pw@")))
