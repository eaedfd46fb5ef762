"""Deals the messages of a trial from a trace, again and again where it is shorter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.plan.arrays import IntArray
from bench.plan.payload import ID_DIGITS, PayloadTemplate
from bench.spec.traced import Traced, class_index, mean_rate_msgs_per_s
from bench.spec.traces import Trace, read_trace
from bench.spec.workload import Payload, Phases


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealer:
    """Deals from one trace.

    Attributes:
        trace: that is dealt from.
        traced: how.
    """

    trace: Trace
    traced: Traced

    def intended_ns(self, phases: Phases) -> IntArray:
        """Return when each message of warm-up and window is due, ns from the trial's start.

        Shape (n,), never descending, all below warm-up + window.
        """
        whole_ns = phases.warmup_ns + phases.measure_ns
        speed = self.traced.speed
        once_ns = np.cumsum(self.trace.gap_ns) / speed
        mean_gap_ns = NS_PER_S / (mean_rate_msgs_per_s(self.trace) * speed)
        period_ns = once_ns[-1] + mean_gap_ns
        begins_ns = np.arange(math.ceil(whole_ns / period_ns)) * period_ns
        due_ns: IntArray = (begins_ns[:, None] + once_ns[None, :]).ravel().astype(np.int64)
        within: IntArray = due_ns[due_ns < whole_ns]
        return within

    def subject_index(self, count: int) -> IntArray:
        """Return the subject of each of so many messages, shape (count,)."""
        return self._again(self.trace.subject_index, count)

    def payload_index(self, count: int, payload: Payload) -> IntArray:
        """Return which of the payload's sizes each of so many messages has, shape (count,)."""
        return self._again(class_index(self.trace.size_bytes, list(payload.sizes)), count)

    def contents(self, made: Sequence[PayloadTemplate]) -> tuple[PayloadTemplate, ...]:
        """Return templates with the content of samples, where the trace has any; ids stay.

        A sample is that of the nearest size above, or the largest, cut or repeated to its size.
        """
        samples = self.trace.samples
        if not samples or any(each.id_offset for each in made):
            return tuple(made)
        return tuple(_like(each, _sample_for(len(each.content), samples)) for each in made)

    @staticmethod
    def _again(once: IntArray, count: int) -> IntArray:
        return np.resize(once, count)


def _sample_for(size: int, samples: Sequence[bytes]) -> bytes:
    above = [each for each in samples if len(each) >= size]
    return min(above, key=len) if above else max(samples, key=len)


def _like(made: PayloadTemplate, sample: bytes) -> PayloadTemplate:
    size = len(made.content)
    repeated = (sample * (size // len(sample) + 1))[:size]
    content = made.content[:ID_DIGITS] + repeated[ID_DIGITS:]
    return PayloadTemplate(content=content, id_offset=made.id_offset)


def unplayable(traced: Traced) -> str:
    """Return why a trace cannot be played as planned; empty when it can."""
    try:
        dealer_of(traced)
    except MeasurementError as error:
        return str(error)
    return ""


def dealer_of(traced: Traced) -> Dealer:
    """Return what deals from a trace; MeasurementError where it is not what was planned."""
    try:
        trace = read_trace(Path(traced.file))
    except ValueError as error:
        raise MeasurementError(f"{traced.file}: {error}") from error
    if trace.digest != traced.digest:
        raise MeasurementError(f"{traced.file}: holds something else than when the run was planned")
    return Dealer(trace=trace, traced=traced)
