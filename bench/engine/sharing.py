"""What one of several processes sends of a trial's traffic."""

import time
from collections.abc import Sequence

import numpy as np

from bench.clients.port import IntArray, Messages
from bench.engine.clock import now_ns
from bench.engine.jobs import DriverJob
from bench.plan.signing import Signer
from bench.plan.traffic import Traffic
from bench.spec.headers import header_lines
from bench.spec.keys import Act
from bench.spec.workload import FEW_SUBJECTS, Publish


def share(traffic: Traffic, job: DriverJob) -> Messages:
    """Return what a process sends of the traffic."""
    ids = np.arange(job.share, traffic.intended_ns.size, job.shares, dtype=np.int64)
    subjects, subject_index = _addressed(traffic, traffic.subject_index[ids])
    return Messages(
        ids=ids,
        subjects=tuple(job.subject_prefix + subject for subject in subjects),
        subject_index=subject_index,
        payloads=traffic.payloads,
        payload_index=traffic.payload_index[ids],
        headers=header_lines(job.load.publish.headers, job.how, job.subject_prefix),
        acts=tuple(_said(act, job.subject_prefix) for act in traffic.acts),
        act_index=traffic.act_index[ids] if len(traffic.acts) > 1 else None,
        at_ns=np.zeros(ids.size, dtype=np.int64) if _timed(job) else None,
        signer=Signer.of(job.subject_prefix, traffic.signed_as) if _signs(job) else None,
    )


def offered(job: DriverJob) -> Publish:
    """Return how messages are offered; one by one means a window of one, whatever is allowed."""
    offer = job.load.publish
    one_by_one = job.how.mode == "one-by-one"
    return offer.model_copy(update={"window_msgs": 1}) if one_by_one else offer


def _signs(job: DriverJob) -> bool:
    return "signature" in job.load.publish.headers


def _timed(job: DriverJob) -> bool:
    """Say whether an instant stands in the headers of messages."""
    return job.load.delay_ns is not None or _signs(job)


def _said(act: Act, subject_prefix: str) -> tuple[tuple[str, str], ...]:
    """Return the headers of an act; `{prefix}` in one is that of the trial's subjects."""
    return tuple((name, value.replace("{prefix}", subject_prefix)) for name, value in act.headers)


def _addressed(traffic: Traffic, subject_index: IntArray) -> tuple[Sequence[str], IntArray]:
    """Return the subjects that messages go to, and the place of each; of many those in use."""
    if len(traffic.subjects) <= FEW_SUBJECTS:
        return traffic.subjects, subject_index
    used, places = np.unique(subject_index, return_inverse=True)
    return [traffic.subjects[number] for number in used.tolist()], places.astype(np.int64)


def tell_times(messages: Messages, job: DriverJob, traffic: Traffic, start_ns: int) -> None:
    """Fill in the instants in headers by our wall clock, now that the start of the trial is known.

    When messages ask to be delivered; or when they were signed, by whoever said first what is said.
    """
    if messages.at_ns is None:
        return
    said = traffic.carried[messages.ids]
    due_ns = start_ns + traffic.intended_ns[said] - traffic.faults.ages_ns(said)
    messages.at_ns[:] = due_ns + (job.load.delay_ns or 0) + (time.time_ns() - now_ns())
