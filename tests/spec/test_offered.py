"""The same load at another rate."""

import pytest

from bench.spec.base import MisfitError
from bench.spec.choose import load_workloads
from bench.spec.kinds.kv import Kv
from bench.spec.offered import offering
from bench.spec.workload import Phases, Workload

PHASES = Phases.model_validate({"warmup": "1s", "measure": "5s", "drain": "1s"})


def shipped(name: str) -> Workload:
    return load_workloads([name])[name]


@pytest.mark.parametrize(
    "name", ["small-events", "kv-session", "fan-out-streams", "workflow", "request-reply"]
)
@pytest.mark.parametrize("rate", [40.0, 1000.0, 12_345.0])
def test_each_part_keeps_its_share(name: str, rate: float) -> None:
    before = shipped(name)

    after = offering(before, rate, PHASES)

    assert after.rate_msgs_per_s == pytest.approx(rate)
    for part, offer in before.offers.items():
        share = offer.rate_msgs_per_s / before.rate_msgs_per_s
        assert after.offers[part].rate_msgs_per_s == pytest.approx(share * rate)
    assert after.phases == PHASES
    assert type(after) is type(before)


def test_all_but_rates_and_phases_stays() -> None:
    before = shipped("work-queue")

    after = offering(before, 2 * before.rate_msgs_per_s, before.phases)

    assert offering(after, before.rate_msgs_per_s, before.phases) == before


def test_watchers_that_begin_again_do_so_more_often() -> None:
    before = shipped("kv-watch-start")
    assert isinstance(before, Kv)

    after = offering(before, 2 * before.rate_msgs_per_s, before.phases)

    old, new = (each.offers["cache_start"].rate_msgs_per_s for each in (before, after))
    assert new == pytest.approx(2 * old)


@pytest.mark.parametrize(("publishers", "found"), [(1, 1), (3, 3)])
def test_more_processes_where_they_are_asked_for(publishers: int, found: int) -> None:
    after = offering(shipped("small-events"), 1000, PHASES, publishers)

    assert after.offers["publish"].publishers == found


@pytest.mark.parametrize(("rate", "why"), [(0.1, "no message"), (1e9, "offers")])
def test_too_little_or_too_much_is_said(rate: float, why: str) -> None:
    with pytest.raises(MisfitError, match=why):
        offering(shipped("small-events"), rate, PHASES)


def test_what_is_laid_has_no_rate() -> None:
    with pytest.raises(MisfitError, match="its work is laid"):
        offering(shipped("replay"), 100, PHASES)
