"""Listing the keys of a bucket, all of them or those below a prefix, as an operation."""

from dataclasses import replace
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from bench.spec.asking import UNANSWERED, Asking
from bench.spec.base import MisfitError
from bench.spec.cast import Entry, Level, Part, Weight, driving
from bench.spec.filters import check_filter
from bench.spec.keys import KEY

SCAN = "scan"


class Scan(Asking):
    """How keys are listed, as the `keys()` of NATS clients does, or read all at once.

    Attributes:
        publishers: scanner processes; they share the rate.
        rate_msgs_per_s: scans offered by all scanners together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due scan, at most every 0.25 ms; `frugal` at most every
            1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most scans under way per scanner; what is due beyond that waits, and its
            waiting counts as slip.
        headers: none: a scan carries nothing.
        timeout_ns: how long a scanner waits for the last key; what comes later comes to nobody.
        filter: keys that are listed, behind `key.`; all when left out.
        snapshot: their values as well, as a watcher is told first.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="scanners")
    filter: Annotated[str, AfterValidator(check_filter)] = ">"
    snapshot: bool = False

    @property
    def subjects(self) -> str:
        """What is listed, below the bucket's own prefix."""
        return f"{KEY}.{self.filter}"

    @model_validator(mode="after")
    def _bare(self) -> Self:
        if self.headers:
            raise MisfitError("headers", what="a scan carries nothing", allowed="leave it out")
        return self


def scanning(name: str) -> Part:
    """Return the part of who scans: of the workload, or of watchers that begin anew."""
    role = "scanner" if name == SCAN else f"{name}.scanner"
    return replace(_SCANNING, name=name, flow=name, role=role)


_SCANNING = driving(
    SCAN,
    role="scanner",
    answered=Entry(name="scanned", means="every key came in time"),
    fails=(
        *UNANSWERED,
        Entry(name="keys_found", means="keys that scans brought, all together"),
        Entry(
            name="keys_missed",
            means="keys that were written meanwhile, and did not come",
            weight=Weight.NOTED,
            ruled=True,
        ),
        Entry(
            name="miscounted",
            means="scans that brought more keys than there are, or fewer without a cause",
            weight=Weight.SHORTFALL,
            ruled=True,
            at_most=("scanned",),
            check="A scan brings every key that was not written meanwhile",
        ),
    ),
    levels=(Level(name="scanning", came="offered", left="scanned", words="not scanned"),),
).calling("scan")
