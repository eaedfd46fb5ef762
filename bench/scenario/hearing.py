"""How it is heard, in trials of whatever kind, that somebody else changes their streams."""

from collections.abc import Sequence
from dataclasses import replace

from bench.broker.admin import Names
from bench.engine.jobs import DriverJob, Hearing, ObserverJob
from bench.engine.trial import Scene


def hearing(scene: Scene, things: Sequence[Names]) -> Scene:
    """Return a scene whose sampler hears what others change of all streams that it is played on."""
    streams = tuple(names.stream for names in things)
    heard = Hearing(streams=streams, requests=asks_each_time(scene))
    return replace(scene, sampler=replace(scene.sampler, hearing=heard))


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
