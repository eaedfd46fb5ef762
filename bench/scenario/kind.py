"""What every kind of workload has in common when a trial of it is played."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.endpoint import Endpoint
from bench.broker.latest import Held
from bench.broker.letters import Letter
from bench.broker.permissions import Needs
from bench.broker.server import Server, slow_consumers
from bench.core.errors import BenchError, MeasurementError, ServerUnavailableError
from bench.engine.audit import Audited, Evidence, as_it_is
from bench.engine.pressure import Offer
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags
from bench.engine.trial import Outcome, Scene, Watch, conduct
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.scenario.hearing import asking_beside, hearing
from bench.spec.servers import replicated_store

T = TypeVar("T")

_CONTROL = ("sampler", "jetbench")
"""Connections that carry no load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a trial takes place.

    Attributes:
        server: it runs against.
        endpoint: how to connect to it.
        client: the conductor's own connection.
        names: what its things are called.
        things: all that is made for it on the server, by its names.
        directory: for the workers' files.
        warn: tells whoever watches what no record will hold.
        laid: directory of those who laid what the trial begins with, which its server holds by now;
            None where all is made for this trial.
    """

    server: Server
    endpoint: Endpoint
    client: Client
    names: Names
    things: tuple[Names, ...]
    directory: Path
    warn: Callable[[str], None]
    laid: Path | None = None


class UncleanError(MeasurementError):
    """A trial could not begin, and what was made for it could not be removed.

    Attributes:
        left: the finding that says what stays.
    """

    def __init__(self, text: str, left: Finding) -> None:
        super().__init__(text)
        self.left = left


def as_usual(names: Names) -> Names:
    """Return the names that a trial's things usually have."""
    return names


def nothing_apart(cell: Cell) -> bool:
    """Return that all is made for each trial by itself."""
    del cell
    return False


async def nothing_more(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make nothing: a trial makes the rest when it has looked at what is there."""
    del client, names, cell, percent


def one_stream(names: Names, cell: Cell) -> tuple[Names, ...]:
    """Return that one stream is made."""
    del cell
    return (names,)


async def nothing_held(stage: Stage) -> Held:
    """Return nothing: the kind asks for nothing of it."""
    del stage
    return {}


async def no_letters(stage: Stage, cell: Cell) -> Sequence[Letter]:
    """Return nothing: what is given up is posted nowhere."""
    del stage, cell
    return ()


Records = Mapping[str, Sequence[ConsumerRecord]]
"""What processes wrote down of deliveries, by part."""


def as_written(cell: Cell, seen: Records) -> Records:
    """Return records as they are: each process observes for one part."""
    del cell
    return seen


def nothing_besides(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return that nothing is to be said besides what is said of all kinds."""
    del cell, traffic
    return as_it_is(evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a kind of workload is brought onto the stage.

    Attributes:
        offers: how operations are dealt to processes, by the part that drives them.
        provision: makes what it needs on the server, under these names, with acks sampled so.
        lays_apart: what is laid before its trials may be laid on a server of its own, with nothing
            there but the stream, and be kept for several.
        joins: makes what it needs besides a stream that is there, as `provision` does.
        scene: sets the jobs of its processes.
        due: which operations of its flow a part is to see, by the part, shape (n,); absent where
            all.
        needs: what it does on a server besides looking after what it made.
        sampled: share of acks that the server is to report, %; None where it reports none.
        named: what its things are called, from what a trial's are usually called.
        things: all streams that are made for a trial of a cell, by its names.
        held: asks the server, when all is over, for the last message of each subject.
        letters: asks the server, likewise, for what was given up and posted.
        sorted_out: deals what processes wrote down to the parts that they observe for.
        audit: what it says of a trial that is over, besides what is said of all kinds.
    """

    offers: Callable[[Cell], Mapping[str, Offer]]
    provision: Callable[[Client, Names, Cell, int | None], Awaitable[None]]
    scene: Callable[[Stage, Trial, Cell, Mapping[str, Traffic]], Scene]
    due: Callable[[Cell, Mapping[str, Traffic]], Mapping[str, Flags]]
    needs: Callable[[Cell], Needs]
    sampled: Callable[[Cell], int | None]
    lays_apart: Callable[[Cell], bool] = nothing_apart
    joins: Callable[[Client, Names, Cell, int | None], Awaitable[None]] = nothing_more
    named: Callable[[Names], Names] = as_usual
    things: Callable[[Names, Cell], tuple[Names, ...]] = one_stream
    held: Callable[[Stage], Awaitable[Held]] = nothing_held
    letters: Callable[[Stage, Cell], Awaitable[Sequence[Letter]]] = no_letters
    sorted_out: Callable[[Cell, Records], Records] = as_written
    audit: Callable[[Cell, Mapping[str, Traffic], Evidence], Audited] = nothing_besides


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A trial to be played.

    Attributes:
        trial, cell: of the plan.
        kind: of the cell's workload.
        traffic: its operations, by the part that drives them.
    """

    trial: Trial
    cell: Cell
    kind: Kind
    traffic: Mapping[str, Traffic]


async def run(stage: Stage, play: Play, watch: Watch) -> Outcome:
    """Make what a trial needs on the server, conduct it, and remove what was made.

    Raises:
        MeasurementError: it could not begin; an UncleanError where something of it stays.
    """
    try:
        outcome = await _conducted(stage, play, watch)
    except (MeasurementError, ServerUnavailableError) as error:
        if (left := await _left_behind(stage)) is not None:
            raise UncleanError(str(error), left) from error
        raise
    except BaseException:
        if (left := await _left_behind(stage)) is not None:
            stage.warn(left.text)  # an interrupted trial has no record
        raise
    if (left := await _left_behind(stage)) is not None:
        outcome.findings.append(left)
    return outcome


async def _conducted(stage: Stage, play: Play, watch: Watch) -> Outcome:
    cell, kind = play.cell, play.kind
    make = kind.provision if stage.laid is None else kind.joins
    await make(stage.client, stage.names, cell, kind.sampled(cell))
    scene = hearing(kind.scene(stage, play.trial, cell, play.traffic), stage.things)
    scene = asking_beside(scene, stage.things, cell)
    outcome = await conduct(replace(scene, disturbances=cell.disturbances), watch)
    outcome.observers = kind.sorted_out(cell, outcome.observers)
    outcome.held = await _told(kind.held(stage))
    outcome.letters = await _told(kind.letters(stage, cell))
    outcome.findings += _slow_consumers(stage.server)
    if words := replicated_store(cell.settings, admin.server_version(stage.client)):
        outcome.findings.append(Finding(level=Level.NOTE, code="replicated-store", text=words))
    return outcome


async def _told(asked: Awaitable[T]) -> T | None:
    """Return what the server tells at the end; None where it does not."""
    try:
        return await asked
    except (MeasurementError, ServerUnavailableError):
        return None


async def _clean_up(stage: Stage) -> dict[str, str]:
    """Remove what was made; return what may still be there, by its stream, and why.

    The link to a server of the user's own may have been cut meanwhile: then it is made anew.
    """
    left = await _removed(stage.client, stage.things)
    if not left or stage.server.directory is not None:  # ours is gone with its store in any case
        return {}
    try:
        link = await admin.connect(stage.endpoint)
    except BenchError as error:
        return {stream: f"{why}; {error}" for stream, why in left.items()}
    try:
        return await _removed(link, stage.things)
    finally:
        await link.close()


async def _removed(client: Client, things: Sequence[Names]) -> dict[str, str]:
    """Remove streams; return why some may still be there, by their names."""
    tried = {names.stream: await admin.clean_up(client, names) for names in things}
    return {stream: why for stream, why in tried.items() if why}


def _slow_consumers(server: Server) -> list[Finding]:
    """Name what the embedded server cut off for being slow: to the client it is a mere end.

    A user's server keeps its log to itself.
    """
    if server.directory is None:
        return []
    return [
        Finding(
            level=Level.WARNING if role in _CONTROL else Level.INVALID,
            code="slow-consumer",
            text=f"the server cut {role} off as a slow consumer, which did not take what it was "
            f"sent: {why}",
            role=role,
        )
        for role, why in slow_consumers(server.directory)
    ]


async def _left_behind(stage: Stage) -> Finding | None:
    """Remove what was made; return what may still be there, None when it is gone."""
    left = await _clean_up(stage)
    texts = [
        f"stream {stream} could not be removed from the server and may still be there "
        f"({why}); `nats stream rm {stream}` removes it"
        for stream, why in left.items()
    ]
    if not texts:
        return None
    return Finding(level=Level.WARNING, code="left-behind", text="; ".join(texts))


def all_of_it(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    """Return that every part is to see all operations of its flow."""
    del cell, traffic
    return {}


def connecting_as(endpoint: Endpoint, role: str) -> Endpoint:
    """Return an endpoint by which a role connects under its own name."""
    return replace(endpoint, name=f"jetbench-{role}")
