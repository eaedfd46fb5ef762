"""What settings ask of the server they run on: its version, its cluster, its configuration file."""

import re
from collections.abc import Collection, Iterator

from bench.spec.effects import WRITING
from bench.spec.objection import Objection
from bench.spec.variant import (
    ConsumerSettings,
    EffectSettings,
    PublishSettings,
    ServerSettings,
    Settings,
    StreamSettings,
)

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
    needs = (
        *_of_consumer(settings.consumer),
        *_of_stream(settings.stream),
        *_of_bucket(settings, asked),
        *_of_kind(asked),
        *_of_effects(settings.effect),
        *_of_server(settings.server),
        *_of_publishing(settings.publish),
    )
    return tuple((key, version, feature) for needed, key, version, feature in needs if needed)


Need = tuple[bool, str, str, str]
"""Whether a setting is asked for, its dotted key, the first version that has it, and its name."""


def _of_consumer(consumer: ConsumerSettings) -> Iterator[Need]:
    policy, key = consumer.priority_policy, "consumer.priority_policy"
    yield consumer.max_batch is not None, "consumer.max_batch", "2.7.0", "max_batch"
    yield consumer.max_expires_ns is not None, "consumer.max_expires", "2.7.0", "max_expires"
    inactive = consumer.inactive_threshold_ns is not None
    yield inactive, "consumer.inactive_threshold", "2.7.0", "inactive_threshold"
    yield consumer.backoff_ns is not None, "consumer.backoff", "2.7.1", "backoff"
    yield consumer.max_bytes is not None, "consumer.max_bytes", "2.8.3", "a consumer's max_bytes"
    own = consumer.num_replicas is not None
    yield own, "consumer.num_replicas", "2.8.3", "its own replicas"
    yield consumer.mem_storage, "consumer.mem_storage", "2.8.3", "consumer state in memory"
    yield policy == "overflow", key, "2.11.0", "the priority policy overflow"
    yield policy == "prioritized", key, "2.12.0", "the priority policy prioritized"
    yield policy == "pinned_client", key, "2.11.0", "the priority policy pinned_client"
    yield consumer.flow_acks, "consumer.ack_policy", "2.14.0", "acks by flow control"
    yield consumer.headers_only, "consumer.headers_only", "2.6.2", "headers_only"


def _of_stream(stream: StreamSettings) -> Iterator[Need]:
    per_subject, limits = "discard_new_per_subject", stream.consumer_limits
    pending, inactive = limits.max_ack_pending is not None, limits.inactive_threshold_ns is not None
    beginning = "stream.consumer_limits"
    rolls = stream.allow_rollup_hdrs
    yield rolls, "stream.allow_rollup_hdrs", "2.6.2", "rollups"
    yield stream.allow_msg_ttl, "stream.allow_msg_ttl", "2.11.0", "messages with a ttl"
    marks, key = stream.subject_delete_marker_ttl_ns is not None, "subject_delete_marker_ttl"
    yield marks, f"stream.{key}", "2.11.0", "delete markers"
    again, moved = stream.republish is not None, stream.subject_transform is not None
    yield again, "stream.republish.source", "2.8.3", "republish"
    yield moved, "stream.subject_transform.source", "2.10.0", "subject_transform"
    yield stream.allow_direct, "stream.allow_direct", "2.9.0", "direct get"
    yield stream.discard_new_per_subject, f"stream.{per_subject}", "2.9.1", per_subject
    yield stream.compression == "s2", "stream.compression", "2.10.0", "s2 compression"
    yield pending, f"{beginning}.max_ack_pending", "2.10.0", "limits of consumers"
    yield inactive, f"{beginning}.inactive_threshold", "2.10.0", "limits of consumers"
    yield stream.persist_mode == "async", "stream.persist_mode", "2.12.0", "async persistence"
    yield stream.allow_atomic, "stream.allow_atomic", "2.12.0", "atomic batches"
    yield stream.allow_batched, "stream.allow_batched", "2.14.0", "fast batches"


def _of_bucket(settings: Settings, asked: Collection[str]) -> Iterator[Need]:
    bucket, group = settings.bucket, settings.read.group
    direct = "bucket" in asked and bucket.allow_direct
    several = "group_get" in asked and group == "latest"
    yield bucket.compression == "s2", "bucket.compression", "2.10.0", "s2 compression"
    yield direct, "bucket.allow_direct", "2.9.0", "direct get"
    yield several, "read.group", "2.11.0", "a get of several keys (group_get)"
    yield group == "boundary", "read.group", "2.11.0", "reads at a boundary"
    yield bucket.limit_markers_ns is not None, "bucket.limit_markers", "2.11.0", "limit markers"


def _of_kind(asked: Collection[str]) -> Iterator[Need]:
    yield "counters" in asked, "stream", "2.12.0", "counters"
    yield "schedules" in asked, "stream", "2.12.0", "schedules"


def _of_effects(effect: EffectSettings) -> Iterator[Need]:
    written = effect.written or effect.idempotency in WRITING
    yield written, "effect.idempotency", "2.9.0", "direct get"
    yield effect.marker_ttl_ns is not None, "effect.marker_ttl", "2.11.0", "a message's own TTL"


def _of_server(server: ServerSettings) -> Iterator[Need]:
    firsts = {
        "sync_interval": ("2.10.0", server.sync_interval),
        "max_buffered_msgs": ("2.11.0", server.max_buffered_msgs),
        "max_buffered_size": ("2.11.0", server.max_buffered_size),
        "max_concurrent_io": ("2.12.14", server.max_concurrent_io),
        "encryption": ("2.8.3", server.encryption),
    }
    for key, (first, value) in firsts.items():
        yield value is not None, f"server.{key}", first, key
    for key, value in server.limits.batch.model_dump(by_alias=True).items():
        yield value is not None, f"server.limits.batch.{key}", "2.12.0", "limits of batches"


def _of_publishing(publish: PublishSettings) -> Iterator[Need]:
    ends = publish.mode == "atomic"
    yield ends, "publish.mode", "2.14.0", "the end of an atomic batch that is not full"


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
    limits = settings.server.limits.batch.model_dump(by_alias=True)
    said = settings.server.model_dump(by_alias=True, exclude={"limits"})
    said |= {f"limits.batch.{key}": value for key, value in limits.items()}
    for key, value in said.items():
        if value is not None:
            what = f"{key} can be set on the embedded server alone"
            allowed = f"no {key}, or run without --server"
            yield Objection(key=f"server.{key}", what=what, allowed=allowed)
    if settings.stream.history is not None:
        what = "an aged store is copied under the embedded server; a server of yours keeps its own"
        allowed = "no history, or run without --server"
        yield Objection(key="stream.history.messages", what=what, allowed=allowed)


def _version(text: str) -> Version:
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    if match is None:
        raise ValueError(f"not a server version: {text!r}")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)
