"""What is wrong with handlers that look at messages, and what may surprise about bad ones.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator

from bench.spec.failing import UNANSWERED
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

KEY = "handler.check"


def unfit(settings: Settings, kind: str) -> Iterator[Objection]:
    """Yield that handlers of a kind look at nothing."""
    if settings.handler.check and kind != "stream":
        yield Objection(
            key=KEY,
            what=f"handlers of a workload of the kind {kind} do not look at what is in messages",
            allowed="leave it out, or a workload of the kind stream",
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


def _called(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.handler.check and workload.consume.handler.call is not None:
        yield Objection(
            key=KEY,
            what="a function of yours is the handler: it looks at messages, and raises",
            allowed="no check, or no call in the workload",
        )


def _unseen(settings: Settings, workload: Stream) -> Iterator[Objection]:
    checks = {*settings.handler.check}
    bad = [each.kind for each in workload.consume.bad if not each.checks & checks]
    if bad and workload.consume.handler.call is None:
        what = (
            f"no handler looks for what is {' or '.join(dict.fromkeys(bad))}: such a message is "
            "taken for a good one, and the cell fails"
        )
        yield Objection(key=KEY, what=what)


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_once, _before_the_ack, _whole)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _enveloped,
    _called,
)
CAUTIONS: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_unseen,)
