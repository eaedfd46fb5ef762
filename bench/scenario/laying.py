"""Messages that are laid before a trial, as several kinds of workload have it done."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.aging import age, require_aged
from bench.broker.observe import stream_state
from bench.core.errors import MeasurementError, ServerUnavailableError
from bench.engine.audit import Evidence
from bench.engine.clock import now_ns
from bench.engine.jobs import DriverJob, Progress
from bench.engine.pressure import Offer, offer_of
from bench.engine.recorder import NEVER, load_publisher
from bench.engine.table import happened
from bench.engine.trial import Moment, Watch, lay
from bench.plan.model import Cell, Trial
from bench.plan.traffic import seed_of
from bench.record.schema import Finding
from bench.scenario.kind import Stage, connecting_as
from bench.spec.cast import Part
from bench.spec.kinds.backlog import Backlog
from bench.spec.kinds.replay import Replay
from bench.spec.laid import FILL, Laying
from bench.spec.variant import PublishSettings
from bench.spec.workload import Phases


def offers(cell: Cell) -> Mapping[str, Offer]:
    """Return how what is offered beside the work is dealt to processes."""
    cast, how = cell.cast, cell.settings.publish
    return {
        name: offer_of(cast.part(name), offer, how) for name, offer in cell.workload.offers.items()
    }


def laying_jobs(stage: Stage, trial: Trial, cell: Cell, laying: Laying) -> tuple[DriverJob, ...]:
    """Return the job of the process that lays; one alone, so that id and sequence go together."""
    part = cell.cast.part(FILL)
    role = f"{part.role}-0"
    job = DriverJob(
        part=FILL,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client="wire",
        load=cell.workload.loads[FILL],
        seed=seed_of(cell.workload.loads, FILL, trial.seed),
        how=PublishSettings(),
        does="publish",
        share=0,
        shares=1,
        subject_prefix=stage.names.subject_prefix,
        record_path=_record_path(stage, cell),
        every_ns=laying.every_ns,
    )
    return (job,)


def _record_path(stage: Stage, cell: Cell) -> Path:
    """Return where the process that lays writes down what it laid."""
    return (stage.laid or stage.directory) / f"{cell.cast.part(FILL).role}-0.npy"


async def lay_apart(stage: Stage, trial: Trial, cell: Cell, watch: Watch) -> Sequence[Finding]:
    """Make the stream of a cell and lay what its trials begin with; nothing else is there.

    Returns:
        What those who laid it complain of.

    Raises:
        MeasurementError: it could not be laid, or the stream does not hold just that.
    """
    if cell.settings.stream.history is not None:
        await age(stage.client, cell.settings.stream, stage.names, _telling(watch))
        return ()
    await admin.make_stream(stage.client, cell.settings.stream, stage.names)
    laying = laying_of(cell)
    jobs = laying_jobs(stage, trial, cell, laying)
    complaints = await lay(jobs, stage.directory, stage.server, watch)
    await require_laid(stage.client, stage.names, laying.messages)
    return complaints


def _telling(watch: Watch) -> Callable[[int], None]:
    """Return what tells how far a past is laid."""
    start_ns = now_ns()

    def tell(stored: int) -> None:
        progress = Progress(sent=stored, stored=stored)
        watch(Moment(phase="laying", elapsed_ns=now_ns() - start_ns, progress=progress))

    return tell


def laying_of(cell: Cell) -> Laying:
    """Return what is laid before the trials of a cell; TypeError of a kind that lays nothing."""
    match cell.workload:
        case Replay():
            return cell.workload.history
        case Backlog():
            return cell.workload.pile
        case _:
            raise TypeError(f"nothing is laid for {cell.workload_name}")


async def is_laid(stage: Stage, cell: Cell) -> bool:
    """Say whether the stream of a stage holds just what was laid, and all of it is written down."""
    past = cell.settings.stream.history
    try:
        if past is not None:
            await require_aged(stage.client, stage.names, past)
            return True
        await require_laid(stage.client, stage.names, laying_of(cell).messages)
    except (MeasurementError, ServerUnavailableError):
        return False
    return _is_written(_record_path(stage, cell), laying_of(cell).messages)


def _is_written(path: Path, messages: int) -> bool:
    """Say whether who laid so many messages wrote down that each was stored."""
    try:
        record = load_publisher(path)
    except (OSError, ValueError):
        return False
    return int(np.count_nonzero(record.stored_ns != NEVER)) == messages


async def require_laid(client: Client, names: Names, messages: int) -> None:
    """Look whether a stream holds just what was laid; MeasurementError where it does not."""
    state = await stream_state(client, names)
    if (state.first_seq, state.last_seq, state.msgs) != (1, messages, messages):
        raise MeasurementError(
            f"the stream holds {state.msgs} messages, sequences {state.first_seq} to "
            f"{state.last_seq}, where {messages} were to be laid: a limit of it, or of the store"
        )


def outstanding(evidence: Evidence, part: Part, until_ns: int) -> int:
    """Return how many messages that a part was to handle it had not handled in time.

    What the drain still brings was late: a trial waits for it, and nobody else would. What is never
    acknowledged, by a part that acknowledges, is not done: the server brings it again.

    Args:
        evidence: of the trial.
        part: that observes.
        until_ns: when the time was up, from the trial's start.
    """
    table = evidence.tables[part.name]
    to_do = happened(table.stored_ns) | ~happened(table.sent_ns)
    done = happened(table.handled_ns) & (table.handled_ns <= until_ns)
    if any(each.name == "acked" for each in part.own):
        done &= happened(table.acked_ns)
    return int(np.count_nonzero(to_do & ~done))


def time_up_ns(phases: Phases) -> int:
    """Return when work is to be done at the latest, from the trial's start."""
    return phases.warmup_ns + phases.measure_ns
