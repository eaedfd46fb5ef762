"""An address of a server, and the one place that reads one.

Nothing of a text that cannot be read is ever repeated: what looks like a port may be the first half
of a password. No library reads it either, for their errors quote what they were given.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

DEFAULT_PORT = 4222
LARGEST_PORT = 65535
ALLOWED = "nats://HOST:PORT or tls://HOST:PORT"
SCHEMES = ("nats", "tls")
KNOWN_SCHEMES = ("ws", "wss", "http", "https")
"""What one might take for a server's address; safe to repeat."""

ENCODE = "write these signs of a user or password as percent codes: / ? # [ ] % and blanks"

_USER_PART = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(r"[\w.\-]+")
_PORT = re.compile(r"[0-9]{1,5}")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+(?:%\w+)?)\]")


class AddressError(ValueError):
    """It is no address; the text says why and holds nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server is, and the login that its URL carries.

    Attributes:
        scheme: `nats` or `tls`.
        host: name or IP address, an IPv6 one without its brackets.
        port: TCP port.
        user: as meant, not as a URL writes it; a token when there is no password; None for none.
        password: as meant; None for none.
    """

    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """The URL without any login."""
        return self._with("")

    @property
    def shown(self) -> str:
        """The URL with `***` for its login, fit for records and logs."""
        return self._with("***@" if self.user is not None else "")

    @property
    def url(self) -> str:
        """The URL with its login, each sign of it percent-encoded where it has to be."""
        if self.user is None:
            return self.place
        password = "" if self.password is None else f":{quote(self.password, safe='')}"
        return self._with(f"{quote(self.user, safe='')}{password}@")

    def _with(self, login: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{login}{host}:{self.port}"


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Return the addresses of a list that commas part, as the `nats` tool takes it.

    Raises:
        AddressError: one is no address, or a comma may stand within a password.
    """
    pieces = [piece.strip() for piece in text.split(",")]
    if len(pieces) > 1 and "@" in text and not all("://" in piece for piece in pieces):
        raise AddressError(
            "a comma parts addresses; begin each with nats://, or write a password's comma as %2C"
        )
    return tuple(parse_address(piece) for piece in pieces)


def parse_address(text: str) -> Address:
    """Return what a text names: `localhost` is `nats://localhost:4222`.

    Raises:
        AddressError: another scheme, no host, a port that none can be, or signs of a login that a
            URL must write as percent codes.
    """
    scheme, rest = _scheme_of(text)
    login, at, place = rest.rpartition("@")
    if any(sign in login for sign in "/?#"):
        raise AddressError(ENCODE)
    host, port = _place_of(place)
    user, password = _login_of(login) if at else (None, None)
    return Address(scheme=scheme, host=host, port=port, user=user, password=password)


def masked(text: str) -> str:
    """Return a text that holds addresses with every login replaced by `***`."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    user, at, host = rest.rpartition("@")
    shown = f"***@{host}" if at and user else rest
    return f"{scheme}{separator}{shown}"


def _scheme_of(text: str) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return SCHEMES[0], text
    lowered = scheme.lower()
    if lowered in SCHEMES:
        return lowered, rest
    named = f"{lowered}:// is" if lowered in KNOWN_SCHEMES else "another scheme is"
    raise AddressError(f"{named} not spoken here; allowed: {ALLOWED}")


def _place_of(text: str) -> tuple[str, int]:
    """Return host and port of what stands behind the login."""
    text = text.removesuffix("/")
    bracketed = _BRACKETED.match(text)
    if bracketed:
        host, behind = bracketed[1], text[bracketed.end() :]
    else:
        named = _HOST.match(text)
        if named is None:
            raise AddressError(f"names no host; allowed: {ALLOWED}")
        host, behind = _resolvable(named[0]), text[named.end() :]
    if not behind:
        return host, DEFAULT_PORT
    port = behind[1:]
    if behind[0] != ":":
        raise AddressError(f"nothing may follow host and port; allowed: {ALLOWED}; {ENCODE}")
    if not (_PORT.fullmatch(port) and 1 <= int(port) <= LARGEST_PORT):
        raise AddressError(
            f"what follows the host is no port between 1 and {LARGEST_PORT}; allowed: {ALLOWED}, "
            "with USER:PASSWORD@ before HOST"
        )
    return host, int(port)


def _resolvable(host: str) -> str:
    """Return a name that can be asked for; the system's resolver ends in an error of its own."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise AddressError("no host can be called so: a part is empty or too long") from None
    return host


def _login_of(text: str) -> tuple[str | None, str | None]:
    """Return user and password as they were meant: percent codes are read once, and only here."""
    if _USER_PART.fullmatch(text) is None:
        raise AddressError(f"an empty login, or signs that no URL may hold; {ENCODE}")
    user, colon, password = text.partition(":")
    if not user:
        raise AddressError("a password without a user; allowed: USER:PASSWORD@ or TOKEN@")
    try:
        return unquote(user, errors="strict"), (
            unquote(password, errors="strict") if colon else None
        )
    except UnicodeDecodeError:
        raise AddressError("the login's percent codes are no UTF-8 text") from None
