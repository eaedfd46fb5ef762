"""Messages of one stream that may be dealt from a trace, in place of made up ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from bench.core.units import format_rate
from bench.spec import filters
from bench.spec.filling import Filling
from bench.spec.named import Named
from bench.spec.stored import stored_bytes
from bench.spec.traced import Traced
from bench.spec.traces import Trace, read_trace
from bench.spec.variant import PublishSettings
from bench.spec.workload import Load


class Dealt(Filling):
    """Publishers that fill one stream, with messages of their own or of a trace.

    Attributes:
        trace: what messages are dealt from, in place of subjects, sizes and rate; none when left
            out.
    """

    trace: Traced | None = None

    @property
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.trace.names if self.trace else self.subjects.names

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        usual = super().loads
        if self.trace is None:
            return usual
        # Workers have a directory of their own.
        trace = self.trace.model_copy(update={"file": str(Path(self.trace.file).absolute())})
        return {part: replace(load, subjects=trace, trace=trace) for part, load in usual.items()}

    @property
    def keeps_as_published(self) -> bool:
        """Whether its streams keep just the messages that are published: they do."""
        return True

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean."""
        named: Named = self.trace or self.subjects
        return stored_bytes(named, self.payload, self.publish.headers, how)

    def matching(self, pattern: str) -> int:
        """Return how many of the subjects a filter matches."""
        if self.trace is None:
            return self.subjects.matching(pattern)
        return len(filters.matching(pattern, self.trace.names))

    def share_matched(self, pattern: str) -> float:
        """Return what share of the messages a filter matches; subjects take turns, or as traced."""
        if self.trace is None:
            return self.subjects.matching(pattern) / len(self.subjects.combined)
        return _share_traced(self.trace.file, self.trace.digest, pattern)

    @property
    def rate_told(self) -> str:
        """How much is offered, in words; the mean rate of a trace is no round number."""
        rate = self.publish.rate_msgs_per_s
        return format_rate(rate if self.trace is None else float(f"{rate:.3g}"))

    @property
    def arrivals_told(self) -> str:
        """When messages come, in words."""
        if self.trace is None or self.trace.times == "publish":
            return f"{self.publish.arrivals} arrivals"
        return f"on the mean, by a trace at {self.trace.speed:g} times its speed"

    @property
    def dealt_told(self) -> str:
        """What they are dealt from, in words; empty where they are made up."""
        return "" if self.trace is None else f", dealt from {self.trace.file}"


@lru_cache(maxsize=256)
def _share_traced(file: str, digest: str, pattern: str) -> float:
    """Return what share of a trace's messages a filter matches; 1 where nobody can look any more.

    Asked before a run alone, which does not begin without its trace.
    """
    trace = _read(file, digest)
    if trace is None:
        return 1.0
    matched = filters.matching(pattern, trace.subjects)
    chosen = np.array([name in matched for name in trace.subjects])
    return float(np.mean(chosen[trace.subject_index]))


@lru_cache(maxsize=2)
def _read(file: str, digest: str) -> Trace | None:
    del digest  # of whatever stands there now
    try:
        return read_trace(Path(file))
    except ValueError:
        return None
