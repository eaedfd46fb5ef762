"""What a consumer lets pull requests ask for, and where it begins.

Rules as in `jetstream`: pure functions, the server's error code or words in the text.
"""

from collections.abc import Callable, Iterator

from bench.core.units import NS_PER_MS, NS_PER_S, format_duration, format_size
from bench.spec.objection import Objection
from bench.spec.variant import Settings

MIN_INACTIVE_NS = 10 * NS_PER_S
"""A trial makes its consumer before the processes that take from it; they need seconds to begin."""


def inactive_threshold_ns(settings: Settings) -> int | None:
    """Return how long the consumer stays when nobody takes from it; None for ever."""
    limits = settings.stream.consumer_limits
    return settings.consumer.inactive_threshold_ns or limits.inactive_threshold_ns


def _caps(settings: Settings) -> dict[str, object]:
    consumer = settings.consumer
    caps = {
        "max_batch": consumer.max_batch,
        "max_expires": consumer.max_expires_ns,
        "max_bytes": consumer.max_bytes,
    }
    return {key: value for key, value in caps.items() if value is not None}


def _pushed(settings: Settings) -> Iterator[Objection]:
    if settings.consumer.mode == "push":
        for key in _caps(settings):
            yield Objection(
                key=f"consumer.{key}",
                against=("consumer.mode",),
                what=f"{key} bounds pull requests: a push consumer takes and ignores it",
                allowed=f"no {key}, or mode pull",
            )


def _batch(settings: Settings) -> Iterator[Objection]:
    most, batch = settings.consumer.max_batch, settings.pull.batch
    if settings.consumer.mode == "pull" and most is not None and batch > most:
        yield Objection(
            key="pull.batch",
            against=("consumer.max_batch",),
            what=f"pull.batch {batch} is more than the consumer lets ask for (409 Exceeded "
            f"MaxRequestBatch of {most})",
            allowed=f"pull.batch up to {most}, or a larger max_batch",
        )


def _expires(settings: Settings) -> Iterator[Objection]:
    consumer, longest_ns = settings.consumer, settings.consumer.max_expires_ns
    if longest_ns and longest_ns < NS_PER_MS:
        what = "max_expires is too short for the server (10115)"
        yield Objection(key="consumer.max_expires", what=what, allowed="1ms or more")
    elif consumer.mode == "pull" and longest_ns and settings.pull.expires_ns > longest_ns:
        longest = format_duration(longest_ns)
        yield Objection(
            key="pull.expires",
            against=("consumer.max_expires",),
            what=f"pull.expires is longer than the consumer lets requests wait (409 Exceeded "
            f"MaxRequestExpires of {longest})",
            allowed=f"pull.expires up to {longest}, or a longer max_expires",
        )


def _bytes(settings: Settings) -> Iterator[Objection]:
    consumer, asked = settings.consumer, settings.pull.max_bytes
    if consumer.mode != "pull" or consumer.max_bytes is None:
        return
    most = format_size(consumer.max_bytes)
    if not asked:
        yield Objection(
            key="consumer.max_bytes",
            against=("pull.max_bytes",),
            what="max_bytes bounds what requests ask for, and without pull.max_bytes they ask for "
            "no number of bytes",
            allowed=f"no max_bytes, or pull.max_bytes up to {most}",
        )
    elif asked > consumer.max_bytes:
        yield Objection(
            key="pull.max_bytes",
            against=("consumer.max_bytes",),
            what="pull.max_bytes is more than the consumer lets ask for (409 Exceeded "
            f"MaxRequestMaxBytes of {consumer.max_bytes})",
            allowed=f"pull.max_bytes up to {most}, or a larger consumer.max_bytes",
        )


def _start(settings: Settings) -> Iterator[Objection]:
    consumer = settings.consumer
    starts = {
        "opt_start_seq": ("by_start_sequence", consumer.opt_start_seq),
        "opt_start_ago": ("by_start_time", consumer.opt_start_ago_ns),
    }
    for name, (policy, start) in starts.items():
        key, against = f"consumer.{name}", ("consumer.deliver_policy",)
        if consumer.deliver_policy == policy and start is None:
            what, allowed = _STARTS[name]
            yield Objection(key=key, against=against, what=what, allowed=allowed)
        elif consumer.deliver_policy != policy and start is not None:
            yield Objection(
                key=key,
                against=against,
                what=f"{name} does not go with deliver_policy {consumer.deliver_policy} (10094)",
                allowed=f"no {name}, or deliver_policy {policy}",
            )
    yield from _skipped(consumer.deliver_policy, consumer.opt_start_seq)


_STARTS = {
    "opt_start_seq": (
        "by_start_sequence needs the sequence to begin with (10094)",
        "1: a trial's stream begins empty",
    ),
    "opt_start_ago": (
        "by_start_time needs an instant to begin with (10094)",
        "how long before the consumer is made, such as 10s",
    ),
}
"""What is said where a policy has no start, and what it may be."""


def _skipped(policy: str, first: int | None) -> Iterator[Objection]:
    if policy == "by_start_sequence" and first is not None and first > 1:
        yield Objection(
            key="consumer.opt_start_seq",
            against=("consumer.deliver_policy",),
            what=f"a trial's stream begins empty, so the first {first - 1} messages would never "
            "be delivered, and count as lost",
            allowed="1, or a workload of the kind replay for a history",
        )


def _workqueue(settings: Settings) -> Iterator[Objection]:
    policy = settings.consumer.deliver_policy
    if settings.stream.retention == "workqueue" and policy != "all":
        yield Objection(
            key="consumer.deliver_policy",
            against=("stream.retention",),
            what="a consumer of a workqueue stream must deliver all (10101)",
            allowed="deliver_policy all, or another retention",
        )


def _inactive(settings: Settings) -> Iterator[Objection]:
    threshold_ns = inactive_threshold_ns(settings)
    if threshold_ns and threshold_ns < MIN_INACTIVE_NS:
        yield Objection(
            key="consumer.inactive_threshold",
            against=("stream.consumer_limits.inactive_threshold",),
            what="the server may remove the consumer before the processes of a trial, which need "
            "seconds to begin, take from it",
            allowed=f"{format_duration(MIN_INACTIVE_NS)} or more, or leave it out",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _pushed,
    _batch,
    _expires,
    _bytes,
    _start,
    _workqueue,
    _inactive,
)
