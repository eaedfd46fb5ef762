"""Who we are to a server: user and password, token, nkey or a .creds file. Never logged.

Source: docs.nats.io, "Client Protocol", CONNECT; "NATS 2.0 authentication with nkeys".
"""

import base64
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote

import nkeys

from bench.broker.endpoint import Endpoint
from bench.core.errors import UsageError

_SECTION = re.compile(r"-+BEGIN ([A-Z ]+)-+\s+(\S+)\s+-+END [A-Z ]+-+")


def login(endpoint: Endpoint, url: SplitResult, nonce: str) -> dict[str, str]:
    """Return the fields of CONNECT that say who we are.

    Args:
        endpoint: names the files.
        url: of the server; its user part holds `user:password` or a token.
        nonce: what the server wants signed; empty when it asks for no signature.

    Raises:
        UsageError: a file cannot be read or holds no usable key.
    """
    if endpoint.creds_file:
        sections = dict(_SECTION.findall(_text(endpoint.creds_file)))
        jwt, seed = sections.get("NATS USER JWT", ""), sections.get("USER NKEY SEED", "")
        if not jwt or not seed:
            raise UsageError(f"{endpoint.creds_file}: no user JWT and nkey seed in it")
        return {"jwt": jwt, "sig": _signed(seed, nonce, endpoint.creds_file)[1]}
    if endpoint.nkey_seed_file:
        seed = _text(endpoint.nkey_seed_file).strip()
        public_key, signature = _signed(seed, nonce, endpoint.nkey_seed_file)
        return {"nkey": public_key, "sig": signature}
    if url.username and url.password is None:
        return {"auth_token": unquote(url.username)}
    if url.username:
        return {"user": unquote(url.username), "pass": unquote(url.password or "")}
    return {}


def _signed(seed: str, nonce: str, path: str) -> tuple[str, str]:
    """Return the public key and the signature of the nonce, as the server expects them."""
    try:
        pair = nkeys.from_seed(bytearray(seed.encode()))
        signature = pair.sign(nonce.encode())
        public_key = pair.public_key.decode()
        pair.wipe()
    except (nkeys.NkeysError, ValueError):
        raise UsageError(f"{path}: holds no nkey seed") from None
    return public_key, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise UsageError(f"{path}: {reason}") from None
