"""From an effect of a job to who carries it out, and by which link."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.clients.buckets import ChangeLink
from bench.clients.factory import make_answerer, make_changer, make_consumer, make_follower
from bench.clients.port import ConsumerLink
from bench.engine.acks import AckPlan, make_ack_plan
from bench.engine.answering import AnsweringConsumer
from bench.engine.commanding import Command, Commanding
from bench.engine.delays import Delays
from bench.engine.effects import EffectConsumer
from bench.engine.jobs import Effect, ObserverJob
from bench.engine.projecting import Projection
from bench.engine.recorder import ConsumeRecorder
from bench.engine.stepping import Step, Stepping
from bench.engine.took import Took, took_path
from bench.plan.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Affecting:
    """A consumer whose handler does something on the server.

    Attributes:
        link: brings deliveries; not open.
        consumer: takes them.
        changes: the link that it changes values by; not open.
        counts: what is counted besides what the consumer counts.
    """

    link: ConsumerLink
    consumer: EffectConsumer
    changes: ChangeLink
    counts: Callable[[], Mapping[str, int]]

    async def open(self) -> None:
        """Connect, the changes first: then deliveries may come."""
        await self.changes.open()
        self.consumer.changes_by(self.changes)
        await self.link.open(self.consumer)

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
        recorder: keeps what happens.
        traffic: of the operations that are observed.
    """

    job: ObserverJob
    recorder: ConsumeRecorder
    traffic: Traffic

    @property
    def acks(self) -> AckPlan:
        """When to acknowledge, or to answer."""
        return make_ack_plan(self.job.timing, self.job.ack_batch)


def make_affecting(taking: Taking, effect: Effect) -> Affecting:
    """Return who carries out an effect, and notes how long that has a worker."""
    affecting = _affecting(taking, effect)
    affecting.consumer.notes_in(Took(took_path(taking.job.record_path), taking.recorder.room))
    return affecting


def _affecting(taking: Taking, effect: Effect) -> Affecting:
    if effect.step is not None:
        return _stepping(taking, effect, effect.step)
    if effect.command is not None:
        return _commanding(taking, effect, effect.command)
    return _projecting(taking, effect)


def _projecting(taking: Taking, effect: Effect) -> Affecting:
    work, job = Projection(taking.traffic, effect.prefix), taking.job
    link = make_consumer(job.client, job.endpoint, job.binding)
    consumer = EffectConsumer(link, taking.recorder, taking.acks, work, effect)
    return Affecting(
        link=link,
        consumer=consumer,
        changes=make_changer(job.client, job.endpoint, work, consumer, effect.bucket),
        counts=lambda: {"repeats": work.repeats},
    )


def _stepping(taking: Taking, effect: Effect, step: Step) -> Affecting:
    work, job = Stepping(taking.traffic, effect.prefix, step), taking.job
    link = make_consumer(job.client, job.endpoint, job.binding)
    consumer = EffectConsumer(link, taking.recorder, taking.acks, work, effect)
    keeping = (effect.bucket, Delays().after)
    return Affecting(
        link=link,
        consumer=consumer,
        changes=make_follower(job.client, job.endpoint, work, consumer, keeping),
        counts=lambda: {"repeats": work.repeats, "in_vain": work.in_vain},
    )


def _commanding(taking: Taking, effect: Effect, command: Command) -> Affecting:
    work, job = Commanding(taking.traffic, effect.prefix, command), taking.job
    link = make_answerer(job.client, job.endpoint, job.binding)
    consumer = AnsweringConsumer(link, taking.recorder, taking.acks, work, effect)
    keeping = (effect.bucket, Delays().after)
    return Affecting(
        link=link,
        consumer=consumer,
        changes=make_follower(job.client, job.endpoint, work, consumer, keeping),
        counts=lambda: {"repeats": work.repeats, "in_vain": work.in_vain},
    )
