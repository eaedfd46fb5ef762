"""What jetbench makes on a server, and how it keeps its hands off everything else.

Requests go to `$JS.API` as JSON of our own: nats-py's config classes lack fields and re-send
defaults. Every stream carries our mark in its metadata; one without it is never touched, whatever
its name.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import nats.errors
from nats.aio.client import Client

from bench.broker import fields, link
from bench.broker.endpoint import JS_API
from bench.broker.link import Link
from bench.core.errors import MeasurementError, NameCollisionError, ServerUnavailableError
from bench.core.ids import OWNER_KEY, STREAM_PREFIX, SUBJECT_PREFIX
from bench.core.units import NS_PER_S
from bench.spec.variant import (
    BucketSettings,
    ConsumerLimits,
    ConsumerSettings,
    Settings,
    StreamSettings,
)

API_TIMEOUT_S = 5.0
CREATE_ATTEMPTS = 3

_STREAM_NOT_FOUND = 10059
_STORE_NOT_READY = 10049  # seen once in thousands, right after the account's last stream went
_SUBJECTS_OVERLAP = 10065

Json = dict[str, Any]

connect = link.connect


class ApiError(MeasurementError):
    """JetStream refused a request.

    Attributes:
        err_code: JetStream's own code, e.g. 10059 for "stream not found".
    """

    def __init__(self, operation: str, err_code: int, description: str) -> None:
        super().__init__(f"{operation}: refused by the server ({err_code}): {description}")
        self.err_code = err_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What one trial's things are called; everything begins with jetbench's prefix.

    Attributes:
        owner: the run's id, kept in the stream's metadata.
        stream, consumer: names.
        subject_prefix: stands before every subject of the workload; ends in a dot.
        deliver_subject: where a push consumer delivers; outside the stream's subjects.
        deliver_group: queue group when several processes share a push consumer.
    """

    owner: str
    stream: str
    consumer: str
    subject_prefix: str
    deliver_subject: str
    deliver_group: str


def trial_names(run_id: str, trial_index: int) -> Names:
    """Return the names for a trial.

    The same for the same run and trial, so that a resumed run finds what a killed one left behind.
    """
    # Short, because the subject travels in every message; no secret hangs on this digest.
    key = f"{hashlib.sha256(run_id.encode()).hexdigest()[:8]}-{trial_index:03d}"
    return Names(
        owner=run_id,
        stream=f"{STREAM_PREFIX}{key}",
        consumer="consumer",
        subject_prefix=f"{SUBJECT_PREFIX}.{key}.s.",
        deliver_subject=f"{SUBJECT_PREFIX}.{key}.d",
        deliver_group="consumers",
    )


async def api(
    client: Client,
    operation: str,
    body: Mapping[str, Any] | None = None,
    *,
    timeout_s: float = API_TIMEOUT_S,
) -> Json:
    """Send one JetStream API request and return its answer.

    Raises:
        ApiError: the server refused it.
        MeasurementError: no answer, or the connection is gone.
    """
    payload = json.dumps(body).encode() if body is not None else b""
    subject = f"{js_api_of(client)}.{operation}"
    try:
        answer = await client.request(subject, payload, timeout=timeout_s)
    except nats.errors.NoRespondersError:
        raise ServerUnavailableError(_no_jetstream(js_api_of(client))) from None
    except (OSError, TimeoutError, nats.errors.Error) as error:
        forbidden = client.forbidden(subject) if isinstance(client, Link) else ""
        reason = forbidden or str(error) or "none in time"
        raise MeasurementError(f"{operation}: no answer from the server: {reason}") from error
    content: Json = json.loads(answer.data)
    if "error" in content:
        error_info = content["error"]
        code = int(error_info.get("err_code", error_info.get("code", 0)))
        raise ApiError(operation, code, str(error_info.get("description", "")))
    return content


def _no_jetstream(js_api: str) -> str:
    if js_api == JS_API:
        return "the server has no JetStream; start it with -js or a jetstream block"
    return f"no JetStream answers at {js_api}; is the context's domain or API prefix right?"


def js_api_of(client: Client) -> str:
    """Return what the subjects of the JetStream API begin with on this connection."""
    return client.endpoint.js_api if isinstance(client, Link) else JS_API


async def require_jetstream(client: Client) -> None:
    """Check that JetStream answers on this account; ServerUnavailableError when it does not."""
    try:
        await api(client, "INFO")
    except MeasurementError as error:
        raise ServerUnavailableError(f"JetStream cannot be used: {error}") from error


def stream_body(settings: StreamSettings, names: Names) -> Json:
    """Return the STREAM.CREATE body; what the settings leave out is left to the server."""
    body: Json = {
        "name": names.stream,
        "subjects": [f"{names.subject_prefix}>"],
        "storage": settings.storage,
        "num_replicas": settings.num_replicas,
        "retention": settings.retention,
        "discard": settings.discard,
        "allow_direct": settings.allow_direct,
        "max_msgs": settings.max_msgs,
        "max_bytes": settings.max_bytes,
        "max_age": settings.max_age_ns,
        "max_msgs_per_subject": settings.max_msgs_per_subject,
        "max_msg_size": settings.max_msg_size,
        "discard_new_per_subject": settings.discard_new_per_subject or None,
        "consumer_limits": _limits(settings.consumer_limits),
        "duplicate_window": settings.duplicate_window_ns,
        "compression": settings.compression if settings.compression != "none" else None,
        "persist_mode": settings.persist_mode if settings.persist_mode != "default" else None,
        "allow_atomic": settings.allow_atomic or None,
        "allow_batched": settings.allow_batched or None,
        "allow_msg_ttl": settings.allow_msg_ttl or None,
        "subject_delete_marker_ttl": settings.subject_delete_marker_ttl_ns,
        "allow_rollup_hdrs": settings.allow_rollup_hdrs or None,
        "republish": fields.republished(settings.republish, names.subject_prefix),
        "subject_transform": fields.transformed(settings.subject_transform, names.subject_prefix),
        "description": _description(names),
        "metadata": {OWNER_KEY: names.owner},
    }
    return _without_none(body)


def _limits(limits: ConsumerLimits) -> Json | None:
    body = {
        "max_ack_pending": limits.max_ack_pending,
        "inactive_threshold": limits.inactive_threshold_ns,
    }
    return _without_none(body) or None


def _description(names: Names) -> str:
    return f"made by jetbench for run {names.owner}; removed when its trial ends"


def _is_ours(stream_config: Json, names: Names) -> bool:
    """Servers before 2.10 keep no metadata; there the description is our mark."""
    mark = (stream_config.get("metadata") or {}).get(OWNER_KEY)
    return mark == names.owner or stream_config.get("description") == _description(names)


def consumer_body(
    settings: ConsumerSettings, names: Names, *, shared: bool, filter_subject: str = ""
) -> Json:
    """Return the config of a consumer.

    Args:
        settings: of it.
        names: of it and its stream.
        shared: several processes take from it.
        filter_subject: what it is due, below the trial's prefix; everything when empty.
    """
    push = settings.mode == "push"
    if settings.deliver_policy == "last_per_subject" and not filter_subject:
        filter_subject = ">"  # the server wants one (10094)
    body: Json = {
        "durable_name": names.consumer,
        "name": names.consumer,
        "deliver_policy": settings.deliver_policy,
        "opt_start_seq": settings.opt_start_seq,
        "opt_start_time": fields.time_ago(settings.opt_start_ago_ns),
        "headers_only": settings.headers_only or None,
        "sample_freq": fields.sample_freq(settings.sample_freq),
        "replay_policy": "instant",
        "ack_policy": settings.ack_policy,
        "ack_wait": settings.ack_wait_ns,
        "max_ack_pending": settings.max_ack_pending,
        "max_deliver": settings.max_deliver,
        "backoff": list(settings.backoff_ns) if settings.backoff_ns is not None else None,
        "max_waiting": settings.max_waiting,
        "max_batch": settings.max_batch,
        "max_expires": settings.max_expires_ns,
        "max_bytes": settings.max_bytes,
        "inactive_threshold": settings.inactive_threshold_ns,
        "priority_policy": settings.priority_policy if settings.priority_policy != "none" else None,
        "priority_groups": list(settings.priority_groups or ()) or None,
        "priority_timeout": settings.priority_timeout_ns,
        "num_replicas": settings.num_replicas,
        "mem_storage": settings.mem_storage or None,
        "flow_control": settings.flow_control or None,
        "idle_heartbeat": settings.idle_heartbeat_ns,
        "rate_limit_bps": settings.rate_limit_bps,
        "deliver_subject": names.deliver_subject if push else None,
        "deliver_group": names.deliver_group if push and shared else None,
        "filter_subject": f"{names.subject_prefix}{filter_subject}" if filter_subject else None,
    }
    if settings.ordered and push:
        body |= _ordered(settings)
    return _without_none(body)


ORDERED_HEARTBEAT_NS = 5 * NS_PER_S
"""As clients of NATS set it."""

_ORDERED_INACTIVE_NS = 60 * NS_PER_S
"""Processes of ours take a while to begin; clients that make it themselves take 5 s."""


def ordered_heartbeat_ns(settings: ConsumerSettings) -> int:
    """Return how often the server shows that an ordered consumer is alive."""
    return settings.idle_heartbeat_ns or ORDERED_HEARTBEAT_NS


def _ordered(settings: ConsumerSettings) -> Json:
    """Return what an ordered consumer is like (ADR-17 of NATS), but that it is made by us."""
    return {
        "durable_name": None,
        "max_deliver": 1,
        "mem_storage": True,
        "num_replicas": 1,
        "flow_control": True,
        "idle_heartbeat": ordered_heartbeat_ns(settings),
        "inactive_threshold": settings.inactive_threshold_ns or _ORDERED_INACTIVE_NS,
    }


def _without_none(body: Json) -> Json:
    return {key: value for key, value in body.items() if value is not None}


async def provision(
    client: Client, settings: Settings, names: Names, *, shared: bool, sample_percent: int | None
) -> None:
    """Create the stream and the consumer of a trial; arguments and errors as of `join`.

    Raises besides:
        NameCollisionError: a stream of this name, or over these subjects, is not ours.
    """
    await make_stream(client, settings.stream, names)
    await join(client, settings, names, shared=shared, sample_percent=sample_percent)


async def join(
    client: Client, settings: Settings, names: Names, *, shared: bool, sample_percent: int | None
) -> None:
    """Create the consumer of a trial on its stream; it begins after what the stream was laid with.

    Args:
        client: the conductor's connection.
        settings: of stream and consumer.
        names: of the trial.
        shared: several processes take from the consumer.
        sample_percent: share of acks that the server reports on; None for none.

    Raises:
        ApiError: the server refused a setting.
    """
    body = consumer_body(settings.consumer, names, shared=shared)
    if settings.stream.history is not None:
        start = {"deliver_policy": "by_start_sequence"}
        body |= start | {"opt_start_seq": settings.stream.history.messages + 1}
        body.pop("opt_start_time", None)
    if sample_percent is not None:
        body["sample_freq"] = fields.sample_freq(sample_percent / 100)
    await make_consumer(client, names, body)


BUCKET: Mapping[str, Any] = {"allow_rollup_hdrs": True, "deny_delete": True}
"""What the stream of a bucket has besides (ADR-8 of NATS)."""


def bucket_names(names: Names) -> Names:
    """Return the names of a trial whose stream keeps a bucket."""
    bucket = names.stream
    return replace(names, stream=f"KV_{bucket}", subject_prefix=f"$KV.{bucket}.")


async def make_bucket(client: Client, settings: BucketSettings, names: Names) -> None:
    """Create the bucket of a trial anew, under `bucket_names`; raises as `provision` does."""
    await make_stream(client, settings.as_stream(), names, bucket_body(settings))


def bucket_body(settings: BucketSettings) -> Json:
    """Return what the stream of a bucket has besides.

    Markers let keys have a time to live of their own as well (ADR-48 of NATS).
    """
    if settings.limit_markers_ns is None:
        return {**BUCKET}
    marks = {"allow_msg_ttl": True, "subject_delete_marker_ttl": settings.limit_markers_ns}
    return {**BUCKET, **marks}


async def make_stream(
    client: Client,
    settings: StreamSettings,
    names: Names,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Create the stream of a trial anew; raises as `provision` does.

    Args:
        client: the conductor's connection.
        settings: of the stream.
        names: of the trial.
        more: fields of its configuration besides.
    """
    await remove(client, names)
    body = {**stream_body(settings, names), **more}
    for attempt in range(1, CREATE_ATTEMPTS + 1):
        try:
            await api(client, f"STREAM.CREATE.{names.stream}", body)
            return
        except ApiError as error:
            if error.err_code == _SUBJECTS_OVERLAP:
                raise NameCollisionError(
                    f"another stream on the server already takes the subjects "
                    f"{names.subject_prefix}>; it was left untouched. Use an account of its own, "
                    "or a server where no stream takes every subject"
                ) from error
            if error.err_code != _STORE_NOT_READY or attempt == CREATE_ATTEMPTS:
                raise
            await asyncio.sleep(0.1 * attempt)


async def make_consumer(client: Client, names: Names, body: Json) -> None:
    """Create a consumer of the stream of a trial; ApiError where the server refuses it."""
    filter_subject = body.get("filter_subject")
    operation = f"CONSUMER.CREATE.{names.stream}.{names.consumer}"
    await api(
        client,
        f"{operation}.{filter_subject}" if filter_subject else operation,
        {"stream_name": names.stream, "config": body, "action": "create"},
    )


async def owns(client: Client, names: Names) -> bool | None:
    """Say whether the trial's stream carries our mark; None when there is no such stream."""
    try:
        info = await api(client, f"STREAM.INFO.{names.stream}")
    except ApiError as error:
        if error.err_code == _STREAM_NOT_FOUND:
            return None
        raise
    return _is_ours(info["config"], names)


async def remove(client: Client, names: Names) -> None:
    """Delete the trial's stream with its consumers, when it is there and ours.

    Raises:
        NameCollisionError: a stream of this name is not ours; it is left untouched.
    """
    ours = await owns(client, names)
    if ours is None:
        return
    if not ours:
        raise NameCollisionError(
            f"stream {names.stream} exists and is not this run's; it was left untouched. "
            "Use another server or account, or remove it if nobody needs it"
        )
    await api(client, f"STREAM.DELETE.{names.stream}")


async def clean_up(client: Client, names: Names) -> str:
    """Remove the trial's stream; return why it may still be there, empty when it is gone.

    It never raises: the trial's own outcome must not be lost for it. What stays carries our mark,
    and resuming the run removes it.
    """
    try:
        await remove(client, names)
    except (MeasurementError, ServerUnavailableError) as error:
        return str(error)
    except NameCollisionError:  # what is there is not ours
        return ""
    return ""


async def stream_names(client: Client) -> set[str]:
    """Return the names of all streams of the account; reads only."""
    names: set[str] = set()
    while True:
        page = await api(client, "STREAM.NAMES", {"offset": len(names)})
        found = page.get("streams") or []
        names.update(found)
        if not found or len(names) >= page["total"]:
            return names


def is_clustered(client: Client) -> bool:
    """Say whether the server belongs to a cluster, so that replicas are possible."""
    return bool(_server_info(client).get("cluster"))


def server_version(client: Client) -> str:
    """Return the version the server told at connect, e.g. `2.15.1`."""
    return str(_server_info(client)["version"])


def _server_info(client: Client) -> Json:
    # The library shows no more of INFO than a parsed version.
    info: Json = client._server_info
    return info


async def remove_consumer(client: Client, names: Names) -> None:
    """Delete a consumer of a trial's stream; ApiError where there is none."""
    await api(client, f"CONSUMER.DELETE.{names.stream}.{names.consumer}")


async def reset_consumer(client: Client, names: Names, sequence: int) -> None:
    """Set a consumer back, or ahead, to a stream sequence: what it delivers next (ADR-60 of NATS).

    Raises:
        ApiError: the server refuses it.
        MeasurementError: it does not answer; servers before 2.14 cannot do it.
    """
    operation = f"CONSUMER.RESET.{names.stream}.{names.consumer}"
    try:
        await api(client, operation, {"seq": sequence})
    except (MeasurementError, ServerUnavailableError) as error:
        needed = f"a reset needs nats-server 2.14; this is {server_version(client)}"
        raise MeasurementError(f"{error} ({needed})") from error


async def stored_at(client: Client, names: Names, sequence: int) -> str:
    """Return when a message of a stream was stored, as the server writes it (RFC 3339)."""
    answer = await api(client, f"STREAM.MSG.GET.{names.stream}", {"seq": sequence})
    return str(answer["message"]["time"])
