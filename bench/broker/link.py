"""The conductor's and the nats-py workers' connection: how it logs in, and what it hears."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import nats.errors
from nats.aio.client import Client

from bench.broker.endpoint import JS_API, Endpoint, tls_context, wants_tls
from bench.broker.login import Login, described, login_of, signature
from bench.broker.refusals import why_not_connected
from bench.core.errors import ServerUnavailableError

_VIOLATION = re.compile(r'permissions violation for (publish|subscription) to "([^"]*)"', re.I)
"""The server's words; nats-py turns them, and the subject, to small letters."""

CLOSE_TIMEOUT_S = 1.0
MENDING_ATTEMPTS, MENDING_WAIT_S = 600, 0.05

Hear = Callable[[Exception], Awaitable[None]]


class Link(Client):
    """A connection of nats-py that knows its endpoint and what it was forbidden.

    Attributes:
        endpoint: what it is connected to.
        violations: what the server said it may not do.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.violations: list[str] = []

    def hear(self, error: Exception) -> None:
        """Keep what the server forbids; the library tells it to nobody who waits for an answer."""
        if (words := violation_in(error)) and words not in self.violations:
            self.violations.append(words)

    def forbids(self, subject: str) -> tuple[str, ...]:
        """Return what of this subject, to publish to or to hear, was forbidden."""
        known = {words.lower() for words in self.violations}
        # A server looks at a domain's subjects after it has mapped them to its own.
        subjects = dict.fromkeys((subject, subject.replace(self.endpoint.js_api, JS_API, 1)))
        asked = (_violation(way, each) for each in subjects for way in ("publish", "subscription"))
        return tuple(words for words in asked if words.lower() in known)

    def forbidden(self, subject: str) -> str:
        """Return why no answer to this subject can come; empty when nothing forbids it."""
        inboxes = self.endpoint.inbox_prefix
        unheard = [
            words.replace(f'"{inboxes.lower()}', f'"{inboxes}')
            for words in self.violations
            if " Subscription " in words
        ]
        return "; ".join(self.forbids(subject) or unheard)


def violation_in(error: Exception) -> str:
    """Return what an error of the library says is forbidden, as the server says it; else empty."""
    found = _VIOLATION.search(str(error))
    return _violation(found[1], found[2]) if found is not None else ""


def _violation(what: str, subject: str) -> str:
    return f'Permissions Violation for {what.capitalize()} to "{subject}"'


async def connect(
    endpoint: Endpoint,
    *,
    on_error: Hear | None = None,
    on_disconnect: Callable[[], Awaitable[None]] | None = None,
) -> Link:
    """Return a connection that never reconnects by itself: a measurement must not mend its faults.

    Unless its endpoint says that the server will be restarted.

    Raises:
        ServerUnavailableError: nobody answers within the endpoint's timeout, or we are refused.
        UsageError: a file of the login or of TLS is of no use.
    """
    link = Link(endpoint)
    heard: list[Exception] = []

    async def hear(error: Exception) -> None:
        heard.append(error)
        link.hear(error)
        if on_error is not None:
            await on_error(error)

    options = _options(endpoint)
    try:
        # The library bounds each attempt, not their sum: without this it tries for two minutes.
        await asyncio.wait_for(
            link.connect(
                endpoint.address.place,  # the library would read a login's percent codes its way
                name=endpoint.name,
                connect_timeout=math.ceil(endpoint.connect_timeout_s),
                error_cb=hear,
                disconnected_cb=on_disconnect,
                **options,
            ),
            endpoint.connect_timeout_s,
        )
    except (OSError, TimeoutError, nats.errors.Error) as error:
        await abandon(link)
        # It tries on until its time is up; what kept it from connecting it said meanwhile.
        cause = heard[-1] if heard and isinstance(error, TimeoutError) else error
        raise ServerUnavailableError(_failure(endpoint, cause)) from None
    return link


async def first_answering(endpoints: Sequence[Endpoint]) -> Endpoint:
    """Return the first endpoint that lets us in, the only one as it is: a run measures one server.

    Raises:
        ServerUnavailableError: of several none does.
    """
    if len(endpoints) == 1:
        return endpoints[0]
    failures = []
    for endpoint in endpoints:
        try:
            link = await connect(endpoint)
        except ServerUnavailableError as error:
            failures.append(str(error))
            continue
        await link.close()
        return endpoint
    raise ServerUnavailableError("\n".join(failures))


def _failure(endpoint: Endpoint, error: Exception) -> str:
    reason = why_not_connected(error)
    advice = f"logged in with {described(endpoint)}"
    if reason.startswith("nobody"):
        advice = "is a nats-server running there?"
    return f"{endpoint.shown}: cannot connect: {reason}; {advice}"


def _options(endpoint: Endpoint) -> dict[str, Any]:
    options: dict[str, Any] = {"tls_handshake_first": True} if endpoint.tls_first else {}
    if wants_tls(endpoint):
        options["tls"] = tls_context(endpoint)
    options["inbox_prefix"] = endpoint.inbox_prefix
    options["allow_reconnect"] = endpoint.mends
    options["max_reconnect_attempts"] = MENDING_ATTEMPTS if endpoint.mends else 0
    options["reconnect_time_wait"] = MENDING_WAIT_S
    return options | _login_options(login_of(endpoint))


def _login_options(login: Login) -> dict[str, Any]:
    """Return the login as the library takes it; it reads no file and no URL for it."""
    options: dict[str, Any] = {}
    if login.user is not None:
        options |= {"user": login.user, "password": login.password or ""}
    if login.token:
        options["token"] = login.token
    if login.jwt:
        options["user_jwt_cb"] = lambda: bytearray(login.jwt.encode())
        options["signature_cb"] = lambda nonce: signature(login.seed, nonce) if login.seed else b""
    elif login.seed:
        options["nkeys_seed_str"] = login.seed
    return options


async def abandon(link: Link) -> None:
    """Disconnect where nothing is on its way any more; a server that does not answer is left."""
    try:
        await asyncio.wait_for(link.close(), CLOSE_TIMEOUT_S)
    except (OSError, TimeoutError, nats.errors.Error):
        return
