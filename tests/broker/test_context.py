"""A `nats context` as the nats tool writes it."""

import json
from pathlib import Path

import pytest

from bench.broker.context import load_context
from bench.broker.endpoint import Endpoint
from bench.broker.login import Login, login_of
from bench.core.errors import UsageError
from tests.clients.wire import identities


def context(directory: Path, file: str, /, **fields: object) -> None:
    folder = directory / "nats" / "context"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{file}.json").write_text(json.dumps(fields))


def endpoint_of(directory: Path, **fields: object) -> Endpoint:
    """Return the only endpoint of a context with these fields."""
    context(directory, "c", **fields)
    (endpoint,) = load_context("c").endpoints
    return endpoint


def refused(directory: Path, **fields: object) -> str:
    """Return the words that a context with these fields is refused with."""
    context(directory, "c", **fields)
    with pytest.raises(UsageError) as caught:
        load_context("c")
    return str(caught.value)


@pytest.fixture(autouse=True)
def _config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def creds(tmp_path: Path) -> Path:
    """A .creds file in the user's home."""
    path = tmp_path / "me.creds"
    identities.operator_config(path)
    return path


def test_a_context_says_where_and_as_whom(tmp_path: Path) -> None:
    """A password of a context is written as it is, and is never read as a URL."""
    endpoint = endpoint_of(tmp_path, url="nats://demo:4333", user="me", password="a@b%2Fx/y#z")

    assert endpoint.address.place == "nats://demo:4333"
    assert login_of(endpoint) == Login(user="me", password="a@b%2Fx/y#z")


def test_the_user_of_the_url_comes_first(tmp_path: Path) -> None:
    """As in nats.go; the fields that lose are named."""
    context(tmp_path, "c", url="nats://ann:p%40s@demo", user="me", password="x", token="t")

    found = load_context("c")

    assert login_of(found.endpoints[0]) == Login(user="ann", password="p@s")
    assert found.warnings[0].endswith("user, token: not used, for url comes first in the nats tool")


def test_the_order_of_logins_is_that_of_the_nats_tool(tmp_path: Path, creds: Path) -> None:
    """User before creds before nkey before user JWT; a token goes along with all but the user."""
    seed_file = tmp_path / "me.nk"
    someone = identities.user()
    seed_file.write_text(someone.seed)
    jwt = identities.user().jwt(someone, "user")
    fields = {"user_jwt": jwt, "user_seed": someone.seed, "token": "t"}

    assert login_of(endpoint_of(tmp_path, **fields)) == Login(jwt=jwt, seed=someone.seed, token="t")
    fields["nkey"] = str(seed_file)
    assert login_of(endpoint_of(tmp_path, **fields)) == Login(seed=someone.seed, token="t")
    fields["creds"] = str(creds)
    assert endpoint_of(tmp_path, **fields).creds_file == str(creds)
    fields["user"] = "me"
    assert login_of(endpoint_of(tmp_path, **fields)) == Login(user="me", password="")


@pytest.mark.parametrize("text", ["~/me.creds", "$HOME/me.creds", "file://~/me.creds"])
def test_paths_are_expanded_as_the_nats_tool_does(tmp_path: Path, creds: Path, text: str) -> None:
    """A context that works there has to work here."""
    assert endpoint_of(tmp_path, creds=text).creds_file == str(creds)


@pytest.mark.parametrize("field", ["creds", "nkey"])
def test_login_files_of_no_use_are_named_before_connecting(tmp_path: Path, field: str) -> None:
    """'Nobody answers' would send the user to the server for a file of his own."""
    (tmp_path / "wrong").write_text("S3cret")
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    missing, directory = tmp_path / "missing", tmp_path

    assert f"{field}: {missing}: No such file" in refused(tmp_path, **{field: str(missing)})
    assert f"{field}: {directory}: Is a directory" in refused(tmp_path, **{field: str(directory)})
    assert f"{field}: {tmp_path}/binary: not a text" in refused(tmp_path, **{field: "~/binary"})
    words = refused(tmp_path, **{field: "$HOME/wrong"})
    assert f"{field}: {tmp_path}/wrong: " in words
    assert "S3cret" not in words


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, creds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, who may read everything: so the refusal is planted."""

    def forbid(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    context(tmp_path, "c", creds=str(creds))
    text = (tmp_path / "nats" / "context" / "c.json").read_text()
    monkeypatch.setattr(
        Path, "read_text", lambda path, **how: text if path.suffix == ".json" else forbid()
    )
    with pytest.raises(UsageError, match=rf"creds: {creds}: Permission denied"):
        load_context("c")


def test_a_secret_in_place_of_a_path_is_not_repeated(tmp_path: Path, creds: Path) -> None:
    """As a file name it would stand in the error, whole."""
    seed = identities.user().seed

    for words in (
        refused(tmp_path, creds=creds.read_text()),
        refused(tmp_path, nkey=seed),
        refused(tmp_path, creds=seed),
    ):
        assert "the path of a file" in words
        assert seed not in words
        assert "BEGIN" not in words


def test_a_seed_of_another_user_is_told(tmp_path: Path) -> None:
    """The server would only say that it refuses us."""
    someone, other = identities.user(), identities.user()
    jwt = identities.user().jwt(someone, "user")

    words = refused(tmp_path, user_jwt=jwt, user_seed=other.seed)

    assert "user_jwt: its seed is of another user than its JWT" in words


def test_an_expired_jwt_is_told(tmp_path: Path) -> None:
    """It is the most common reason why creds of yesterday are refused today."""
    head, _, tail = identities.user().jwt(identities.user(), "user").split(".")
    body = identities.encoded({"exp": 1_700_000_000})

    words = refused(tmp_path, user_jwt=f"{head}.{body}.{tail}")

    assert "user_jwt: its JWT expired on 2023-11-14 22:13:20 UTC" in words


@pytest.mark.parametrize("field", ["creds", "nkey", "password", "token", "user_jwt", "user_seed"])
@pytest.mark.parametrize("text", ["op://vault/S3cret/x", "env://S3cret", "data:;base64,S3cret"])
def test_secrets_kept_elsewhere_are_refused_by_the_field(
    tmp_path: Path, field: str, text: str
) -> None:
    """Taken as a password, the reference would fail to log in and nobody would see why."""
    words = refused(tmp_path, user="me", **{field: text})

    assert f"{field}: {text.split(':', maxsplit=1)[0]}: is not followed by jetbench" in words
    assert "S3cret" not in words


def test_a_context_without_url_means_the_default(tmp_path: Path) -> None:
    """The nats tool writes an empty url, and connects to this."""
    assert endpoint_of(tmp_path, url="").url == "nats://127.0.0.1:4222"


def test_every_server_of_a_context_is_kept(tmp_path: Path) -> None:
    """The first may be down."""
    context(tmp_path, "c", url="tls://a:1,tls://b:2", tls_first=True, token="s3cret")

    endpoints = load_context("c").endpoints

    assert [one.url for one in endpoints] == ["tls://a:1", "tls://b:2"]
    assert all(one.tls_first and login_of(one) == Login(token="s3cret") for one in endpoints)


def test_domain_and_inbox_prefix_are_followed(tmp_path: Path) -> None:
    """Left out, another JetStream would be measured, or no answer would come."""
    endpoint = endpoint_of(tmp_path, jetstream_domain="hub", inbox_prefix="_INBOX.me")

    assert endpoint.js_api == "$JS.hub.API"
    assert endpoint.inbox_prefix == "_INBOX.me"
    assert endpoint_of(tmp_path, jetstream_api_prefix="JS.acme").js_api == "JS.acme"


@pytest.mark.parametrize("text", ["a.*", "a.", ">", "a b"])
def test_prefixes_that_no_subject_can_have_are_refused(tmp_path: Path, text: str) -> None:
    """The server would take them for something else, or end the connection."""
    assert "inbox_prefix: no subject can begin so" in refused(tmp_path, inbox_prefix=text)
    assert "jetstream_domain: " in refused(tmp_path, jetstream_domain=text)


def test_an_unknown_context_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """A typo should cost one look, not a search."""
    context(tmp_path, "staging", url="nats://demo")

    with pytest.raises(UsageError, match="did you mean 'staging'"):
        load_context("stagin")


@pytest.mark.parametrize("field", ["socks_proxy", "nsc", "windows_cert_store"])
def test_what_would_change_the_measurement_is_refused(tmp_path: Path, field: str) -> None:
    """A proxy that is left out would measure another path."""
    assert f"{field}: not supported" in refused(tmp_path, **{field: "x"})


def test_fields_that_are_not_read_are_named(tmp_path: Path) -> None:
    """A field that has no effect looks like one that has."""
    context(tmp_path, "c", pasword="x", jetstream_event_prefix="E", color_scheme="", name="c")

    warnings = load_context("c").warnings

    assert [text.partition("c.json: ")[2] for text in warnings] == [
        "pasword: is not read; did you mean 'password'?",
        "jetstream_event_prefix: is not read; the server's own ack times will not be compared",
    ]


def test_a_field_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    """A number is no password, even where it looks like one."""
    assert "password: is no text" in refused(tmp_path, user="me", password=123)


def test_a_url_that_is_none_is_named_and_not_repeated(tmp_path: Path) -> None:
    """With the field, so that it can be mended."""
    words = refused(tmp_path, url="nats://bob:12?S3cret@h")

    assert "c.json: url: " in words
    assert "S3cret" not in words


@pytest.mark.parametrize(("content", "why"), [("{\nnot json", ":2: not JSON"), ("[]", "object")])
def test_a_broken_context_is_told(tmp_path: Path, content: str, why: str) -> None:
    """With its path, so that it can be mended."""
    context(tmp_path, "x", url="nats://demo")
    (tmp_path / "nats" / "context" / "x.json").write_text(content)

    with pytest.raises(UsageError, match=rf"x\.json.*{why}"):
        load_context("x")
