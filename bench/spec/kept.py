"""What takes away by itself what is to be there at the end; pure."""

from collections.abc import Iterator

from bench.core.units import NS_PER_S
from bench.spec.objection import Objection
from bench.spec.variant import Settings

DEFAULT_DUPLICATE_WINDOW_NS = 120 * NS_PER_S
"""Of a stream that says nothing about it (nats-server)."""

_KEPT = ("max_age", "max_msgs", "max_bytes", "max_msgs_per_subject")


def unkept(settings: Settings, what: str) -> Iterator[Objection]:
    """Yield the settings by which a stream or a bucket loses what it holds.

    Args:
        settings: of both.
        what: why it must not.
    """
    for name in _KEPT:
        field = f"{name}_ns" if name == "max_age" else name
        if getattr(settings.stream, field) is not None:
            yield Objection(key=f"stream.{name}", what=what, allowed="leave it out")
    if settings.stream.retention != "limits":
        yield Objection(key="stream.retention", what=what, allowed="limits")
    if settings.bucket.ttl_ns is not None:
        yield Objection(key="bucket.ttl", what=what, allowed="leave it out")
