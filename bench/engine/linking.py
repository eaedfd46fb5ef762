"""From a job to the link that brings its messages, with what it says besides its answers."""

from collections.abc import Callable, Mapping, Sequence

from bench.clients.factory import make_consumer, make_task_link
from bench.clients.natspy import NatsPyConsumer, NatsPySubscriber
from bench.clients.natspy_tasks import NatsPyTasks
from bench.clients.port import Fetches, PublisherLink
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.ordered import WireOrdered
from bench.clients.wire.publish import WirePublisher
from bench.engine.jobs import ObserverJob
from bench.engine.progress import ProgressLink, ProgressTaskLink


def consumer_link(job: ObserverJob) -> WireConsumer | NatsPyConsumer | ProgressLink:
    """Return the unopened link of a job; ValueError when there is no such client."""
    link = make_consumer(job.client, job.endpoint, job.binding)
    return ProgressLink(link, job.in_progress_ns) if job.in_progress_ns else link


def task_link(job: ObserverJob) -> NatsPyTasks | ProgressTaskLink:
    """Return the unopened link of a job that runs handlers; ValueError when its client has none."""
    link = make_task_link(job.client, job.endpoint, job.binding, job.workers)
    return ProgressTaskLink(link, job.in_progress_ns) if job.in_progress_ns else link


def held(link: NatsPyTasks | ProgressTaskLink) -> Callable[[], None]:
    """Have a link ask for nothing before its part begins; return what has it do so.

    It would bring what was laid before the trial while others are still being started.
    """
    beneath = link.beneath if isinstance(link, ProgressTaskLink) else link
    if not isinstance(beneath, NatsPyTasks):
        raise TypeError(f"{type(beneath).__name__} asks for messages as soon as it is open")
    beneath.hold()
    return beneath.begin


def free_stop_of(link: PublisherLink) -> Callable[[], int] | None:
    """Return what tells how far a link takes messages now; None where it takes all."""
    return link.free_stop if isinstance(link, WirePublisher) else None


def said_by(links: Sequence[object]) -> Mapping[str, int]:
    """Return what links said besides answers, by what is counted (bench.spec.told_parts)."""
    telling = [each for each in links if isinstance(each, ProgressLink | ProgressTaskLink)]
    told = {"in_progress": sum(each.told for each in telling)} if telling else {}
    for each in links:
        if isinstance(each, WireOrdered):
            told |= {"resets": each.resets, "discarded": each.discarded}
    asking = [fetches for each in links if (fetches := _fetches(each)) is not None]
    if not asking:
        return told
    asked, empty = map(sum, zip(*asking, strict=True))
    return {**told, "fetches": asked, "empty_fetches": empty}


def _fetches(link: object) -> Fetches | None:
    if isinstance(link, ProgressLink | ProgressTaskLink):
        link = link.beneath
    return link.fetches if isinstance(link, WireConsumer | NatsPySubscriber) else None
