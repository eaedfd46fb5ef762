"""Where a server is and as whom to connect: what conductor and workers are told."""

import ssl
from dataclasses import dataclass, field

from bench.broker.address import Address, parse_address
from bench.core.errors import UsageError

JS_API = "$JS.API"
INBOXES = "_INBOX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and as whom to connect; `bench.broker.login` says which login wins.

    Attributes:
        url: `nats://host:port` or `tls://host:port`; may carry a login: never log it.
        user, password: as meant; None for none.
        token: empty for none.
        creds_file: path of a .creds file; empty for none.
        name: connection name shown by the server, e.g. `jetbench-publisher-0`.
        connect_timeout_s: for each attempt to connect, s.
        nkey_seed_file: path of a file with an nkey's seed; empty for none.
        user_jwt, user_seed: what a .creds file would hold; empty for none.
        tls_ca_file: path of the certificates to trust; empty for the system's.
        tls_cert_file, tls_key_file: paths of our own certificate and its key; empty for none.
        tls_first: agree on TLS before the server says a word (`handshake_first`).
        js_api: what subjects of the JetStream API begin with, e.g. `$JS.hub.API` for a domain.
        inbox_prefix: what subjects of answers begin with.
        mends: the library makes a connection anew when it breaks: of who asks questions beside the
            load, where the server will be restarted.
    """

    url: str = field(repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    creds_file: str = ""
    name: str = "jetbench"
    connect_timeout_s: float = 4.0
    nkey_seed_file: str = ""
    user_jwt: str = field(default="", repr=False)
    user_seed: str = field(default="", repr=False)
    tls_ca_file: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    tls_first: bool = False
    js_api: str = JS_API
    inbox_prefix: str = INBOXES
    mends: bool = False

    @property
    def address(self) -> Address:
        """The parts of the URL; AddressError when it is none, which is a mistake of ours."""
        return parse_address(self.url)

    @property
    def shown(self) -> str:
        """The URL fit for records and logs."""
        return self.address.shown


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return how to check the server's certificate and which one to show.

    Raises:
        UsageError: a file cannot be read or is no certificate or key.
    """
    try:
        context = ssl.create_default_context(cafile=endpoint.tls_ca_file or None)
    except OSError as error:
        raise UsageError(f"{endpoint.tls_ca_file}: {_why(error)}") from None
    try:
        if endpoint.tls_cert_file:
            context.load_cert_chain(endpoint.tls_cert_file, endpoint.tls_key_file or None)
    except OSError as error:
        files = " and ".join(filter(None, (endpoint.tls_cert_file, endpoint.tls_key_file)))
        raise UsageError(f"{files}: {_why(error)}") from None
    return context


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "not certificates or keys that TLS can use"
    return error.strerror or "cannot be read"


def wants_tls(endpoint: Endpoint) -> bool:
    """Say whether the endpoint asks for TLS by itself; a server may ask for it, too."""
    files = endpoint.tls_ca_file or endpoint.tls_cert_file
    return endpoint.address.scheme == "tls" or bool(files) or endpoint.tls_first
