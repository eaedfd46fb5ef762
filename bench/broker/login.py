"""Who we are to a server: the one function that conductor and workers choose a login by.

The order is that of the Go tools (nats-io/jsm.go natscontext, nats-io/nats.go): the URL's user,
then user and password, creds, nkey, user JWT, token. A token may go along with a JWT or nkey, for
an auth callout.
"""

import base64
import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nkeys

from bench.broker.endpoint import Endpoint
from bench.core.errors import UsageError

_SECTION = re.compile(r"-+BEGIN ([A-Z ]+)-+\s+(\S+)\s+-+END [A-Z ]+-+")
_SEED = re.compile(r"^\s*(S[OAU]\w+)\s*$", re.MULTILINE)
_INLINE_SEED = re.compile(r"S[OAU][A-Z2-7]{40,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What goes into CONNECT; all empty for nothing at all.

    Attributes:
        user, password: both or none; None for none.
        token: empty for none.
        jwt: of the user; empty for none.
        seed: of the user's nkey, which signs the server's nonce; empty for none.
    """

    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    jwt: str = field(default="", repr=False)
    seed: str = field(default="", repr=False)


def login_of(endpoint: Endpoint) -> Login:
    """Return the login of an endpoint, its files read now.

    Raises:
        UsageError: a file cannot be read, or holds no usable key; it is named.
    """
    address, token = endpoint.address, endpoint.token
    if address.user is not None and address.password is None:
        return Login(token=address.user)
    if address.user is not None:
        return Login(user=address.user, password=address.password)
    if endpoint.user is not None:
        return Login(user=endpoint.user, password=endpoint.password or "")
    if endpoint.creds_file:
        jwt, seed = read_creds(endpoint.creds_file)
        return Login(jwt=jwt, seed=seed, token=token)
    if endpoint.nkey_seed_file:
        return Login(seed=read_seed(endpoint.nkey_seed_file), token=token)
    return Login(jwt=endpoint.user_jwt, seed=endpoint.user_seed, token=token)


def described(endpoint: Endpoint) -> str:
    """Return which login is in use, in words that hold nothing of it."""
    address = endpoint.address
    if address.user is not None:
        return "the token of the URL" if address.password is None else "the user of the URL"
    ways = (
        (endpoint.user is not None, "user and password"),
        (endpoint.creds_file, f"creds {endpoint.creds_file}"),
        (endpoint.nkey_seed_file, f"nkey {endpoint.nkey_seed_file}"),
        (endpoint.user_jwt, "the user JWT"),
        (endpoint.token, "the token"),
    )
    return next((words for given, words in ways if given), "no login")


def read_creds(path: str) -> tuple[str, str]:
    """Return user JWT and seed of a .creds file; UsageError when it holds none that fit."""
    sections = dict(_SECTION.findall(_text(path)))
    jwt, seed = sections.get("NATS USER JWT", ""), sections.get("USER NKEY SEED", "")
    if not jwt or not seed:
        raise UsageError(f"{path}: no user JWT and nkey seed in it; is it a .creds file?")
    try:
        check_jwt(jwt, seed)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    return jwt, seed


def read_seed(path: str) -> str:
    """Return the seed of a user that a file holds; UsageError when it holds none."""
    found = _SEED.search(_text(path))
    try:
        if found is None:
            raise ValueError("holds no nkey seed")
        public_key_of(found[1])
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    return found[1]


def creds_path(text: str) -> str:
    """Return the path of a .creds file that was looked at; UsageError for one of no use."""
    path = _path_of(text)
    read_creds(path)
    return path


def nkey_path(text: str) -> str:
    """Return the path of a seed's file that was looked at; UsageError for one of no use."""
    path = _path_of(text)
    read_seed(path)
    return path


def expanded(text: str) -> str:
    """Return the path that a user means: `~` and `$VARIABLE` as the Go tools read them."""
    path = os.path.expandvars(text.removeprefix("file://"))
    return str(Path(path).expanduser().absolute()) if text else ""


def _path_of(text: str) -> str:
    if "-----BEGIN" in text or "\n" in text or _INLINE_SEED.fullmatch(text.strip()):
        raise UsageError("holds the secret itself; allowed: the path of a file that holds it")
    return expanded(text)


def check_jwt(jwt: str, seed: str) -> None:
    """Raise ValueError, in words, for a JWT that the server could not take with this seed."""
    claims = _claims(jwt)
    if seed and claims.get("sub") != public_key_of(seed):
        raise ValueError("its seed is of another user than its JWT")
    expires_s = claims.get("exp")
    if isinstance(expires_s, int) and 0 < expires_s < time.time():
        day = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(expires_s))
        raise ValueError(f"its JWT expired on {day}")


def public_key_of(seed: str) -> str:
    """Return a user's public key; ValueError, in words, for what is no user's seed."""
    try:
        pair = nkeys.from_seed(bytearray(seed.encode()))
        public_key: str = pair.public_key.decode()
        pair.wipe()
    except (nkeys.NkeysError, ValueError):
        raise ValueError("holds no nkey seed") from None
    if not public_key.startswith("U"):
        raise ValueError("holds the seed of an account or operator, not of a user")
    return public_key


def signature(seed: str, nonce: str) -> bytes:
    """Return what the server wants for its nonce, base64url without padding."""
    pair = nkeys.from_seed(bytearray(seed.encode()))
    signed: bytes = pair.sign(nonce.encode())
    pair.wipe()
    return base64.urlsafe_b64encode(signed).rstrip(b"=")


def _claims(jwt: str) -> dict[str, Any]:
    try:
        _, body, _ = jwt.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError:
        raise ValueError("holds no JWT") from None
    if not isinstance(claims, dict):
        raise ValueError("holds no JWT")
    return claims


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise UsageError(f"{path}: {reason}") from None
