"""What JetStream and our clients refuse about the way messages are published.

Rules as in `jetstream`: pure functions, the server's error code in the text.
"""

from collections.abc import Callable, Iterator

from bench.core.units import NS_PER_S, format_duration
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

MAX_ATOMIC_BATCH = 1000
SERVER_BATCH_TIMEOUT_NS = 10 * NS_PER_S
"""What the server waits before it abandons a batch; ours are ended in half of it."""

MIN_TTL_NS = NS_PER_S

_NEEDS = {"atomic": ("allow_atomic", 10174), "fast": ("allow_batched", 10205)}
"""The stream's permission for a mode, and what the server says without it."""

_GIVEN_UP = {"atomic": 10176, "fast": 10208}
"""What it says to what comes of a batch that it has given up."""


def _batched(settings: Settings) -> Iterator[Objection]:
    mode = settings.publish.mode
    if mode not in _NEEDS:
        return
    permission, code = _NEEDS[mode]
    if not getattr(settings.stream, permission):
        yield Objection(
            key="publish.mode",
            against=(f"stream.{permission}",),
            what=f"the stream takes no {mode} batches ({code})",
            allowed=f"stream.{permission}: true, or another mode",
        )
    if settings.client == "nats-py":
        yield Objection(
            key="publish.mode",
            against=("client",),
            what=f"nats-py cannot publish {mode} batches",
            allowed="async or one-by-one, or client wire",
        )
    timeout_ns = settings.server.limits.batch.timeout_ns or SERVER_BATCH_TIMEOUT_NS
    if not 0 < settings.publish.linger_ns <= timeout_ns // 2:
        yield Objection(
            key="publish.linger",
            against=("server.limits.batch.timeout",),
            what="linger is the time that an unfinished batch waits; the server abandons it after "
            f"{format_duration(timeout_ns)} without a message ({_GIVEN_UP[mode]})",
            allowed=f"above 0 and up to {format_duration(timeout_ns // 2)}",
        )


def _gap(settings: Settings) -> Iterator[Objection]:
    mode = settings.publish.mode
    if settings.publish.gap != "fail" and mode != "fast":
        yield Objection(
            key="publish.gap",
            against=("publish.mode",),
            what=f"mode {mode} has no batch that could go on over a gap",
            allowed="gap fail, or mode fast",
        )


def _awaited(settings: Settings) -> Iterator[Objection]:
    publish, against = settings.publish, ("publish.mode",)
    if publish.ack_first and publish.mode not in _NEEDS:
        yield Objection(
            key="publish.ack_first",
            against=against,
            what=f"mode {publish.mode} has no batch whose first message could be waited for",
            allowed="ack_first: false, or mode atomic or fast",
        )
    if publish.ack_first and publish.mode == "atomic" and publish.batch == 1:
        yield Objection(
            key="publish.ack_first",
            against=("publish.batch",),
            what="the first message of a batch of one commits it",
            allowed="ack_first: false, or a batch of 2 or more",
        )
    if publish.ack_every is None:
        return
    if publish.mode != "atomic":
        every = "publish.batch says it" if publish.mode == "fast" else "every message has its own"
        yield Objection(
            key="publish.ack_every",
            against=against,
            what=f"ack_every is of atomic batches; in mode {publish.mode} {every}",
            allowed="no ack_every, or mode atomic",
        )
    elif publish.ack_every >= publish.batch:
        yield Objection(
            key="publish.ack_every",
            against=("publish.batch",),
            what=f"no batch of {publish.batch} has a message {publish.ack_every} before the one "
            "that commits it",
            allowed=f"no ack_every, or below {publish.batch}",
        )


def _atomic(settings: Settings) -> Iterator[Objection]:
    stream, publish = settings.stream, settings.publish
    most = settings.server.limits.batch.max_msgs or MAX_ATOMIC_BATCH
    if publish.mode == "atomic" and publish.batch > most:
        yield Objection(
            key="publish.batch",
            against=("publish.mode", "server.limits.batch.max_msgs"),
            what=f"an atomic batch of {publish.batch} is too large for the server (10199)",
            allowed=f"up to {most}, or a larger server.limits.batch.max_msgs",
        )
    if stream.allow_atomic and stream.persist_mode == "async":
        yield Objection(
            key="stream.allow_atomic",
            against=("stream.persist_mode",),
            what="allow_atomic does not go with persist_mode async (10052)",
            allowed="allow_atomic: false, or persist_mode default",
        )


def _expect(settings: Settings) -> Iterator[Objection]:
    publish = settings.publish
    if publish.expect == "last-sequence" and publish.mode != "one-by-one":
        yield Objection(
            key="publish.expect",
            against=("publish.mode",),
            what="the last sequence is known only when every message waits for the one before",
            allowed="expect nothing, or mode one-by-one",
        )


def _ttl(settings: Settings) -> Iterator[Objection]:
    ttl_ns = settings.publish.ttl_ns
    if ttl_ns is None:
        return
    if ttl_ns < MIN_TTL_NS:
        what = "a message's time to live is too short for the server (10165)"
        yield Objection(key="publish.ttl", what=what, allowed="1s or more")
    if not settings.stream.allow_msg_ttl:
        yield Objection(
            key="publish.ttl",
            against=("stream.allow_msg_ttl",),
            what="the stream takes no message with a time to live of its own (10166)",
            allowed="stream.allow_msg_ttl: true, or no ttl",
        )


def _rollup(settings: Settings) -> Iterator[Objection]:
    if settings.publish.rollup == "none":
        return
    if not settings.stream.allow_rollup_hdrs:
        yield Objection(
            key="publish.rollup",
            against=("stream.allow_rollup_hdrs",),
            what="the stream lets no message take the place of others (10111)",
            allowed="stream.allow_rollup_hdrs: true, or rollup none",
        )
    if settings.publish.mode in _NEEDS:
        yield Objection(
            key="publish.rollup",
            against=("publish.mode",),
            what=f"messages of {settings.publish.mode} batches that replace each other within a "
            "batch are none that we could tell apart",
            allowed="rollup none, or mode async or one-by-one",
        )


def _one_each(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.publish.rollup != "none" and workload.again:
        yield Objection(
            key="publish.rollup",
            what="of messages that are published twice nobody can tell which one was replaced",
            allowed="rollup none, or neither publish.duplicates nor replayed messages",
        )


def _only_writer(settings: Settings, workload: Stream) -> Iterator[Objection]:
    publishers = workload.publish.publishers
    if settings.publish.expect == "last-sequence" and publishers > 1:
        yield Objection(
            key="publish.expect",
            what=f"{publishers} publishers would refute each other's last sequence (10071)",
            allowed="expect nothing, or one publisher",
        )


def _window(settings: Settings, workload: Stream) -> Iterator[Objection]:
    mode, batch = settings.publish.mode, settings.publish.batch
    window = workload.publish.window_msgs
    if mode in _NEEDS and batch > window:
        yield Objection(
            key="publish.batch",
            what=f"a batch of {batch} is more than the workload's publish.window, {window}: none "
            "would be whole",
            allowed=f"up to {window}, or a larger publish.window",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _batched,
    _gap,
    _awaited,
    _atomic,
    _expect,
    _ttl,
    _rollup,
)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _only_writer,
    _one_each,
    _window,
)
