"""What settings ask of the server they run on: its version, its cluster, its configuration file."""

import re
from collections.abc import Collection, Iterator

from bench.spec.objection import Objection
from bench.spec.variant import Settings

Version = tuple[int, int, int]

_ASYNC_FLUSH, _SYNC_PER_APPEND = (2, 12, 0), (2, 15, 0)
"""First versions that keep replicated file streams so."""


def features_needed(
    settings: Settings, asked: Collection[str] = ()
) -> tuple[tuple[str, str, str], ...]:
    """Return (dotted key, first server version, feature) of every setting that is not age-old.

    Source: tags of nats-server, 2.2.0 to 2.15.1, searched for each field.

    Args:
        settings: resolved.
        asked: what a workload uses: sections of settings, and parts that drive operations.
    """
    stream, consumer, bucket = settings.stream, settings.consumer, settings.bucket
    needs = (
        (consumer.backoff_ns is not None, "consumer.backoff", "2.7.1", "backoff"),
        (consumer.num_replicas is not None, "consumer.num_replicas", "2.8.3", "its own replicas"),
        (consumer.mem_storage, "consumer.mem_storage", "2.8.3", "consumer state in memory"),
        (stream.allow_direct, "stream.allow_direct", "2.9.0", "direct get"),
        (stream.compression == "s2", "stream.compression", "2.10.0", "s2 compression"),
        (bucket.compression == "s2", "bucket.compression", "2.10.0", "s2 compression"),
        ("bucket" in asked and bucket.allow_direct, "bucket.allow_direct", "2.9.0", "direct get"),
        (
            "group_get" in asked and settings.read.group == "latest",
            "read.group",
            "2.11.0",
            "a get of several keys (group_get)",
        ),
        (settings.read.group == "boundary", "read.group", "2.11.0", "reads at a boundary"),
        (bucket.limit_markers_ns is not None, "bucket.limit_markers", "2.11.0", "limit markers"),
        (
            settings.server.sync_interval is not None,
            "server.sync_interval",
            "2.10.0",
            "sync_interval",
        ),
        (stream.persist_mode == "async", "stream.persist_mode", "2.12.0", "async persistence"),
        (stream.allow_atomic, "stream.allow_atomic", "2.12.0", "atomic batches"),
        (stream.allow_batched, "stream.allow_batched", "2.14.0", "fast batches"),
        (
            settings.publish.mode == "atomic",
            "publish.mode",
            "2.14.0",
            "the end of an atomic batch that is not full",
        ),
    )
    return tuple((key, version, feature) for needed, key, version, feature in needs if needed)


def server_objections(
    settings: Settings,
    *,
    version: str,
    servers: int,
    embedded: bool,
    asked: Collection[str] = (),
) -> tuple[Objection, ...]:
    """Return why a server cannot run these settings.

    Args:
        settings: resolved.
        asked: what a workload uses, as of `features_needed`.
        version: as the server says, such as `2.15.1`.
        servers: members of its cluster, 1 for a single server.
        embedded: we start it and write its configuration file.
    """
    return (
        *_too_old(settings, version, asked),
        *replica_objections(settings, servers=servers),
        *(() if embedded else _not_ours(settings)),
    )


def replica_objections(settings: Settings, *, servers: int) -> tuple[Objection, ...]:
    """Return the replicas that a cluster of this size cannot hold."""
    wanted = {
        "stream.num_replicas": settings.stream.num_replicas,
        "consumer.num_replicas": settings.consumer.num_replicas or 1,
        "bucket.num_replicas": settings.bucket.num_replicas,
    }
    cluster = "one server" if servers == 1 else f"a cluster of {servers}"
    return tuple(
        Objection(
            key=key,
            what=f"{replicas} replicas do not fit on {cluster} (10074)",
            allowed=f"up to {servers}, or a larger cluster given by --server",
        )
        for key, replicas in wanted.items()
        if replicas > servers
    )


def replicated_store(settings: Settings, version: str) -> str:
    """Return when a server of this version writes and syncs a replicated file stream; else empty.

    The same settings are as durable, and as fast, as the version makes them. Whether sync_interval
    is `always` on a user's server it tells nobody.

    Source: nats-server #7163 (2.12) and #8447 (2.15).
    """
    kept = (settings.stream, settings.bucket.as_stream())
    replicas = max((each.num_replicas for each in kept if each.storage == "file"), default=1)
    if replicas == 1:
        return ""
    number = _version(version)
    flush = "asynchronously" if number >= _ASYNC_FLUSH else "before each answer"
    sync = "append to the Raft log" if number >= _SYNC_PER_APPEND else "message of the stream"
    return (
        f"nats-server {version} flushes a file stream of {replicas} replicas {flush}, "
        f"and where its sync_interval is always, it syncs once per {sync}; other versions differ"
    )


def _too_old(settings: Settings, version: str, asked: Collection[str]) -> Iterator[Objection]:
    for key, first, feature in features_needed(settings, asked):
        if _version(version) < _version(first):
            what = f"nats-server {version} does not know {feature}"
            yield Objection(key=key, what=what, allowed=f"nats-server {first} or later")


def _not_ours(settings: Settings) -> Iterator[Objection]:
    server = settings.server
    for key, value in (
        ("sync_interval", server.sync_interval),
        ("max_payload", server.max_payload),
    ):
        if value is not None:
            what = f"{key} can be set on the embedded server alone"
            allowed = f"no {key}, or run without --server"
            yield Objection(key=f"server.{key}", what=what, allowed=allowed)


def _version(text: str) -> Version:
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    if match is None:
        raise ValueError(f"not a server version: {text!r}")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)
