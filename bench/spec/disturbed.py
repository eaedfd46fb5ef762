"""Whether disturbances can befall what a workload has: told before anything runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bench.core.units import format_duration
from bench.core.words import nearest
from bench.spec.cast import Cast, Entry, Part, Side, Weight
from bench.spec.disturbances import Action, Disturbance
from bench.spec.objection import Objection
from bench.spec.variant import Settings

UNRECOVERED = Entry(
    name="unrecovered",
    means="disturbances from which its lag did not come back within the window",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="After each disturbance its lag comes back to what it was before",
)
"""Of every part that has a lag, where there are disturbances."""

DROPPED = Entry(
    name="dropped",
    means="gone with a process that was killed before they were handled: nobody will do them again",
    weight=Weight.SHORTFALL,
    ruled=True,
    at_most=("received",),
    check="No message goes with a process that is killed",
)
"""Of every part that observes and has a lag, where there are disturbances."""

MOST = 20
"""Of one trial: each is drawn as a line in every plot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bears:
    """What disturbances a workload can be measured under.

    Attributes:
        paused: roles whose processes may be stopped for a while.
        crashed: roles whose processes may be killed, for they begin again with what the server has.
        restarts: the server may be started again.
        window_ns: of measurement.
    """

    paused: tuple[str, ...]
    crashed: tuple[str, ...]
    restarts: bool
    window_ns: int

    @property
    def actions(self) -> tuple[Action, ...]:
        """What may be done at all."""
        crash: tuple[Action, ...] = ("crash",) if self.crashed else ()
        restart: tuple[Action, ...] = ("restart-server",) if self.restarts else ()
        return (*crash, "pause", *restart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one of several disturbances.

    Attributes:
        index: its place among them.
        key: of it.
        what, allowed, nearest: as of an Objection.
    """

    index: int
    key: str
    what: str
    allowed: str
    nearest: str = ""


def faults(disturbances: Sequence[Disturbance], bears: Bears) -> Iterator[Fault]:
    """Yield all that is wrong with disturbances under a workload."""
    for index, each in enumerate(disturbances):
        yield from _of_one(index, each, bears)
    if len(disturbances) > MOST:
        what = f"{len(disturbances)} disturbances"
        yield Fault(index=MOST, key="do", what=what, allowed=f"up to {MOST} of a trial")
    yield from _overlaps(disturbances)


def _of_one(index: int, each: Disturbance, bears: Bears) -> Iterator[Fault]:
    if each.do not in bears.actions:
        what = "means nothing under this kind of workload: nobody could go on where it stopped"
        yield Fault(index=index, key="do", what=what, allowed=", ".join(bears.actions))
    elif each.do != "restart-server":
        yield from _nobody(index, each, bears.crashed if each.do == "crash" else bears.paused)
    if each.end_ns > bears.window_ns:
        window = format_duration(bears.window_ns)
        what = f"{each.told()} does not end within the window of {window}"
        yield Fault(index=index, key="at", what=what, allowed=f"at + for up to {window}")


def _nobody(index: int, each: Disturbance, roles: Sequence[str]) -> Iterator[Fault]:
    if each.part not in roles:
        what = f"no part of this workload that a {each.do} can befall"
        near = nearest(each.part, roles)
        yield Fault(index=index, key="part", what=what, allowed=", ".join(roles), nearest=near)


def _overlaps(disturbances: Sequence[Disturbance]) -> Iterator[Fault]:
    """Yield those that begin while another lasts: nobody could tell which one it was."""
    order = sorted(range(len(disturbances)), key=lambda index: disturbances[index].at_ns)
    for before, index in pairwise(order):
        first, second = disturbances[before], disturbances[index]
        if second.at_ns < first.end_ns:
            what, allowed = f"begins during {first.told()}", format_duration(first.end_ns)
            yield Fault(index=index, key="at", what=what, allowed=f"{allowed} or later")


def objections(
    settings: Settings, disturbances: Sequence[Disturbance], bears: Bears
) -> Iterator[Objection]:
    """Yield what is wrong with a variant under disturbances, its own or the workload's.

    What is wrong with the workload's own by themselves is told where they are written.
    """
    if settings.disturbances is not None:
        for fault in faults(disturbances, bears):
            place = f"disturbance {fault.index + 1}: {fault.key}: {fault.what}"
            near = f"; did you mean '{fault.nearest}'?" if fault.nearest else ""
            yield Objection(key="disturbances", what=place, allowed=f"{fault.allowed}{near}")
    if any(each.do == "restart-server" for each in disturbances):
        yield from _lost_with_it(settings)


def _lost_with_it(settings: Settings) -> Iterator[Objection]:
    if settings.client != "wire":
        what = "nats-py is measured without reconnecting, so restart-server would end the trial"
        yield Objection(key="client", against=("disturbances",), what=what, allowed="wire")
    if settings.stream.storage == "memory":
        what = "what a stream keeps in memory is gone after restart-server, the stream included"
        yield Objection(key="stream.storage", against=("disturbances",), what=what, allowed="file")
    if settings.consumer.mem_storage:
        what = "a consumer whose state is kept in memory is gone after restart-server"
        yield Objection(
            key="consumer.mem_storage", against=("disturbances",), what=what, allowed="false"
        )


def not_ours(disturbances: Sequence[Disturbance]) -> Iterator[Objection]:
    """Yield what cannot be done to a user's own server."""
    if any(each.do == "restart-server" for each in disturbances):
        what = "restart-server would restart a server that is not ours"
        yield Objection(
            key="disturbances", what=what, allowed="crash, pause, or run without --server"
        )


def watched_over(cast: Cast) -> Cast:
    """Return a cast that counts what its parts did not recover from, and what went with them."""
    return replace(cast, parts=tuple(map(_watched_over, cast.parts)))


def _watched_over(part: Part) -> Part:
    if not part.levels:
        return part
    own = (UNRECOVERED, DROPPED) if part.side is Side.OBSERVES else (UNRECOVERED,)
    return replace(part, entries=(*part.entries, *own))
