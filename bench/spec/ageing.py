"""What keeps a stream from having a past, and what would throw it away meanwhile."""

from collections.abc import Callable, Iterable, Iterator

from bench.core import text
from bench.core.units import human_size
from bench.spec.aged import Aged
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings, StreamSettings

KEY = "stream.history.messages"
"""What every past has, so that a problem points at its line."""


def unfit(settings: Settings, kind: str, fit: Iterable[str]) -> Iterator[Objection]:
    """Yield that a kind of workload makes, or lays, its streams otherwise.

    Args:
        settings: of a variant.
        kind: of the workload.
        fit: the kinds whose streams may have a past.
    """
    if settings.stream.history is not None and kind not in fit:
        what = f"a workload of the kind {kind} begins with what it makes or lays by itself"
        yield Objection(key=KEY, what=what, allowed=f"workloads of the kind {text.listed([*fit])}")


def evicted(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield the limits at which a trial's messages drive the past out while it is measured.

    Limits that are below a trial's messages alone are told in any case.
    """
    stream = settings.stream
    if stream.history is None:
        return
    history, offered = stream.history, workload.messages
    gives = "the past is dropped while it is measured" if stream.discard == "old" else "refused"
    if stream.max_msgs is not None and offered <= stream.max_msgs < history.kept_msgs + offered:
        what = f"below the {history.kept_msgs} messages of the past and {offered} of a trial"
        yield Objection(key="stream.max_msgs", against=(KEY,), what=f"{what}: {gives}")
    own = round(offered * workload.payload.mean_bytes)
    least = own + history.kept_msgs * history.size_bytes
    if stream.max_bytes is not None and own <= stream.max_bytes < least:
        what = f"below the {human_size(least)} of the past and a trial"
        yield Objection(key="stream.max_bytes", against=(KEY,), what=f"{what}: {gives}")


def _kept(settings: Settings) -> Iterator[Objection]:
    """Only a file outlives the server that it was laid on, and only limits keep what is acked."""
    stream = settings.stream
    if stream.history is None:
        return
    if stream.storage != "file":
        what = "a past is laid once and copied; what is in memory ends with its server"
        yield Objection(key=KEY, against=("stream.storage",), what=what, allowed="storage file")
    if stream.retention != "limits":
        what = f"retention {stream.retention} keeps no past: messages leave once they are acked"
        allowed = "retention limits, or no history"
        yield Objection(key="stream.retention", against=(KEY,), what=what, allowed=allowed)
    if settings.publish.expect != "nothing":
        what = "a publisher expects the sequence of a stream without a past"
        allowed = "expect nothing, or no history"
        yield Objection(key="publish.expect", against=(KEY,), what=what, allowed=allowed)


def _beginning(settings: Settings) -> Iterator[Objection]:
    """What would have a trial's consumer, or one of the past, begin or be otherwise."""
    stream = settings.stream
    if stream.history is None:
        return
    if settings.consumer.deliver_policy != "all":
        what = "a trial's consumer begins with the first message after the past"
        allowed = "leave it out, or no history"
        yield Objection(key="consumer.deliver_policy", against=(KEY,), what=what, allowed=allowed)
    if stream.history.consumers and stream.consumer_limits != type(stream.consumer_limits)():
        what = "other consumers of a past hold more, and longer, than such limits may allow"
        yield Objection(
            key="stream.history.consumers",
            against=("stream.consumer_limits",),
            what=what,
            allowed="no consumers in the past, or no consumer_limits",
        )


def _held(settings: Settings) -> Iterator[Objection]:
    """Limits below what is laid, of which some is deleted only when all of it is there."""
    stream = settings.stream
    if stream.history is None:
        return
    for key, limit, least in _least(stream, stream.history):
        if limit is not None and limit < least:
            what = f"below the {text.count(least)} that are laid before a trial"
            yield Objection(
                key=f"stream.{key}",
                against=(KEY,),
                what=what,
                allowed=f"{least} or more, or leave it out",
            )
    most, laid_bytes = settings.server.max_file, stream.history.laid_bytes
    if most is not None and most < laid_bytes:
        yield Objection(
            key="server.max_file",
            against=(KEY,),
            what=f"below the {human_size(laid_bytes)} that are laid before a trial",
            allowed=f"{human_size(laid_bytes)} or more, or leave it out",
        )
    if stream.max_age_ns is not None:
        what = "the past may grow too old before a trial begins with it"
        yield Objection(key="stream.max_age", against=(KEY,), what=what, allowed="leave it out")


def _least(stream: StreamSettings, history: Aged) -> Iterator[tuple[str, int | None, int]]:
    """Yield a limit, its value and what it must not be below."""
    each = -(-max(history.kept_msgs, history.gone_msgs) // history.subjects)
    yield "max_msgs", stream.max_msgs, history.messages
    yield "max_bytes", stream.max_bytes, history.laid_bytes
    yield "max_msgs_per_subject", stream.max_msgs_per_subject, each
    yield "max_msg_size", stream.max_msg_size, history.size_bytes


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_kept, _beginning, _held)
