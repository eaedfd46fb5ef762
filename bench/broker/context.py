"""A `nats context`: where a server is and as whom to connect, as the `nats` tool keeps it.

Source: github.com/nats-io/jsm.go, natscontext; files `$XDG_CONFIG_HOME/nats/context/NAME.json`.
"""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from bench.broker.endpoint import Endpoint, parse_server_url
from bench.core.errors import UsageError
from bench.core.words import nearest

NOT_HONOURED = ("jetstream_domain", "jetstream_api_prefix", "inbox_prefix", "socks_proxy", "nsc")
"""Fields that would change what is measured, and that jetbench does not follow."""


def load_context(name: str) -> Endpoint:
    """Return the endpoint of a context, by its name or the path of its file.

    Raises:
        UsageError: there is none, it cannot be read, or it asks for what jetbench cannot do.
    """
    path = Path(name) if name.endswith(".json") else _directory() / f"{name}.json"
    fields = _read(path, name)
    asked = [field for field in NOT_HONOURED if fields.get(field)]
    if asked:
        raise UsageError(f"--context {name}: {', '.join(asked)}: not supported by jetbench")
    return Endpoint(
        url=_with_user(parse_server_url(_text(fields, "url").split(",")[0]), fields),
        creds_file=_file(fields, "creds"),
        nkey_seed_file=_file(fields, "nkey"),
        tls_ca_file=_file(fields, "ca"),
        tls_cert_file=_file(fields, "cert"),
        tls_key_file=_file(fields, "key"),
        tls_first=bool(fields.get("tls_first")),
    )


def _directory() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "nats" / "context"


def _read(path: Path, name: str) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = nearest(name, [known.stem for known in path.parent.glob("*.json")])
        advice = f"; did you mean '{near}'?" if near else ""
        raise UsageError(f"--context {name}: no such context ({path}){advice}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"--context {name}: {path} cannot be read: {error}") from None
    if not isinstance(fields, dict) or not fields.get("url"):
        raise UsageError(f"--context {name}: {path} names no url")
    return fields


def _with_user(url: str, fields: dict[str, Any]) -> str:
    """Put user and password, or a token, where every client looks for them."""
    parts = urlsplit(url)
    user, password, token = (_text(fields, key) for key in ("user", "password", "token"))
    if "@" in parts.netloc or not (user or token):
        return url
    login = f"{quote(user, safe='')}:{quote(password, safe='')}" if user else quote(token, safe="")
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def _text(fields: dict[str, Any], key: str) -> str:
    return str(fields.get(key) or "")


def _file(fields: dict[str, Any], key: str) -> str:
    path = _text(fields, key)
    return str(Path(path).expanduser()) if path else ""
