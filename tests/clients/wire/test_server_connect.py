"""Being let in: every way to say who we are, TLS, and clear words when it fails."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.broker.endpoint import Endpoint
from bench.core.errors import ServerUnavailableError, UsageError
from tests.clients.server import RealServer, client, make_stream
from tests.clients.wire import identities
from tests.clients.wire.links import messages, publish, publisher, run, send

pytestmark = pytest.mark.nats

IN_CONFIG, IN_URL = "s3cr3t:w@rd", "s3cr3t%3Aw%40rd"
"""The same password, as the server's file and as a URL write it."""


@contextmanager
def configured(directory: Path, config: str, scheme: str = "nats") -> Iterator[RealServer]:
    running = RealServer(directory, config, scheme)
    running.start()
    try:
        yield running
    finally:
        running.kill()


def connect(endpoint: Endpoint) -> None:
    """Open a link, have the server read something, and close it."""

    async def work() -> None:
        answers = await publish(endpoint, messages(3, subjects=("nobody.a",)))
        assert sorted(answers.refusals) == [0, 1, 2]

    run(work)


def refused(endpoint: Endpoint) -> str:
    """Return the words of the error that opening ends in."""

    async def work() -> str:
        with pytest.raises(ServerUnavailableError) as caught:
            async with publisher(endpoint, messages(1, subjects=("a",))):
                pass
        return str(caught.value)

    return run(work)


def with_user(server: RealServer, user: str) -> str:
    return server.url.replace("://", f"://{user}@")


def test_user_and_password_open_the_door(tmp_path: Path) -> None:
    """Signs in a password arrive as they were meant, not as a URL writes them."""
    with configured(tmp_path, f'authorization {{ user: ann, password: "{IN_CONFIG}" }}') as server:
        connect(Endpoint(url=with_user(server, f"ann:{IN_URL}")))


def test_a_token_opens_the_door(tmp_path: Path) -> None:
    """A URL with a user and no password carries a token."""
    with configured(tmp_path, 'authorization { token: "t0ken" }') as server:
        connect(Endpoint(url=with_user(server, "t0ken")))


def test_an_nkey_opens_the_door(tmp_path: Path) -> None:
    """The seed signs the server's nonce and stays here."""
    identity = identities.user()
    seed_file = tmp_path / "user.nk"
    seed_file.write_text(identity.seed + "\n")
    config = f"authorization {{ users: [ {{ nkey: {identity.public_key} }} ] }}"

    with configured(tmp_path, config) as server:
        connect(Endpoint(url=server.url, nkey_seed_file=str(seed_file)))


def test_credentials_open_the_door(tmp_path: Path) -> None:
    """The file that `nsc` writes, against a server that trusts its operator."""
    creds_file = tmp_path / "user.creds"

    with configured(tmp_path, identities.operator_config(creds_file)) as server:
        connect(Endpoint(url=server.url, creds_file=str(creds_file)))


def test_a_wrong_password_is_refused_without_being_repeated(tmp_path: Path) -> None:
    """Error texts end in logs and reports."""
    with configured(tmp_path, 'authorization { user: ann, password: "right" }') as server:
        words = refused(Endpoint(url=with_user(server, f"ann:{IN_URL}")))

    assert "Authorization Violation" in words
    assert "s3cr3t" not in words
    assert "ann" not in words


@pytest.mark.parametrize("content", ["", "nothing of use", "\x00\xff"])
def test_a_file_without_a_key_is_named(server: RealServer, tmp_path: Path, content: str) -> None:
    """The user mends the file; so the text names it, and does not repeat what is in it."""
    path = tmp_path / "broken"
    path.write_text(content)
    endpoints = (
        Endpoint(url=server.url, creds_file=str(path)),
        Endpoint(url=server.url, nkey_seed_file=str(path)),
        Endpoint(url=server.url, creds_file=str(tmp_path / "missing")),
        Endpoint(url=server.url, tls_ca_file=str(path), tls_first=True),
    )

    async def work() -> None:
        for endpoint in endpoints:
            with pytest.raises(UsageError, match=r"broken|missing|TLS"):
                async with publisher(endpoint, messages(1, subjects=("a",))):
                    pass

    run(work)


@pytest.mark.parametrize("scheme", ["tls", "nats"])
@pytest.mark.parametrize("first", [False, True])
def test_messages_travel_over_tls(tmp_path: Path, scheme: str, first: bool) -> None:
    """Asked for by the URL or by the server, after its INFO or before it."""
    cert, key = identities.certificate(tmp_path)
    handshake = "handshake_first: true" if first else ""
    config = f'tls {{ cert_file: "{cert}", key_file: "{key}", {handshake} }}'

    async def work(server: RealServer) -> None:
        endpoint = Endpoint(url=server.url, tls_ca_file=str(cert), tls_first=first)
        answers = await publish(endpoint, messages(500, subjects=("nobody.a",), sizes=(16, 3000)))
        assert len(answers.refusals) == 500

    with configured(tmp_path, config, scheme) as server:
        run(lambda: work(server))


def test_a_certificate_of_our_own_is_shown(tmp_path: Path) -> None:
    """A server may know its clients by their certificates alone."""
    cert, key = identities.certificate(tmp_path)
    config = f'tls {{ cert_file: "{cert}", key_file: "{key}", ca_file: "{cert}", verify: true }}'

    with configured(tmp_path, config) as server:
        stranger = Endpoint(url=server.url, tls_ca_file=str(cert))
        connect(replace(stranger, tls_cert_file=str(cert), tls_key_file=str(key)))
        words = refused(stranger)

    assert server.url in words


def test_an_unknown_certificate_is_not_trusted(tmp_path: Path) -> None:
    """Measuring an impostor would be worse than not measuring."""
    cert, key = identities.certificate(tmp_path)

    with configured(tmp_path, f'tls {{ cert_file: "{cert}", key_file: "{key}" }}') as server:
        words = refused(Endpoint(url=server.url))

    assert "certificate" in words.lower()


def test_nobody_answering_is_said_at_once() -> None:
    """A wrong port must not look like a slow server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    words = refused(Endpoint(url=f"nats://127.0.0.1:{port}"))

    assert words.startswith(f"nats://127.0.0.1:{port}: ")


@asynccontextmanager
async def listening(greeting: bytes) -> AsyncIterator[str]:
    """A server that says this and nothing more."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as running:
        yield f"nats://127.0.0.1:{running.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        pytest.param(b"", "no answer within 0.3 s", id="silent"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "no NATS server", id="another-protocol"),
        pytest.param(b"INFO {broken\r\n", "not JSON", id="broken-info"),
        pytest.param(b"INFO 7\r\n", "no object", id="info-of-another-kind"),
        pytest.param(b"PING\r\n", "no INFO", id="no-info"),
        pytest.param(b'INFO {"max_payload":9}\r\nMSG a 1 1\r\nx\r\n', "before", id="early-message"),
    ],
)
def test_what_is_no_nats_server_is_said_within_the_limit(greeting: bytes, words: str) -> None:
    """A port may belong to anything; the first connect is bounded and its failure is a sentence."""

    async def work() -> None:
        async with listening(greeting) as url:
            with pytest.raises(ServerUnavailableError, match=words):
                async with publisher(
                    Endpoint(url=url, connect_timeout_s=0.3), messages(1, subjects=("a",))
                ):
                    pass

    run(work)


def test_a_forbidden_subject_is_a_fault(tmp_path: Path) -> None:
    """The server drops such messages and says so once each: it must not go unseen."""
    config = (
        "authorization { users: [ { user: ann, password: pw, "
        'permissions: { publish: { deny: "P.>" } } } ] }'
    )

    async def work(server: RealServer) -> None:
        endpoint = Endpoint(url=with_user(server, "ann:pw"))
        async with client(endpoint.url) as control:
            await make_stream(control, "P")
        async with publisher(endpoint, messages(2, subjects=("P.a",))) as (link, answers):
            await send(link, 0, 2)
            while not link.faults:
                await asyncio.sleep(0.005)
            assert "Permissions Violation" in link.faults[0]
            assert answers.stored_positions == []

    with configured(tmp_path, config) as server:
        run(lambda: work(server))
