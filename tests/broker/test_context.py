"""A `nats context` as the nats tool writes it."""

import json
from pathlib import Path

import pytest

from bench.broker.context import load_context
from bench.core.errors import UsageError


def context(directory: Path, name: str, **fields: object) -> None:
    folder = directory / "nats" / "context"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(fields))


@pytest.fixture(autouse=True)
def _config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_a_context_says_where_and_as_whom(tmp_path: Path) -> None:
    """URL, user and TLS files go where every client of ours looks for them."""
    context(tmp_path, "staging", url="nats://demo:4333", user="me", password="p@ss", ca="/ca.pem")

    endpoint = load_context("staging")

    assert endpoint.url == "nats://me:p%40ss@demo:4333"
    assert endpoint.tls_ca_file == "/ca.pem"


def test_credentials_and_nkeys_are_named_by_file(tmp_path: Path) -> None:
    """Secrets stay in their files; `~` is the user's home, as in the nats tool."""
    context(tmp_path, "prod", url="tls://a:1,tls://b:2", creds="~/me.creds", tls_first=True)

    endpoint = load_context("prod")

    assert endpoint.url == "tls://a:1"
    assert endpoint.creds_file == str(Path.home() / "me.creds")
    assert endpoint.tls_first


def test_a_token_stands_in_the_url(tmp_path: Path) -> None:
    """It is masked with the rest of the user part wherever the URL is shown."""
    context(tmp_path, "t", url="nats://demo", token="s3cret")

    assert load_context("t").url == "nats://s3cret@demo:4222"


def test_an_unknown_context_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """A typo should cost one look, not a search."""
    context(tmp_path, "staging", url="nats://demo")

    with pytest.raises(UsageError, match="did you mean 'staging'"):
        load_context("stagin")


def test_what_jetbench_does_not_follow_is_refused(tmp_path: Path) -> None:
    """A domain that is left out would measure another JetStream."""
    context(tmp_path, "leaf", url="nats://demo", jetstream_domain="hub")

    with pytest.raises(UsageError, match="jetstream_domain: not supported"):
        load_context("leaf")


@pytest.mark.parametrize("content", ["not json", "[]", "{}"])
def test_a_broken_context_is_told(tmp_path: Path, content: str) -> None:
    """With its path, so that it can be mended."""
    context(tmp_path, "x", url="nats://demo")
    (tmp_path / "nats" / "context" / "x.json").write_text(content)

    with pytest.raises(UsageError, match=r"x\.json"):
        load_context("x")
