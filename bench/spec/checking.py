"""What is wrong with handlers that look at messages, and what may surprise about bad ones.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator, Sequence

from bench.core.units import format_duration
from bench.spec.bad import REPLAYED
from bench.spec.failing import UNANSWERED
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.progress import ack_waits_ns
from bench.spec.variant import Settings

KEY = "handler.check"
UNDATED = "; only handler.max_age says how old is too old"


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that handlers of a kind look at nothing."""
    if settings.handler.check and kind not in fit:
        yield Objection(
            key=KEY,
            what=f"handlers of a workload of the kind {kind} do not look at what is in messages",
            allowed=f"leave it out, or a workload of the kind {' or '.join(fit)}",
        )


def _once(settings: Settings) -> Iterator[Objection]:
    checks = settings.handler.check
    if len(set(checks)) < len(checks):
        yield Objection(key=KEY, what="a check stands twice", allowed="each once")


def _before_the_ack(settings: Settings) -> Iterator[Objection]:
    if settings.handler.check and settings.ack.timing in UNANSWERED:
        yield Objection(
            key=KEY,
            against=("ack.timing",),
            what=f"with ack.timing {settings.ack.timing} the server is told nothing of a message "
            "that a handler refuses",
            allowed="no check, or another ack.timing",
        )


def _aged(settings: Settings) -> Iterator[Objection]:
    if settings.handler.max_age_ns is not None and "signature" not in settings.handler.check:
        yield Objection(
            key="handler.max_age",
            against=(KEY,),
            what="how old a message is says its signature, and no handler looks at that",
            allowed="no max_age, or handler.check with signature",
        )
    if settings.handler.max_age_ns == 0:
        what = "whatever comes is older than that"
        yield Objection(key="handler.max_age", what=what, allowed="above 0s, or leave it out")


def _subject(settings: Settings) -> Iterator[Objection]:
    if "signature" in settings.handler.check and settings.stream.subject_transform is not None:
        yield Objection(
            key=KEY,
            against=("stream.subject_transform",),
            what="the subject is signed, and the stream keeps messages under another one",
            allowed="no signature, or no subject_transform",
        )


def _whole(settings: Settings) -> Iterator[Objection]:
    if settings.handler.check and settings.consumer.headers_only:
        yield Objection(
            key=KEY,
            against=("consumer.headers_only",),
            what="with headers_only no message has anything that a handler could check",
            allowed="no check, or headers_only: false",
        )


def _enveloped(settings: Settings, workload: Stream) -> Iterator[Objection]:
    form = workload.payload.format
    if "envelope" in settings.handler.check and form != "event-envelope":
        yield Objection(
            key=KEY,
            what=f"payloads of the format {form} are no envelopes of events: each would be refused",
            allowed="no envelope, or a workload with payload.format event-envelope",
        )


def _signed(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if "signature" in settings.handler.check and "signature" not in workload.publish.headers:
        yield Objection(
            key=KEY,
            what="no message is signed: each would be refused",
            allowed="no signature, or a workload with publish.headers [signature]",
        )


def _stale(settings: Settings, workload: Stream) -> Iterator[Objection]:
    ages = [each.age_ns for each in workload.consume.bad if each.kind == "stale"]
    limit_ns = settings.handler.max_age_ns
    if limit_ns and any(age_ns is not None and age_ns <= limit_ns for age_ns in ages):
        yield Objection(
            key="handler.max_age",
            what=f"messages that are {format_duration(min(filter(None, ages)))} old when they are "
            "published are to be stale, and may be so old",
            allowed="a shorter max_age, or an older fault",
        )


def _called(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.handler.check and workload.consume.handler.call is not None:
        yield Objection(
            key=KEY,
            what="a function of yours is the handler: it looks at messages, and raises",
            allowed="no check, or no call",
        )


def _unseen(settings: Settings, workload: Stream) -> Iterator[Objection]:
    handler = workload.consume.handler
    called = handler.call is not None or "json" in handler.work
    looks = {*settings.handler.check, *(["envelope"] if called else [])}
    dateless = settings.handler.max_age_ns is None
    bad = [
        each.kind
        for each in workload.consume.bad
        if not each.checks & looks or (each.kind == "stale" and dateless)
    ]
    if bad:
        undated = "stale" in bad and "signature" in looks
        what = (
            f"no handler looks for what is {' or '.join(dict.fromkeys(bad))}: such a message is "
            f"taken for a good one, and the cell fails{UNDATED if undated else ''}"
        )
        yield Objection(key=KEY, what=what)


def _too_old(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that what comes again is stale when it does."""
    limit_ns, wait_ns = settings.handler.max_age_ns, ack_waits_ns(settings)[0]
    again = [fault.kind for fault in workload.consume.faults if fault.kind in ("silent", "crash")]
    if limit_ns and limit_ns <= wait_ns and again:
        what = (
            f"what comes again after ack_wait, {format_duration(wait_ns)}, is older than max_age, "
            f"{format_duration(limit_ns)}: a good message is refused"
        )
        yield Objection(key="handler.max_age", what=what)


def _unshared(settings: Settings, workload: Stream) -> Iterator[Objection]:
    replayed = any(each.kind == REPLAYED for each in workload.consume.bad)
    if replayed and "signature" in settings.handler.check and workload.consume.consumers > 1:
        what = "the nonces that one process has seen another one does not know"
        yield Objection(key=KEY, what=what)


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _once,
    _before_the_ack,
    _aged,
    _subject,
    _whole,
)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _enveloped,
    _signed,
    _stale,
    _called,
)
CAUTIONS: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _unseen,
    _too_old,
    _unshared,
)
