"""What JetStream and our clients refuse about the way a pull consumer asks.

Rules as in `jetstream`: pure functions, the server's own words in the text.
"""

from collections.abc import Callable, Iterator

from bench.core.units import format_duration, format_size
from bench.spec.headers import header_bytes
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

SERVER_MAX_WAITING = 512
"""What the server takes when `max_waiting` is left out."""

OVERHEAD_BYTES = 256
"""More than subject and ack subject of a delivery take, which `max_bytes` counts as well."""


def _client_requests(settings: Settings) -> Iterator[Objection]:
    pull = settings.pull
    if settings.client != "nats-py":
        return
    if pull.requests > 1:
        yield Objection(
            key="pull.requests",
            against=("client",),
            what="nats-py's fetch has one request open at a time",
            allowed="1, or client wire",
        )
    for key, value in (("max_bytes", pull.max_bytes), ("no_wait", pull.no_wait)):
        if value:
            yield Objection(
                key=f"pull.{key}",
                against=("client",),
                what=f"nats-py's fetch cannot ask with {key}",
                allowed=f"no {key}, or client wire",
            )


def _heartbeat(settings: Settings) -> Iterator[Objection]:
    pull = settings.pull
    if pull.idle_heartbeat_ns and 2 * pull.idle_heartbeat_ns > pull.expires_ns:
        yield Objection(
            key="pull.idle_heartbeat",
            against=("pull.expires",),
            what="the server takes no heartbeat longer than half of expires (400 heartbeat value "
            "too large)",
            allowed=f"up to {format_duration(pull.expires_ns // 2)}, or a longer expires",
        )


def _largest_fits(settings: Settings, workload: Stream) -> Iterator[Objection]:
    largest = max(workload.payload.sizes) + header_bytes(workload.publish.headers, settings.publish)
    limit = settings.pull.max_bytes
    if limit is not None and limit < largest + OVERHEAD_BYTES:
        least = format_size(largest + OVERHEAD_BYTES)
        yield Objection(
            key="pull.max_bytes",
            what=f"a request of {format_size(limit)} cannot bring the workload's largest message "
            "(409 Message Size Exceeds MaxBytes)",
            allowed=f"{least} or more: its payload and headers, and room for its subjects",
        )


def _all_wait(settings: Settings, workload: Stream) -> Iterator[Objection]:
    own, count = settings.consumer.max_waiting, workload.consume.consumers
    open_at_a_time = count * settings.pull.requests
    if settings.consumer.mode == "pull" and open_at_a_time > (own or SERVER_MAX_WAITING):
        origin = "" if own else ", the server's default"
        yield Objection(
            key="consumer.max_waiting",
            against=("pull.requests",),
            what=f"max_waiting {own or SERVER_MAX_WAITING}{origin} is too few for {count} "
            f"consumers with {settings.pull.requests} requests each (409 Exceeded MaxWaiting)",
            allowed=f"{open_at_a_time} or more",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_client_requests, _heartbeat)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _largest_fits,
    _all_wait,
)
