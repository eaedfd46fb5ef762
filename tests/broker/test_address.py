"""Addresses: read by one parser, shown without their secrets, never guessed at."""

import string
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.broker.address import AddressError, masked, parse_address, parse_addresses

SECRET = "S3cret"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("localhost", "nats://localhost:4222"),
        ("nats://h:1", "nats://h:1"),
        ("TLS://u:p@h/", "tls://h:4222"),
        ("[::1]:5", "nats://[::1]:5"),
        ("nats://t@[fe80::1%eth0]", "nats://[fe80::1%eth0]:4222"),
    ],
)
def test_an_address_is_completed(text: str, place: str) -> None:
    """What one types at `nats -s` works here, too."""
    assert parse_address(text).place == place


@pytest.mark.parametrize(
    ("text", "user", "password"),
    [
        ("nats://bob:a%40b@h", "bob", "a@b"),
        ("nats://bob:x%2Fy%23z@h", "bob", "x/y#z"),
        ("nats://bob:100%2525@h", "bob", "100%25"),
        ("nats://bob:p@ss@h", "bob", "p@ss"),
        ("nats://bob:a:b@h", "bob", "a:b"),
        ("nats://bob:@h", "bob", ""),
        ("nats://t0ken@h", "t0ken", None),
        ("nats://h", None, None),
    ],
)
def test_percent_codes_of_a_login_are_read_once(
    text: str, user: str | None, password: str | None
) -> None:
    """Read twice or not at all, the password is another one."""
    address = parse_address(text)

    assert (address.user, address.password) == (user, password)


@pytest.mark.parametrize(
    "text",
    [
        f"nats://bob:12?{SECRET}@h",
        f"nats://bob:12#{SECRET}@h",
        f"nats://bob:12/{SECRET}@h",
        f"nats://bob:{SECRET}",
        f"nats://bob:12?{SECRET}",
        f"nats://bob:12/{SECRET}",
        f"nats://bob:[{SECRET}@h",
        f"nats://bob:%zz{SECRET}@h",
        f"nats://bob:{SECRET}%ff@h",
        f"nats://bob:{SECRET} @h",
        f"nats://bob:{SECRET}@h:99999",
        f"nats://bob:{SECRET}@h:",
        f"nats://bob:{SECRET}@",
        f"nats://bob:\u2100{SECRET}@h",
        f"nats://:{SECRET}@h",
        f"nats://@{SECRET}@h@",
        f"http://bob:{SECRET}@h",
        f"bob:{SECRET}://@h",
        f"nats://bob:12,{SECRET}@h",
        f"nats://[::1{SECRET}@h",
        f"nats://bob:{SECRET}@h..i",
        f"nats://bob:{SECRET}@{'h' * 64}",
        f"nats://bob:{SECRET}@h:{'9' * 5000}",
        f"nats://bob:{SECRET}@h:\u0661",
    ],
)
def test_what_cannot_be_read_is_refused_and_not_repeated(text: str) -> None:
    """`12?S3cret` is a password: to try port 12 of the host bob would send it nowhere good."""
    with pytest.raises(AddressError) as caught:
        parse_addresses(text)

    assert SECRET not in str(caught.value)
    assert "bob" not in str(caught.value)


SIGNS = st.sampled_from(string.printable + "é℀@:/")


@given(text=st.text(SIGNS), host=st.sampled_from(["h", "h:1"]))
def test_no_error_repeats_any_of_a_text(text: str, host: str) -> None:
    """Whatever was typed: it is read as it was meant, or refused in words of our own."""
    secret = f"Q{text}Q"
    try:
        address = parse_address(f"nats://bob:{secret}@{host}")
    except AddressError as error:
        assert "Q" not in str(error)
        return
    assert address.host == "h"
    assert secret not in address.shown


@given(text=TEXTS)
def test_every_text_is_an_address_or_refused(text: str) -> None:
    """An error that nobody expects would be printed with what it is about."""
    with suppress(AddressError):
        assert all(one.host for one in parse_addresses(text))


@given(user=TEXTS, password=st.none() | st.text(st.characters(exclude_categories=["Cs"])))
def test_a_login_comes_back_from_its_url(user: str, password: str | None) -> None:
    """A URL is how workers are told of a login."""
    login = quote(user, safe="") + ("" if password is None else ":" + quote(password, safe=""))

    address = parse_address(f"nats://{login}@h")

    assert (address.user, address.password) == (user, password)
    assert parse_address(address.url) == address
    assert address.shown == "nats://***@h:4222"


def test_several_addresses_are_parted_by_commas() -> None:
    """As `nats context` keeps those of a cluster."""
    addresses = parse_addresses("nats://u:p@a:1, nats://b:2")

    assert [one.shown for one in addresses] == ["nats://***@a:1", "nats://b:2"]


def test_secrets_are_not_in_what_is_printed_of_an_address() -> None:
    """A traceback or a log line shows the representation."""
    assert SECRET not in repr(parse_address(f"nats://bob:{SECRET}@h"))


@given(user=st.text(min_size=1).filter(lambda t: "\n" not in t), host=st.sampled_from(["h", "h:1"]))
def test_a_masked_text_holds_nothing_of_its_user_part(user: str, host: str) -> None:
    """Whatever signs a password is made of."""
    assert masked(f"nats://{user}@{host}") == f"nats://***@{host}"
