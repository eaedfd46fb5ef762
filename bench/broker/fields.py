"""Fields of a stream's or a consumer's configuration that are not spelt as a setting is.

Source: docs.nats.io, "Streams" and "Consumers"; ADR-8 and ADR-36 of NATS.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bench.core.units import NS_PER_US
from bench.spec.stream_settings import Republish, SubjectTransform

Json = dict[str, Any]


def republish_prefix(subject_prefix: str) -> str:
    """Return what stands before a subject that a stream publishes once more; not of the stream."""
    return f"{subject_prefix.removesuffix('.')}-again."


def republished(again: Republish | None, subject_prefix: str) -> Json | None:
    """Return what a stream publishes once more; each subject behind another prefix.

    Args:
        again: what it is; None for nothing.
        subject_prefix: of the stream's subjects.
    """
    if again is None:
        return None
    numbers = count(1)
    tokens = again.source.split(".")
    to = ".".join(f"{{{{wildcard({next(numbers)})}}}}" if t == "*" else t for t in tokens)
    return {
        "src": f"{subject_prefix}{again.source}",
        "dest": f"{republish_prefix(subject_prefix)}{to}",
        "headers_only": again.headers_only,
    }


def transformed(moved: SubjectTransform | None, subject_prefix: str) -> Json | None:
    """Return which subjects a stream changes into which; both have the prefix of the stream's."""
    if moved is None:
        return None
    return {
        "src": f"{subject_prefix}{moved.source}",
        "dest": f"{subject_prefix}{moved.destination}",
    }


def sample_freq(share: float | None) -> str | None:
    """Return for what share of acks the server is to report a time; None for none."""
    return None if share is None else f"{100 * share:g}%"


def time_ago(ago_ns: int | None) -> str | None:
    """Return the instant so long ago, by our clock, as the server reads it (RFC 3339)."""
    if ago_ns is None:
        return None
    then = datetime.now(UTC) - timedelta(microseconds=ago_ns / NS_PER_US)
    return then.isoformat(timespec="microseconds")
