"""Request and reply over core NATS: requesters on one side, a queue group of responders behind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import NS_PER_S, format_duration, format_rate, format_size
from bench.spec.asking import UNANSWERED, Asking
from bench.spec.base import MisfitError, Size, Spec
from bench.spec.cast import (
    FOREIGN,
    Cast,
    Entry,
    Instant,
    Level,
    Part,
    Side,
    Span,
    Weight,
    driving,
)
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.objection import Objection
from bench.spec.variant import PublishSettings, Settings
from bench.spec.workload import (
    MAX_PAYLOAD_BYTES,
    Load,
    Payload,
    Phases,
    Publish,
    Subjects,
    Workload,
)

USES = frozenset({"respond", "server", "client"})


class Ask(Asking):
    """How requests are offered.

    Attributes:
        publishers: requester processes; they share the rate.
        rate_msgs_per_s: offered rate of all requesters together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due request, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most requests without an answer per requester; what is due beyond that waits,
            and its waiting counts as slip.
        headers: what each request carries beside its payload: `trace` (a W3C `traceparent`) and
            `correlation-id`, both of fixed width.
        timeout_ns: how long a requester waits for each answer; a later one comes to nobody.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="requesters")

    @model_validator(mode="after")
    def _unstored(self) -> Self:
        if "message-id" in self.headers:
            raise MisfitError(
                "headers", what="no stream reads a message-id here", allowed="trace, correlation-id"
            )
        return self


class Reply(Spec):
    """What a responder does with a request.

    Attributes:
        size: payload bytes of each reply.
        handler: what is done with each request before it is answered.
    """

    size: Size = 128
    handler: Handler = Handler()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.size > MAX_PAYLOAD_BYTES:
            raise MisfitError(
                "size", what="beyond what a server takes", allowed=format_size(MAX_PAYLOAD_BYTES)
            )
        return self


class Request(Workload):
    """Requests that each want one answer, and responders that share them.

    Attributes:
        kind: which parts take part; `request` is core request and reply.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        subjects: which subjects requests go to.
        payload: how large requests are and what is in them.
        request: how they are offered.
        reply: what is done with each.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["request"]
    subjects: Subjects = Subjects()
    payload: Payload
    request: Ask
    reply: Reply = Reply()
    phases: Phases = Phases()

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {"request": self.request}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its requests are made from, by the part that drives them."""
        load = Load(
            publish=self.request,
            subjects=self.subjects,
            payload=self.payload,
            handler=self.reply.handler,
            phases=self.phases,
        )
        return {"request": load}

    @property
    def busy(self) -> Handler:
        """What is done with each request."""
        return self.reply.handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""
        return self.model_copy(update={"reply": self.reply.model_copy(update={"handler": handler})})

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.subjects.names

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        asked = max(self.payload.sizes) + header_bytes(self.request.headers, how)
        return max(asked, self.reply.size)

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return 0: nothing is stored."""
        del how
        return 0.0

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        ask = self.request
        return (
            f"{format_rate(ask.rate_msgs_per_s)} offered by "
            f"{text.plural(ask.publishers, 'requester')} ({ask.arrivals} arrivals), payload "
            f"{self.payload.told()}; each answered with {format_size(self.reply.size)} within "
            f"{format_duration(ask.timeout_ns)}, {self.reply.handler.told()}"
        )


_REQUEST = driving(
    "request",
    role="requester",
    answered=Entry(name="answered", means="answered in time"),
    fails=(
        *UNANSWERED,
        Entry(
            name="answered_again",
            means="answers to a request that had one",
            weight=Weight.SHORTFALL,
            ruled=True,
            check="No request was answered twice",
        ),
    ),
    levels=(Level(name="open", came="offered", left="answered", words="not answered"),),
).calling("request")

_RESPOND = Part(
    name="respond",
    side=Side.OBSERVES,
    flow="request",
    role="responder",
    instants=tuple(Instant(name=each, entry=each) for each in ("received", "handled", "replied")),
    spans=(
        Span(name="delivery", begin="offered", end="received"),
        Span(name="completion", begin="offered", end="handled"),
        Span(name="reply", begin="offered", end="replied"),
    ),
    levels=(),
    entries=(
        Entry(name="received", means="taken by a responder", at_most=("planned", "deliveries")),
        Entry(name="handled", means="handler finished", at_most=("received",)),
        Entry(name="replied", means="reply handed over", at_most=("received",), counts="acked"),
        Entry(name="deliveries"),
        Entry(
            name="taken_again",
            means="taken by a second responder, or twice by one",
            weight=Weight.SHORTFALL,
            ruled=True,
            counts="duplicates",
            check="Each request was taken once, by one responder",
        ),
        FOREIGN,
    ),
)

_CAST = Cast(parts=(_REQUEST, _RESPOND), ranked=("response",), done="answered")


def cast_of(settings: Settings, workload: Request | None) -> Cast:
    """Return its parts: the same under all settings."""
    del settings, workload
    return _CAST


def objections(settings: Settings, workload: Request) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it."""
    limit = settings.server.max_payload
    largest = workload.largest_bytes(settings.publish)
    if limit is None or largest <= limit:
        return ()
    what = f"the largest message has {largest} bytes"
    return (Objection(key="server.max_payload", what=what, allowed=f"{largest}B or more"),)


def cautions(settings: Settings, workload: Request) -> tuple[Objection, ...]:
    """Return what may surprise: responders that cannot keep up with what is offered."""
    respond, ask = settings.respond, workload.request
    busy = ask.rate_msgs_per_s * workload.busy.time.mean_ns / NS_PER_S
    workers = respond.responders * respond.workers
    if busy <= workers:
        return ()
    what = (
        f"{text.plural(workers, 'worker')} can answer {text.number(workers / busy)} of what is "
        "offered: the others time out"
    )
    return (Objection(key="respond.workers", what=what),)


def notes(name: str, workload: Request) -> Iterator[str]:
    """Yield nothing: its words mean what they say."""
    del name, workload
    yield from ()
