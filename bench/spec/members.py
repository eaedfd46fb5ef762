"""Who reads a stream beside others: durable consumers, pulled or pushed, and plain subscribers."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bench.core import text
from bench.spec.base import MisfitError, Spec
from bench.spec.cast import Entry, Part, Weight
from bench.spec.filters import check_filter
from bench.spec.handler import Constant, Handler
from bench.spec.repeated import HANDLED_TWICE, HELD_TO_ONCE, LEFT_ALONE
from bench.spec.variant import PullSettings, Settings

MAX_CONSUMERS = 100

PLACE = "{n}"
"""In a name and a filter stands for the number of a consumer, from 0 on."""

CORE = "core"

TAKEN_BY_SLOW = Entry(
    name="by_slow", means="deliveries that its slow members took", at_most=("deliveries",)
)
"""Of a consumer with slow members; each of them would take as many as the others."""


LEFT_OUT = Entry(
    name="left_out",
    means="received, and neither handled nor held for it any more",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    at_most=("received",),
    check="Each consumer handled what came to it, or it is still held for it",
)


def _check_pattern(pattern: str) -> str:
    check_filter(pattern.replace(PLACE, "0"))
    return pattern


class SlowMembers(Spec):
    """Some processes of a consumer that do something else with each message.

    Attributes:
        processes: how many of those that share it.
        handler: what they do with each.
    """

    processes: int = Field(default=1, ge=1, le=15)
    handler: Handler


class Member(Spec):
    """One durable consumer of its own, or several of one kind.

    Attributes:
        count: how many such consumers; `{n}` in their name and filter is the number of each, from
            0 on.
        mode: `pull` or `push` whatever the variant says, which holds when left out; `core` is no
            consumer: a plain subscription to the subjects, which sees each message at most once.
        filter: subjects that it sees, below the workload's own; all when left out.
        processes: that share it: of a pulled one each asks, others are a queue group.
        workers: messages that one process handles at a time.
        handler: what is done with each.
        slow: members among its processes that have a handler of their own.
        once: each of its processes remembers what it handled, and does nothing for what comes
            again; left out, it is handled again.
    """

    count: int = Field(default=1, ge=1, le=MAX_CONSUMERS)
    mode: Literal["pull", "push", "core"] | None = None
    filter: Annotated[str, AfterValidator(_check_pattern)] = ">"
    processes: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=1, ge=1, le=10_000)
    handler: Handler = Handler()
    slow: SlowMembers | None = None
    once: bool = False

    def each(self, name: str) -> Iterator[tuple[str, "Member"]]:
        """Yield the name of each such consumer, and what it is by itself."""
        if PLACE not in name:
            yield name, self
            return
        for number in range(self.count):
            own = {"count": 1, "filter": self.filter.replace(PLACE, str(number))}
            yield name.replace(PLACE, str(number)), self.model_copy(update=own)

    @property
    def is_core(self) -> bool:
        """Whether no server keeps account of what it saw."""
        return self.mode == CORE

    @property
    def is_even(self) -> bool:
        """Whether each message takes as long as any other, whoever handles it."""
        return self.slow is None and isinstance(self.handler.time, Constant)

    def taken_as(self, settings: Settings) -> str:
        """Return how it takes messages under these settings: `pull`, `push` or `core`."""
        return self.mode or settings.consumer.mode

    def told(self, name: str) -> str:
        """Return what it does, as a clause for the report."""
        of = "" if self.filter == ">" else f" of {self.filter}"
        many = f" ({text.plural(self.count, 'consumer')})" if PLACE in name else ""
        how = {None: "", CORE: ", plain subscriber"}.get(self.mode, f", {self.mode}")
        said = f"{name}{many}{of}{how}, {text.plural(self.workers, 'worker')}, "
        said += f"{self.handler.told()}{', each once' if self.once else ''}"
        if self.slow is None:
            return said
        return f"{said}, {self.slow.processes} of {self.processes} {self.slow.handler.told()}"

    @model_validator(mode="after")
    def _once_means_something(self) -> Self:
        if self.once and self.is_core:
            what = "a plain subscriber sees each message once at most"
            raise MisfitError("once", what=what, allowed="leave it out, or another mode")
        return self

    @model_validator(mode="after")
    def _some_are_quick(self) -> Self:
        if self.slow is not None and self.slow.processes >= self.processes:
            raise MisfitError(
                "slow",
                "processes",
                what=f"{self.slow.processes} of {self.processes} leave no other member",
                allowed="fewer than `processes`",
            )
        return self


_OF_REQUESTS: dict[str, object] = {
    "max_waiting": None,
    "max_batch": None,
    "max_expires_ns": None,
    "max_bytes": None,
    "priority_policy": "none",
    "priority_groups": None,
    "priority_timeout_ns": None,
}
"""What a consumer has that says something of pull requests alone, left out."""


def own_entries(member: Member) -> tuple[Entry, ...]:
    """Return what is counted of a consumer besides what is of any."""
    twice = (LEFT_ALONE, HELD_TO_ONCE) if member.once else (HANDLED_TWICE,)
    slow = () if member.slow is None else (TAKEN_BY_SLOW,)
    return (LEFT_OUT, *(() if member.is_core else twice), *slow)


def settings_of(settings: Settings, member: Member, modes: Collection[str]) -> Settings:
    """Return a variant's settings as they are for one of its consumers.

    What suits another way of taking messages alone is left out, where another consumer has it.

    Args:
        settings: of the variant.
        member: the consumer.
        modes: in which all consumers take messages.
    """
    mode = member.taken_as(settings)
    own = settings.consumer.model_copy(update={"mode": mode if mode != CORE else "push"})
    changed = {"consumer": own}
    if mode != "push" and "push" in modes:
        plain = {"flow_control": False, "idle_heartbeat_ns": None, "rate_limit_bps": None}
        changed["consumer"] = own.model_copy(update=plain)
    if mode != "pull" and "pull" in modes:
        changed["consumer"] = changed["consumer"].model_copy(update=_OF_REQUESTS)
        return settings.model_copy(update={**changed, "pull": PullSettings()})
    return settings.model_copy(update=changed)


def listening(part: Part) -> Part:
    """Return a part without acks as one that hears subjects: nothing is held for it."""
    told = {
        "lost": Entry(
            name="lost",
            means="stored, and never seen: nothing is held for a plain subscriber",
            weight=Weight.SHORTFALL,
            ruled=True,
            at_most=("stored",),
            check="Each plain subscriber saw all that was stored of its subjects",
        ),
        "redelivered": None,
        "backlog": None,
    }
    entries = (told.get(each.name, each) for each in part.entries)
    return replace(part, entries=tuple(each for each in entries if each is not None))
