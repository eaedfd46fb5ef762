"""What is sent when: every message of a trial, decided before the first one leaves.

Pure: the same workload and seed give the same traffic on every machine.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from bench.plan.arrays import IntArray
from bench.plan.arrivals import intended_ns
from bench.plan.dealing import deal
from bench.plan.payload import ID_DIGITS, PayloadTemplate, templates
from bench.spec.workload import Constant, Handler, Subjects, Workload

__all__ = ["ID_DIGITS", "IntArray", "PayloadTemplate", "Traffic", "make_traffic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """All messages of a trial in the order they are due; message id = index.

    Attributes:
        intended_ns: when each is due, ns from the trial's start, never descending, shape (n,).
        subjects: every subject in use, without jetbench's prefix.
        subject_index: index into `subjects` of each, shape (n,).
        payloads: one template for each size in use.
        payload_index: index into `payloads` of each, shape (n,).
        handler_ns: how long its handler takes, shape (n,).
    """

    intended_ns: IntArray
    subjects: tuple[str, ...]
    subject_index: IntArray
    payloads: tuple[PayloadTemplate, ...]
    payload_index: IntArray
    handler_ns: IntArray


def make_traffic(workload: Workload, seed: int) -> Traffic:
    """Return the traffic of a trial.

    Args:
        workload: with the phases of the trial.
        seed: of the trial. Every aspect draws from a stream of its own, so that two workloads that
            differ in one aspect share all others.
    """
    streams = np.random.SeedSequence(seed).spawn(5)
    arrivals, subjects, sizes, contents, handlers = map(np.random.default_rng, streams)
    due_ns = intended_ns(workload.publish, workload.phases, arrivals)
    in_warmup = int(np.searchsorted(due_ns, workload.phases.warmup_ns))
    counts = (in_warmup, len(due_ns) - in_warmup)
    names = subject_names(workload.subjects)
    return Traffic(
        intended_ns=due_ns,
        subjects=names,
        subject_index=deal(counts, [1 / len(names)] * len(names), subjects),
        payloads=templates(workload.payload, contents),
        payload_index=deal(counts, list(workload.payload.sizes.values()), sizes),
        handler_ns=_handler_ns(workload.consume.handler, len(due_ns), handlers),
    )


def subject_names(subjects: Subjects) -> tuple[str, ...]:
    """Return every subject of the pattern, one for each combination of its places' words."""
    places = tuple(dict.fromkeys(subjects.places))
    combinations = product(*(subjects.values[place] for place in places))
    return tuple(
        subjects.pattern.format_map(dict(zip(places, words, strict=True))) for words in combinations
    )


def _handler_ns(handler: Handler, count: int, rng: np.random.Generator) -> IntArray:
    time = handler.time
    if isinstance(time, Constant):
        return np.full(count, time.constant_ns, dtype=np.int64)
    return rng.lognormal(np.log(time.p50_ns), time.sigma, size=count).astype(np.int64)
