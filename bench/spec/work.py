"""What handlers do besides taking time, and where they cannot.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from bench.core import text
from bench.spec.objection import Objection

if TYPE_CHECKING:
    from bench.spec.kinds.stream import Stream
    from bench.spec.variant import Settings

WorkKind = Literal["cpu", "json", "decrypt", "verify", "kv", "file"]
"""What a handler can do with a message."""

WORK: tuple[WorkKind, ...] = get_args(WorkKind)

READS: frozenset[WorkKind] = frozenset(WORK) - {"cpu"}
"""Work on what is in a message."""

COMPUTES: frozenset[WorkKind] = frozenset({"cpu", "json", "decrypt", "verify"})
"""Work that is done in the event loop of the client, which does nothing else meanwhile."""

FORMATS: dict[WorkKind, str] = {
    "json": "event-envelope",
    "decrypt": "sealed",
    "verify": "sealed",
}
"""Of payloads that work is done on; any other work takes any of them."""

_TOLD: dict[WorkKind, str] = {
    "cpu": "on the CPU",
    "json": "parses and checks JSON",
    "decrypt": "decrypts AES-GCM",
    "verify": "verifies its Ed25519 signature",
    "kv": "puts it into a bucket",
    "file": "writes it to a file with fsync",
}


def told(work: Sequence[WorkKind]) -> str:
    """Return what handlers do, as the end of a clause; empty where they only take time."""
    return f", {text.listed([_TOLD[each] for each in work])}" if work else ""


def _by_coroutines(settings: "Settings", workload: "Stream") -> Iterator[Objection]:
    if workload.consume.handler.work and settings.handler.run != "task":
        yield Objection(
            key="handler.run",
            what="work is done by coroutines, and virtual workers only keep account of time",
            allowed="handler.run task with client nats-py, or no work in the workload",
        )


def _answered(settings: "Settings", workload: "Stream") -> Iterator[Objection]:
    if workload.consume.handler.work and settings.ack.timing in ("none", "after-validation"):
        yield Objection(
            key="ack.timing",
            what="work is done before its message is acknowledged, so that it comes again when "
            "the work fails",
            allowed="another ack.timing, or no work in the workload",
        )


def _one_bucket(settings: "Settings", workload: "Stream") -> Iterator[Objection]:
    if workload.consume.handler.work and workload.writes(settings):
        yield Objection(
            key="effect",
            what="handlers that write effects do no other work",
            allowed="effects that are not written, or no work in the workload",
        )


def _something_to_read(settings: "Settings", workload: "Stream") -> Iterator[Objection]:
    reads: list[str] = [each for each in workload.consume.handler.work if each in READS]
    if reads and settings.consumer.headers_only:
        yield Objection(
            key="consumer.headers_only",
            what=f"with headers_only no message has anything for {text.listed(reads)}",
            allowed="headers_only: false, or work cpu alone in the workload",
        )


def _read_once(settings: "Settings", workload: "Stream") -> Iterator[Objection]:
    if "json" in workload.consume.handler.work and "envelope" in settings.handler.check:
        yield Objection(
            key="handler.check",
            what="the work json checks the envelope: each message would be parsed twice",
            allowed="no envelope, or no json in the workload's work",
        )


WORKLOAD_RULES: tuple[Callable[["Settings", "Stream"], Iterator[Objection]], ...] = (
    _by_coroutines,
    _answered,
    _one_bucket,
    _something_to_read,
    _read_once,
)


def _one_loop(settings: "Settings", workload: "Stream") -> Iterator[Objection]:
    del settings
    work = workload.consume.handler.work
    computes = work and COMPUTES.issuperset(work) and "cpu" in work
    if computes and workload.consume.workers > 1 and workload.consume.handler.call is None:
        what = (
            "handlers on the CPU have the event loop of their process for themselves, one after "
            "the other: more workers handle no more, and consumers do"
        )
        yield Objection(key="consume.workers", what=what)


CAUTIONS: tuple[Callable[["Settings", "Stream"], Iterator[Objection]], ...] = (_one_loop,)
