"""The walk over a matrix."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nats.aio.client import Client

from bench.broker import admin, guardian
from bench.broker.server import NO_STORES, Server
from bench.clients.factory import client_version
from bench.core.errors import MeasurementError, ServerUnavailableError
from bench.engine.keep import Frame, Kept, keep, keep_failed
from bench.engine.keep_soak import keep_soak
from bench.engine.nursery import nursery
from bench.plan.model import Cell, Plan, Trial
from bench.plan.traffic import make_traffics
from bench.record.schema import Finding, Level, Software
from bench.record.store import RunStore
from bench.runner.histories import Ask, Histories, joined, key_of, told
from bench.runner.other_client import loaded_from, version_in
from bench.runner.progress import Watcher
from bench.runner.quiet import Patience, was_robbed
from bench.runner.target import Target
from bench.scenario import kind as scenario
from bench.scenario.auditing import audited
from bench.scenario.kind import Play, Stage, UncleanError
from bench.scenario.registry import KINDS
from bench.scenario.soaking import kept_loads


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One walk over a matrix.

    Attributes:
        plan: what to do.
        store: where to keep it; trials that are there already are not run again.
        target: what to measure.
        watcher: who is told.
        targets: what to measure in its place for some cells, by their ids.
        patience: with a host that the hypervisor keeps from us.
    """

    plan: Plan
    store: RunStore
    target: Target
    watcher: Watcher
    targets: Mapping[str, Target] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)

    def target_of(self, cell: Cell) -> Target:
        """Return what a cell measures."""
        return self.targets.get(cell.id, self.target)


async def run_matrix(run: Run) -> None:
    """Run every trial of the plan that has no record yet, one after the other.

    Raises:
        StorageError: a record could not be written; the ones before it are whole.
        NameCollisionError: something foreign has one of our names; it was left untouched.
    """
    done = {trial.id for trial in run.store.kept(run.plan)}
    to_do = [trial for trial in run.plan.trials if trial.id not in done]
    histories = Histories.of([_begins_with(run, trial) for trial in to_do])
    run.watcher.run_begins(run.plan, len(done))
    if to_do:
        nursery()  # it imports while the first server starts
    await run.patience.until_quiet(run.watcher.waits, calm_looks=1)
    try:
        for trial in to_do:
            cell = run.plan.cell(trial.cell_id)
            run.watcher.trial_begins(trial, cell)
            kept = await _run_trial(run, trial, cell, histories)
            histories.done_with(_begins_with(run, trial))
            run.store.write_trial(kept.record, kept.intervals, kept.samples, kept.messages)
            run.watcher.trial_ends(trial, kept)
            if was_robbed(kept.record):
                await run.patience.until_quiet(run.watcher.waits)
    finally:
        histories.close()


def _begins_with(run: Run, trial: Trial) -> str | None:
    """Return what a trial begins with; None where it makes all by itself."""
    cell = run.plan.cell(trial.cell_id)
    return key_of(cell, KINDS[cell.workload.kind], trial, layer(run, cell))


def layer(run: Run, cell: Cell) -> Target:
    """Return whose server lays: a past is laid by the baseline's, for the candidate's as well."""
    return run.target_of(cell) if cell.settings.stream.history is None else run.target


async def _run_trial(run: Run, trial: Trial, cell: Cell, histories: Histories) -> Kept:
    kind = KINDS[cell.workload.kind]
    frame = Frame(
        trial=trial,
        started_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        cast=cell.cast,
        offers=kind.offers(cell),
        software=None,
    )
    target, key = run.target_of(cell), _begins_with(run, trial)
    names = kind.named(admin.trial_names(run.store.run_id, trial.index))
    try:
        ask = Ask(trial=trial, cell=cell, kind=kind, target=layer(run, cell), names=names)
        history = await histories.found(key, ask, run.watcher.moment)
        stores = NO_STORES if history is None else history.stores
        async with target.serving(cell.settings.server, stores) as (server, known_as):
            restarts = any(each.do == "restart-server" for each in cell.disturbances)
            endpoint = replace(known_as, mends=restarts)
            client = await admin.connect(endpoint)
            try:
                with _work_directory(server, target.parent) as directory:
                    stage = Stage(
                        server=server,
                        endpoint=endpoint,
                        client=client,
                        names=names,
                        things=kind.things(names, cell),
                        directory=directory,
                        warn=run.watcher.warns,
                    )
                    if history is not None:
                        stage = await joined(stage, cell, history)
                        if stage.laid is None:
                            histories.spoilt(key)
                    traffic = make_traffics(kept_loads(cell.workload), trial.seed)
                    play = Play(trial=trial, cell=cell, kind=kind, traffic=traffic)
                    with loaded_from(target.client_path):
                        outcome = await scenario.run(stage, play, run.watcher.moment)
                    outcome.findings += told(cell, history if stage.laid is not None else None)
                    known = replace(
                        frame,
                        software=_software(client, cell, target),
                        due=kind.due(cell, traffic),
                        audit=partial(audited, kind, cell, traffic),
                    )
                    if outcome.soak is not None:
                        return keep_soak(known, outcome)
                    due_ns = {part: each.intended_ns for part, each in traffic.items()}
                    return keep(known, outcome, due_ns)
            finally:
                await client.close()
    except (MeasurementError, ServerUnavailableError) as error:
        why = Finding(level=Level.INVALID, code="not-started", text=str(error))
        left = [error.left] if isinstance(error, UncleanError) else []
        return keep_failed(frame, [why, *left])


def _software(connection: Client, cell: Cell, target: Target) -> Software:
    client, path = cell.settings.client, target.client_path
    return Software(
        server_version=admin.server_version(connection),
        client=client,
        client_version=client_version(client) if path is None else version_in(path),
    )


@contextmanager
def _work_directory(server: Server, parent: Path) -> Iterator[Path]:
    """Below the embedded server's directory, so that its guardian removes it whatever happens.

    Without one it is held, so that the next run removes it if this one is killed.
    """
    directory = Path(tempfile.mkdtemp(prefix="jetbench-work-", dir=server.directory or parent))
    lock = guardian.hold(str(directory)) if server.directory is None else -1
    try:
        yield directory
    finally:
        guardian.remove(str(directory))
        if lock >= 0:
            os.close(lock)
