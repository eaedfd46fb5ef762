"""From how a job's effects are made to who makes them, and by which links."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial

from bench.clients.deeds import Doer
from bench.clients.factory import make_doer
from bench.clients.port import ConsumerLink, IntArray, Outcome, TaskLink
from bench.engine.acks import make_ack_plan
from bench.engine.applying import Applying
from bench.engine.crashing import CrashBook, Crasher
from bench.engine.delays import Delays
from bench.engine.jobs import Applied, ObserverJob
from bench.engine.linking import consumer_link, task_link
from bench.engine.writing import WritingConsumer, WritingTasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A consumer whose handlers make effects; its connections are open.

    Attributes:
        links: in the order to close them.
        consumer: takes messages.
        run: the work.
    """

    links: Sequence[ConsumerLink | TaskLink | Doer]
    consumer: WritingConsumer | WritingTasks
    run: Callable[[], Coroutine[None, None, None]]

    def refusals(self) -> Sequence[str]:
        """Return why effects were not made."""
        return self.consumer.unmade.words()


def crasher_of(how: Applied) -> Crasher | None:
    """Return what ends this process at some messages; None where nothing does."""
    return None if how.book is None else Crasher(CrashBook.open(how.book))


async def open_written(job: ObserverJob, applying: Applying) -> Written:
    """Return who takes messages of a job and makes their effects, connected.

    Raises:
        ServerUnavailableError: nobody answers, or we are refused.
    """
    acks = make_ack_plan(job.timing, job.ack_batch)
    if job.run == "task":
        tasks = task_link(job)
        applying.fates.reads(tasks.content)
        handling = WritingTasks(tasks, applying, acks, tasks.flush)
        doer = make_doer(
            job.client, job.endpoint, applying, Nobody(), (applying.how.bucket, _never)
        )
        await doer.open()
        handling.does_by(doer)
        await tasks.open(handling)
        return Written(links=(tasks, doer), consumer=handling, run=handling.run)
    link = consumer_link(job)
    applying.fates.reads(link.content)
    consumer = WritingConsumer(link, applying, acks, job.workers, link.flush)
    keeping = (applying.how.bucket, Delays().after)
    doer = make_doer(job.client, job.endpoint, applying, consumer, keeping)
    await doer.open()
    consumer.does_by(doer)
    await link.open(consumer)
    run = partial(consumer.run, pull=job.binding.mode == "pull")
    return Written(links=(link, doer), consumer=consumer, run=run)


class Nobody:
    """The SaidSink of a Doer whose deeds are carried out where they are asked for."""

    def said(self, positions: IntArray | range, numbers: IntArray) -> None:
        """Nothing is said."""

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        """Nothing is begun."""

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """Nothing is begun."""

    def abandoned(self, stop: int) -> None:
        """Each deed under way tells its task so."""

    def caught_up(self) -> None:
        """Nothing waits."""


def _never(delay_ns: int, call: Callable[[], None]) -> None:
    """Take no call: a task sleeps by itself."""
    raise ValueError(f"nobody waits {delay_ns} ns for {call}")
