"""How busy the workers of a part were, by what each delivery took of them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.engine.jobs import ObserverJob
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import ours
from bench.plan.traffic import Traffic, Traffics
from bench.record.schema import Handling, Window

Records = Mapping[str, Sequence[ConsumerRecord]]


def handling(
    jobs: Sequence[ObserverJob], observers: Records, window: Window, start_ns: int
) -> Mapping[str, Handling]:
    """Return how each part's workers were used within the window, where a handler takes time.

    Args:
        jobs: of the processes that observe.
        observers: what they wrote down, by part, in the order of their jobs.
        window: of the trial.
        start_ns: of the trial, on the clock of the records.
    """
    traffics = Traffics()
    found = {}
    for part, of_part in _by_part(jobs):
        job, records = of_part[0], observers.get(part, ())
        if _known(job) and len(records) == len(of_part):
            traffic = traffics.of(job.load, job.seed)
            workers = sum(each.workers for each in of_part)
            found[part] = _handling(records, traffic, workers, (window, start_ns))
    return found


def _known(job: ObserverJob) -> bool:
    """Say whether a handler takes the time that was planned for it, and no other."""
    works = (job.effect, job.mending, job.applied, job.call)
    return all(each is None for each in works) and not job.load.outages


def _by_part(jobs: Sequence[ObserverJob]) -> Iterator[tuple[str, list[ObserverJob]]]:
    for part in dict.fromkeys(job.part for job in jobs):
        yield part, [job for job in jobs if job.part == part]


def _handling(
    records: Sequence[ConsumerRecord],
    traffic: Traffic,
    workers: int,
    when: tuple[Window, int],
) -> Handling:
    window, start_ns = when
    spent, held = [], []
    for record in records:
        took_ns, ended_ns = _took(record, traffic)
        at_ns = ended_ns - start_ns
        inside = (at_ns >= window.window_start_ns) & (at_ns < window.window_end_ns)
        inside &= (ended_ns != NEVER) & ours(record.ids, traffic.handler_ns.size)
        spent.append(took_ns[inside])
        acked = inside & (record.acked_ns != NEVER)
        held.append((record.acked_ns - record.received_ns)[acked])
    worked_ns, held_ns = np.concatenate(spent), np.concatenate(held)
    whole_ns = workers * (window.window_end_ns - window.window_start_ns)
    return Handling(
        workers=workers,
        busy_share=round(float(worked_ns.sum() / whole_ns), 4) if whole_ns else 0.0,
        handler_ns_mean=_mean(worked_ns),
        handler_ns_p99=round(float(np.percentile(worked_ns, 99))) if worked_ns.size else 0,
        held_ns_mean=_mean(held_ns),
    )


def _took(record: ConsumerRecord, traffic: Traffic) -> tuple[IntArray, IntArray]:
    """Return how long the handler of each delivery took, and when it ended; both of shape (n,).

    Of what failed and is to come again no end is written down: that is told as if its handler
    had begun when it came. What a memory knew took no time.
    """
    known = ours(record.ids, traffic.handler_ns.size)
    usual_ns = np.where(known, traffic.handler_ns[np.where(known, record.ids, 0)], 0)
    took_ns = traffic.faults.handler_ns(record.ids, record.deliveries, usual_ns)
    took_ns = np.where(record.ending == Ending.REPEATED, 0, took_ns)
    failed = (record.handled_ns == NEVER) & (record.ending != 0)
    return took_ns, np.where(failed, record.received_ns + took_ns, record.handled_ns)


def _mean(times_ns: IntArray) -> int:
    return round(float(times_ns.mean())) if times_ns.size else 0
