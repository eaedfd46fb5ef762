"""Where a server is, and how its address is written down without its secrets."""

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from bench.core.errors import UsageError

SCHEMES = ("nats", "tls")
DEFAULT_PORT = 4222


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and as whom to connect.

    Attributes:
        url: `nats://host:port` or `tls://host:port`; may carry a password or token: never log it.
        creds_file: path of a .creds file; empty for none.
        name: connection name shown by the server, e.g. `jetbench-publisher-0`.
        connect_timeout_s: for each attempt to connect, s.
        nkey_seed_file: path of a file with an nkey's seed; empty for none.
        tls_ca_file: path of the certificates to trust; empty for the system's.
        tls_cert_file, tls_key_file: paths of our own certificate and its key; empty for none.
        tls_first: agree on TLS before the server says a word (`handshake_first`).
    """

    url: str
    creds_file: str = ""
    name: str = "jetbench"
    connect_timeout_s: float = 4.0
    nkey_seed_file: str = ""
    tls_ca_file: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    tls_first: bool = False


def parse_server_url(text: str) -> str:
    """Return `text` as a full URL: `localhost` becomes `nats://localhost:4222`.

    Raises:
        UsageError: another scheme, no host, or no port that a port can be.
    """
    full = text if "://" in text else f"nats://{text}"
    try:
        parts = urlsplit(full)
        port = parts.port or DEFAULT_PORT
    except ValueError as error:
        raise UsageError(f"--server {masked(full)}: {error}; allowed: nats://HOST:PORT") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise UsageError(
            f"--server {masked(full)}: not a server address; allowed: nats://HOST:PORT or "
            "tls://HOST:PORT"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = parts.netloc.rpartition("@")[0]
    netloc = f"{user}@{host}:{port}" if user else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, "", "", ""))


def masked(url: str) -> str:
    """Return the URL with user, password and token replaced by `***`, fit for records and logs."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    user, at, host = rest.rpartition("@")
    shown = f"***@{host}" if at and user else rest
    return f"{scheme}{separator}{shown}"


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return how to check the server's certificate and which one to show.

    Raises:
        UsageError: a file cannot be read or is no certificate or key.
    """
    try:
        context = ssl.create_default_context(cafile=endpoint.tls_ca_file or None)
        if endpoint.tls_cert_file:
            context.load_cert_chain(endpoint.tls_cert_file, endpoint.tls_key_file or None)
    except OSError as error:
        raise UsageError(f"TLS files: {error.strerror or error}") from None
    return context


def wants_tls(endpoint: Endpoint) -> bool:
    """Say whether the endpoint asks for TLS by itself; a server may ask for it, too."""
    files = endpoint.tls_ca_file or endpoint.tls_cert_file
    return endpoint.url.startswith("tls://") or bool(files) or endpoint.tls_first
