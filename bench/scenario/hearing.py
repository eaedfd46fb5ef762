"""What samplers hear and ask in trials of whatever kind: who else changes streams, what fills."""

from collections.abc import Sequence
from dataclasses import replace

from bench.broker.admin import Names
from bench.engine.jobs import DriverJob, Hearing, ObserverJob
from bench.engine.trial import Scene
from bench.plan.model import Cell


def hearing(scene: Scene, things: Sequence[Names]) -> Scene:
    """Return a scene whose sampler hears what others change of all streams that it is played on."""
    streams = tuple(names.stream for names in things)
    heard = Hearing(streams=streams, requests=asks_each_time(scene))
    return replace(scene, sampler=replace(scene.sampler, hearing=heard))


def asking_beside(scene: Scene, things: Sequence[Names], cell: Cell) -> Scene:
    """Return a scene whose sampler asks for streams that no consumer takes from, if they matter.

    On a server of ours: on another one our login may not ask for them.
    """
    if scene.server.pid is None or not cell.workload.keeps_beside(cell.settings):
        return scene
    asked = {each.names.stream for each in scene.sampler.watched}
    rest = tuple(names for names in things if names.stream not in asked)
    alone = () if asked else rest[:1]
    beside = rest[len(alone) :] if cell.fills_beside else ()
    return replace(scene, sampler=replace(scene.sampler, alone=alone, beside=beside))


def asks_each_time(scene: Scene) -> bool:
    """Say whether processes of ours ask the API for each operation: get keys by it, or list them.

    A direct get is none of the API's account.
    """
    return any(map(_gets, scene.drivers)) or any(map(_works, scene.observers))


def _gets(job: DriverJob) -> bool:
    return job.does == "scan" or (job.bucket is not None and not job.bucket.direct)


def _works(job: ObserverJob) -> bool:
    effect, applied = job.effect, job.applied
    return any(not each.bucket.direct for each in (effect, applied) if each is not None)
