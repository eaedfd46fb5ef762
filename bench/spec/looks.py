"""How long a look at a rate takes: as long as the percentiles of its goals need."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.core.units import format_duration
from bench.spec.base import MisfitError
from bench.spec.criteria import Criterion
from bench.spec.decidable import window_for_ns
from bench.spec.metrics import MIN_BEYOND_GATED
from bench.spec.offered import offering
from bench.spec.workload import MAX_PHASE_NS, Phases, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a kind of look is.

    Attributes:
        name: of the look.
        times: so many windows of its phases, at least.
        beyond: messages beyond a percentile that it is judged by, at least.
    """

    name: str
    times: int
    beyond: int


SHORT = Length(name="short probe", times=1, beyond=20)
LONG = Length(name="long probe", times=3, beyond=20)
SOAK = Length(name="soak", times=1, beyond=MIN_BEYOND_GATED)
"""By its upper bound, as a gate judges."""


def phases_at(
    workload: Workload,
    msgs_per_s: float,
    phases: Phases,
    rules: Sequence[Criterion],
    length: Length,
) -> Phases:
    """Return the phases of a look.

    Raises:
        MisfitError: the rate cannot be offered in the phases that are given, or a percentile needs
            a window that no trial may have.
    """
    at_rate = offering(workload, msgs_per_s, phases)
    needed = [(window_for_ns(rule, at_rate, length.beyond), str(rule)) for rule in rules]
    least_ns, rule = max(needed, default=(0, ""))
    if least_ns > MAX_PHASE_NS:
        raise MisfitError(
            what=f"'{rule}' needs a window of {format_duration(least_ns)}",
            allowed=f"up to {format_duration(MAX_PHASE_NS)}: a higher rate, or a lower percentile",
        )
    own_ns = min(phases.measure_ns * length.times, MAX_PHASE_NS)
    return phases.model_copy(update={"measure_ns": max(own_ns, least_ns)})


def objections_at(
    workload: Workload,
    msgs_per_s: float,
    probe: Phases,
    soak: Phases,
    rules: Sequence[Criterion],
) -> Iterator[tuple[Length, Phases, MisfitError]]:
    """Yield why a rate cannot be looked at, by each look that cannot be had."""
    for length, phases in ((SHORT, probe), (LONG, probe), (SOAK, soak)):
        over = phases
        try:
            over = phases_at(workload, msgs_per_s, phases, rules, length)
            offering(workload, msgs_per_s, over)
        except MisfitError as error:
            yield length, over, error
