"""Who consumes a stream beside nobody else: as the workload says it, or the variant instead."""

import pytest

from tests.scenario.staged import made_of, staged


@pytest.mark.parametrize("name", ["small-events", "counters", "schedules"])
def test_workers_of_a_variant_stand_in_the_place_of_the_workloads(name: str) -> None:
    """Variants that differ in them would be measured alike, and told to be so."""
    scenes = [staged(made_of(name, handler=each))[1] for each in ({}, {"workers": 7})]

    usual, other = ({job.workers for job in scene.observers} for scene in scenes)
    assert usual != other == {7}


@pytest.mark.parametrize("name", ["counters", "schedules"])
def test_its_lag_is_that_of_its_consumers(name: str) -> None:
    """Each is due all that is published, now or later."""
    _, scene = staged(made_of(name))

    assert (scene.shown, scene.acks) == ("consume", frozenset({"consume"}))
    assert {job.part for job in scene.drivers} == {"publish"}
    assert not any(job.sparse for job in scene.observers)
