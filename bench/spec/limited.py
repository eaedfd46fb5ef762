"""What limits of a stream and of its server rule out.

Rules as in `jetstream`: pure functions, the server's error code in the text.
"""

from collections.abc import Callable, Iterator

from bench.core.units import format_duration, format_size
from bench.spec.headers import header_bytes
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings


def _new_per_subject(settings: Settings) -> Iterator[Objection]:
    stream = settings.stream
    if not stream.discard_new_per_subject:
        return
    key = "stream.discard_new_per_subject"
    if stream.discard != "new":
        yield Objection(
            key=key,
            against=("stream.discard",),
            what="it says how `discard: new` works, and discard is old (10052)",
            allowed="discard_new_per_subject: false, or discard new",
        )
    elif stream.max_msgs_per_subject is None:
        what = "there is no limit per subject to reach (10052)"
        allowed = "set max_msgs_per_subject, or discard_new_per_subject: false"
        yield Objection(key=key, what=what, allowed=allowed)


def _pending_allowed(settings: Settings) -> Iterator[Objection]:
    limit, asked = settings.stream.consumer_limits.max_ack_pending, settings.consumer
    against = ("stream.consumer_limits.max_ack_pending",)
    if limit is None:
        return
    if asked.ack_policy == "none":
        refused = " (10082)" if asked.mode == "push" else ""
        yield Objection(
            key=against[0],
            against=("consumer.ack_policy",),
            what=f"max_ack_pending means nothing with ack_policy none{refused}",
            allowed="leave it out, or another ack_policy",
        )
    elif asked.max_ack_pending is not None and asked.max_ack_pending > limit:
        yield Objection(
            key="consumer.max_ack_pending",
            against=against,
            what=f"max_ack_pending is more than the stream allows a consumer, {limit} (10121)",
            allowed=f"up to {limit}, or a larger {against[0]}",
        )


def _inactivity_allowed(settings: Settings) -> Iterator[Objection]:
    limit_ns = settings.stream.consumer_limits.inactive_threshold_ns
    own_ns = settings.consumer.inactive_threshold_ns
    if limit_ns and own_ns and own_ns > limit_ns:
        longest, key = format_duration(limit_ns), "stream.consumer_limits.inactive_threshold"
        yield Objection(
            key="consumer.inactive_threshold",
            against=(key,),
            what=f"inactive_threshold is longer than the stream allows a consumer, {longest} "
            "(10153)",
            allowed=f"up to {longest}, or a longer {key}",
        )


def _stores(settings: Settings) -> Iterator[Objection]:
    yield from stores(settings)


def stores(settings: Settings, streams: int = 1, *, bucket: bool = False) -> Iterator[Objection]:
    """Yield the stores of the embedded server that are smaller than what is reserved of them.

    Args:
        settings: resolved.
        streams: so many have the settings of the stream.
        bucket: a bucket is kept beside them.
    """
    reserved = {"file": 0, "memory": 0}
    reserved[settings.stream.storage] += streams * (settings.stream.max_bytes or 0)
    if bucket:
        reserved[settings.bucket.storage] += settings.bucket.max_bytes or 0
    server = settings.server
    if server.max_file and reserved["file"] > server.max_file:
        yield _too_small("server.max_file", reserved["file"], server.max_file, 10047)
    if server.max_mem and reserved["memory"] > server.max_mem:
        yield _too_small("server.max_mem", reserved["memory"], server.max_mem, 10028)


def _too_small(key: str, reserved_bytes: int, most_bytes: int, code: int) -> Objection:
    return Objection(
        key=key,
        against=("stream.max_bytes", "bucket.max_bytes"),
        what=f"max_bytes of what is kept comes to {format_size(reserved_bytes)}, more than the "
        f"server keeps, {format_size(most_bytes)} ({code})",
        allowed=f"{format_size(reserved_bytes)} or more, or less max_bytes",
    )


def _open_batches(settings: Settings) -> Iterator[Objection]:
    limits = settings.server.limits.batch
    each, total = limits.max_inflight_per_stream, limits.max_inflight_total
    if each is not None and total is not None and each > total:
        yield Objection(
            key="server.limits.batch.max_inflight_per_stream",
            against=("server.limits.batch.max_inflight_total",),
            what=f"one stream would have more batches open than all together, {total}",
            allowed=f"up to {total}, or a larger max_inflight_total",
        )


def _sealed_past(settings: Settings) -> Iterator[Objection]:
    if settings.server.encryption is not None and settings.stream.history is not None:
        yield Objection(
            key="server.encryption",
            against=("stream.history",),
            what="a past is laid once for servers of all settings, and is not encrypted",
            allowed="no encryption, or no history",
        )


_TOO_MANY_OPEN = {"atomic": 10210, "fast": 10211}
"""What the server says to a batch too many, by the mode of publishing."""


def _batches_open(settings: Settings, workload: Stream) -> Iterator[Objection]:
    limits, publishers = settings.server.limits.batch, workload.publish.publishers
    code = _TOO_MANY_OPEN.get(settings.publish.mode)
    if code is None:
        return
    for key in ("max_inflight_per_stream", "max_inflight_total"):
        most = getattr(limits, key)
        if most is not None and most < publishers:
            yield Objection(
                key=f"server.limits.batch.{key}",
                against=("publish.mode",),
                what=f"each of {publishers} publishers has a batch open, more than {key}, {most}: "
                f"the server refuses theirs ({code})",
                allowed=f"{publishers} or more, or another publish.mode",
            )


def _message_fits(settings: Settings, workload: Stream) -> Iterator[Objection]:
    largest = max(workload.payload.sizes) + header_bytes(workload.publish.headers, settings.publish)
    limit = settings.stream.max_msg_size
    if limit is not None and largest > limit:
        yield Objection(
            key="stream.max_msg_size",
            what=f"messages of {format_size(largest)}, headers included, are above max_msg_size, "
            f"{format_size(limit)}: each is refused (10054)",
            allowed=f"{format_size(largest)} or more",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _new_per_subject,
    _pending_allowed,
    _inactivity_allowed,
    _stores,
    _open_batches,
    _sealed_past,
)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _message_fits,
    _batches_open,
)
