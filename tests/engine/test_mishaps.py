"""What may befall deliveries, by what a job was told."""

from dataclasses import replace

import numpy as np
import pytest

from bench.broker.admin import trial_names
from bench.engine.jobs import ObserverJob
from bench.engine.mishaps import away_of, fates_of, may_fail
from bench.plan.traffic import Traffic, make_traffic
from bench.spec.effects import Idempotency
from bench.spec.faults import AS_USUAL
from bench.spec.kinds.stream import Stream
from bench.spec.variant import AckTiming
from tests.engine.test_reviving import job

PERMANENT = {"kind": "permanent", "share": "50%"}
OUTAGE = {"kind": "outage", "at": "500ms", "lasts": "200ms"}


def told(*faults: dict[str, str]) -> tuple[ObserverJob, Traffic]:
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "10/s"},
            "consume": {"faults": list(faults)},
            "phases": {"warmup": "1s", "measure": "1s", "drain": "1s"},
        }
    ).loads["publish"]
    own = replace(job(), load=load, idempotency="none", failure=AS_USUAL, checks=())
    own = replace(own, timing="after-handler")
    return own, make_traffic(load, 1)


def test_what_goes_well_is_not_watched_for_mishaps() -> None:
    plain, traffic = told()

    assert not may_fail(plain, traffic)
    assert may_fail(*told(PERMANENT)) and may_fail(*told(OUTAGE))
    assert may_fail(replace(plain, idempotency="memory"), traffic)
    assert may_fail(replace(plain, checks=("envelope",)), traffic)
    assert may_fail(replace(plain, letters=trial_names("run", 1)), traffic)


def test_an_outage_counts_from_the_begin_of_the_window() -> None:
    """One second of warm-up; then half a second."""
    away = away_of(told(OUTAGE)[0])
    away.starts(100)

    begins_ns = 100 + 1_500_000_000
    assert (away.takes_ns(0, begins_ns - 1, 7), away.takes_ns(1, begins_ns, 7)) == (7, 7)
    assert away.met(np.array([0, 1])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("idempotency", "timing", "remembers", "answers"),
    [
        ("none", "after-handler", False, True),
        ("memory", "per-batch", True, True),
        ("marker-last", "after-validation", False, False),
        ("none", "none", False, False),
    ],
)
def test_fates_are_as_the_job_says(
    idempotency: Idempotency, timing: AckTiming, *, remembers: bool, answers: bool
) -> None:
    """A marker is no memory: it is asked for by whoever makes the effect."""
    own, traffic = told(PERMANENT)
    own = replace(own, idempotency=idempotency, timing=timing)

    fates = fates_of(own, traffic, away_of(own))

    assert (fates.memory is not None, fates.answers) == (remembers, answers)
    assert fates.faults is traffic.faults
