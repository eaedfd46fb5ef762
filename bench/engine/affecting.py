"""From an effect of a job to who carries it out, and by which link."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.clients.buckets import ChangeLink
from bench.clients.factory import make_changer, make_follower
from bench.clients.port import ConsumerLink
from bench.engine.acks import make_ack_plan
from bench.engine.delays import Delays
from bench.engine.effects import Deliveries, EffectConsumer
from bench.engine.jobs import Effect, ObserverJob
from bench.engine.projecting import Projection
from bench.engine.recorder import ConsumeRecorder
from bench.engine.stepping import Step, Stepping
from bench.plan.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Affecting:
    """A consumer whose handler does something on the server.

    Attributes:
        consumer: takes deliveries.
        changes: the link that it changes values by; not open.
        counts: what is counted besides what the consumer counts.
    """

    consumer: EffectConsumer
    changes: ChangeLink
    counts: Callable[[], Mapping[str, int]]

    async def open(self, link: ConsumerLink) -> None:
        """Connect, the changes first: then deliveries may come."""
        await self.changes.open()
        self.consumer.changes_by(self.changes)
        await link.open(self.consumer)

    def counted(self) -> Mapping[str, int]:
        """Return all that is counted, by what is counted."""
        consumer = self.consumer
        own = {"conflicts": consumer.conflicts, "failed": consumer.failed_changes}
        return {**own, **self.counts()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What an effect is carried out with.

    Attributes:
        job: of the process.
        link: brings deliveries.
        recorder: keeps what happens.
        traffic: of the operations that are observed.
    """

    job: ObserverJob
    link: ConsumerLink
    recorder: ConsumeRecorder
    traffic: Traffic

    def consumer(self, handling: Deliveries, effect: Effect) -> EffectConsumer:
        """Return a consumer that does so with each delivery."""
        acks = make_ack_plan(self.job.timing, self.job.ack_batch)
        return EffectConsumer(self.link, self.recorder, acks, handling, effect)


def make_affecting(taking: Taking, effect: Effect) -> Affecting:
    """Return who carries out an effect."""
    if effect.step is None:
        return _projecting(taking, effect)
    return _stepping(taking, effect, effect.step)


def _projecting(taking: Taking, effect: Effect) -> Affecting:
    projection, job = Projection(taking.traffic, effect.prefix), taking.job
    consumer = taking.consumer(projection, effect)
    changes = make_changer(job.client, job.endpoint, projection, consumer, effect.bucket)
    return Affecting(
        consumer=consumer, changes=changes, counts=lambda: {"repeats": projection.repeats}
    )


def _stepping(taking: Taking, effect: Effect, step: Step) -> Affecting:
    work, job, delays = Stepping(taking.traffic, effect.prefix, step), taking.job, Delays()
    consumer, keeping = taking.consumer(work, effect), (effect.bucket, delays.after)
    return Affecting(
        consumer=consumer,
        changes=make_follower(job.client, job.endpoint, work, consumer, keeping),
        counts=lambda: {"repeats": work.repeats, "in_vain": work.in_vain},
    )
