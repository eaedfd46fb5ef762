"""How busy the workers of a part were, by what each delivery took of them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.engine.jobs import ObserverJob
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import ours
from bench.plan.traffic import Traffics
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
        if job.effect is None and job.mending is None and len(records) == len(of_part):
            handler_ns = traffics.of(job.load, job.seed).handler_ns
            workers = sum(each.workers for each in of_part)
            found[part] = _handling(records, handler_ns, workers, (window, start_ns))
    return found


def _by_part(jobs: Sequence[ObserverJob]) -> Iterator[tuple[str, list[ObserverJob]]]:
    for part in dict.fromkeys(job.part for job in jobs):
        yield part, [job for job in jobs if job.part == part]


def _handling(
    records: Sequence[ConsumerRecord],
    handler_ns: IntArray,
    workers: int,
    when: tuple[Window, int],
) -> Handling:
    window, start_ns = when
    spent, held = [], []
    for record in records:
        ended_ns = record.handled_ns - start_ns
        inside = (record.handled_ns != NEVER) & ours(record.ids, handler_ns.size)
        inside &= (ended_ns >= window.window_start_ns) & (ended_ns < window.window_end_ns)
        spent.append(handler_ns[record.ids[inside]])
        acked = inside & (record.acked_ns != NEVER)
        held.append((record.acked_ns - record.received_ns)[acked])
    worked_ns, held_ns = np.concatenate(spent), np.concatenate(held)
    whole_ns = workers * (window.window_end_ns - window.window_start_ns)
    return Handling(
        workers=workers,
        busy_share=round(float(worked_ns.sum() / whole_ns), 4) if whole_ns else 0.0,
        handler_ns_mean=round(float(worked_ns.mean())) if worked_ns.size else 0,
        held_ns_mean=round(float(held_ns.mean())) if held_ns.size else 0,
    )
