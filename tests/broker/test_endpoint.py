"""Addresses: read generously, shown without their secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.broker.endpoint import masked, parse_server_url
from bench.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("localhost", "nats://localhost:4222"),
        ("nats://h:1", "nats://h:1"),
        ("tls://u:p@h", "tls://u:p@h:4222"),
        ("[::1]:5", "nats://[::1]:5"),
    ],
)
def test_an_address_is_completed(text: str, full: str) -> None:
    """What one types at `nats -s` works here, too."""
    assert parse_server_url(text) == full


@pytest.mark.parametrize("text", ["http://h:1", "nats://", "nats://h:99999", "nats://h:x"])
def test_what_is_no_address_is_refused_without_its_secret(text: str) -> None:
    """An error text ends up in logs."""
    with_secret = text.replace("://", "://me:hush@")

    with pytest.raises(UsageError) as caught:
        parse_server_url(with_secret)
    assert "hush" not in str(caught.value)


@given(user=st.text(min_size=1).filter(lambda t: "\n" not in t), host=st.sampled_from(["h", "h:1"]))
def test_a_masked_address_holds_nothing_of_its_user_part(user: str, host: str) -> None:
    """Whatever signs a password is made of."""
    assert masked(f"nats://{user}@{host}") == f"nats://***@{host}"
