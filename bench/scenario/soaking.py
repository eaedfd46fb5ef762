"""A stream that is offered more messages than a trial keeps rows of: who makes and folds them."""

from collections.abc import Mapping
from dataclasses import replace

from bench.core.units import NS_PER_S
from bench.engine.feeding import AHEAD_MSGS, Fed
from bench.engine.jobs import Soak
from bench.engine.summing import Ground
from bench.engine.tending import Tended, Tending
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.pieces import count_of
from bench.plan.traffic import seed_of
from bench.scenario.jobs import sampled
from bench.spec.soaks import is_soak
from bench.spec.workload import Load, Workload

CLOSES_EVERY_NS = 10 * NS_PER_S
"""What is under way then goes into a log, and a process that is idle closes as well."""

_AHEAD = 3
"""Closings that there is room for, and messages, beyond the one before."""


def kept_loads(workload: Workload) -> Mapping[str, Load]:
    """Return the loads whose traffic is made as a whole: of a soak a second, for its forms."""
    if not is_soak(workload):
        return workload.loads
    second = workload.phases.model_copy(update={"warmup_ns": 0, "measure_ns": NS_PER_S})
    return {part: replace(load, phases=second) for part, load in workload.loads.items()}


def sampled_of(cell: Cell) -> int | None:
    """Return the share of acks that the server is to report, %; of a soak none: no row is kept."""
    return None if is_soak(cell.workload) else sampled(cell)


def soaked(scene: Scene, trial: Trial, cell: Cell) -> Scene:
    """Return a scene whose records are folded as it goes, where the load is a soak."""
    if not is_soak(cell.workload):
        return scene
    (driving,) = cell.cast.driving
    load = cell.workload.loads[driving.name]
    phases = cell.workload.phases
    planned = count_of(load.publish, phases)
    per_closing = round(load.publish.rate_msgs_per_s * CLOSES_EVERY_NS / NS_PER_S)
    fed = Fed(
        path=scene.directory / "messages.npy",
        made_path=scene.directory / "made.npy",
        planned=planned,
    )
    how = Soak(fed=fed, every_ns=CLOSES_EVERY_NS, ahead_rows=_AHEAD * per_closing)
    drivers = tuple(replace(job, soak=how) for job in scene.drivers)
    observers = tuple(replace(job, soak=how) for job in scene.observers)
    ground = Ground(
        cast=cell.cast,
        phases=phases,
        planned=planned,
        publishers=len(drivers),
        consumers=len(observers),
        max_deliver=None,
        looks_every_ns=NS_PER_S,
        directory=scene.directory,
    )
    tended = Tended(
        ground=ground,
        fed=fed,
        load=load,
        seed=seed_of(cell.workload.loads, driving.name, trial.seed),
        ahead_msgs=max(AHEAD_MSGS, _AHEAD * per_closing),
        drivers=drivers,
        observers=observers,
    )
    sampler = replace(scene.sampler, spill=scene.directory / "samples.rows")
    return replace(
        scene, drivers=drivers, observers=observers, sampler=sampler, soak=Tending(tended)
    )
