"""A stream that publishers fill, and processes that share one JetStream consumer: nobody else."""

from collections.abc import Mapping

from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.jobs import Taking, consumer_jobs, publisher_jobs, sampler_job, watched
from bench.scenario.kind import Stage
from bench.spec.working import workers
from bench.spec.workload import Consume


def scene_of(
    stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic], takes: Consume
) -> Scene:
    """Return who publishes and who consumes, as the workload says it, or the variant instead.

    Args:
        stage: where the trial is played.
        trial: of the plan.
        cell: of it; of a cast with one part that publishes and one that consumes.
        traffic: of each flow.
        takes: who takes the messages.
    """
    (publish,), (consume,) = cell.cast.driving, cell.cast.observing
    asked = (watched(cell, consume, stage.names, 1),)
    taking = Taking(
        names=stage.names,
        processes=takes.consumers,
        workers=workers(cell.settings, takes),
        handler=takes.handler,
        id_offset=traffic[publish.name].payloads[0].id_offset,
    )
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=asked,
        drivers=publisher_jobs(stage, trial, cell, publish),
        observers=consumer_jobs(stage, trial, cell, consume, taking),
        sampler=sampler_job(stage, trial, asked),
        phases=cell.workload.phases,
        acks=frozenset({consume.name} if cell.settings.ack.timing != "none" else ()),
        shown=consume.name,
        directory=stage.directory,
    )
