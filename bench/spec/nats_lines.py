"""Settings as lines of the `nats` CLI: what a flag of it says, and beside it what none does.

Source: cli/stream_command.go and cli/consumer_command.go of github.com/nats-io/natscli at c778a5c,
after 0.4.0. With `--defaults` nothing is asked; direct gets are allowed then unless a flag says
otherwise. Its `--overflow-groups` makes a consumer without a group, and is not used.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from bench.core.units import format_duration, format_size
from bench.spec.variant import ConsumerSettings, StreamSettings

STREAM, CONSUMER = "YOUR_STREAM", "YOUR_CONSUMER"
SUBJECTS, TARGET, GROUP = "your.subjects.>", "your.target", "your-group"
"""What stands for names that are the reader's own."""

_LARGEST_NUMBER = 2**31 - 1
"""That the CLI reads before the unit of a size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A command, and what it leaves to be said otherwise.

    Attributes:
        command: in one line, fit for a shell.
        unsaid: dotted keys of settings that no flag of it says.
    """

    command: str
    unsaid: tuple[str, ...]


def stream_line(settings: StreamSettings) -> Line:
    """Return `nats stream add` with all that these settings say."""
    flags = ("--subjects", SUBJECTS, *_stream_flags(settings))
    return _line(("stream", "add", STREAM), flags, (f"stream.{k}" for k in _unsaid_of(settings)))


def consumer_line(settings: ConsumerSettings, *, shared: bool = False) -> Line:
    """Return `nats consumer add` with all that these settings say.

    Args:
        settings: of it.
        shared: several processes take from it; what is pushed goes to one of them.
    """
    group = _valued("--deliver-group", GROUP if shared and settings.mode == "push" else None)
    unsaid = (f"consumer.{key}" for key in _consumer_unsaid(settings))
    flags = (*_consumer_flags(settings), *group)
    return _line(("consumer", "add", STREAM, CONSUMER), flags, unsaid)


def _line(verb: tuple[str, ...], flags: tuple[str, ...], unsaid: Iterator[str]) -> Line:
    return Line(command=shlex.join(["nats", *verb, *flags, "--defaults"]), unsaid=tuple(unsaid))


def _stream_flags(settings: StreamSettings) -> Iterator[str]:
    retention = {"workqueue": "work"}.get(settings.retention, settings.retention)
    yield from _valued("--storage", settings.storage)
    yield from _valued("--replicas", settings.num_replicas)
    yield from _valued("--retention", retention)
    yield from _valued("--discard", settings.discard)
    yield from _valued("--max-msgs", settings.max_msgs)
    yield from _valued("--max-bytes", _size(settings.max_bytes))
    yield from _valued("--max-age", _time(settings.max_age_ns))
    yield from _valued("--max-msgs-per-subject", settings.max_msgs_per_subject)
    yield from _valued("--max-msg-size", _size(settings.max_msg_size))
    limits = settings.consumer_limits
    yield from _valued("--limit-consumer-max-pending", limits.max_ack_pending)
    yield from _valued("--limit-consumer-inactive", _time(limits.inactive_threshold_ns))
    yield from _valued("--dupe-window", _time(settings.duplicate_window_ns))
    yield from _valued("--compression", _unless("none", settings.compression))
    yield from _valued("--persist-mode", _unless("default", settings.persist_mode))
    yield from _valued("--subject-del-markers-ttl", _time(settings.subject_delete_marker_ttl_ns))
    yield "--allow-direct" if settings.allow_direct else "--no-allow-direct"
    yield from _switches(
        ("--discard-per-subject", settings.discard_new_per_subject),
        ("--allow-batch", settings.allow_atomic),
        ("--allow-fast", settings.allow_batched),
        ("--allow-msg-ttl", settings.allow_msg_ttl),
        ("--allow-rollup", settings.allow_rollup_hdrs),
    )


def _unsaid_of(settings: StreamSettings) -> Iterator[str]:
    yield from (k for k in ("max_bytes", "max_msg_size") if _too_long(getattr(settings, k)))
    # Both name subjects, and those are the reader's own.
    yield from (k for k in ("republish", "subject_transform") if getattr(settings, k) is not None)


def _consumer_flags(settings: ConsumerSettings) -> Iterator[str]:
    push = settings.mode == "push"
    yield from ("--target", TARGET) if push else ("--pull",)
    yield from _valued("--ack", settings.ack_policy)
    yield from _valued("--deliver", _start(settings))
    yield from _valued("--wait", _time(settings.ack_wait_ns))
    yield from _valued("--max-pending", settings.max_ack_pending)
    yield from _valued("--max-deliver", settings.max_deliver)
    yield from _valued("--max-waiting", None if push else settings.max_waiting)
    yield from _valued("--max-pull-batch", settings.max_batch)
    yield from _valued("--max-pull-expire", _time(settings.max_expires_ns))
    yield from _valued("--max-pull-bytes", settings.max_bytes)
    yield from _valued("--inactive-threshold", _time(settings.inactive_threshold_ns))
    yield from _valued("--sample", _percent(settings.sample_freq))
    yield from _valued("--replicas", settings.num_replicas)
    yield from _valued("--heartbeat", _time(settings.idle_heartbeat_ns) if push else None)
    yield from _valued("--bps", settings.rate_limit_bps)
    yield from _groups(settings)
    yield from _switches(
        ("--headers-only", settings.headers_only),
        ("--memory", settings.mem_storage),
        ("--flow-control", settings.flow_control),
    )


def _groups(settings: ConsumerSettings) -> Iterator[str]:
    flag = _GROUP_FLAGS.get(settings.priority_policy, "")
    for group in (settings.priority_groups or ()) if flag else ():
        yield from _valued(flag, group)
    if flag == _GROUP_FLAGS["pinned_client"]:
        yield from _valued("--pinned-ttl", _time(settings.priority_timeout_ns))


_GROUP_FLAGS = {"pinned_client": "--pinned-groups", "prioritized": "--prioritized-groups"}


def _consumer_unsaid(settings: ConsumerSettings) -> Iterator[str]:
    if settings.ordered:
        yield "ordered"  # a client makes such a consumer itself
    if settings.backoff_ns is not None:
        yield "backoff"
    if settings.priority_policy == "overflow":
        yield from ("priority_policy", "priority_groups")
    if settings.sample_freq is not None and _percent(settings.sample_freq) is None:
        yield "sample_freq"


def _start(settings: ConsumerSettings) -> str | int | None:
    return {
        "by_start_sequence": settings.opt_start_seq,
        "by_start_time": _time(settings.opt_start_ago_ns),
        "last_per_subject": "subject",
    }.get(settings.deliver_policy, settings.deliver_policy)


def _valued(flag: str, value: str | int | None) -> tuple[str, ...]:
    return () if value is None else (flag, str(value))


def _switches(*flags: tuple[str, bool]) -> Iterator[str]:
    return (flag for flag, on in flags if on)


def _unless(default: str, value: str) -> str | None:
    return None if value == default else value


def _time(ns: int | None) -> str | None:
    return None if ns is None else format_duration(ns)


def _size(size_bytes: int | None) -> str | None:
    return None if size_bytes is None or _too_long(size_bytes) else format_size(size_bytes)


def _too_long(size_bytes: int | None) -> bool:
    """Say whether the number before the largest whole unit of a size is none that the CLI reads."""
    digits = format_size(size_bytes).rstrip("BKMGTi") if size_bytes is not None else "0"
    return int(digits) > _LARGEST_NUMBER


def _percent(share: float | None) -> int | None:
    """Return a share as whole percents; None where it is none."""
    whole = None if share is None else round(share * 100, 9)
    return int(whole) if whole is not None and whole == int(whole) and whole >= 1 else None
