"""How busy the workers of a part were, by what each delivery took of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.engine.doing import does
from bench.engine.jobs import ObserverJob, next_generation
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags, ours
from bench.engine.took import load_took
from bench.plan.traffic import Traffic, Traffics
from bench.record.schema import Handling, Window

NEARLY = 0.9
"""Of a worker's time, so much in the event loop is all of it: the rest is what acks take."""

_UNTOUCHED = (Ending.REPEATED, Ending.IN_HAND, Ending.SUPERSEDED, Ending.TURNED_AWAY)
"""Of a delivery for which no handler was run."""

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
        if not _known(job) or len(records) != len(of_part):
            continue
        workers = sum(each.workers for each in of_part)
        planned = partial(
            _handling, records, traffics.of(job.load, job.seed), workers, (window, start_ns)
        )
        if does(job) or _writes(job):
            taken = [*map(_timed, of_part, records)]
            timed = [each for each in taken if each is not None]
            if len(timed) == len(taken):
                used = _fuller(records, timed, workers, (window, start_ns))
                found[part] = _with_writes(used, planned()) if _writes(job) else used
        else:
            found[part] = planned()
        if part in found:
            found[part] = replace(found[part], in_turn=_in_turn(job))
    return found


def _in_turn(job: ObserverJob) -> bool:
    guarded = job.applied is not None and job.applied.idempotency == "sequence-guard"
    ordered = job.effect is not None and job.effect.ordered
    return guarded or ordered or job.per_key != "none"


def _with_writes(used: Handling, planned: Handling) -> Handling:
    """Return how workers were used, with what of it was neither work nor planned to be."""
    written_ns = max(1, used.handler_ns_mean - planned.handler_ns_mean)
    return replace(used, written_ns_mean=written_ns if used.handler_ns_mean else 0)


def computing(
    jobs: Sequence[ObserverJob], observers: Records, window: Window, start_ns: int
) -> Mapping[str, float]:
    """Return the share of a core that handlers were to use, by role; of those that use the CPU.

    Args:
        jobs: of the processes that observe.
        observers: as for `handling`.
        window: of the trial.
        start_ns: of the trial, on the clock of the records.
    """
    traffics, found = Traffics(), dict[str, float]()
    length_ns = max(1, window.window_end_ns - window.window_start_ns)
    for part, of_part in _by_part(jobs):
        records = observers.get(part, ())
        if len(records) != len(of_part):
            continue  # nobody can tell whose they are
        for job, record in zip(of_part, records, strict=True):
            if "cpu" in job.work:
                took_ns, ended_ns = _took(record, traffics.of(job.load, job.seed))
                within = _inside(ended_ns, window, start_ns)
                share = float(took_ns[within].sum()) / length_ns
                found[job.role] = found.get(job.role, 0.0) + share
    return found


def _known(job: ObserverJob) -> bool:
    """Say whether it is known how long a handler takes: as planned and no more, or by a clock."""
    works = (job.mending, job.retry)
    return all(each is None for each in works) and (does(job) or not job.load.outages)


def _writes(job: ObserverJob) -> bool:
    """Say whether handlers of a job read and write on the server, and wait for its answers."""
    return job.effect is not None or job.applied is not None


Taken = tuple[IntArray, IntArray]
"""How long the handler of each delivery had its worker, and when it ended; both of shape (n,)."""


def _timed(job: ObserverJob, record: ConsumerRecord) -> tuple[Taken, Taken] | None:
    """Return what a clock told, of workers and of the event loop.

    None where a process was killed, and another took its place.
    """
    paths = (job.record_path, next_generation(job, 2).record_path)
    took_ns = load_took(paths, record.ids.size)
    if took_ns is None:
        return None
    worker_ns, loop_ns = took_ns
    ended_ns = _ended(record, worker_ns)
    return (worker_ns, ended_ns), (loop_ns, ended_ns)


def _fuller(
    records: Sequence[ConsumerRecord],
    timed: Sequence[tuple[Taken, Taken]],
    workers: int,
    when: tuple[Window, int],
) -> Handling:
    """Return how workers were used, or the event loops of their processes where those were fuller.

    A worker that waits for its next message while the loop is another one's is none that is free.
    """
    of_workers = _used(records, [each[0] for each in timed], workers, when)
    of_loops = _used(records, [each[1] for each in timed], len(records), when)
    if of_loops.busy_share < NEARLY * of_workers.busy_share:
        return of_workers
    return replace(of_loops, in_loop=True) if of_loops.busy_share else of_workers


def _by_part(jobs: Sequence[ObserverJob]) -> Iterator[tuple[str, list[ObserverJob]]]:
    for part in dict.fromkeys(job.part for job in jobs):
        yield part, [job for job in jobs if job.part == part]


def _handling(
    records: Sequence[ConsumerRecord],
    traffic: Traffic,
    workers: int,
    when: tuple[Window, int],
) -> Handling:
    return _used(records, [_took(each, traffic) for each in records], workers, when)


def _used(
    records: Sequence[ConsumerRecord],
    taken: Sequence[Taken],
    workers: int,
    when: tuple[Window, int],
) -> Handling:
    window, start_ns = when
    spent, held = [], []
    for record, (took_ns, ended_ns) in zip(records, taken, strict=True):
        inside = _inside(ended_ns, window, start_ns) & (record.ids >= 0)
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


def _inside(ended_ns: IntArray, window: Window, start_ns: int) -> Flags:
    at_ns = ended_ns - start_ns
    within: Flags = (at_ns >= window.window_start_ns) & (at_ns < window.window_end_ns)
    within &= ended_ns != NEVER
    return within


def _took(record: ConsumerRecord, traffic: Traffic) -> Taken:
    """Return how long the handler of each delivery was to take, and when it ended.

    Of what failed and is to come again no end is written down: that is told as if its handler
    had begun when it came. What a memory knew took no time.
    """
    known = ours(record.ids, traffic.handler_ns.size)
    usual_ns = np.where(known, traffic.handler_ns[np.where(known, record.ids, 0)], 0)
    took_ns = traffic.faults.handler_ns(record.ids, record.deliveries, usual_ns)
    took_ns = np.where(np.isin(record.ending, _UNTOUCHED), 0, took_ns)
    return took_ns, np.where(known, _ended(record, took_ns), NEVER)


def _ended(record: ConsumerRecord, took_ns: IntArray) -> IntArray:
    failed = (record.handled_ns == NEVER) & (record.ending != 0)
    return np.where(failed, record.received_ns + took_ns, record.handled_ns)


def _mean(times_ns: IntArray) -> int:
    return round(float(times_ns.mean())) if times_ns.size else 0
