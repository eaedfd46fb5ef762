"""What must hold before a run begins; everything that does not is told at once."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.broker import admin, leftovers
from bench.broker.link import Link
from bench.core.errors import NameCollisionError, StorageError, UsageError
from bench.core.units import human_size
from bench.plan.estimate import Estimate
from bench.plan.model import Plan
from bench.plan.tracing import unplayable
from bench.record.store import RunStore
from bench.runner import rehearsal
from bench.runner.target import EmbeddedTarget, RemoteTarget, Target
from bench.scenario.registry import KINDS
from bench.spec.disturbed import not_ours
from bench.spec.kinds.registry import asked_of
from bench.spec.servers import server_objections

LARGEST_CLUSTER = 5
"""Most replicas that JetStream allows; how many servers a cluster has it does not tell clients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness:
    """What a preflight found in order.

    Attributes:
        server_version: as the server says.
        warnings: what does not stop the run, in sentences.
    """

    server_version: str
    warnings: tuple[str, ...]


async def check(plan: Plan, target: Target, store: RunStore, expected: Estimate) -> Fitness:
    """Return what the run will meet.

    Raises:
        StorageError: results or work files cannot be written.
        ServerUnavailableError: no usable server.
        UsageError: settings that this server cannot run, or doings that it would refuse; a trace
            that is not what was planned.
        NameCollisionError: a foreign stream has a name of ours.
    """
    check_writable(store.path.parent)
    check_traces(plan)
    swept = tuple(
        f"{path} was left over by a jetbench that was killed, and is removed"
        for path in leftovers.sweep(target.parent)
    )
    server_version = await target.version()
    _check_settings(plan, target, server_version, await _cluster_size(target))
    known: tuple[str, ...] = ()
    if isinstance(target, RemoteTarget):
        known = await _check_remote(plan, target, store.run_id)
    warnings = (*swept, *known, *_space_warnings(target, store, expected))
    return Fitness(server_version=server_version, warnings=warnings)


def check_writable(directory: Path) -> None:
    """Check that files can be made in `directory`, making it if need be; else StorageError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".jetbench-probe-", dir=directory)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        raise StorageError(f"{directory}: cannot be written: {error.strerror}") from error


def check_traces(plan: Plan) -> None:
    """Check that what is to be played is there, as it was planned; UsageError with all that is not.

    A run that is gone on with later finds its trace by the path that it had.
    """
    played = (load.trace for cell in plan.cells for load in cell.workload.loads.values())
    wrong = [why for traced in dict.fromkeys(filter(None, played)) if (why := unplayable(traced))]
    if wrong:
        raise UsageError("\n".join(wrong))


def check_replaceable(path: Path) -> None:
    """Check that a file can be written whole in the place of another; else StorageError."""
    check_writable(path.parent)
    try:
        if path.is_dir():
            raise StorageError(f"{path}: cannot be written: it is a directory")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error


async def _cluster_size(target: Target) -> int:
    if isinstance(target, EmbeddedTarget):
        return 1
    client = await admin.connect(target.endpoint)
    try:
        return LARGEST_CLUSTER if admin.is_clustered(client) else 1
    finally:
        await client.close()


def _check_settings(plan: Plan, target: Target, version: str, servers: int) -> None:
    embedded = isinstance(target, EmbeddedTarget)
    texts = []
    for cell in plan.cells:
        asked = server_objections(
            cell.settings,
            version=version,
            servers=servers,
            embedded=embedded,
            asked=asked_of(cell.workload),
        )
        for objection in (*asked, *(() if embedded else not_ours(cell.disturbances))):
            names = ", ".join(str(name) for name in cell.variants)
            texts.append(
                f"{names}: {objection.key}: {objection.what}; allowed: {objection.allowed}"
            )
    if texts:
        lines = "\n".join(dict.fromkeys(texts))  # once, however many workloads it is crossed with
        raise UsageError(f"{lines}\nerror: this server cannot run these settings; nothing was run")


async def _check_remote(plan: Plan, target: RemoteTarget, run_id: str) -> tuple[str, ...]:
    """Try what the trials will do, and look for names that are taken."""
    client = await admin.connect(target.endpoint)
    try:
        known = await rehearsal.rehearse(client, plan, run_id)
        await _check_names(client, plan, target, run_id)
    finally:
        await client.close()
    return known


async def _check_names(client: Link, plan: Plan, target: RemoteTarget, run_id: str) -> None:
    existing = await admin.stream_names(client)
    for trial in plan.trials:
        cell = plan.cell(trial.cell_id)
        kind = KINDS[cell.workload.kind]
        for names in kind.things(kind.named(admin.trial_names(run_id, trial.index)), cell):
            if names.stream in existing and not await admin.owns(client, names):
                raise NameCollisionError(
                    f"stream {names.stream} exists on {target.title} and is not this run's; it "
                    "was left untouched, and nothing was run"
                )


def _space_warnings(target: Target, store: RunStore, expected: Estimate) -> Iterator[str]:
    needs = [(store.path.parent, expected.results_bytes, "the results")]
    if isinstance(target, EmbeddedTarget):
        needs.append((target.parent, expected.peak_store_bytes, "stores at a time"))
    for directory, need_bytes, what in needs:
        free_bytes = shutil.disk_usage(directory).free
        if free_bytes < need_bytes:
            yield (
                f"{directory}: {human_size(free_bytes)} free, and {what} may need "
                f"{human_size(need_bytes)}"
            )
