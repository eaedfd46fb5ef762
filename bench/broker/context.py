"""A `nats context`: where a server is and as whom to connect, as the `nats` tool keeps it.

Source: github.com/nats-io/jsm.go, natscontext; files `$XDG_CONFIG_HOME/nats/context/NAME.json`.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bench.broker.address import Address, AddressError, parse_addresses
from bench.broker.endpoint import INBOXES, JS_API, Endpoint, tls_context
from bench.broker.login import check_jwt, creds_path, expanded, nkey_path
from bench.core.errors import UsageError
from bench.core.words import nearest

DEFAULT_URL = "nats://127.0.0.1:4222"
"""What the Go tools take for a context without a URL."""

NOT_HONOURED = (
    "socks_proxy",
    "nsc",
    "windows_cert_store",
    "windows_cert_match_by",
    "windows_cert_match",
    "windows_ca_certs_match",
)
"""Fields that would change what is measured, and that jetbench does not follow."""

TEXTS = (
    *("url", "user", "password", "token", "creds", "nkey", "user_jwt", "user_seed"),
    *("ca", "cert", "key", "inbox_prefix", "jetstream_domain", "jetstream_api_prefix"),
)
"""Fields that are read, each a text; `tls_first` is read as well."""

FOR_PEOPLE = ("name", "description", "color_scheme")
LOGINS = ("user", "creds", "nkey", "user_jwt", "token")
"""The order in which the Go tools take them."""

RESOLVED = ("op://", "nsc://", "env://", "data:")
"""Where the Go tools would fetch a secret from."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a context says.

    Attributes:
        endpoints: one for each of its servers, in its order.
        warnings: what of it is not read, in sentences.
    """

    endpoints: tuple[Endpoint, ...]
    warnings: tuple[str, ...]


def load_context(name: str) -> Context:
    """Return a context, by its name or the path of its file; its files are checked as well.

    Raises:
        UsageError: there is none, it cannot be read, or it asks for what jetbench cannot do.
    """
    path = Path(name) if name.endswith(".json") else _directory() / f"{name}.json"
    where = f"--context {name}: {path}"
    fields = _checked(_read(path, name), where)
    asked = [field for field in NOT_HONOURED if fields.get(field)]
    if asked:
        raise UsageError(f"{where}: {', '.join(asked)}: not supported by jetbench")
    addresses = _of_field(where, "url", parse_addresses, str(fields.get("url") or DEFAULT_URL))
    first = _endpoint(addresses[0], fields, where)
    return Context(
        endpoints=(first, *(_endpoint(each, fields, where) for each in addresses[1:])),
        warnings=tuple(f"{where}: {text}" for text in _unread(fields, addresses)),
    )


def _endpoint(address: Address, fields: dict[str, Any], where: str) -> Endpoint:
    """Return where and as whom to connect; of several logins the one that the Go tools take."""
    given = [way for way in LOGINS if fields.get(way)]
    wins = "url" if address.user is not None else given[0] if given else ""
    creds = nkey = ""
    if wins == "creds":
        creds = _of_field(where, "creds", creds_path, fields["creds"])
    if wins == "nkey":
        nkey = _of_field(where, "nkey", nkey_path, fields["nkey"])
    if wins == "user_jwt":
        _of_field(where, "user_jwt", _checked_jwt(fields), fields["user_jwt"])
    files = {way: _tls_file(fields, way, where) for way in ("ca", "cert", "key")}
    endpoint = Endpoint(
        url=address.url,
        user=fields["user"] if wins == "user" else None,
        password=fields.get("password", "") if wins == "user" else None,
        token=fields.get("token", "") if wins not in ("url", "user") else "",
        creds_file=creds,
        nkey_seed_file=nkey,
        user_jwt=fields["user_jwt"] if wins == "user_jwt" else "",
        user_seed=fields.get("user_seed", "") if wins == "user_jwt" else "",
        tls_ca_file=files["ca"],
        tls_cert_file=files["cert"],
        tls_key_file=files["key"],
        tls_first=bool(fields.get("tls_first")),
        js_api=_js_api(fields, where),
        inbox_prefix=_of_field(where, "inbox_prefix", _subject, fields.get("inbox_prefix", ""))
        or INBOXES,
    )
    if any(files.values()):
        _of_field(where, "ca, cert, key", lambda _: tls_context(endpoint), "")
    return endpoint


def _checked_jwt(fields: dict[str, Any]) -> Callable[[str], None]:
    return lambda jwt: check_jwt(jwt, fields.get("user_seed", ""))


def _tls_file(fields: dict[str, Any], key: str, where: str) -> str:
    return _of_field(where, key, expanded, fields.get(key, ""))


def _js_api(fields: dict[str, Any], where: str) -> str:
    domain = _of_field(where, "jetstream_domain", _subject, fields.get("jetstream_domain", ""))
    prefix = fields.get("jetstream_api_prefix", "").removesuffix(".")
    prefix = _of_field(where, "jetstream_api_prefix", _subject, prefix)
    if domain and prefix:
        raise UsageError(f"{where}: jetstream_domain and jetstream_api_prefix: give one of them")
    return f"$JS.{domain}.API" if domain else prefix or JS_API


def _subject(text: str) -> str:
    """Return a text that can begin a subject; ValueError for another."""
    if text and (not all(text.split(".")) or any(c in "*>" or c.isspace() for c in text)):
        raise ValueError("no subject can begin so; allowed: words parted by dots, no * or >")
    return text


def _of_field(where: str, field: str, read: Callable[[str], T], text: str) -> T:
    """Return what a field holds; UsageError names the field, and never repeats it."""
    try:
        return read(text)
    except (AddressError, ValueError, UsageError) as error:
        raise UsageError(f"{where}: {field}: {error}") from None


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
    except json.JSONDecodeError as error:
        raise UsageError(f"--context {name}: {path}:{error.lineno}: not JSON") from None
    except UnicodeDecodeError:
        raise UsageError(f"--context {name}: {path}: not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"--context {name}: {path}: {error.strerror}") from None
    if not isinstance(fields, dict):
        raise UsageError(f"--context {name}: {path}: not a JSON object")
    return {key.lower(): value for key, value in fields.items()}  # as Go reads them


def _checked(fields: dict[str, Any], where: str) -> dict[str, Any]:
    """Return the fields that hold anything; UsageError for a value of another kind than a text."""
    for key in TEXTS:
        value = fields.get(key)
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{where}: {key}: is no text; allowed: a text in quotes")
        if isinstance(value, str) and value.lower().startswith(RESOLVED):
            scheme = value.split(":", 1)[0].lower()
            raise UsageError(
                f"{where}: {key}: {scheme}: is not followed by jetbench; allowed: "
                "the path of a file for creds and nkey, for others the value itself"
            )
    return {key: value for key, value in fields.items() if value not in (None, "")}


def _unread(fields: dict[str, Any], addresses: tuple[Address, ...]) -> list[str]:
    """Return what of a context has no effect, in sentences."""
    known = {*TEXTS, *FOR_PEOPLE, *NOT_HONOURED, "tls_first"}
    texts = []
    for key in fields:
        if key == "jetstream_event_prefix":
            texts.append(f"{key}: is not read; the server's own ack times will not be compared")
        elif key not in known:
            near = nearest(key, known)
            advice = f"; did you mean '{near}'?" if near else ""
            texts.append(f"{key}: is not read{advice}")
    ways = ["url" for one in addresses[:1] if one.user is not None]
    ways += [way for way in LOGINS if fields.get(way)]
    beside = ("token",) if ways and ways[0] not in ("url", "user") else ()
    idle = [way for way in ways[1:] if way not in beside]
    if idle:
        texts.append(f"{', '.join(idle)}: not used, for {ways[0]} comes first in the nats tool")
    return texts
