"""What rules out markers in the place of what left a stream by itself.

Rules as in `jetstream`: pure functions, the server's error code in the text.

Source: ADR-43 (github.com/nats-io/nats-architecture-and-design), "Subject Delete Markers".
"""

from collections.abc import Callable, Iterator, Sequence

from bench.core.units import NS_PER_S, format_duration
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

KEY = "stream.subject_delete_marker_ttl"


def _stand(settings: Settings) -> Iterator[Objection]:
    """Yield that markers stand for a second or more, and for whole ones: the server says so."""
    stand_ns, own_ns = settings.stream.subject_delete_marker_ttl_ns, settings.publish.ttl_ns
    if stand_ns is None:
        return
    if stand_ns < NS_PER_S or stand_ns % NS_PER_S:
        refused = "is refused (10052)" if stand_ns < NS_PER_S else "is cut to whole seconds"
        yield Objection(
            key=KEY,
            what=f"a marker that stands for {format_duration(stand_ns)} {refused}",
            allowed="whole seconds from 1s on, or leave it out",
        )
    elif own_ns is not None and NS_PER_S <= own_ns < stand_ns:
        yield Objection(
            key=KEY,
            against=("publish.ttl",),
            what=f"publish.ttl {format_duration(own_ns)}: the server keeps a message at least as "
            "long as its marker",
            allowed="up to publish.ttl, or a longer publish.ttl",
        )


def _in_place(settings: Settings) -> Iterator[Objection]:
    """Yield what leaves nothing that a marker could stand for, or stands for more than a trial."""
    stream = settings.stream
    if stream.subject_delete_marker_ttl_ns is None:
        return
    if stream.max_age_ns is None and settings.publish.ttl_ns is None:
        yield Objection(
            key=KEY,
            what="a marker stands for what left by its age, and nothing does",
            allowed="set stream.max_age or publish.ttl, or leave it out",
        )
    if stream.history is not None:
        yield Objection(
            key=KEY,
            against=("stream.history",),
            what="what marks the past would not be told from what marks a trial's messages",
            allowed="leave it out, or no history",
        )


def _plain(settings: Settings) -> Iterator[Objection]:
    """Yield what does with a marker as with a message: it has no content, and no id."""
    if settings.stream.subject_delete_marker_ttl_ns is None:
        return
    effect, handler = settings.effect, settings.handler
    done = (
        ("effect.idempotency", effect.idempotency != "none" or effect.written, "have an effect"),
        ("handler.check", bool(handler.check), "be looked into"),
        ("handler.per_key", handler.per_key != "none", "wait for others of its subject"),
    )
    for key, chosen, what in done:
        if chosen:
            yield Objection(
                key=KEY,
                against=(key,),
                what=f"a marker is delivered as messages are, and would {what} as if it were one",
                allowed=f"leave it out, or no {key}",
            )


def _worked_on(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that a marker would be worked on, or have an effect."""
    if settings.stream.subject_delete_marker_ttl_ns is None:
        return
    handler = workload.consume.handler
    if handler.call is not None or handler.work:
        yield Objection(
            key=KEY,
            what="a marker is delivered as messages are, and handlers would work on it",
            allowed="leave it out, or neither call nor work in consume.handler",
        )
    if workload.again:
        yield Objection(
            key=KEY,
            what="of messages that are published twice nobody can tell which one a marker is for",
            allowed="leave it out, or neither publish.duplicates nor replayed messages",
        )
    if workload.consume.crashes:
        yield Objection(
            key=KEY,
            what="effects of a process that crashes are written, and a marker would have one",
            allowed="leave it out, or no crash in consume.faults",
        )


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that what reads the stream of a kind of workload would take a marker for a message."""
    if settings.stream.subject_delete_marker_ttl_ns is not None and kind not in fit:
        yield Objection(
            key=KEY,
            what=f"consumers of a workload of the kind {kind} would take a marker for a message",
            allowed=f"leave it out, or a workload of the kind {' or '.join(fit)}",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_stand, _in_place, _plain)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_worked_on,)
