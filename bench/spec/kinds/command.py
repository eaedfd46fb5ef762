"""Commands: requests that change the state of an entity once, and tell of it by an event."""

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import NS_PER_S, format_duration, format_rate, format_share
from bench.spec.asking import Asking
from bench.spec.base import MisfitError, Share, Spec
from bench.spec.cast import Cast
from bench.spec.commanded_parts import CAST, COMMAND, HANDLE
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.kept import unkept
from bench.spec.keys import Act, Choice, Entities
from bench.spec.objection import Objection
from bench.spec.stored import STORED_OVERHEAD_BYTES, SUBJECT_PREFIX_BYTES, stored_bytes
from bench.spec.variant import PublishSettings, Settings
from bench.spec.workload import Load, Payload, Phases, Publish, Workload

USES = frozenset({"stream", "bucket", "respond", "server", "client"})

MIN_EVENT_BYTES = 32
"""What an event says: the command, and the version that it brought about."""

MOST_OTHERS = 0.9
_HEADER_BYTES = 64
"""`Nats-Msg-Id` of an event, `Expected-Version` of a command."""


class Ask(Asking):
    """How commands are offered.

    Attributes:
        publishers: caller processes; they share the rate.
        rate_msgs_per_s: offered rate of all callers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due command, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most commands without an answer per caller; what is due beyond that waits, and
            its waiting counts as slip.
        headers: what each command carries beside its payload: `trace` and `correlation-id`.
        timeout_ns: how long a caller waits for each answer; a later one comes to nobody.
        repeats: share of the commands that are the one before once more, under its id, as after an
            answer that was lost.
        stale: share that expect an older version than their entity has: they must be refused.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="callers")
    repeats: Share | None = None
    stale: Share | None = None

    @property
    def acts(self) -> tuple[Act, ...]:
        """What some commands do in place of changing a state."""
        found = (
            Act(name="stale", share=self.stale or 0.0, headers=(("Expected-Version", "0"),)),
            Act(name="repeat", share=self.repeats or 0.0, again=True),
        )
        return tuple(act for act in found if act.share)

    @model_validator(mode="after")
    def _some_are_done(self) -> Self:
        if (self.repeats or 0.0) + (self.stale or 0.0) > MOST_OTHERS:
            raise MisfitError(
                "repeats",
                what="hardly a command is left to be done",
                allowed=f"up to {format_share(MOST_OTHERS)} together with stale",
            )
        if "message-id" in self.headers:
            raise MisfitError(
                "headers", what="no stream reads a message-id here", allowed="trace, correlation-id"
            )
        return self


class Handle(Spec):
    """What is done with a command.

    Attributes:
        handler: what is done between reading a state and writing it.
        remember: commands that a state remembers, with the versions they brought about; a
            command that comes again after so many others of its entity is done twice.
        tries: how often a state is read and written before a command is given up.
    """

    handler: Handler = Handler()
    remember: int = Field(default=8, ge=1, le=1000)
    tries: int = Field(default=100, ge=1, le=10_000)


class Commands(Workload):
    """Commands that each change the state of an entity, and the handlers of them.

    Attributes:
        kind: which parts take part; `command` is requests that change a state and tell of it.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        entities: what commands are about.
        payload: how large commands and events are, and what is in them.
        command: how they are offered.
        handle: what is done with each.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["command"]
    entities: Entities = Entities()
    payload: Payload
    command: Ask
    handle: Handle = Handle()
    phases: Phases = Phases()

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {COMMAND: self.command}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its commands are made from, by the part that drives them."""
        entities = self.entities
        load = Load(
            publish=self.command,
            subjects=entities.names,
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
            choice=Choice(distribution=entities.distribution, skew=entities.skew),
            acts=self.command.acts,
        )
        return {COMMAND: load}

    @property
    def busy(self) -> Handler:
        """What is done with each command."""
        return self.handle.handler

    def keeps_beside(self, settings: Settings) -> bool:
        """Say whether its trials keep more than the stream: a bucket has states."""
        del settings
        return True

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""
        changed = self.handle.model_copy(update={"handler": handler})
        return self.model_copy(update={"handle": changed})

    @property
    def addressed(self) -> tuple[str, ...]:
        """Every subject that events are published to, without jetbench's prefix: one of a kind."""
        return self.entities.names.names[:1]

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        headers = header_bytes(self.command.headers, how) + _HEADER_BYTES
        return max(max(self.payload.sizes) + headers, self._state_bytes)

    @property
    def _state_bytes(self) -> int:
        return 16 * (1 + 2 * self.handle.remember) + _HEADER_BYTES

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a command takes in a store on the mean: its event, and the state."""
        event = stored_bytes(self.entities.names, self.payload, (), how) + _HEADER_BYTES
        return event + self._state_bytes + SUBJECT_PREFIX_BYTES + STORED_OVERHEAD_BYTES

    def share_of(self, part: str) -> float:
        """Return what share of the commands are no repeats."""
        return 1.0 - (self.command.repeats or 0.0) if part == HANDLE else 1.0

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        ask, handle = self.command, self.handle
        others = [
            f"{format_share(share)} {word}"
            for share, word in ((ask.repeats, "repeats"), (ask.stale, "stale"))
            if share
        ]
        among = f", {text.listed(others)} among them" if others else ""
        return (
            f"{format_rate(ask.rate_msgs_per_s)} commands by "
            f"{text.plural(ask.publishers, 'caller')} ({ask.arrivals} arrivals){among}, about "
            f"{text.plural(self.entities.count, 'entity', 'entities')} "
            f"({self.entities.distribution}), payload {self.payload.told()}; each answered within "
            f"{format_duration(ask.timeout_ns)}, {handle.handler.told()}; a state remembers "
            f"{text.plural(handle.remember, 'command')}"
        )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if min(self.payload.sizes) < MIN_EVENT_BYTES:
            raise MisfitError(
                "payload",
                "sizes",
                what="too small for what an event says",
                allowed=f"{MIN_EVENT_BYTES}B or more",
            )
        if self.payload.format != "random-bytes":
            raise MisfitError(
                "payload",
                "format",
                what="a handler puts its own words in an event",
                allowed="random-bytes",
            )
        if self.entities.distribution == "latest":
            raise MisfitError(
                "entities",
                "distribution",
                what="nothing is read that was written last",
                allowed="uniform, zipfian, hotspot, sequential",
            )
        return self


def cast_of(settings: Settings, workload: Commands | None) -> Cast:
    """Return its parts: the same under all settings."""
    del settings, workload
    return CAST


def objections(settings: Settings, workload: Commands) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream or bucket."""
    return (
        *unkept(settings, "what goes by itself cannot be held against the plan"),
        *_too_large(settings, workload.largest_bytes(settings.publish)),
    )


def _too_large(settings: Settings, largest: int) -> Iterator[Objection]:
    limit = settings.server.max_payload
    if limit is not None and largest > limit:
        what = f"the largest message has {largest} bytes"
        yield Objection(key="server.max_payload", what=what, allowed=f"{largest}B or more")


def cautions(settings: Settings, workload: Commands) -> tuple[Objection, ...]:
    """Return what may surprise: handlers that cannot keep up with what is offered."""
    respond = settings.respond
    busy = workload.command.rate_msgs_per_s * workload.busy.time.mean_ns / NS_PER_S
    workers = respond.responders * respond.workers
    if busy <= workers:
        return ()
    what = f"the load needs {busy:.1f} workers and has {workers}: commands time out"
    return (Objection(key="respond.workers", what=what),)


def notes(name: str, workload: Commands) -> Iterator[str]:
    """Yield what an author may not mean: without repeats no command is ever sent again."""
    if not workload.command.repeats:
        yield f"{name}: command.repeats is left out: no command is sent again"
