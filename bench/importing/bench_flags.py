"""The flags of `nats bench`, of all its forms, and how their values are read.

Source: `cli/bench_command.go` of natscli, of 2021 to 2026.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bench.core.units import NS_PER_MS, NS_PER_S, NS_PER_US

Reader = Callable[[str], Any]

LARGEST = 2**63 - 1

_NS = {
    "ns": 1,
    "us": NS_PER_US,
    "µs": NS_PER_US,
    "μs": NS_PER_US,
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}
_STEP = r"(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|μs|ms|s|m|h)"
_SHIFT = {"": 0, "B": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def count(text: str) -> int:
    """Return a whole number; ValueError where it is none, or below 0."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError("not a whole number; allowed: 0 or more")
    return int(text)


def some(text: str) -> int:
    """Return a whole number above 0."""
    if (number := count(text)) == 0:
        raise ValueError("too small; allowed: 1 or more")
    return number


def size_bytes(text: str) -> int:
    """Return the bytes of `128`, `1KB`, `1KiB`: all units are of 1024 there."""
    match = re.fullmatch(r"([0-9]{1,15})\s*([BKMGT]?)(?:I?B)?", text.strip().upper())
    bytes_ = int(match[1]) << _SHIFT[match[2]] if match else 0
    if not 0 < bytes_ <= LARGEST:
        raise ValueError("not a size; allowed: bytes, or a number with B, K, KB, KiB, M, G, T")
    return bytes_


def duration_ns(text: str) -> int:
    """Return the nanoseconds of `1m30s`, `50us`, `0`."""
    if text == "0":
        return 0
    if not re.fullmatch(rf"(?:{_STEP})+", text):
        raise ValueError("not a duration; allowed: such as 50us, 1.5s, 1m30s")
    total = sum(float(number) * _NS[unit] for number, unit in re.findall(_STEP, text))
    if total > LARGEST:
        raise ValueError("too long; allowed: up to 292 years")
    return round(total)


def word(text: str) -> str:
    """Return any text."""
    return text


def _one_of(*allowed: str) -> Reader:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"unknown; allowed: {', '.join(allowed)}")
        return text

    return read


def _up_to(most: int) -> Reader:
    def read(text: str) -> int:
        if (number := some(text)) > most:
            raise ValueError(f"too large; allowed: up to {most}")
        return number

    return read


SWITCH: Reader = _one_of("true", "false")
"""A flag without a value; `--no-NAME` is its opposite."""

VALUES: Mapping[str, Reader] = {
    "clients": some,
    "msgs": some,
    "size": size_bytes,
    "csv": word,
    "multisubjectmax": count,
    "payload": word,
    "header": word,
    "throughput": count,
    "duration": duration_ns,
    "stream": word,
    "bucket": word,
    "sleep": duration_ns,
    "consumer": word,
    "batch": some,
    "acks": _one_of("explicit", "none", "all"),
    "filter": word,
    "storage": _one_of("file", "memory"),
    "replicas": _up_to(5),
    "maxbytes": size_bytes,
    "dedupwindow": duration_ns,
    "history": _up_to(64),
    "randomize": count,
    "max-outstanding-acks": some,
    "maxacks": some,
    "js-timeout": duration_ns,
    "jstimeout": duration_ns,
    "pub": count,
    "sub": count,
    "pubbatch": some,
    "consumerbatch": some,
    "pullbatch": some,
    "pubsleep": duration_ns,
    "subsleep": duration_ns,
    "acksleep": duration_ns,
    "retries": count,
    "maxackpending": word,
}
"""What takes a value."""

SWITCHES = frozenset(
    {
        "progress",
        "multisubject",
        "multisubjectrandomize",
        "doubleack",
        "purge",
        "create",
        "dedup",
        "persistasync",
        "ack",
        "js",
        "kv",
        "request",
        "reply",
        "syncpub",
        "pull",
        "push",
        "newjsapi",
        "queue",
        "jsfile",
    }
)

LOGIN = frozenset(
    {
        "server",
        "context",
        "user",
        "password",
        "token",
        "creds",
        "nkey",
        "tlscert",
        "tlskey",
        "tlsca",
        "connection-name",
        "js-domain",
        "js-api-prefix",
        "js-event-prefix",
        "domain",
        "inbox-prefix",
        "timeout",
        "socks-proxy",
        "color-scheme",
    }
)
"""Of `nats` itself; their values may be secrets and are never shown."""

SHORT = {"s": "server", "H": "header"}
SEVERAL = frozenset({"header", "filter"})
"""What may be given more than once."""

ALL = (*VALUES, *sorted(SWITCHES), *sorted(LOGIN))
